"""Secure messaging with 3DES, the reader's end (ICAO Doc 9303-11, 9.8). Every answer is checked in full or refused."""

from dataclasses import replace

from kiosk.chip import cipher, tlv
from kiosk.chip.commands import Command, Transmit, exchange
from kiosk.chip.errors import BadAnswer, SessionEnded

_ENCRYPTED_EVEN = 0x87
_ENCRYPTED_ODD = 0x85
_EXPECTED_LENGTH = 0x97
_STATUS = 0x99
_MAC = 0x8E
_SECURED = 0x0C
_COUNTER_LIMIT = 1 << 64


class SecureMessaging:
    """One open session. After SessionEnded or BadAnswer it is dead and refuses further use."""

    def __init__(self, *, key_enc: bytes, key_mac: bytes, counter: int) -> None:
        """Take the two 16-byte session keys and the send sequence counter of BAC."""
        self._key_enc = key_enc
        self._key_mac = key_mac
        self._counter = counter
        self._dead = False

    def send(self, transmit: Transmit, command: Command) -> tuple[bytes, int]:
        """Send one command protected; give (plain data, status word).

        Raises SessionEnded when the card answers unprotected, BadAnswer when MAC, order or padding are wrong,
        CardLost when it is gone.
        """
        if self._dead:
            raise SessionEnded("this conversation with the card is over: open the chip again")
        self._dead = True  # until the answer has been found good
        data, status = exchange(transmit, self._protect(command))
        plain = self._open(data, status, odd=bool(command.ins & 1))
        self._dead = False
        return plain, status

    def _count(self) -> bytes:
        self._counter = (self._counter + 1) % _COUNTER_LIMIT
        return self._counter.to_bytes(cipher.BLOCK, "big")

    def _protect(self, command: Command) -> bytes:
        body = b""
        if command.data:
            secret = cipher.encrypt(self._key_enc, cipher.pad(command.data))
            if command.ins & 1:
                body = tlv.encode(_ENCRYPTED_ODD, secret)
            else:
                body = tlv.encode(_ENCRYPTED_EVEN, b"\x01" + secret)
        if command.le is not None:
            body += tlv.encode(_EXPECTED_LENGTH, bytes([command.le % 256]))
        unsigned = Command(command.cla | _SECURED, command.ins, command.p1, command.p2)
        header = unsigned.header
        to_sign = self._count() + cipher.pad(header) + body
        mac = cipher.mac(self._key_mac, cipher.pad(to_sign) if body else to_sign)
        return replace(unsigned, data=body + tlv.encode(_MAC, mac), le=256).encoded()

    def _open(self, data: bytes, status: int, *, odd: bool) -> bytes:
        if not data:
            raise SessionEnded(f"the card left secure messaging with status {status:04X}")
        parts = list(tlv.walk(data))
        tags = [tag for tag, _ in parts]
        encrypted = _ENCRYPTED_ODD if odd else _ENCRYPTED_EVEN
        if tags not in ([encrypted, _STATUS, _MAC], [_STATUS, _MAC]):
            raise BadAnswer("the card's protected answer lacks a part or has one too many")
        mac, (_, inner_status) = parts[-1][1], parts[-2]
        signed = data[: len(data) - len(tlv.encode(_MAC, mac))]
        expected = cipher.mac(self._key_mac, cipher.pad(self._count() + signed))
        if len(mac) != cipher.MAC_LENGTH or not cipher.same(mac, expected):
            raise BadAnswer("the card's answer was altered on the way: its authentication code does not fit")
        if inner_status != status.to_bytes(2, "big"):
            raise BadAnswer("the status word of the card's answer was altered on the way")
        if len(parts) == 2:
            return b""
        secret = parts[0][1]
        if not odd:
            if not secret.startswith(b"\x01"):
                raise BadAnswer("the card padded its answer in a way that the standard does not know")
            secret = secret[1:]
        return cipher.unpad(cipher.decrypt(self._key_enc, secret))
