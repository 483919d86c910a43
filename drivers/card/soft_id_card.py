"""A whole Vietnamese identity card in software: BAC and PACE, DG1, DG2, DG13, DG14, DG15, a signed security object.

DG3 is there and refused; the master file cannot be selected, as on the cards in the field. It proves itself by Chip and
Active Authentication. What can be wrong with a card is an argument here, not a patch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_curves import CURVES
from drivers.card.soft_directory import COM, DG3, SOD, ChipTraits
from drivers.card.soft_files import Holder, common_file, face_file, mrz_file
from drivers.card.soft_pace import CAN, MRZ, PaceMapping, PaceOffer, SoftPace
from drivers.card.soft_passport import Signer
from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa, ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file, dg15_file, number

DG13, DG14, DG15 = 0x010D, 0x010E, 0x010F
_TAGS: Final = {1: 0x61, 2: 0x75, 3: 0x63, 13: 0x6D, 14: 0x6E, 15: 0x6F}
_DIGESTS: Final = ("sha1", "sha224", "sha256", "sha384", "sha512")
_BRAINPOOL_256: Final = 13
_OTHER_EXPIRY: Final = date(2000, 2, 29)

Details = Mapping[int, str | tuple[str, ...]]
"""DG13 by its numbers: 1 number, 2 name, 3 birth, 4 sex, ... 13 both parents as a pair, 14 spouse, 15 old number."""


@dataclass(frozen=True, slots=True)
class CardMake:
    """How a card was made. `pace` empty is a card that knows BAC alone; `bac` False one that knows PACE alone.

    `active_digest` None leaves Active Authentication away; `rsa` signs with RSA instead of ECDSA. `altered` is the
    number of a data group whose last byte was changed after signing; `cloned` keys do not fit DG14 and DG15;
    `misprinted` is a chip that opens with another expiry than the card shows.
    """

    pace: tuple[PaceOffer, ...] = (PaceOffer(PaceMapping.GENERIC, Suite.AES_128, _BRAINPOOL_256),)
    bac: bool = True
    can: str | None = field(default=None, repr=False)
    chip_suite: Suite | None = Suite.AES_128
    chip_domain: int = _BRAINPOOL_256
    active_digest: str | None = "sha256"
    rsa: bool = False
    altered: int | None = None
    cloned: bool = False
    misprinted: bool = False
    traits: ChipTraits = field(default_factory=lambda: ChipTraits(selects_master_file=False))


def make_id_card(
    holder: Holder,
    portrait: bytes,
    *,
    width_px: int,
    height_px: int,
    authority: Signer,
    details: Details | None = None,
    make: CardMake | None = None,
) -> SoftChip:
    """Make the card of `holder` with `portrait` (JPEG or JPEG 2000), its security object signed by `authority`."""
    how = make or CardMake()
    chip_key = ChipKey.made(CURVES[how.chip_domain], how.chip_suite) if how.chip_suite is not None else None
    active_key = _active_key(how)
    key_text = (replace(holder, expires=_OTHER_EXPIRY) if how.misprinted else holder).key_text
    pace = _pace(how, key_text, chip_key)
    infos = [
        *(offer.info() for offer in how.pace),
        *(chip_key.infos() if chip_key is not None else ()),
        *(active_key.infos() if active_key is not None else ()),
    ]
    groups = {
        1: mrz_file(holder.mrz()),
        2: face_file(portrait, width_px=width_px, height_px=height_px),
        13: details_file(details or {}),
        14: dg14_file(infos),
    }
    if active_key is not None:
        groups[15] = dg15_file(active_key.public_key)
    files = {0x0100 | group: data for group, data in groups.items()}
    # The fingerprints are named and hashed like the rest, and given to nobody.
    fingers = wrap_object(0x63, wrap_object(0x7F61, wrap_object(0x02, b"\x00")))
    listed = tuple(tag for group, tag in _TAGS.items() if group in groups or group == 3)
    files |= {COM: common_file(listed), DG3: fingers, SOD: authority.sign({**groups, 3: fingers})}
    if how.altered is not None:
        whole = files[0x0100 | how.altered]
        files[0x0100 | how.altered] = whole[:-1] + bytes([whole[-1] ^ 0x01])
    if how.cloned:
        # Files can be copied from a card; the keys inside cannot.
        chip_key = ChipKey.made(CURVES[how.chip_domain], how.chip_suite) if how.chip_suite is not None else None
        active_key = _active_key(how)
    secrets = ChipSecrets(key_text if how.bac else None, pace, chip_key, active_key)
    return SoftChip(files, secrets, traits=how.traits)


def details_file(details: Details) -> bytes:
    """DG13 as Vietnamese cards have it: a sequence of numbered texts."""
    entries = b""
    for key, value in details.items():
        if isinstance(value, tuple):
            content = wrap_object(0x30, b"".join(wrap_object(0x0C, one.encode()) for one in value))
        else:
            content = wrap_object(0x0C, value.encode())
        entries += wrap_object(0x30, number(key) + content)
    return wrap_object(0x6D, wrap_object(0x30, entries))


def _active_key(how: CardMake) -> ActiveRsa | ActiveEcdsa | None:
    if how.active_digest is None:
        return None
    if how.rsa:
        return ActiveRsa(digest=how.active_digest)
    return ActiveEcdsa(ec.SECP256R1(), hash_number=_DIGESTS.index(how.active_digest) + 1)


def _pace(how: CardMake, key_text: str, chip_key: ChipKey | None) -> SoftPace | None:
    if not how.pace:
        return None
    passwords = {MRZ: key_text.encode("ascii")}
    if how.can is not None:
        passwords[CAN] = how.can.encode("ascii")
    return SoftPace(how.pace, passwords, chip_key=chip_key.private if chip_key is not None else None)
