"""One question and one answer at a time with a module, over any line of bytes.

Owns deadlines, draining of stale input, repeats and password re-verification. Refuses to repeat what may not be said
twice, and never waits without an end. What comes in data packets is collected by transfers. It opens no port and knows
no fingers.
"""

import time
from collections.abc import Callable, Iterator
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
    answers, for the health report; `restarts` how often the module had forgotten the password since it was last told,
    as after a brown-out. `monotonic_s` gives seconds that never step back.
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
        self.restarts = 0
        self._address = address
        self._password = password
        self._monotonic_s = monotonic_s
        self._parser = PacketParser(_FROM_MODULE, address=address)
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
                self.restarts += 1
                self.verify_password()
            elif answer[0] != Answer.RECEIVE_ERROR or tries == attempts:
                raise self._refusal(instruction, answer[0])
        raise DeviceSilent("the fingerprint sensor does not answer: check its plug and its power")

    def verify_password(self, *, timeout_s: float | None = None, attempts: int = ATTEMPTS) -> None:
        """Tell the module its password, as it wants after every power-up."""
        password = self._password.to_bytes(4, "big")
        self.ask(Instruction.VERIFY_PASSWORD, password, timeout_s=timeout_s, attempts=attempts)

    def send_data(self, data: bytes) -> float:
        """Send data packets after a granted download; gives the seconds that the line needs for them."""
        size = self.packet_bytes
        for start in range(0, len(data), size):
            kind = PacketKind.END if start + size >= len(data) else PacketKind.DATA
            self.line.write(Packet(kind, data[start : start + size], self._address).encode())
        return self.wire_s(len(data))

    def await_packet(self, deadline_s: float, quiet_s: float) -> Packet | None:
        """Give the next packet; None at the deadline, or when the line has been quiet for so long."""
        now_s = quiet_since_s = self._monotonic_s()
        while (packet := self._parser.take()) is None:
            if now_s >= deadline_s or now_s - quiet_since_s > quiet_s:
                return None
            arrived = self.line.read(min(0.05, max(0.0, deadline_s - now_s)))
            now_s = self._monotonic_s()
            if arrived:
                quiet_since_s = now_s
                self._parser.add(arrived)
        return packet

    def _await_answer(self, timeout_s: float) -> bytes | None:
        """Wait for an acknowledgement; None when none came, or when what came was broken and the line is quiet."""
        bad_before, skipped_before = self._parser.bad_frames, self._parser.skipped_bytes
        deadline_s = self._monotonic_s() + timeout_s
        hidden: Iterator[Packet] = iter(())
        found = None
        while found is None and self._monotonic_s() < deadline_s:
            packet = next(hidden, None) or self.await_packet(deadline_s, self._quiet_s())
            if packet is None:
                # What looked like the beginning of a packet is none: an answer may stand behind it.
                hidden = self._parser.settle()
                packet = next(hidden, None)
                if packet is None and self._parser.bad_frames > bad_before:
                    break
            if packet is not None and packet.kind is PacketKind.ACK:
                found = packet.content
        self.stale_bytes += self._parser.skipped_bytes - skipped_before
        return found

    def _drain(self) -> None:
        """Throw away what the module said unasked, so that the next answer is the answer to the next command."""
        deadline_s = self._monotonic_s() + 1.5 * self.wire_s(64 * 1024) + 1.0
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
        self._unsettled = False

    def _refusal(self, instruction: Instruction, code: int) -> CommandRefused:
        if code == Answer.UNSUPPORTED:
            self._unsupported.add(instruction)
        return CommandRefused(instruction, code)

    @property
    def damage(self) -> int:
        """What has come broken or belonged to no packet so far; grows with every such byte."""
        return self._parser.bad_frames + self._parser.skipped_bytes

    def now_s(self) -> float:
        """Seconds of this conversation's clock."""
        return self._monotonic_s()

    def leave_unsettled(self, *, unsettled: bool) -> None:
        """Say whether bytes of an unfinished transfer may still come; they are drained before the next command."""
        self._unsettled = unsettled

    def _quiet_s(self) -> float:
        """Two of the longest packets' time: after so long a silence nothing is under way."""
        return max(SMALLEST_QUIET_S, 2 * (MAX_CONTENT_BYTES + OVERHEAD_BYTES) * 10 / self.line.baud)

    def wire_s(self, data_bytes: int) -> float:
        """How long so many bytes take in packets, ten bits a byte."""
        packets = -(-data_bytes // self.packet_bytes)
        return (data_bytes + packets * OVERHEAD_BYTES) * 10 / self.line.baud
