"""What stands on the demo's table: sensor module, virtual card reader, battery, and the hands that use them."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader, ensure_pcscd
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import signed_passport
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger as GrownFinger
from drivers.fingerprint.synthetic import Impression, Pattern
from drivers.power.simulated import PowerTree
from kiosk.demo.faces import chip_portrait
from kiosk.demo.people import DemoCitizen
from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import Sex
from kiosk.words.text import fold

#: Another demo or a test run on this computer may be using the virtual reader for a while.
_READER_S: Final = 40.0
_PATTERNS: Final = (Pattern.LOOP, Pattern.WHORL, Pattern.LOOP, Pattern.LOOP, Pattern.ARCH)


class Stage:
    """The devices outside the kiosk's process. Calls may block for a second; use them from a worker thread."""

    def __init__(self, folder: Path, citizens: tuple[DemoCitizen, ...], *, port_mode: int) -> None:
        """Make ready; open() plugs everything in. `port_mode` are the permissions of the sensor's port."""
        self._citizens = citizens
        self._sensor = ModuleEmulator("r503", link=folder / "usb-grow-r503", mode=port_mode)
        self._slot = VirtualReaderSlot(apdu_delay_s=0.01)
        self._reader: VirtualReader | None = None
        self._authority = DemoAuthority()
        self._impressions = 0
        self._lock = threading.Lock()
        self.power = PowerTree(folder / "power_supply")

    def open(self) -> tuple[Path, str]:
        """Plug everything in. Gives the sensor's port and the card reader's name. Raises DeviceMissing."""
        self.power.lay(battery_percent=87, on_mains=False)
        port = Path(self._sensor.start())
        self._reader = ensure_pcscd(_READER_S)
        return port, self._reader.name

    def close(self) -> None:
        """Unplug everything; safe to call twice."""
        self._slot.close()
        self._sensor.close()
        if self._reader is not None:
            self._reader.close()

    def lay_finger(self, citizen: int, finger: Finger, how: str = "") -> None:
        """Press a finger of a citizen on the glass; `how` is a situation's name, such as finger_too_wet."""
        person = self._citizens[citizen]
        number = list(Finger).index(finger)
        grown = GrownFinger(person.finger_seed * 10 + number, _PATTERNS[number % len(_PATTERNS)])
        with self._lock:
            self._impressions += 1
            if how:
                self._sensor.misbehave(how)
                self._sensor.lay(grown)
            else:
                self._sensor.lay(grown, replace(Impression(), seed=self._impressions))

    def lift_finger(self) -> None:
        """Take the finger away."""
        self._sensor.lift()

    def lay_card(self, citizen: int) -> None:
        """Lay a citizen's card on the reader; nothing happens for one who has none."""
        card = soft_card(self._citizens[citizen], self._authority)
        if card is not None:
            self._slot.insert(card)

    def lift_card(self) -> None:
        """Lift the card."""
        self._slot.remove()

    def actions(self) -> dict[str, Callable[[], None]]:
        """Name what the dock's page can do to the power supply."""
        return {
            "mains_on": self.power.plug_mains,
            "mains_off": self.power.unplug_mains,
            "battery_low": lambda: self.power.drain(80),
        }


def soft_card(person: DemoCitizen, authority: DemoAuthority):  # noqa: ANN201 - the card's own type is the driver's
    """Make the chip of a citizen's old card, or None for one who has none. The MRZ has names without marks."""
    if person.card is None or person.born.whole is None:
        return None
    family, _, given = fold(person.name).upper().partition(" ")
    born: date = person.born.whole
    holder = Holder(
        person.number.digits, family, given, born, "F" if person.sex is Sex.FEMALE else "M", person.card.expires
    )
    jpeg, width_px, height_px = chip_portrait(person)
    return signed_passport(holder, jpeg, width_px=width_px, height_px=height_px, authority=authority)
