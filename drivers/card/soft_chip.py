"""A modern chip in software: PACE beside or instead of BAC, AES secure messaging, Chip and Active Authentication.

No reader, no thread, no clock: process() answers one APDU, short or extended. It refuses as ISO/IEC 7816-4 and
Doc 9303-10 have it: 6982 before authentication and for fingerprints, 6A82 for files that are not there.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from drivers.card.soft_crypto import AccessControl, KeyPair, Tampered, cut_object, expected_length, wrap_object
from drivers.card.soft_pace import SoftPace
from drivers.card.soft_passport import APPLICATION, ATR, ATR_EXTENDED, DG3
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Channel, Suite
from drivers.card.soft_security_infos import info_set

CARD_ACCESS, CARD_SECURITY, ATR_INFO = 0x011C, 0x011D, 0x2F01
_MASTER_FILE: Final = b"\x3f\x00"
_OK = b"\x90\x00"
_END_OF_FILE = b"\x62\x82"
_KEY_REFUSED = b"\x63\x00"
_WRONG_LENGTH = b"\x67\x00"
_NOT_ALLOWED = b"\x69\x82"
_NOT_NOW = b"\x69\x85"
_NO_FILE_SELECTED = b"\x69\x86"
_BAD_MESSAGING = b"\x69\x88"
_BAD_DATA = b"\x6a\x80"
_NOT_FOUND = b"\x6a\x82"
_BAD_PARAMETERS = b"\x6a\x86"
_BAD_OFFSET = b"\x6b\x00"
_NO_INSTRUCTION = b"\x6d\x00"


class ActiveKey(Protocol):
    """What signs challenges: ActiveRsa or ActiveEcdsa of soft_proofs."""

    def sign(self, challenge: bytes) -> bytes:
        """Answer an INTERNAL AUTHENTICATE."""
        ...


@dataclass(frozen=True, slots=True)
class ChipTraits:
    """How this chip behaves where the standard leaves it free, or where chips in the field differ.

    `selects_master_file` False is a Vietnamese card (6D00); `short_ids` is READ BINARY by short identifier; `max_read`
    bounds short reads; `extended` is the most bytes of a whole answer, 0 for a chip without extended length.
    """

    selects_master_file: bool = True
    short_ids: bool = True
    max_read: int = 256
    extended: int = 0


@dataclass(frozen=True, slots=True)
class ChipSecrets:
    """What opens the chip and what it proves itself with; each part may be missing."""

    bac_text: str | None = field(default=None, repr=False)
    pace: SoftPace | None = field(default=None, repr=False)
    chip_key: ChipKey | None = field(default=None, repr=False)
    active_key: ActiveKey | None = field(default=None, repr=False)


class SoftChip:
    """A chip with the files of the master file and of the ICAO application, by file identifier."""

    def __init__(
        self,
        files: Mapping[int, bytes],
        secrets: ChipSecrets,
        *,
        master_files: Mapping[int, bytes] | None = None,
        traits: ChipTraits | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Make the chip; EF.CardAccess is written from what `secrets.pace` offers unless `master_files` has one."""
        self._files = dict(files)
        self._masters = dict(master_files or {})
        self._secrets = secrets
        self._traits = traits or ChipTraits()
        self._random_bytes = random_bytes
        if secrets.pace is not None:
            self._masters.setdefault(CARD_ACCESS, info_set(offer.info() for offer in secrets.pace.offers))
        self.reset()

    def reset(self) -> None:
        """Lose power."""
        self._channel: Channel | None = None
        self._next_channel: Channel | None = None
        self._application = False
        self._opened = False
        self._selected: bytes | None = None
        self._challenge: bytes | None = None
        self._chip_agreement = False
        if self._secrets.pace is not None:
            self._secrets.pace.reset()

    @property
    def atr(self) -> bytes:
        """What it says when it is powered; one that takes long commands says so (ISO/IEC 7816-4, 12.1.1)."""
        return ATR_EXTENDED if self._traits.extended else ATR

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU, status word included. Never raises for what a terminal may send."""
        command = parse_command(apdu)
        if command is None:
            return _WRONG_LENGTH
        header, data, expected = command
        if len(apdu) > 6 and apdu[4] == 0 and not self._traits.extended:
            return _WRONG_LENGTH
        if header[0] & 0x0C:
            return self._protected(header, data)
        if self._channel is not None:
            self._leave()
        answer, status = self._run(header, data, expected)
        self._channel, self._next_channel = self._next_channel, None
        return answer + status

    def _leave(self) -> None:
        """A bare command ends secure messaging and all that it opened."""
        self._channel = None
        self._opened = False

    def _protected(self, header: bytes, body: bytes) -> bytes:
        channel = self._channel
        if channel is None:
            return _BAD_MESSAGING
        try:
            data, expected = channel.unwrap(header, body)
        except Tampered:
            self._leave()
            return _BAD_MESSAGING
        answer, status = self._run(header, data, expected)
        wrapped = channel.wrap(answer, status, odd=bool(header[1] & 1))
        if self._next_channel is not None:
            self._channel, self._next_channel = self._next_channel, None
        return wrapped

    def _run(self, header: bytes, data: bytes, expected: int | None) -> tuple[bytes, bytes]:
        last = not header[0] & 0x10
        match header[1]:
            case 0xA4:
                return b"", self._select(header[2], data)
            case 0xB0 if header[2] & 0x80:
                return self._read_short(header[2] & 0x1F, header[3], expected)
            case 0xB0:
                return self._read(self._selected, header[2] << 8 | header[3], expected)
            case 0xB1:
                return self._read_odd(data, expected)
            case 0x22:
                return b"", self._set_environment(header[2:4], data)
            case 0x84:
                return self._give_challenge(expected)
            case 0x82:
                return self._external_authenticate(data)
            case 0x86:
                return self._general_authenticate(data, last=last)
            case 0x88:
                return self._internal_authenticate(data)
            case _:
                return b"", _NO_INSTRUCTION

    def _select(self, how: int, data: bytes) -> bytes:
        self._selected = None
        if how == 0x04:
            self._application = data == APPLICATION
            return _OK if self._application else _NOT_FOUND
        if how == 0x00:
            if not self._traits.selects_master_file:
                return _NO_INSTRUCTION
            if data not in (b"", _MASTER_FILE):
                return _NOT_FOUND
            self._application = False
            return _OK
        if how != 0x02 or len(data) != 2:
            return _BAD_PARAMETERS
        found = self._find(int.from_bytes(data, "big"))
        if isinstance(found, tuple):
            return found[0]
        self._selected = found
        return _OK

    def _find(self, file_id: int) -> bytes | tuple[bytes]:
        """The file of the current directory, or the status word (in a tuple) that denies it."""
        if not self._application:
            if file_id not in self._masters:
                return (_NOT_FOUND,)
            denied = file_id == CARD_SECURITY and not self._opened
            return (_NOT_ALLOWED,) if denied else self._masters[file_id]
        if file_id not in self._files:
            return (_NOT_FOUND,)
        return (_NOT_ALLOWED,) if not self._opened or file_id == DG3 else self._files[file_id]

    def _read_short(self, short_id: int, offset: int, expected: int | None) -> tuple[bytes, bytes]:
        if not self._traits.short_ids:
            return b"", _BAD_PARAMETERS
        base = 0x2F00 if not self._application and short_id == 0x01 else 0x0100
        found = self._find(base | short_id)
        if isinstance(found, tuple):
            return b"", found[0]
        self._selected = found
        return self._read(found, offset, expected)

    def _read(self, content: bytes | None, offset: int, expected: int | None) -> tuple[bytes, bytes]:
        if content is None:
            return b"", _NO_FILE_SELECTED
        if expected is None or (expected > self._traits.max_read and not self._traits.extended):
            return b"", _WRONG_LENGTH
        if offset >= len(content):
            return b"", _BAD_OFFSET
        room = max(self._traits.extended - 48, self._traits.max_read)
        part = content[offset : offset + min(expected, room)]
        return part, _OK if len(part) == min(expected, room) else _END_OF_FILE

    def _read_odd(self, data: bytes, expected: int | None) -> tuple[bytes, bytes]:
        if len(data) < 3 or data[0] != 0x54 or data[1] != len(data) - 2:
            return b"", _BAD_PARAMETERS
        if expected is None or expected < 5:
            return b"", _WRONG_LENGTH
        part, status = self._read(self._selected, int.from_bytes(data[2:], "big"), expected - 4)
        return wrap_object(0x53, part) if part else b"", status

    def _set_environment(self, how: bytes, data: bytes) -> bytes:
        self._chip_agreement = False
        key = self._secrets.chip_key
        if how == b"\xc1\xa4":
            return _NOT_FOUND if self._secrets.pace is None else self._secrets.pace.choose(data)
        if how == b"\x41\xa4" and key is not None and self._opened:
            self._chip_agreement = _objects(data).get(0x80) == key.oid
            return _OK if self._chip_agreement else _BAD_DATA
        if how == b"\x41\xa6" and key is not None and self._opened and key.suite is Suite.TRIPLE_DES:
            return self._agree(_objects(data).get(0x91, b""))
        return _BAD_PARAMETERS

    def _agree(self, theirs: bytes) -> bytes:
        if self._secrets.chip_key is None:
            return _NOT_NOW
        try:
            self._next_channel = self._secrets.chip_key.agree(theirs)
        except (ValueError, IndexError):
            return _BAD_DATA
        return _OK

    def _general_authenticate(self, data: bytes, *, last: bool) -> tuple[bytes, bytes]:
        if self._chip_agreement:
            self._chip_agreement = False
            status = self._agree(_objects(_objects(data).get(0x7C, b"")).get(0x80, b""))
            return (wrap_object(0x7C, b""), status) if status == _OK else (b"", status)
        if self._secrets.pace is None:
            return b"", _NOT_NOW
        reply = self._secrets.pace.answer(data, last=last)
        if reply.channel is not None:
            self._next_channel = reply.channel
            self._opened = True
        return reply.data, reply.status

    def _give_challenge(self, expected: int | None) -> tuple[bytes, bytes]:
        if self._secrets.bac_text is None or not self._application:
            return b"", _NOT_ALLOWED
        if expected != 8:
            return b"", _WRONG_LENGTH
        self._challenge = self._random_bytes(8)
        return self._challenge, _OK

    def _external_authenticate(self, cryptogram: bytes) -> tuple[bytes, bytes]:
        challenge, self._challenge = self._challenge, None
        if challenge is None or self._secrets.bac_text is None:
            return b"", _NOT_NOW
        access = AccessControl(KeyPair.from_key_text(self._secrets.bac_text))
        agreed = access.answer(cryptogram, challenge=challenge, key_part=self._random_bytes(16))
        if agreed is None:
            return b"", _KEY_REFUSED
        answer, self._next_channel = agreed
        self._opened = True
        return answer, _OK

    def _internal_authenticate(self, challenge: bytes) -> tuple[bytes, bytes]:
        if self._secrets.active_key is None or not self._opened:
            return b"", _NOT_NOW
        if len(challenge) != 8:
            return b"", _WRONG_LENGTH
        return self._secrets.active_key.sign(challenge), _OK


def _objects(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    try:
        while data:
            tag, value, _, data = cut_object(data)
            found[tag] = value
    except (ValueError, IndexError):
        return {}
    return found


def parse_command(apdu: bytes) -> tuple[bytes, bytes, int | None] | None:
    """Cut an APDU, short or extended, into header, data and expected length; None when the lengths do not fit."""
    if len(apdu) < 4:
        return None
    header, body = apdu[:4], apdu[4:]
    if len(body) <= 1:
        return header, b"", expected_length(body) if body else None
    wide = body[0] == 0 and len(body) > 2
    start = 3 if wide else 1
    if wide and len(body) == 3:
        return header, b"", expected_length(body[1:])
    size = int.from_bytes(body[1:3] if wide else body[:1], "big")
    tail = body[start + size :]
    if len(body) < start + size or len(tail) not in ((0, 2) if wide else (0, 1)):
        return None
    return header, body[start : start + size], expected_length(tail) if tail else None
