"""The case without wires: the real panel over gpiozero's mock pins, with hands to press and eyes to see.

Owns the mock pins. Everything between the pins and the events is the real driver's own code.
"""

from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from drivers.panel.api import LampState
from drivers.panel.real import GpioPanel, PanelPins


class SimulatedPanel(GpioPanel):
    """A shut case. Each one has its own pins, so that several can live in one process."""

    simulated = True

    def __init__(self, pins: PanelPins | None = None) -> None:
        self._wiring = pins or PanelPins(yes_key=5, no_key=6)
        self._mock = MockFactory(pin_class=MockPWMPin)
        super().__init__(self._wiring, pin_factory=self._mock)
        self.close_tamper()

    def press_help(self) -> None:
        """Press the help button and let it go."""
        button = self._mock.pin(self._wiring.help_button)
        button.drive_low()
        button.drive_high()

    def hold_help(self, *, down: bool) -> None:
        """Press the help button and keep it down, or let it go."""
        button = self._mock.pin(self._wiring.help_button)
        (button.drive_low if down else button.drive_high)()

    def press_yes(self) -> None:
        """Press the yes key and let it go. Raises ValueError on a case without it."""
        self._press(self._wiring.yes_key)

    def press_no(self) -> None:
        """Press the no key and let it go. Raises ValueError on a case without it."""
        self._press(self._wiring.no_key)

    def _press(self, pin: int | None) -> None:
        if pin is None:
            raise ValueError("this case has no yes and no keys; name their pins in its PanelPins")
        key = self._mock.pin(pin)
        key.drive_low()
        key.drive_high()

    def open_tamper(self) -> None:
        """Open the case."""
        self._mock.pin(self._wiring.tamper).drive_high()

    def close_tamper(self) -> None:
        """Shut the case."""
        self._mock.pin(self._wiring.tamper).drive_low()

    def touch_glass(self) -> None:
        """Let the sensor's wire say that a finger lies on its glass. Raises ValueError without such a wire."""
        self._wake_pin().drive_low()

    def leave_glass(self) -> None:
        """Let the sensor's wire say that the glass is empty. Raises ValueError without such a wire."""
        self._wake_pin().drive_high()

    def _wake_pin(self) -> MockPin:
        if self._wiring.wake is None:
            raise ValueError("this panel has no wake pin; name one in its PanelPins")
        return self._mock.pin(self._wiring.wake)

    @property
    def lamp_state(self) -> LampState:
        """What the call lamp was last asked to show."""
        return self._state

    @property
    def lamp_lit(self) -> bool:
        """Whether the call lamp shines at this moment, read at its pin."""
        return bool(self._mock.pin(self._wiring.call_lamp).state)

    @property
    def ring_level(self) -> float:
        """How bright the ring light is, 0.0 to 1.0, read at its pin."""
        return float(self._mock.pin(self._wiring.ring_light).state)
