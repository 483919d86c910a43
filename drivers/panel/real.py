"""The case on GPIO pins, through gpiozero.

Owns the pins, the lamp's flashing and the order of events. Refuses to decide what a press means: it only tells of it.
The pins are lgpio's; gpiozero's own fallback to other pin libraries is not used, because it would hide a broken one.
"""

import logging
import math
import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial

from gpiozero import LED, PWMLED, DigitalInputDevice, GPIOZeroError
from gpiozero.pins import Factory

from drivers.errors import DeviceClosed, DeviceFault, DeviceMissing
from drivers.panel.api import LampState, PanelEvent

_logger = logging.getLogger(__name__)

# One second on, one off: slow enough for "come when you can", and gpiozero's own types want whole seconds.
_CALL_FLASH_S = 1
_CLOSE_WAIT_S = 2.0
#: The fields of PanelPins that name no pin.
_NO_PINS = frozenset({"bounce_s", "hold_s", "ring_pwm_hz"})


@dataclass(frozen=True, slots=True)
class PanelPins:
    """Where the case is wired, in BCM pin numbers, and how its contacts behave.

    The help button connects its pin to ground when pressed. The tamper contact connects its pin to ground while the
    case is shut, so that a cut wire counts as an opened case. Raises ValueError when a number is no BCM pin or is used
    twice.

    `yes_key` and `no_key` are two keys that hands tell apart by shape, a triangle and a square, None without them;
    they connect their pins to ground when pressed. The help button counts as held after `hold_s` seconds.

    `wake` is the pin of a fingerprint sensor's own touch signal, None without one: low while a finger lies on the
    glass, as an R503's WAKEUP wire is; a wire that came off counts as no finger.
    """

    call_lamp: int = 17
    ring_light: int = 18
    help_button: int = 27
    tamper: int = 22
    wake: int | None = None
    yes_key: int | None = None
    no_key: int | None = None
    bounce_s: float = 0.03
    hold_s: float = 3.0
    ring_pwm_hz: int = 1000

    def __post_init__(self) -> None:
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NO_PINS}
        pins = {name: number for name, number in named.items() if number is not None}
        for name, number in pins.items():
            if not 2 <= number <= 27:
                raise ValueError(f"panel pin {name} is {number}; give a BCM number from 2 to 27")
        if len(set(pins.values())) < len(pins):
            raise ValueError("two parts of the panel are set to the same pin; give each its own BCM number")
        if (self.yes_key is None) != (self.no_key is None):
            raise ValueError("panel yes_key and no_key belong together; give both a pin, or neither")
        if not 0.0 < self.bounce_s <= 0.5:
            raise ValueError(f"panel bounce_s is {self.bounce_s}; give more than 0 and at most 0.5")
        if not 0.5 <= self.hold_s <= 10.0:
            raise ValueError(f"panel hold_s is {self.hold_s}; give 0.5 to 10")
        if not 50 <= self.ring_pwm_hz <= 10_000:
            raise ValueError(f"panel ring_pwm_hz is {self.ring_pwm_hz}; give 50 to 10000")


class GpioWakeWire:
    """The touch signal at its pin. The pin goes with the panel."""

    def __init__(self, line: DigitalInputDevice) -> None:
        self._touched = threading.Event()
        line.when_activated = self._touched.set
        line.when_deactivated = self._touched.clear
        if line.value:
            self._touched.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a finger touches the glass, at once when one lies there; False when none did in time."""
        return self._touched.wait(timeout_s)

    def close(self) -> None:
        """Nothing to let go of: the pin is the panel's."""


class GpioPanel:
    """The lamp, ring light, help button, yes and no keys and tamper contact of the case.

    Partial ring light is dimmed by software pulses, which a rolling shutter shows as bands: light a portrait with 0 or
    1. Raises DeviceMissing when this computer has no GPIO, DeviceFault when a pin cannot be had. A `pin_factory` handed
    in stays the caller's to close.
    """

    simulated: bool = False

    def __init__(self, pins: PanelPins, *, pin_factory: Factory | None = None) -> None:
        self._lock = threading.Lock()
        self._listener: Callable[[PanelEvent], None] | None = None
        self._state = LampState.OFF
        self._closed = False
        self._events: queue.SimpleQueue[PanelEvent | None] = queue.SimpleQueue()
        with ExitStack() as opened:
            if pin_factory is None:
                pin_factory = _wired_pins()
                opened.callback(pin_factory.close)
            try:
                self._lamp = opened.enter_context(LED(pins.call_lamp, pin_factory=pin_factory))
                self._ring = opened.enter_context(
                    PWMLED(pins.ring_light, frequency=pins.ring_pwm_hz, pin_factory=pin_factory)
                )
                self._help = opened.enter_context(
                    DigitalInputDevice(
                        pins.help_button, pull_up=True, bounce_time=pins.bounce_s, pin_factory=pin_factory
                    )
                )
                self._tamper = opened.enter_context(
                    DigitalInputDevice(pins.tamper, pull_up=True, bounce_time=pins.bounce_s, pin_factory=pin_factory)
                )
                self._keys = [
                    (
                        opened.enter_context(
                            DigitalInputDevice(pin, pull_up=True, bounce_time=pins.bounce_s, pin_factory=pin_factory)
                        ),
                        event,
                    )
                    for pin, event in ((pins.yes_key, PanelEvent.YES_PRESSED), (pins.no_key, PanelEvent.NO_PRESSED))
                    if pin is not None
                ]
                self._wake = None
                if pins.wake is not None:
                    # Without a bounce time: a touch is looked at afterwards all the same.
                    line = DigitalInputDevice(pins.wake, pull_up=True, pin_factory=pin_factory)
                    self._wake = GpioWakeWire(opened.enter_context(line))
            except _library_errors() as error:
                raise DeviceFault(f"panel: a pin cannot be used ({error}); check the wiring settings") from error
            self._pins = opened.pop_all()
        # Plain inputs and not gpiozero's Button: that keeps a thread of its own, awake all day, to notice long presses.
        self._hold_s = pins.hold_s
        self._held: threading.Timer | None = None
        self._help.when_activated = self._help_down
        self._help.when_deactivated = self._help_up
        for key, event in self._keys:
            key.when_activated = partial(self._tell, event)
        self._tamper.when_deactivated = lambda: self._tell(PanelEvent.TAMPER_OPENED)
        self._tamper.when_activated = lambda: self._tell(PanelEvent.TAMPER_CLOSED)
        self._teller = threading.Thread(target=self._deliver, name="panel", daemon=True)
        self._teller.start()

    def listen(self, listener: Callable[[PanelEvent], None]) -> None:
        """Tell `listener` of each event from now on; a case that already stands open is told of at once.

        Raises DeviceClosed after close().
        """
        with self._lock:
            self._refuse_when_closed()
            self._listener = listener
            if not self._tamper.value:
                self._events.put(PanelEvent.TAMPER_OPENED)

    def lamp(self, state: LampState) -> None:
        """Show a state on the call lamp; the same state again changes nothing. Raises DeviceClosed after close()."""
        with self._lock:
            self._refuse_when_closed()
            if state is self._state:
                return
            self._state = state
            if state is LampState.CALL:
                self._lamp.blink(on_time=_CALL_FLASH_S, off_time=_CALL_FLASH_S)
            elif state is LampState.BUSY:
                self._lamp.on()
            else:
                self._lamp.off()

    def ring_light(self, level: float) -> None:
        """Set the ring light, 0.0 (off) to 1.0. Raises ValueError outside that, DeviceClosed after close()."""
        if math.isnan(level) or not 0.0 <= level <= 1.0:
            raise ValueError(f"ring light level is {level}; give 0.0 to 1.0")
        with self._lock:
            self._refuse_when_closed()
            self._ring.value = level

    def wake_wire(self) -> GpioWakeWire | None:
        """Give the wire of the fingerprint sensor, None where the settings name no pin for it."""
        return self._wake

    def close(self) -> None:
        """Lamps off and pins released; no event is told of any more. Safe to call twice, and from the listener."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._listener = None
            self._help_up()
            self._state = LampState.OFF
            self._lamp.off()
            self._ring.off()
            self._pins.close()
        self._events.put(None)
        if threading.current_thread() is not self._teller:
            self._teller.join(_CLOSE_WAIT_S)

    @property
    def has_keys(self) -> bool:
        """Say whether this case has the yes and no keys."""
        return bool(self._keys)

    def keys_pressed(self) -> tuple[bool, bool]:
        """Say whether the yes key and the no key are down at this moment; both False on a case without them."""
        with self._lock:
            self._refuse_when_closed()
            down = [bool(key.value) for key, _ in self._keys]
        return (down[0], down[1]) if down else (False, False)

    def _help_down(self) -> None:
        self._tell(PanelEvent.HELP_PRESSED)
        # A thread only while the button is down.
        self._held = threading.Timer(self._hold_s, self._tell, (PanelEvent.HELP_HELD,))
        self._held.daemon = True
        self._held.start()

    def _help_up(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.cancel()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise DeviceClosed("panel: it was closed and cannot be used any more")

    def _tell(self, event: PanelEvent) -> None:
        # On the pin library's thread: only pass it on, and keep nothing that happened before anybody listened.
        if self._listener is not None:
            self._events.put(event)

    def _deliver(self) -> None:
        while (event := self._events.get()) is not None:
            listener = self._listener
            if listener is None:
                continue
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next press must be told
                # The help button must outlive any one fault of whoever listens.
                _logger.error("panel: the listener failed on %s: %s", event.value, type(error).__name__)


def _library_errors() -> tuple[type[Exception], ...]:
    try:
        import lgpio  # pyright: ignore[reportMissingImports]
    except ImportError:
        return (GPIOZeroError,)
    return (GPIOZeroError, lgpio.error)


def _wired_pins() -> Factory:
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except (ImportError, *_library_errors()) as error:
        raise DeviceMissing(
            f"panel: this computer has no GPIO pins ({error}); on a Raspberry Pi run ./run install again"
        ) from error
