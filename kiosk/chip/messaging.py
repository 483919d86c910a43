"""Secure messaging, the reader's end (ICAO Doc 9303-11, 9.8). Every answer is checked in full or refused."""

from dataclasses import replace
from typing import Self

from kiosk.chip import cipher, tlv
from kiosk.chip.commands import Command, Transmit, exchange, length_field
from kiosk.chip.errors import BadAnswer, SessionEnded
from kiosk.chip.suites import Suite

_ENCRYPTED_EVEN = 0x87
_ENCRYPTED_ODD = 0x85
_EXPECTED_LENGTH = 0x97
_STATUS = 0x99
_MAC = 0x8E
_SECURED = 0x0C
_SHORT = 256
_LONGEST = 65536


_MESSAGING_BROKEN = (0x6882, 0x6987, 0x6988)


class SecureMessaging:
    """One open session. After BadAnswer, or once the card has left it, it is dead and refuses further use.

    Some cards answer a command that they refuse with a bare status word and stay in the session, their counter moved on
    as if the answer had been protected. So one bare refusal leaves the session alive, and a second one ends it.
    """

    def __init__(self, *, key_enc: bytes, key_mac: bytes, counter: int, suite: Suite = Suite.TRIPLE_DES) -> None:
        """Take the two session keys, the send sequence counter, and what they are for."""
        self._key_enc = key_enc
        self._key_mac = key_mac
        self._counter = counter
        self._suite = suite
        self._dead = False
        self._doubtful = False
        self._answers = 0

    @classmethod
    def of_secret(cls, suite: Suite, secret: bytes) -> Self:
        """Begin from an agreed secret with the counter at zero, as after PACE and Chip Authentication."""
        keys = (suite.derive(secret, purpose) for purpose in (cipher.ENCRYPTION, cipher.AUTHENTICATION))
        enc, mac = keys
        return cls(key_enc=enc, key_mac=mac, counter=0, suite=suite)

    @property
    def suite(self) -> Suite:
        """Cipher and MAC of this session."""
        return self._suite

    @property
    def alive(self) -> bool:
        """Whether it may still be used."""
        return not self._dead

    @property
    def answers(self) -> int:
        """How many answers were found good: from the first on, the card has shown that it holds the same keys."""
        return self._answers

    def send(self, transmit: Transmit, command: Command) -> tuple[bytes, int]:
        """Send one command protected; give (plain data, status word).

        Raises SessionEnded when the card answers unprotected (`alive` tells whether the session may go on), BadAnswer
        when MAC, order or padding are wrong, CardLost when it is gone.
        """
        if self._dead:
            raise SessionEnded("this conversation with the card is over: open the chip again")
        self._dead = True  # until the answer has been found good
        data, status = exchange(transmit, self._protect(command))
        if not data:
            raise self._left(status)
        plain = self._open(data, status)
        self._dead = self._doubtful = False
        self._answers += 1
        return plain, status

    def _left(self, status: int) -> SessionEnded:
        """Judge a bare status word; it proves nothing, so it may cost a file or the session and never more."""
        self._dead = self._doubtful or status in _MESSAGING_BROKEN or status >> 8 == 0x90
        self._doubtful = True
        self._count()
        return SessionEnded(f"the card left secure messaging with status {status:04X}", status)

    def _count(self) -> bytes:
        size = self._suite.block
        self._counter = (self._counter + 1) % (1 << 8 * size)
        return self._counter.to_bytes(size, "big")

    def _protect(self, command: Command) -> bytes:
        suite, counter, body = self._suite, self._count(), b""
        if command.data:
            iv = suite.message_iv(self._key_enc, counter)
            secret = suite.encrypt(self._key_enc, suite.pad(command.data), iv=iv)
            if command.ins & 1:
                body = tlv.encode(_ENCRYPTED_ODD, secret)
            else:
                body = tlv.encode(_ENCRYPTED_EVEN, b"\x01" + secret)
        if command.le is not None:
            body += tlv.encode(_EXPECTED_LENGTH, length_field(command.le, wide=command.le > _SHORT))
        unsigned = Command(command.cla | _SECURED, command.ins, command.p1, command.p2)
        to_sign = counter + suite.pad(unsigned.header) + body
        mac = suite.mac_of_blocks(self._key_mac, suite.pad(to_sign) if body else to_sign)
        protected = body + tlv.encode(_MAC, mac)
        wide = len(protected) > _SHORT - 1 or (command.le or 0) > _SHORT
        return replace(unsigned, data=protected, le=_LONGEST if wide else _SHORT).encoded()

    def _open(self, data: bytes, status: int) -> bytes:
        """Check an answer in full. Some cards use object 87 for odd instructions, too."""
        parts = list(tlv.walk(data))
        tags = [tag for tag, _ in parts]
        if tags not in ([_ENCRYPTED_EVEN, _STATUS, _MAC], [_ENCRYPTED_ODD, _STATUS, _MAC], [_STATUS, _MAC]):
            raise BadAnswer("the card's protected answer lacks a part or has one too many")
        mac, (_, inner_status) = parts[-1][1], parts[-2]
        suite, counter = self._suite, self._count()
        signed = data[: len(data) - len(tlv.encode(_MAC, mac))]
        expected = suite.mac_of_blocks(self._key_mac, suite.pad(counter + signed))
        if len(mac) != cipher.MAC_LENGTH or not cipher.same(mac, expected):
            raise BadAnswer("the card's answer was altered on the way: its authentication code does not fit")
        if inner_status != status.to_bytes(2, "big"):
            raise BadAnswer("the status word of the card's answer was altered on the way")
        if len(parts) == 2:
            return b""
        secret = parts[0][1]
        if parts[0][0] == _ENCRYPTED_EVEN:
            if not secret.startswith(b"\x01"):
                raise BadAnswer("the card padded its answer in a way that the standard does not know")
            secret = secret[1:]
        return suite.unpad(suite.decrypt(self._key_enc, secret, iv=suite.message_iv(self._key_enc, counter)))
