"""The ZFM and R503 sensors as a FingerprintSensor: capturing, comparing and wiping.

The wire is the same for a real module and for the emulator; `simulated` is only written into the identity. Nothing of a
print is kept or logged here.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault, DeviceGone, DeviceTimeout
from drivers.fingerprint.api import PrintImage, RingColour, SensorHealth, SensorIdentity, TouchLine
from drivers.fingerprint.commands import Answer, Instruction
from drivers.fingerprint.connection import Connection
from drivers.fingerprint.exchange import CommandRefused, Exchange
from drivers.fingerprint.looking import Sight
from drivers.fingerprint.pictures import Pictures
from drivers.fingerprint.transfers import download
from drivers.fingerprint.working_templates import OTHER, OWN, WorkingTemplates

POLL_S = 0.03
LOOK_ANYWAY_S = 0.6
"""A wire that tells of touches may be broken: so often the glass is looked at all the same."""
_TOUCH_SLICE_S = 0.1
LOST_PICTURES = 3
USUAL_TEMPLATE_BYTES = 512
NOTEPAD_PAGES = 16
NOTEPAD_PAGE_BYTES = 32


class ZfmSensor:
    """A module of the ZFM family as a FingerprintSensor. Made by open_sensor().

    Calls from several threads wait for each other. `touch` is a wire that tells of touches; it is closed with the
    sensor.
    """

    def __init__(
        self,
        port: str,
        *,
        profile: str | None = None,
        baud: int | None = None,
        simulated: bool = False,
        memory: Path | None = None,
        touch: TouchLine | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._touch = touch
        self._turn = threading.RLock()
        self._cancelled = threading.Event()
        self._closed = False
        self._connection = Connection(
            port, profile=profile, baud=baud, simulated=simulated, memory=memory, monotonic_s=monotonic_s
        )
        self._pictures = Pictures(self._connection, self._check_cancelled)
        self._templates = WorkingTemplates(self._connection.counters)

    def identity(self) -> SensorIdentity:
        """Say which sensor this is."""
        return self._connection.facts.identity

    def health(self) -> SensorHealth:
        """Say how well the sensor has served."""
        return self._connection.health()

    def capture(
        self,
        timeout_s: float,
        on_touch: Callable[[], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        *,
        on_poor: Callable[[], None] | None = None,
    ) -> PrintImage:
        """Wait for a finger and bring its image; see FingerprintSensor.capture()."""
        self._cancelled.clear()
        self._templates.forget()
        deadline_s = self._monotonic_s() + timeout_s
        first = _Once(on_touch), _Once(on_poor)
        with self._talking() as exchange:
            for _ in range(LOST_PICTURES):
                poor = self._catch(deadline_s, *first)
                try:
                    image = self._pictures.bring(exchange, on_progress, poor=poor)
                except CommandRefused as refused:
                    if refused.code not in (Answer.CANNOT_SEND_IMAGE, Answer.NO_IMAGE):
                        raise
                    continue  # a brown-out took the picture: the finger may still lie there
                self._templates.captured()
                return image
        raise DeviceFault("fingerprint sensor: it loses its pictures: check its power")

    def features(self) -> bytes | None:
        """Let the module make a template of the finger just captured; see FingerprintSensor.features()."""
        with self._talking() as exchange:
            return self._templates.features(exchange)

    def features_of(self, image: PrintImage) -> bytes | None:
        """Put an image back into the module and bring its template; see FingerprintSensor.features_of()."""
        self._cancelled.clear()
        with self._talking() as exchange:
            self._templates.forget()
            self._pictures.put_back(exchange, image)
            self._templates.captured()
            try:
                return self._templates.features(exchange)
            finally:
                self._templates.forget()

    def matches(self, template: bytes) -> int:
        """Compare the finger just captured with a template; see FingerprintSensor.matches()."""
        with self._talking() as exchange:
            return self._templates.matches(exchange, template)

    def empty_library(self) -> None:
        """Delete every template that the module stores, if there is one."""
        with self._talking() as exchange:
            _empty(exchange)

    def wait_for_lift(self, timeout_s: float) -> bool:
        """Wait until the glass is empty; False when the finger is still there after `timeout_s`."""
        self._cancelled.clear()
        deadline_s = self._monotonic_s() + timeout_s
        with self._talking():
            return self._poll(deadline_s, {Sight.NOTHING}) is not None

    def ring(self, colour: RingColour) -> None:
        """Show a colour on the light ring; nothing happens where there is none."""
        with self._talking():
            self._connection.show(colour)

    def read_notepad(self, page: int) -> bytes:
        """Give one of the 16 pages of 32 bytes that newer modules keep for their owner.

        Raises ValueError for another page, CommandRefused (a DeviceFault) from a module without them, DeviceGone.
        """
        _check_page(page)
        with self._talking() as exchange:
            return exchange.ask(Instruction.READ_NOTEPAD, bytes((page,)))[:NOTEPAD_PAGE_BYTES]

    def write_notepad(self, page: int, content: bytes) -> None:
        """Write one page, filled up with zeros; it is kept in flash, so nothing is written that stands there already.

        Raises ValueError for another page or more than 32 bytes, CommandRefused (a DeviceFault), DeviceGone.
        """
        _check_page(page)
        if len(content) > NOTEPAD_PAGE_BYTES:
            raise ValueError(f"a notepad page holds {NOTEPAD_PAGE_BYTES} bytes, not {len(content)}")
        padded = content.ljust(NOTEPAD_PAGE_BYTES, b"\0")
        with self._talking() as exchange:
            if exchange.ask(Instruction.READ_NOTEPAD, bytes((page,)))[:NOTEPAD_PAGE_BYTES] != padded:
                exchange.ask(Instruction.WRITE_NOTEPAD, bytes((page,)) + padded)

    def wipe(self) -> None:
        """Empty the module's library, and overwrite its image with white and its working buffers with zeros.

        Raises CommandRefused (a DeviceFault) when the module refuses one of it, after having tried the others: only its
        power switch clears that then.
        """
        identity = self.identity()
        white = b"\xff" * (identity.width_px * identity.height_px // 2)
        nothing = bytes(self._templates.size_bytes or self._connection.facts.template_bytes or USUAL_TEMPLATE_BYTES)
        places = (
            (Instruction.DOWN_IMAGE, b"", white),
            (Instruction.DOWN_TEMPLATE, OWN, nothing),
            (Instruction.DOWN_TEMPLATE, OTHER, nothing),
        )
        refused: CommandRefused | None = None
        with self._talking() as exchange:
            self._templates.forget()
            _empty(exchange)
            for instruction, number, over in places:
                try:
                    wire_s = download(exchange, instruction, number, over)
                    # The answer to any command shows that all was taken: until then the module only listens.
                    exchange.verify_password(timeout_s=1.5 * wire_s + 1.0, attempts=1)
                except CommandRefused as error:
                    refused = refused or error
            if refused is not None:
                raise refused

    def cancel(self) -> None:
        """End a running capture() or wait_for_lift(); from any thread."""
        self._cancelled.set()

    def close(self) -> None:
        """Release the port; safe to call twice."""
        self._closed = True
        self._cancelled.set()
        self._connection.drop()
        if self._touch is not None:
            self._touch.close()

    def _catch(self, deadline_s: float, on_touch: "_Once", on_poor: "_Once") -> bool:
        """Wait until a picture of a finger lies in the module; True when the module thinks little of it."""
        eye, poor = self._connection.eye, False
        while True:
            sight = self._poll(deadline_s, {Sight.FINGER, Sight.POOR})
            if sight is None:
                raise DeviceTimeout("no finger was laid on the fingerprint sensor in time")
            on_touch()
            if sight is Sight.FINGER:
                return poor
            poor = True
            on_poor()
            if eye.look(judge=False) is Sight.FINGER:
                return True

    def _poll(self, deadline_s: float, wanted: set[Sight]) -> Sight | None:
        """Look until one of the wanted is seen; None when the time is over. Looks at least once."""
        eye, touch = self._connection.eye, self._touch if Sight.FINGER in wanted else None
        while True:
            self._check_cancelled()
            sight = eye.look()
            if sight in wanted:
                return sight
            if self._monotonic_s() >= deadline_s:
                return None
            if touch is None:
                self._cancelled.wait(POLL_S)
                continue
            look_s = min(deadline_s, self._monotonic_s() + LOOK_ANYWAY_S)
            while self._monotonic_s() < look_s and not self._cancelled.is_set() and not touch.wait(_TOUCH_SLICE_S):
                pass

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise DeviceCancelled("the fingerprint sensor was told to stop")

    @contextmanager
    def _talking(self) -> Generator[Exchange]:
        """Give the conversation to one thread at a time, opening the port again when the module had gone."""
        with self._turn:
            if self._closed:
                raise DeviceClosed("the fingerprint sensor was closed; open it again")
            try:
                exchange = self._connection.talk()
                yield exchange
                self._connection.relight(exchange)
            except DeviceGone:
                self._connection.drop()
                raise


class _Once:
    """A word that is said at most once."""

    def __init__(self, say: Callable[[], None] | None) -> None:
        self._say = say

    def __call__(self) -> None:
        say, self._say = self._say, None
        if say is not None:
            say()


def open_sensor(
    port: str,
    *,
    profile: str | None = None,
    baud: int | None = None,
    simulated: bool = False,
    memory: Path | None = None,
    touch: TouchLine | None = None,
) -> ZfmSensor:
    """Open the sensor at a serial port, best named by `/dev/serial/by-id/...`, and find out which one it is.

    `profile` declares the module type (see PROFILES) for modules that cannot tell; `baud` is the rate to keep;
    `simulated` is only recorded. With a file `memory` the module is brought to the fastest rate that holds, and the
    file remembers it; `touch` is a wire that tells of touches, closed with the sensor.
    Raises DeviceMissing, DeviceGone, DeviceFault.
    """
    return ZfmSensor(port, profile=profile, baud=baud, simulated=simulated, memory=memory, touch=touch)


def _empty(exchange: Exchange) -> None:
    """Empty the library, if there is something in it or the module cannot count: each erasure wears the flash."""
    try:
        count = int.from_bytes(exchange.ask(Instruction.TEMPLATE_COUNT)[:2], "big")
    except CommandRefused:
        count = None
    if count != 0:
        exchange.ask(Instruction.EMPTY)


def _check_page(page: int) -> None:
    if not 0 <= page < NOTEPAD_PAGES:
        raise ValueError(f"a notepad has the pages 0 to {NOTEPAD_PAGES - 1}, not {page}")
