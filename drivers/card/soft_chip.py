"""A chip in software: BAC, PACE, secure messaging of either kind, Chip and Active Authentication.

No reader, no thread, no clock: process() answers one APDU, short or extended, strictly after ISO/IEC 7816-4 and
Doc 9303-10 and -11: 6982 before authentication and for fingerprints, a bare command or a broken one ends secure
messaging and closes every file, and what is longer than a command lets an answer be waits for GET RESPONSE.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from drivers.card.soft_apdu import (
    BAD_DATA,
    BAD_MESSAGING,
    BAD_PARAMETERS,
    KEY_REFUSED,
    MESSAGING_MISSING,
    NO_CHAINING,
    NO_INSTRUCTION,
    NO_REFERENCE,
    NOT_ALLOWED,
    NOT_NOW,
    OK,
    SHORT_ANSWER,
    WRONG_LENGTH,
    goes_on,
    is_open,
    is_wide,
    parse_command,
    refused_class,
    secured,
    waiting,
)
from drivers.card.soft_crypto import AccessControl, KeyPair, Tampered, Unprotected, cut_object, wrap_object
from drivers.card.soft_directory import CARD_ACCESS, Answer, ChipTraits, Directories
from drivers.card.soft_pace import SoftPace
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Channel, Suite
from drivers.card.soft_security_infos import info_set

ATR: Final = bytes.fromhex("3B80800101")
"""What a PC/SC reader makes of an ISO/IEC 14443-4 card without historical bytes."""
ATR_EXTENDED: Final = bytes.fromhex("3B8580018073C821C0DE")
"""The same with card capabilities: selection by name and identifier, chaining, extended length."""
_CHALLENGE: Final = 8
_CRYPTOGRAM: Final = 40
_GOOD: Final = (0x90, 0x61, 0x62, 0x63)
_GET_RESPONSE: Final = b"\x00\xc0\x00\x00"
_WITHOUT_PARAMETERS: Final = frozenset({0x82, 0x84, 0x86, 0x88})


class ActiveKey(Protocol):
    """What signs challenges: ActiveRsa or ActiveEcdsa of soft_proofs."""

    def sign(self, challenge: bytes) -> bytes:
        """Answer an INTERNAL AUTHENTICATE."""
        ...


@dataclass(frozen=True, slots=True)
class ChipSecrets:
    """What opens the chip and what it proves itself with; each part may be missing."""

    bac_text: str | None = field(default=None, repr=False)
    pace: SoftPace | None = field(default=None, repr=False)
    chip_key: ChipKey | None = field(default=None, repr=False)
    active_key: ActiveKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One command, taken out of its protection; `room` is the most data that its answer holds."""

    header: bytes
    data: bytes
    expected: int | None
    room: int
    secured: bool


class SoftChip:
    """A chip with the files of the master file and of the ICAO application, by file identifier.

    `process` is its whole surface; `reset` is taking it off the reader.
    """

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
        self.files = dict(files)
        self.masters = dict(master_files or {})
        self._secrets = secrets
        self._traits = traits or ChipTraits()
        self._random_bytes = random_bytes
        if secrets.pace is not None:
            self.masters.setdefault(CARD_ACCESS, info_set(offer.info() for offer in secrets.pace.offers))
        self._directories = Directories(self.masters, self.files, self._traits)
        self.reset()

    def reset(self) -> None:
        """Lose power: session, selection and challenge are forgotten."""
        self._directories.reset()
        self._challenge: bytes | None = None
        self._waiting = b""
        self._next_channel: Channel | None = None
        self._leave()
        if self._secrets.pace is not None:
            self._secrets.pace.reset()

    @property
    def atr(self) -> bytes:
        """What it says when it is powered; one that takes long commands says so (ISO/IEC 7816-4, 12.1.1)."""
        return ATR_EXTENDED if self._traits.extended else ATR

    @property
    def current_file(self) -> int | None:
        """The identifier of the file that is selected now."""
        return self._directories.current

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU, status word included. Never raises for what a terminal may send."""
        parsed = parse_command(apdu)
        if parsed is None or (is_wide(apdu) and not self._traits.extended):
            self._leave()
            return WRONG_LENGTH
        header, data, expected = parsed
        refused = refused_class(header)
        if refused is not None:
            self._leave()
            return refused
        most = self._traits.extended if is_wide(apdu) else SHORT_ANSWER
        left, self._waiting = self._waiting, b""
        if header == _GET_RESPONSE and left:
            # A matter of transport: what was protected stays so, and secure messaging goes on (ISO/IEC 7816-4, 11.6.1).
            return self._portion(left, min(expected or most, most))
        if secured(header):
            return self._portion(self._protected(header, data, most), most)
        self._leave()
        answer, status = self._run(_Asked(header, data, expected, min(expected or most, most), secured=False))
        self._channel, self._next_channel = self._next_channel, None
        return self._portion(answer + status, most)

    def _portion(self, answer: bytes, most: int) -> bytes:
        """Give as much of an answer as may be given now; the rest waits for GET RESPONSE."""
        if len(answer) - 2 <= most:
            return answer
        self._waiting = answer[most:]
        return answer[:most] + waiting(len(self._waiting) - 2)

    def _leave(self) -> None:
        """Secure messaging ends, and with it all that it opened (Doc 9303-11, 9.8.3)."""
        self._channel: Channel | None = None
        self._opened = False
        self._chip_agreement = False

    def _protected(self, header: bytes, body: bytes, most: int) -> bytes:
        channel = self._channel
        if channel is None:
            return BAD_MESSAGING
        try:
            data, expected = channel.unwrap(header, body)
        except Tampered as error:
            self._leave()
            return MESSAGING_MISSING if isinstance(error, Unprotected) else BAD_MESSAGING
        answer, status = self._run(_Asked(header, data, expected, channel.room(most), secured=True))
        if status == BAD_MESSAGING:
            self._leave()
            return status
        wrapped = channel.wrap(answer, status, odd=bool(header[1] & 1))
        if self._traits.bare_refusals and status[0] not in _GOOD:
            return status  # the counter has moved on as if it were protected
        if self._next_channel is not None:
            self._channel, self._next_channel = self._next_channel, None
        return wrapped

    def _run(self, asked: _Asked) -> Answer:
        header = asked.header
        p1, p2 = header[2], header[3]
        if header[1] in _WITHOUT_PARAMETERS and (p1 or p2):
            return b"", BAD_PARAMETERS
        opened, expected = self._opened, asked.expected
        match header[1]:
            case 0xA4:
                return self._directories.select(p1, p2, asked.data, opened=opened, expected=expected)
            case 0xB0:
                return self._directories.read(p1, p2, expected, room=asked.room, opened=opened)
            case 0xB1:
                return self._directories.read_odd(p1, p2, asked.data, expected, room=asked.room, opened=opened)
            case 0x22:
                return b"", self._set_environment(header[2:4], asked.data)
            case 0x84:
                return self._give_challenge(asked)
            case 0x82:
                return self._external_authenticate(asked)
            case 0x86:
                return self._general_authenticate(asked.data, last=not goes_on(header))
            case 0x88:
                return self._internal_authenticate(asked.data)
            case _:
                return b"", NO_INSTRUCTION

    def _set_environment(self, how: bytes, data: bytes) -> bytes:
        self._chip_agreement = False
        key = self._secrets.chip_key
        if how == b"\xc1\xa4" and self._secrets.pace is not None:
            return self._secrets.pace.choose(data)
        if key is None or not self._opened or how not in (b"\x41\xa4", b"\x41\xa6"):
            return BAD_PARAMETERS
        said = _objects(data)
        meant = said.get(0x84)
        if meant is not None and key.key_id is not None and int.from_bytes(meant, "big") != key.key_id:
            return NO_REFERENCE
        if how == b"\x41\xa6":
            return self._agree(said.get(0x91, b"")) if key.suite is Suite.TRIPLE_DES else BAD_PARAMETERS
        self._chip_agreement = said.get(0x80) == key.oid
        return OK if self._chip_agreement else BAD_DATA

    def _agree(self, theirs: bytes) -> bytes:
        if self._secrets.chip_key is None:
            return NOT_NOW
        try:
            self._next_channel = self._secrets.chip_key.agree(theirs)
        except (ValueError, IndexError):
            return BAD_DATA
        return OK

    def _general_authenticate(self, data: bytes, *, last: bool) -> Answer:
        if self._chip_agreement:
            self._chip_agreement = False
            if not last:
                return b"", NO_CHAINING
            status = self._agree(_objects(_objects(data).get(0x7C, b"")).get(0x80, b""))
            return (wrap_object(0x7C, b""), status) if status == OK else (b"", status)
        if self._secrets.pace is None:
            return b"", NOT_NOW
        reply = self._secrets.pace.answer(data, last=last)
        if reply.channel is not None:
            self._next_channel = reply.channel
            self._opened = True
        return reply.data, reply.status

    def _give_challenge(self, asked: _Asked) -> Answer:
        if asked.data or asked.expected is None or not (asked.expected == _CHALLENGE or is_open(asked.expected)):
            return b"", WRONG_LENGTH
        if self._secrets.bac_text is None:
            return b"", NOT_ALLOWED
        if not self._directories.application or asked.secured:
            return b"", NOT_NOW
        self._challenge = self._random_bytes(_CHALLENGE)
        return self._challenge, OK

    def _external_authenticate(self, asked: _Asked) -> Answer:
        challenge, self._challenge = self._challenge, None
        if challenge is None or self._secrets.bac_text is None or asked.secured:
            return b"", NOT_NOW
        if len(asked.data) != _CRYPTOGRAM:
            return b"", WRONG_LENGTH
        access = AccessControl(KeyPair.from_key_text(self._secrets.bac_text))
        agreed = access.answer(asked.data, challenge=challenge, key_part=self._random_bytes(16))
        if agreed is None:
            return b"", KEY_REFUSED
        answer, self._next_channel = agreed
        self._opened = True
        return answer, OK

    def _internal_authenticate(self, challenge: bytes) -> Answer:
        if self._secrets.active_key is None or not self._opened or not self._directories.application:
            return b"", NOT_NOW
        if len(challenge) != _CHALLENGE:
            return b"", WRONG_LENGTH
        return self._secrets.active_key.sign(challenge), OK


def _objects(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    try:
        while data:
            tag, value, _, data = cut_object(data)
            found[tag] = value
    except (ValueError, IndexError):
        return {}
    return found
