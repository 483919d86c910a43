"""One question and one answer at a time with a module, over any line of bytes.

Owns deadlines, draining of stale input, repeats, password re-verification and the two kinds of data transfer. Refuses
to repeat what may not be said twice, and never waits without an end. It opens no port and knows no fingers.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from drivers.errors import DeviceFault, DeviceGone
from drivers.fingerprint.commands import ANSWER_WORDS, RULES, Answer, Instruction
from drivers.fingerprint.packets import (
    DEFAULT_ADDRESS,
    MAX_CONTENT_BYTES,
    OVERHEAD_BYTES,
    Packet,
    PacketKind,
    PacketParser,
)

ATTEMPTS = 3
GAP_S = 0.5
MAX_TRANSFER_BYTES = 1 << 20
GREETING = b"\x55\x00"
"""Bytes a module says by itself: 0x55 after power-up or reset, a spurious 0x00 before it."""
SMALLEST_QUIET_S = 0.1
_FROM_MODULE = frozenset((PacketKind.DATA, PacketKind.ACK, PacketKind.END))


class CommandRefused(DeviceFault):
    """The module answered a command with an error; `code` is its confirmation code."""

    def __init__(self, instruction: Instruction, code: int) -> None:
        words = ANSWER_WORDS.get(code, "see the module's manual")
        super().__init__(f"fingerprint sensor: {instruction.name} refused with 0x{code:02X}: {words}")
        self.instruction = instruction
        self.code = code


class DeviceSilent(DeviceGone):
    """The port is there, but the module at it has stopped answering."""


class TransferDamaged(DeviceFault):
    """A data transfer lost or changed bytes; the module still holds what it sent, so it can be asked again."""


class Line(Protocol):
    """A serial line; `baud` in bits a second may be changed. Everything raises DeviceGone when the end is no more."""

    @property
    def baud(self) -> int: ...

    @baud.setter
    def baud(self, baud: int) -> None: ...

    def read(self, timeout_s: float) -> bytes:
        """Give what has arrived, waiting at most `timeout_s` for the first byte; empty when there was none."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...


class Exchange:
    """The conversation with one module. One thread only.

    `packet_bytes` is the content size of data packets to the module; `stale_bytes` counts bytes thrown away before
    commands, for the health report. `monotonic_s` gives seconds that never step back.
    """

    def __init__(
        self,
        line: Line,
        *,
        address: int = DEFAULT_ADDRESS,
        password: int = 0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.line = line
        self.packet_bytes = 128
        self.stale_bytes = 0
        self._address = address
        self._password = password
        self._monotonic_s = monotonic_s
        self._parser = PacketParser(_FROM_MODULE, address=address)
        self._arrived: deque[Packet] = deque()
        self._unsettled = False
        self._unsupported: set[Instruction] = set()

    def ask(
        self,
        instruction: Instruction,
        content: bytes = b"",
        *,
        timeout_s: float | None = None,
        attempts: int = ATTEMPTS,
    ) -> bytes:
        """Send a command and give its answer without the confirmation code.

        Raises CommandRefused for an error answer, DeviceSilent when the module stays silent.
        """
        if instruction in self._unsupported:
            raise CommandRefused(instruction, Answer.UNSUPPORTED)
        rule = RULES[instruction]
        frame = Packet(PacketKind.COMMAND, bytes([instruction]) + content, self._address).encode()
        may_verify = instruction is not Instruction.VERIFY_PASSWORD
        tries = 0
        while tries < attempts:
            tries += 1
            self._drain()
            self.line.write(frame)
            answer = self._await_answer(rule.timeout_s if timeout_s is None else timeout_s)
            if answer is None:
                self._unsettled = True
                if not rule.repeatable:
                    break
            elif answer[0] == Answer.OK:
                return answer[1:]
            elif answer[0] == Answer.PASSWORD_FIRST and may_verify:
                may_verify = False
                tries -= 1
                self.verify_password()
            elif answer[0] != Answer.RECEIVE_ERROR or tries == attempts:
                raise self._refusal(instruction, answer[0])
        raise DeviceSilent("the fingerprint sensor does not answer: check its plug and its power")

    def verify_password(self, *, timeout_s: float | None = None, attempts: int = ATTEMPTS) -> None:
        """Tell the module its password, as it wants after every power-up."""
        password = self._password.to_bytes(4, "big")
        self.ask(Instruction.VERIFY_PASSWORD, password, timeout_s=timeout_s, attempts=attempts)

    def receive_data(
        self,
        expected_bytes: int,
        on_progress: Callable[[int, int], None] | None = None,
        *,
        interrupt: Callable[[], None] | None = None,
    ) -> bytes:
        """Collect the data packets that follow a granted upload, up to the end packet.

        `on_progress` hears bytes so far and expected; `interrupt` may raise to leave the transfer, the rest of which
        is then drained before the next command. Raises TransferDamaged after the module has finished sending.
        """
        bad_before = self._parser.bad_frames
        data = bytearray()
        self._unsettled = True
        deadline_s = self._monotonic_s() + 1.5 * self._wire_s(max(expected_bytes, 1)) + 1.0
        quiet_since_s = self._monotonic_s()
        while self._monotonic_s() < deadline_s and len(data) < MAX_TRANSFER_BYTES:
            if interrupt is not None:
                interrupt()
            arrived = self.line.read(0.05)
            now_s = self._monotonic_s()
            if arrived:
                quiet_since_s = now_s
                self._arrived += self._parser.feed(arrived)
            elif now_s - quiet_since_s > GAP_S:
                self._arrived += self._parser.settle()
                if not self._arrived:
                    break
            if self._collect(data, expected_bytes, on_progress):
                self._unsettled = False
                if self._parser.bad_frames == bad_before:
                    return bytes(data)
                break
        raise TransferDamaged("the fingerprint sensor's image arrived damaged: check the cable, or use a lower rate")

    def send_data(self, data: bytes) -> float:
        """Send data packets after a granted download; gives the seconds that the line needs for them."""
        size = self.packet_bytes
        for start in range(0, len(data), size):
            kind = PacketKind.END if start + size >= len(data) else PacketKind.DATA
            self.line.write(Packet(kind, data[start : start + size], self._address).encode())
        return self._wire_s(len(data))

    def _collect(self, data: bytearray, expected_bytes: int, on_progress: Callable[[int, int], None] | None) -> bool:
        """Move what has arrived into `data`; True when the end packet was among it."""
        ended = False
        grown = False
        while self._arrived and not ended:
            packet = self._arrived.popleft()
            if packet.kind is PacketKind.ACK:
                continue
            data += packet.content
            grown = True
            ended = packet.kind is PacketKind.END
        if grown and on_progress is not None:
            on_progress(len(data), expected_bytes)
        return ended

    def _await_answer(self, timeout_s: float) -> bytes | None:
        """Wait for an acknowledgement; None when none came, or when what came was broken and the line is quiet."""
        bad_before = self._parser.bad_frames
        now_s = self._monotonic_s()
        deadline_s = now_s + timeout_s
        quiet_since_s = now_s
        while now_s < deadline_s:
            arrived = self.line.read(min(0.05, deadline_s - now_s))
            now_s = self._monotonic_s()
            if arrived:
                quiet_since_s = now_s
                self._arrived += self._parser.feed(arrived)
            elif now_s - quiet_since_s > self._quiet_s():
                self._arrived += self._parser.settle()
                if not self._arrived and self._parser.bad_frames > bad_before:
                    return None
            while self._arrived:
                packet = self._arrived.popleft()
                if packet.kind is PacketKind.ACK:
                    return packet.content
        return None

    def _drain(self) -> None:
        """Throw away what the module said unasked, so that the next answer is the answer to the next command."""
        deadline_s = self._monotonic_s() + 1.5 * self._wire_s(64 * 1024) + 1.0
        patience_s = self._quiet_s() if self._unsettled else 0.0
        while self._monotonic_s() < deadline_s:
            stale = self.line.read(patience_s)
            if not stale:
                break
            if stale.strip(GREETING):
                self.stale_bytes += len(stale)
                patience_s = self._quiet_s()
        for _ in self._parser.settle():
            pass
        self._arrived.clear()
        self._unsettled = False

    def _refusal(self, instruction: Instruction, code: int) -> CommandRefused:
        if code == Answer.UNSUPPORTED:
            self._unsupported.add(instruction)
        return CommandRefused(instruction, code)

    def _quiet_s(self) -> float:
        """Two of the longest packets' time: after so long a silence nothing is under way."""
        return max(SMALLEST_QUIET_S, 2 * (MAX_CONTENT_BYTES + OVERHEAD_BYTES) * 10 / self.line.baud)

    def _wire_s(self, data_bytes: int) -> float:
        """How long so many bytes take in packets, ten bits a byte."""
        packets = -(-data_bytes // self.packet_bytes)
        return (data_bytes + packets * OVERHEAD_BYTES) * 10 / self.line.baud
