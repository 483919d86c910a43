"""The ZFM and R503 sensors on a serial port, by pyserial.

Owns the port: opening, unplugging, opening again at the same path. The wire is the same for a real module and for the
emulator; `simulated` is only written into the identity, and what speaks through a pseudo-terminal always counts as
simulated. Nothing of a print is kept or logged here.
"""

import errno
import select
import termios
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import serial

from drivers.errors import (
    DeviceCancelled,
    DeviceClosed,
    DeviceError,
    DeviceFault,
    DeviceGone,
    DeviceMissing,
    DeviceTimeout,
)
from drivers.fingerprint.api import PrintImage, RingColour, SensorHealth, SensorIdentity
from drivers.fingerprint.commands import Answer, Instruction
from drivers.fingerprint.discovery import ModuleFacts, find_rate, profile_named, read_facts
from drivers.fingerprint.exchange import CommandRefused, Exchange, TransferDamaged
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.profiles import SIZE_BY_BYTES
from drivers.fingerprint.ring import RingLight

POLL_S = 0.03
UPLOAD_TRIES = 3
LARGEST_TEMPLATE_BYTES = 2048
WRITE_TIMEOUT_S = 2.0
_PSEUDO_TERMINALS = Path("/dev/pts")


class SerialLine:
    """A serial port as a line of bytes. `baud` may be changed while it is open."""

    def __init__(self, port: str, baud: int) -> None:
        """Open the port. Raises DeviceMissing when it is not there or not ours to open."""
        try:
            self._serial = serial.Serial(port, baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        except (serial.SerialException, OSError, termios.error) as error:
            raise DeviceMissing(_why_not_open(port, error)) from error

    @property
    def baud(self) -> int:
        """Bits a second."""
        return int(self._serial.baudrate)

    @baud.setter
    def baud(self, baud: int) -> None:
        with _unplugging_told():
            self._serial.baudrate = baud

    def read(self, timeout_s: float) -> bytes:
        """Give what has arrived, waiting at most `timeout_s` for the first byte."""
        with _unplugging_told():
            ready, _, _ = select.select([self._serial.fileno()], [], [], max(0.0, timeout_s))
            return bytes(self._serial.read(4096)) if ready else b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with _unplugging_told():
            self._serial.write(data)

    def close(self) -> None:
        """Give the port back; never raises."""
        try:
            self._serial.close()
        except (serial.SerialException, OSError, termios.error):
            return


class ZfmSensor:
    """A module of the ZFM family as a FingerprintSensor. Made by open_sensor()."""

    def __init__(
        self,
        port: str,
        *,
        profile: str | None = None,
        baud: int | None = None,
        simulated: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._profile = profile_named(profile)
        self._simulated = simulated or Path(port).resolve().is_relative_to(_PSEUDO_TERMINALS)
        self._monotonic_s = monotonic_s
        self._cancelled = threading.Event()
        self._closed = False
        self._ring_colour: RingColour | None = None
        self._captured = False
        self._template: bytes | None = None
        self._line: SerialLine | None = None
        self._exchange: Exchange | None = None
        self._ring: RingLight | None = None
        self._facts, _ = self._open(() if baud is None else (baud,))

    def identity(self) -> SensorIdentity:
        """Say which sensor this is."""
        return self._facts.identity

    def capture(
        self,
        timeout_s: float,
        on_touch: Callable[[], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        *,
        on_poor: Callable[[], None] | None = None,  # noqa: ARG002
    ) -> PrintImage:
        """Wait for a finger and bring its image; see FingerprintSensor.capture()."""
        self._cancelled.clear()
        self._captured, self._template = False, None
        with self._talking() as exchange:
            if not self._poll(exchange, timeout_s, until_finger=True):
                raise DeviceTimeout("no finger was laid on the fingerprint sensor in time")
            if on_touch is not None:
                on_touch()
            image = self._image_of(self._upload(exchange, on_progress))
            self._captured = True
            return image

    def features(self) -> bytes | None:
        """Let the module make a template of the finger just captured; see FingerprintSensor.features()."""
        with self._talking() as exchange:
            if not self._captured:
                raise DeviceFault("fingerprint sensor: no finger was captured; lay one on the glass first")
            if self._template is None:
                self._template = _template_of(exchange)
            return self._template

    def matches(self, template: bytes) -> int:
        """Compare the finger just captured with a template; see FingerprintSensor.matches()."""
        with self._talking() as exchange:
            if self._template is None:
                raise DeviceFault("fingerprint sensor: there are no features to compare; capture the finger again")
            exchange.ask(Instruction.DOWN_TEMPLATE, b"\x02")
            wire_s = exchange.send_data(template)
            try:
                score = exchange.ask(Instruction.MATCH, timeout_s=2.0 + 1.5 * wire_s)
            except CommandRefused as refused:
                if refused.code == Answer.NO_MATCH:
                    return 0
                raise
            return int.from_bytes(score[:2], "big")

    def empty_library(self) -> None:
        """Delete every template that the module stores, if there is one."""
        with self._talking() as exchange:
            if _template_count(exchange) != 0:
                exchange.ask(Instruction.EMPTY)

    def health(self) -> SensorHealth:
        """Say how well the sensor has served."""
        exchange = self._exchange
        if exchange is None:
            return SensorHealth()
        return SensorHealth(exchange.line.baud, exchange.packet_bytes, exchange.stale_bytes)

    def wait_for_lift(self, timeout_s: float) -> bool:
        """Wait until the glass is empty; False when the finger is still there after `timeout_s`."""
        self._cancelled.clear()
        with self._talking() as exchange:
            return self._poll(exchange, timeout_s, until_finger=False)

    def ring(self, colour: RingColour) -> None:
        """Show a colour on the light ring; nothing happens where there is none."""
        with self._talking() as exchange:
            self._ring_colour = colour
            if self._ring is not None:
                self._ring.show(exchange, colour)

    def wipe(self) -> None:
        """Empty the module's library and overwrite its image buffer with white.

        Raises CommandRefused (a DeviceFault) when the module takes no image: only its power switch clears it then.
        """
        identity = self._facts.identity
        with self._talking() as exchange:
            if _template_count(exchange) != 0:
                exchange.ask(Instruction.EMPTY)
            exchange.ask(Instruction.DOWN_IMAGE)
            wire_s = exchange.send_data(b"\xff" * (identity.width_px * identity.height_px // 2))
            # The answer to any command shows that the whole picture was taken: until then the module only listens.
            exchange.verify_password(timeout_s=1.5 * wire_s + 1.0, attempts=1)

    def cancel(self) -> None:
        """End a running capture() or wait_for_lift(); from any thread."""
        self._cancelled.set()

    def close(self) -> None:
        """Release the port; safe to call twice."""
        self._closed = True
        self._cancelled.set()
        self._drop()

    def _poll(self, exchange: Exchange, timeout_s: float, *, until_finger: bool) -> bool:
        """Take pictures until one shows a finger (or none does); False when the time is over. Looks at least once."""
        deadline_s = self._monotonic_s() + timeout_s
        while True:
            self._check_cancelled()
            if _sees_finger(exchange) is until_finger:
                return True
            if self._monotonic_s() >= deadline_s:
                return False
            self._cancelled.wait(POLL_S)

    def _upload(self, exchange: Exchange, on_progress: Callable[[int, int], None] | None) -> bytes:
        """Bring the packed image. It stays in the module, so a damaged transfer is asked for again without a press."""
        identity = self._facts.identity
        expected_bytes = identity.width_px * identity.height_px // 2
        damaged: DeviceFault | None = None
        for _ in range(UPLOAD_TRIES):
            self._check_cancelled()
            exchange.ask(Instruction.UP_IMAGE)
            try:
                packed = exchange.receive_data(expected_bytes, on_progress, interrupt=self._check_cancelled)
            except TransferDamaged as error:
                damaged = error
                continue
            if len(packed) == expected_bytes or (not self._facts.size_known and len(packed) in SIZE_BY_BYTES):
                return packed
            damaged = DeviceFault(
                f"fingerprint sensor: the image came with {len(packed)} bytes instead of {expected_bytes}: "
                "check the cable, and the profile in the settings"
            )
        raise damaged or DeviceFault("fingerprint sensor: no image came")

    def _image_of(self, packed: bytes) -> PrintImage:
        identity = self._facts.identity
        if len(packed) * 2 != identity.width_px * identity.height_px:
            width_px, height_px = SIZE_BY_BYTES[len(packed)]
            identity = replace(identity, width_px=width_px, height_px=height_px)
        self._facts = replace(self._facts, identity=identity, size_known=True)
        return PrintImage(identity.width_px, identity.height_px, identity.dpi, unpack_pixels(packed))

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise DeviceCancelled("the fingerprint sensor was told to stop")

    @contextmanager
    def _talking(self) -> Generator[Exchange]:
        """Give the conversation, opening the port again when the module had gone."""
        if self._closed:
            raise DeviceClosed("the fingerprint sensor was closed; open it again")
        try:
            yield self._exchange or self._open_again()
        except DeviceGone:
            self._drop()
            raise

    def _open_again(self) -> Exchange:
        try:
            self._facts, exchange = self._open((self._facts.identity.baud,))
        except DeviceMissing as error:
            raise DeviceGone(str(error)) from error
        return exchange

    def _open(self, first_bauds: tuple[int, ...]) -> tuple[ModuleFacts, Exchange]:
        line = SerialLine(self._port, first_bauds[0] if first_bauds else 57600)
        try:
            exchange = Exchange(line, monotonic_s=self._monotonic_s)
            find_rate(exchange, self._profile, first=first_bauds)
            facts = read_facts(exchange, self._profile, simulated=self._simulated)
            exchange.packet_bytes = facts.packet_bytes
            ring = RingLight() if facts.has_ring else None
            if ring is not None and self._ring_colour is not None:
                ring.show(exchange, self._ring_colour)
        except DeviceError:
            line.close()
            raise
        self._line, self._exchange, self._ring = line, exchange, ring
        return facts, exchange

    def _drop(self) -> None:
        line, self._line, self._exchange = self._line, None, None
        if line is not None:
            line.close()


def open_sensor(
    port: str, *, profile: str | None = None, baud: int | None = None, simulated: bool = False
) -> ZfmSensor:
    """Open the sensor at a serial port, best named by `/dev/serial/by-id/...`, and find out which one it is.

    `profile` declares the module type (see PROFILES) for modules that cannot tell; `baud` is tried before the other
    rates; `simulated` is only recorded. Raises DeviceMissing, DeviceGone, DeviceFault.
    """
    return ZfmSensor(port, profile=profile, baud=baud, simulated=simulated)


def _sees_finger(exchange: Exchange) -> bool | None:
    """Take one picture; None when the module saw something and could not picture it."""
    try:
        exchange.ask(Instruction.GET_IMAGE)
    except CommandRefused as refused:
        if refused.code == Answer.NO_FINGER:
            return False
        if refused.code == Answer.CAPTURE_FAILED:
            return None
        raise
    return True


def _template_of(exchange: Exchange) -> bytes | None:
    """Let the module extract features and bring them; None when this print does not give any."""
    try:
        exchange.ask(Instruction.EXTRACT, b"\x01")
    except CommandRefused as refused:
        if refused.code in (Answer.TOO_MESSY, Answer.TOO_FEW_FEATURES):
            return None
        raise
    exchange.ask(Instruction.UP_TEMPLATE, b"\x01")
    return exchange.receive_data(LARGEST_TEMPLATE_BYTES)


def _template_count(exchange: Exchange) -> int | None:
    """How many templates the library holds; None from a module that cannot count. Spares the flash an erasure."""
    try:
        return int.from_bytes(exchange.ask(Instruction.TEMPLATE_COUNT)[:2], "big")
    except CommandRefused:
        return None


@contextmanager
def _unplugging_told() -> Generator[None]:
    try:
        yield
    except (serial.SerialException, OSError, ValueError, termios.error) as error:
        # ValueError is what select() says of a descriptor that close() took away from another thread.
        raise DeviceGone("the fingerprint sensor is gone: plug it in again") from error


def _why_not_open(port: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        return f"no permission to open the fingerprint sensor's port {port}: add the user to the group dialout"
    if code in (errno.EAGAIN, errno.EBUSY):
        return f"the fingerprint sensor's port {port} is in use by another program"
    return f"no fingerprint sensor at {port}: check the plug and the port's name in the settings"
