"""A citizen's old card in software: Basic Access Control alone, with EF.COM, DG1, DG2 and EF.SOD.

It refuses as such cards in the field do: 6D00 for the master file, 6982 before authentication, no EF.CardAccess.
"""

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_directory import COM, DG1, DG2, SOD, ChipTraits
from drivers.card.soft_files import Holder, common_file, face_file, mrz_file


class Signer(Protocol):
    """Who signs the security object; drivers.card.demo_authority has one."""

    def sign(self, groups: Mapping[int, bytes]) -> bytes:
        """Write EF.SOD over whole data groups, number to file."""
        ...


class SoftPassport(SoftChip):
    """A chip that knows nothing newer than Basic Access Control."""

    def __init__(
        self,
        key_text: str,
        files: Mapping[int, bytes],
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
        max_read: int = 256,
    ) -> None:
        """Make a card that opens with `key_text`; READ BINARY for more than `max_read` bytes gets 6700."""
        traits = ChipTraits(selects_master_file=False, max_read=max_read)
        super().__init__(files, ChipSecrets(key_text), traits=traits, random_bytes=random_bytes)


def signed_passport(
    holder: Holder, portrait: bytes, *, width_px: int, height_px: int, authority: Signer
) -> SoftPassport:
    """Make the card of `holder` with `portrait` (JPEG or JPEG 2000) and a security object by `authority`."""
    files = holder_files(holder, portrait, width_px=width_px, height_px=height_px)
    files[COM] = common_file((0x61, 0x75))
    files[SOD] = authority.sign({1: files[DG1], 2: files[DG2]})
    return SoftPassport(holder.key_text, files)


def holder_files(holder: Holder, portrait: bytes, *, width_px: int, height_px: int) -> dict[int, bytes]:
    """Write EF.COM, DG1 and DG2 of `holder`; EF.COM lists what a whole identity card has beside them."""
    return {
        COM: common_file((0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F)),
        DG1: mrz_file(holder.mrz()),
        DG2: face_file(portrait, width_px=width_px, height_px=height_px),
    }
