"""A sensor module on a pseudo-terminal: the real driver opens it like any serial port and cannot tell the difference.

Owns the pseudo-terminal, the thread that speaks on it, the finger on the glass and the faults of the wire. The path it
gives is a link that stays the same while the module is unplugged and plugged in again, like /dev/serial/by-id.
"""

import contextlib
import errno
import fcntl
import os
import pty
import select
import struct
import tempfile
import threading
import time
import tty
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.fingerprint.glass import Glass
from drivers.fingerprint.module import ModuleModel
from drivers.fingerprint.packets import PacketKind, PacketParser
from drivers.fingerprint.personalities import Personality, personality_named
from drivers.fingerprint.synthetic import SITUATIONS, Finger, Impression

STOP_S = 2.0
LOST_AFTER_S = 0.5
"""A real UART does not wait for its reader: what nobody takes for so long is lost."""
_TCGETS2 = 0x802C542A
_FROM_HOST = frozenset((PacketKind.COMMAND, PacketKind.DATA, PacketKind.END))


class WireFault(StrEnum):
    """What can go wrong on the wire, by name. Silence and unplugging last; the others happen once, or `times`.

    A brown-out takes everything that the power holds (picture, features, password), and the module greets anew.
    """

    STRAY_BYTE = "stray_byte"
    DROPPED_BYTE = "dropped_byte"
    FLIPPED_BIT = "flipped_bit"
    SILENCE = "silence"
    FORGETS_PASSWORD = "forgets_password"  # noqa: S105 - the name of a situation
    BROWN_OUT = "brown_out"
    UNPLUGGED = "unplugged"


class ModuleEmulator:
    """An emulated R307 or R503. Every method may be called from any thread; close() ends its thread and its port.

    `baud` is the module's rate: bytes sent to it at another rate are noise to it. `pacing` spends the time on every
    byte, heard or said, that the rate needs. `link` is the path to give to the driver, by default one in a fresh
    private directory; `mode` are the port's permissions, for a driver under another user. `stray` is what a stray_byte
    looks like. From the rate `noisy_from_baud` on, the cable is too long: every second answer has a wrong bit.
    """

    def __init__(
        self,
        personality: str | Personality = "r503",
        *,
        serial: str = "SIM00001",
        baud: int = 57600,
        pacing: bool = False,
        link: Path | None = None,
        mode: int = 0o600,
    ) -> None:
        self.personality = personality if isinstance(personality, Personality) else personality_named(personality)
        own = self.personality
        self.glass = Glass(own.width_px, own.height_px, dpi=own.dpi)
        self.module = ModuleModel(own, self.glass.look, serial=serial, baud=baud)
        self.pacing = pacing
        self.stray = b"\xef"
        self.noisy_from_baud: int | None = None
        self._spoilt = 0
        self._mode = mode
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._directory = None if link else tempfile.TemporaryDirectory(prefix="fingerprint-")
        self._link = link or Path(
            self._directory.name if self._directory else "", f"usb-{self.personality.model}-port0"
        )
        self._thread: threading.Thread | None = None
        self._fault: WireFault | None = None
        self._fault_times = 0
        self._heard_s = 0.0
        self._master = self._slave = -1
        self._wake_read = self._wake_write = -1

    def start(self) -> str:
        """Plug the module in and give the path of its port."""
        if self._thread is not None:
            raise ValueError("the module emulator is running already")
        self._wake_read, self._wake_write = os.pipe()
        self._plug_in()
        self._thread = threading.Thread(target=self._run, name=f"{self.personality.name}-emulator", daemon=True)
        self._thread.start()
        return str(self._link)

    def place(self, grey: bytes, width_px: int, height_px: int) -> None:
        """Lay a picture on the glass: 8-bit grey, 0 = ridge, cut or filled with white about its centre."""
        self.glass.place(grey, width_px, height_px)

    def lay(self, finger: Finger, impression: Impression | None = None) -> None:
        """Press a grown finger on the glass; without an impression, the way the situation says."""
        self.glass.lay(finger, impression)

    def lift(self) -> None:
        """Take the finger away."""
        self.glass.lift()

    def say(self, data: bytes) -> None:
        """Put bytes on the wire unasked, as a late answer or a neighbour's noise does."""
        self._write(data)

    @property
    def situation(self) -> str:
        """What misbehaves now: a fault of the wire (WireFault) or of the press (SITUATIONS), or nothing (empty)."""
        with self._lock:
            return self._fault or self.glass.situation

    @situation.setter
    def situation(self, name: str) -> None:
        self.misbehave(name)

    def misbehave(self, name: str, *, times: int = 1) -> None:
        """Begin a situation instead of any other; empty ends it. One of the press shows from the next lay() on.

        `times` counts the answers spoilt by a fault that does not last. Raises ValueError with the known names for an
        unknown one.
        """
        if name and name not in (*WireFault, *SITUATIONS):
            raise ValueError(f"no situation {name!r}: choose one of {', '.join((*WireFault, *SITUATIONS))}")
        with self._lock:
            self.glass.situation = name if name in SITUATIONS else ""
            before, self._fault = self._fault, WireFault(name) if name in tuple(WireFault) else None
            self._fault_times = times
            if self._fault is WireFault.FORGETS_PASSWORD:
                self.module.verified = False
                self._spend_fault()
            elif self._fault is WireFault.BROWN_OUT:
                self._write(self.module.power_up())
                self._spend_fault()
            if before is WireFault.UNPLUGGED and self._fault is not WireFault.UNPLUGGED:
                self._plug_in()
            elif self._fault is WireFault.UNPLUGGED and before is not WireFault.UNPLUGGED:
                self._unplug()
        self._wake()

    def close(self) -> None:
        """Stop the thread and take the port away; safe to call twice. Raises TimeoutError when the thread hangs."""
        self._stop.set()
        self._wake()
        if self._thread is not None:
            self._thread.join(STOP_S)
            if self._thread.is_alive():
                raise TimeoutError("the module emulator did not stop in time")
            self._thread = None
            self._unplug()
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._wake_write = -1
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _plug_in(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        Path(os.ttyname(self._slave)).chmod(self._mode)
        os.set_blocking(self._master, False)
        new = self._link.with_name(self._link.name + ".new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.ttyname(self._slave))
        new.replace(self._link)
        self._parser = PacketParser(_FROM_HOST, address=self.module.address)
        self._write(self.module.power_up())

    def _unplug(self) -> None:
        with self._lock:
            if self._master < 0:
                return
            self._link.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1

    def _wake(self) -> None:
        if self._wake_write >= 0:
            os.write(self._wake_write, b"w")

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                master = self._master
            try:
                ready, _, _ = select.select([self._wake_read] + ([master] if master >= 0 else []), [], [], 1.0)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise
                continue  # unplugged just now
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            elif ready:
                self._hear()

    def _hear(self) -> None:
        """Read what the host said, in the time that it takes on the wire, and answer."""
        with self._lock:
            try:
                data = os.read(self._master, 512)
            except OSError as error:
                if error.errno in (errno.EIO, errno.EAGAIN, errno.EBADF):
                    return
                raise
            if self._line_rate() != self.module.baud or self._fault is WireFault.SILENCE:
                return
            packets = self._parser.feed(data)
        if self.pacing:
            self._heard_s = max(self._heard_s, time.monotonic()) + len(data) * 10 / self.module.baud
            self._stop.wait(max(0.0, self._heard_s - time.monotonic()))
        for packet in packets:
            with self._lock:
                answer = self.module.handle(packet)
                answer = self._spoil(answer) if answer else answer
            self._write(answer)
            with self._lock:
                self.module.answered()
                if self.module.address != packet.address:
                    self._parser = PacketParser(_FROM_HOST, address=self.module.address)

    def _line_rate(self) -> int:
        """The rate that the host has set, any rate (TCGETS2), in bits a second."""
        settings = bytearray(44)
        fcntl.ioctl(self._slave, _TCGETS2, settings)
        return int(struct.unpack_from("=I", settings, 40)[0])

    def _spoil(self, answer: bytes) -> bytes:
        """Do to an answer what the situation wants, and count it."""
        middle = len(answer) * 2 // 3
        if self.noisy_from_baud is not None and self.module.baud >= self.noisy_from_baud:
            self._spoilt += 1
            if self._spoilt % 2:
                answer = answer[:middle] + bytes([answer[middle] ^ 0x10]) + answer[middle + 1 :]
        match self._fault:
            case WireFault.STRAY_BYTE:
                answer = self.stray + answer
            case WireFault.DROPPED_BYTE:
                answer = answer[:middle] + answer[middle + 1 :]
            case WireFault.FLIPPED_BIT:
                answer = answer[:middle] + bytes([answer[middle] ^ 0x10]) + answer[middle + 1 :]
            case _:
                return answer
        self._spend_fault()
        return answer

    def _spend_fault(self) -> None:
        self._fault_times -= 1
        if self._fault_times <= 0:
            self._fault = None

    def _write(self, data: bytes) -> None:
        """Send bytes, at the pace of the rate where asked; drops what nobody reads and what an unplugging cuts off."""
        step = 16 if self.pacing else 4096
        due_s = time.monotonic()
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            if self.pacing:
                due_s += len(piece) * 10 / self.module.baud
                self._stop.wait(max(0.0, due_s - time.monotonic()))
            lost_s = time.monotonic() + LOST_AFTER_S
            while piece:
                if self._stop.is_set() or time.monotonic() > lost_s:
                    return
                with self._lock:
                    if self._master < 0:
                        return
                    with contextlib.suppress(BlockingIOError):
                        piece = piece[os.write(self._master, piece) :]
                if piece:
                    self._stop.wait(0.002)
