"""A citizen's old card in software: an ICAO 9303 application that answers APDUs. No reader, no thread, no clock.

It knows Basic Access Control and 3DES secure messaging, EF.COM, EF.SOD, DG1 and DG2, and refuses as the cards in the
field do: 6D00 for the master file, 6982 before authentication and for fingerprints, no EF.CardAccess.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from drivers.card.soft_crypto import AccessControl, CardSession, KeyPair, Tampered, wrap_object
from drivers.card.soft_files import Holder, common_file, face_file, mrz_file

APPLICATION: Final = bytes.fromhex("A0000002471001")
COM, DG1, DG2, DG3, SOD = 0x011E, 0x0101, 0x0102, 0x0103, 0x011D
ATR: Final = bytes.fromhex("3B80800101")
"""What a PC/SC reader makes of an ISO/IEC 14443-4 card without historical bytes."""
ATR_EXTENDED: Final = bytes.fromhex("3B8580018073C821C0DE")
"""The same with card capabilities: selection by name and identifier, chaining, extended length."""

_OK = b"\x90\x00"
_END_OF_FILE = b"\x62\x82"
_WRONG_LENGTH = b"\x67\x00"
_NOT_ALLOWED = b"\x69\x82"
_NO_CHALLENGE = b"\x69\x85"
_NO_FILE_SELECTED = b"\x69\x86"
_BAD_MESSAGING = b"\x69\x88"
_KEY_REFUSED = b"\x63\x00"
_NOT_FOUND = b"\x6a\x82"
_BAD_PARAMETERS = b"\x6a\x86"
_BAD_OFFSET = b"\x6b\x00"
_NO_INSTRUCTION = b"\x6d\x00"


class Signer(Protocol):
    """Who signs the security object; drivers.card.demo_authority has one."""

    def sign(self, groups: Mapping[int, bytes]) -> bytes:
        """Write EF.SOD over whole data groups, number to file."""
        ...


class SoftPassport:
    """A card with files by file identifier. `process` is its whole surface; `reset` is taking it off the reader."""

    def __init__(
        self,
        key_text: str,
        files: Mapping[int, bytes],
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
        max_read: int = 256,
    ) -> None:
        """Make a card that opens with `key_text`; READ BINARY for more than `max_read` bytes gets 6700."""
        self._access = AccessControl(KeyPair.from_key_text(key_text))
        self._files = dict(files)
        self._random_bytes = random_bytes
        self._max_read = max_read
        self.reset()

    def reset(self) -> None:
        """Forget session, selection and challenge, as a card without power does."""
        self._session: CardSession | None = None
        self._challenge: bytes | None = None
        self._application = False
        self._selected: int | None = None

    @property
    def atr(self) -> bytes:
        """What it says when it is powered."""
        return ATR

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU, status word included. Never raises for what a terminal may send."""
        parsed = _parse(apdu)
        if parsed is None:
            return _WRONG_LENGTH
        header, data, expected = parsed
        if header[0] & 0x0C == 0x0C:
            return self._protected(header, data)
        if self._session is not None:
            self._session = None  # an unprotected command ends secure messaging
        return b"".join(self._plain(header, data, expected))

    def _protected(self, header: bytes, body: bytes) -> bytes:
        session, self._session = self._session, None
        if session is None:
            return _BAD_MESSAGING
        try:
            data, expected = session.unwrap(header, body)
        except Tampered:
            return _BAD_MESSAGING
        self._session = session
        answer, status = self._open_command(header, data, expected)
        return session.wrap(answer, status, odd=bool(header[1] & 1))

    def _plain(self, header: bytes, data: bytes, expected: int | None) -> tuple[bytes, bytes]:
        match header[1]:
            case 0xA4 if header[2] == 0x04:
                self.reset()
                self._application = data == APPLICATION
                return b"", _OK if self._application else _NOT_FOUND
            case 0xA4 if header[2] == 0x00:
                return b"", _NO_INSTRUCTION  # the master file, as on Vietnamese cards
            case 0xA4:
                known = self._application and int.from_bytes(data, "big") in self._files
                return b"", _NOT_ALLOWED if known else _NOT_FOUND
            case 0xB0 | 0xB1:
                return b"", _NOT_ALLOWED
            case 0x84 if self._application:
                if expected != 8:
                    return b"", _WRONG_LENGTH
                self._challenge = self._random_bytes(8)
                return self._challenge, _OK
            case 0x82 if self._application:
                return self._authenticate(data)
            case _:
                return b"", _NO_INSTRUCTION

    def _authenticate(self, cryptogram: bytes) -> tuple[bytes, bytes]:
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            return b"", _NO_CHALLENGE
        agreed = self._access.answer(cryptogram, challenge=challenge, key_part=self._random_bytes(16))
        if agreed is None:
            return b"", _KEY_REFUSED
        answer, self._session = agreed
        self._selected = None
        return answer, _OK

    def _open_command(self, header: bytes, data: bytes, expected: int | None) -> tuple[bytes, bytes]:
        match header[1]:
            case 0xA4 if header[2] == 0x02:
                return b"", self._select(int.from_bytes(data, "big"))
            case 0xA4:
                return b"", _BAD_PARAMETERS
            case 0xB0 if header[2] & 0x80:
                status = self._select(0x0100 | header[2] & 0x1F)
                return self._read(header[3], expected) if status == _OK else (b"", status)
            case 0xB0:
                return self._read(header[2] << 8 | header[3], expected)
            case 0xB1:
                return self._read_odd(data, expected)
            case _:
                return b"", _NO_INSTRUCTION

    def _select(self, file_id: int) -> bytes:
        if file_id == DG3:
            return _NOT_ALLOWED
        if file_id not in self._files:
            return _NOT_FOUND
        self._selected = file_id
        return _OK

    def _read(self, offset: int, expected: int | None) -> tuple[bytes, bytes]:
        if self._selected is None:
            return b"", _NO_FILE_SELECTED
        if expected is None or expected > self._max_read:
            return b"", _WRONG_LENGTH
        content = self._files[self._selected]
        if offset >= len(content):
            return b"", _BAD_OFFSET
        part = content[offset : offset + expected]
        return part, _OK if len(part) == expected else _END_OF_FILE

    def _read_odd(self, data: bytes, expected: int | None) -> tuple[bytes, bytes]:
        if len(data) < 3 or data[0] != 0x54 or data[1] != len(data) - 2:
            return b"", _BAD_PARAMETERS
        if expected is None or expected < 4:
            return b"", _WRONG_LENGTH
        room = expected - (2 if expected <= 129 else 3)
        part, status = self._read(int.from_bytes(data[2:], "big"), room)
        return wrap_object(0x53, part) if part else b"", status


def _parse(apdu: bytes) -> tuple[bytes, bytes, int | None] | None:
    """Cut a short APDU into header, data and expected length; None when the lengths do not fit."""
    if len(apdu) < 4:
        return None
    header, body = apdu[:4], apdu[4:]
    if not body:
        return header, b"", None
    if len(body) == 1:
        return header, b"", body[0] or 256
    size = body[0]
    if len(body) == 1 + size:
        return header, body[1:], None
    if len(body) == 2 + size:
        return header, body[1:-1], body[-1] or 256
    return None


def signed_passport(
    holder: Holder, portrait: bytes, *, width_px: int, height_px: int, authority: Signer
) -> SoftPassport:
    """Make the card of `holder` with `portrait` (JPEG or JPEG 2000) and a security object by `authority`."""
    files = holder_files(holder, portrait, width_px=width_px, height_px=height_px)
    files[SOD] = authority.sign({1: files[DG1], 2: files[DG2]})
    return SoftPassport(holder.key_text, files)


def holder_files(holder: Holder, portrait: bytes, *, width_px: int, height_px: int) -> dict[int, bytes]:
    """Write EF.COM, DG1 and DG2 of `holder`."""
    return {
        COM: common_file((0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F)),
        DG1: mrz_file(holder.mrz()),
        DG2: face_file(portrait, width_px=width_px, height_px=height_px),
    }
