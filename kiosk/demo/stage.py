"""What stands on the demo's table: sensor module, virtual card reader, battery, and the hands that use them.

Owns the simulated devices outside the kiosk's process and the names of what can be wrong with them. Refuses what no
hand could do: a finger that the citizen has not, a card that nobody brought.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader, ensure_pcscd
from drivers.card.simulated import Situation as CardSituation
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import Details
from drivers.card.soft_situations import MADE_WRONG, make_card_in
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.simulated import ModuleEmulator, WireFault
from drivers.fingerprint.synthetic import SITUATIONS, Pattern
from drivers.fingerprint.synthetic import Finger as GrownFinger
from drivers.power.simulated import PowerTree
from kiosk.demo.cards import Card, holder_of, officer
from kiosk.demo.faces import chip_portrait
from kiosk.demo.people import DemoCitizen
from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import Sex
from kiosk.words.text import fold

#: The name of the card reader where there is none: one that no reader has.
NO_READER: Final = "no reader here"
_PATTERNS: Final = (Pattern.LOOP, Pattern.WHORL, Pattern.LOOP, Pattern.LOOP, Pattern.ARCH)

#: How full the battery is when the demo begins.
START_PERCENT: Final = 87
#: More answers than a kiosk asks for in a day: what is on the line stays until somebody mends it.
_FOR_GOOD: Final = 1_000_000

#: The ways of pressing a finger, as the sensor's simulator names them.
PRESSES: Final[tuple[str, ...]] = tuple(SITUATIONS)
GOOD_PRESS: Final = "finger_good"


class StageError(Exception):
    """No hand can do this; the message says why."""


class SensorState(StrEnum):
    """How the sensor's cable is."""

    WELL = "well"
    UNPLUGGED = "unplugged"
    GARBAGE = "garbage"
    SILENCE = "silence"


_FAULTS: Final[Mapping[SensorState, str]] = {
    SensorState.WELL: "",
    SensorState.UNPLUGGED: WireFault.UNPLUGGED,
    SensorState.GARBAGE: WireFault.FLIPPED_BIT,
    SensorState.SILENCE: WireFault.SILENCE,
}


class Stage:
    """The devices outside the kiosk's process. Calls may block for a second; use them from a worker thread."""

    def __init__(self, folder: Path, citizens: tuple[DemoCitizen, ...], *, port_mode: int) -> None:
        """Make ready; open() plugs everything in. `port_mode` are the permissions of the sensor's port."""
        self._citizens = citizens
        self._sensor = ModuleEmulator("r503", link=folder / "usb-grow-r503", mode=port_mode)
        self._slot = VirtualReaderSlot(apdu_delay_s=0.01)
        self._reader: VirtualReader | None = None
        self._authority = DemoAuthority()
        self._officers_chip: SoftChip | None = None
        self._impressions = 0
        self._lock = threading.Lock()
        self.finger_on_glass: Finger | None = None
        self.sensor_state = SensorState.WELL
        self.power = PowerTree(folder / "power_supply")

    def open(self, reader_wait_s: float | None) -> tuple[Path, str]:
        """Plug everything in. Gives the sensor's port and the card reader's name. Raises DeviceMissing.

        `reader_wait_s` is how long to wait for another program that uses the virtual reader; None leaves the table
        without a reader, which is then called NO_READER.
        """
        self.power.lay(battery_percent=START_PERCENT, on_mains=False)
        port = Path(self._sensor.start())
        if reader_wait_s is None:
            return port, NO_READER
        self._reader = ensure_pcscd(reader_wait_s)
        return port, self._reader.name

    def close(self) -> None:
        """Unplug everything; safe to call twice."""
        self._slot.close()
        self._sensor.close()
        if self._reader is not None:
            self._reader.close()

    def lay_finger(self, citizen: int, finger: Finger, how: str = GOOD_PRESS) -> None:
        """Press a finger of a citizen on the glass; `how` is one of PRESSES.

        Raises StageError for a finger that the citizen has not and for an unknown way of pressing.
        """
        person = self._citizens[citizen]
        if finger in person.missing_fingers:
            raise StageError(f"{person.name} has no such finger: choose another one, or say so at the kiosk")
        if how not in SITUATIONS:
            raise StageError(f"there is no way of pressing {how!r}: choose one of {', '.join(PRESSES)}")
        number = list(Finger).index(finger)
        grown = GrownFinger(person.finger_seed * 10 + number, _PATTERNS[number % len(_PATTERNS)])
        with self._lock:
            self._impressions += 1
            self._sensor.lay(grown, replace(SITUATIONS[how], seed=self._impressions))
            self.finger_on_glass = finger

    def lift_finger(self) -> None:
        """Take the finger away."""
        with self._lock:
            self._sensor.lift()
            self.finger_on_glass = None

    def glass(self) -> tuple[bytes, int, int] | None:
        """Give what the sensor's window shows now, as 8-bit grey with width and height in pixels; None when empty."""
        own = self._sensor.personality
        seen = self._sensor.glass.look()
        return None if seen is None else (unpack_pixels(seen), own.width_px, own.height_px)

    def sensor(self, state: SensorState) -> None:
        """Do something to the sensor's cable, or mend it. Garbage spoils every answer until then."""
        with self._lock:
            self._sensor.misbehave(_FAULTS[state], times=_FOR_GOOD)
            self.sensor_state = state

    def lay_card(self, citizen: int, how: CardSituation = CardSituation.NONE, which: Card = Card.OWN) -> None:
        """Lay a citizen's card, or the officer's, on the reader, in place of one that lies there.

        Raises StageError for a citizen without such a card, DeviceMissing when the virtual reader does not listen.
        """
        if self._reader is None:
            raise StageError("no card reader stands on this table")
        if which is Card.OFFICER and how not in MADE_WRONG:
            # The very chip that was registered; one with something wrong in its making is another.
            self._slot.insert(self.officers_chip, situation=how)
            return
        person = holder_of(which, self._citizens[citizen])
        card = soft_card(person, self._authority, how)
        if card is None:
            missing = "brought no card" if which is Card.OWN else "no new card: only the year of birth is known"
            raise StageError(f"{person.name} has {missing}")
        self._slot.insert(card, situation=how)

    @property
    def officers_chip(self) -> SoftChip:
        """The chip of the officer's own card: always the same, for it is registered in the kiosk's vault."""
        if self._officers_chip is None:
            self._officers_chip = soft_card(officer(), self._authority)
        if self._officers_chip is None:
            raise StageError("the officer has no card")
        return self._officers_chip

    def lift_card(self) -> None:
        """Lift the card."""
        self._slot.remove()

    @property
    def country_signer(self) -> bytes:
        """The certificate (DER) of the demo's authority, which signs all cards here."""
        return self._authority.root_der

    @property
    def card_on_reader(self) -> bool:
        """Whether a card lies on the reader now; one that is pulled early goes by itself."""
        return self._slot.inserted


def soft_card(
    person: DemoCitizen, authority: DemoAuthority, how: CardSituation = CardSituation.NONE
) -> SoftChip | None:
    """Make the chip of a citizen's card, or None for one who has none: PACE, DG13, and keys that prove it no copy.

    The MRZ has names without marks; the details of DG13 have them.
    """
    if person.card is None or person.born.whole is None:
        return None
    family, _, given = fold(person.name).upper().partition(" ")
    born: date = person.born.whole
    holder = Holder(
        person.number.digits, family, given, born, "F" if person.sex is Sex.FEMALE else "M", person.card.expires
    )
    jpeg, width_px, height_px = chip_portrait(person)
    details: Details = {
        1: person.number.digits,
        2: person.name,
        3: person.born.written(),
        4: "Nữ" if person.sex is Sex.FEMALE else "Nam",
        5: "Việt Nam",
        8: person.card.origin,
        9: person.card.residence,
        11: person.card.issued.strftime("%d/%m/%Y"),
    }
    if person.card.old_number is not None:
        details = {**details, 15: person.card.old_number}
    return make_card_in(how, holder, jpeg, width_px=width_px, height_px=height_px, authority=authority, details=details)
