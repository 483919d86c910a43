"""Modern soft chips for tests: whole cards, cards with chosen offers and secrets, and a reader that watches."""

from collections.abc import Callable
from datetime import date

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_directory import COM, SOD, ChipTraits
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import CAN, MRZ, PaceMapping, PaceOffer, SoftPace
from drivers.card.soft_passport import holder_files
from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa, ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file, dg15_file
from kiosk.chip.keys import CanKey, MrzKey

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
WRONG = MrzKey("150000012", "500701", "350701")
CAN_KEY = CanKey("493021")
PASSWORDS = {MRZ: HOLDER.key_text.encode(), CAN: b"493021"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 6 + b"\xff\xd9"
AUTHORITY = DemoAuthority()
GENERIC = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 12)
ROOMY = ChipTraits(extended=2048)


class Watched:
    """A card on the reader that counts, may be lifted, and may be made to answer otherwise."""

    def __init__(self, chip: SoftChip, *, lifted_after: int | None = None) -> None:
        self.chip = chip
        self.left = lifted_after
        self.commands: list[bytes] = []
        self.instead: Callable[[bytes], bytes | None] = lambda _: None

    def transmit(self, apdu: bytes) -> bytes:
        if self.left is not None:
            if self.left <= 0:
                raise ConnectionError
            self.left -= 1
        self.commands.append(apdu)
        answer = self.instead(apdu)
        return self.chip.process(apdu) if answer is None else answer

    def even_s(self) -> float:
        """A clock by which each command takes as long as any other, whatever this machine does beside it."""
        return 0.01 * len(self.commands)


def id_card(make: CardMake | None = None) -> SoftChip:
    return make_id_card(HOLDER, JPEG, width_px=240, height_px=320, authority=AUTHORITY, make=make, details={2: "Hoa"})


def chip(
    *offers: PaceOffer,
    chip_key: ChipKey | None = None,
    active: ActiveRsa | ActiveEcdsa | None = None,
    bac: bool = False,
    traits: ChipTraits | None = None,
    master: dict[int, bytes] | None = None,
    passwords: dict[int, bytes] | None = None,
) -> SoftChip:
    files = holder_files(HOLDER, JPEG, width_px=240, height_px=320)
    infos = [info for part in (chip_key, active) if part is not None for info in part.infos()]
    if infos:
        files[0x010E] = dg14_file(infos)
    if active is not None:
        files[0x010F] = dg15_file(active.public_key)
    files[SOD] = AUTHORITY.sign({file & 0xFF: data for file, data in files.items() if file != COM})
    pace = SoftPace(offers, passwords or PASSWORDS, chip_key=chip_key.private if chip_key else None) if offers else None
    secrets = ChipSecrets(HOLDER.key_text if bac else None, pace, chip_key, active)
    return SoftChip(files, secrets, traits=traits, master_files=master)
