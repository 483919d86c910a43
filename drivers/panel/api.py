"""What the case is to the rest of the house."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class LampState(StrEnum):
    """The call lamp on the case: off, steady while somebody is being enrolled, slow flashing to call the officer."""

    OFF = "off"
    BUSY = "busy"
    CALL = "call"


class PanelEvent(StrEnum):
    """What a hand did to the case."""

    HELP_PRESSED = "help_pressed"
    #: The help button is still down after `PanelPins.hold_s`; it was told as pressed before.
    HELP_HELD = "help_held"
    YES_PRESSED = "yes_pressed"
    NO_PRESSED = "no_pressed"
    TAMPER_OPENED = "tamper_opened"
    TAMPER_CLOSED = "tamper_closed"


class WakeWire(Protocol):
    """A wire on which a fingerprint sensor says that a finger touches its glass."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until a finger touches the glass, at once when one lies there; False when none did in time."""
        ...

    def close(self) -> None:
        """Let go of the wire, which stays the panel's; harmless, and it may be taken up again."""
        ...


class Panel(Protocol):
    """The case. Calls return at once and may come from any thread."""

    simulated: bool

    def listen(self, listener: Callable[[PanelEvent], None]) -> None:
        """Tell `listener` of each event from now on, on the driver's own thread; replaces an earlier listener."""
        ...

    def lamp(self, state: LampState) -> None:
        """Show a state on the call lamp."""
        ...

    def ring_light(self, level: float) -> None:
        """Set the light around the camera, 0.0 (off) to 1.0."""
        ...

    def wake_wire(self) -> WakeWire | None:
        """Give the wire of the fingerprint sensor, None where the settings name no pin for it."""
        ...

    @property
    def has_keys(self) -> bool:
        """Say whether this case has the yes and no keys."""
        ...

    def keys_pressed(self) -> tuple[bool, bool]:
        """Say whether the yes key and the no key are down at this moment."""
        ...

    def close(self) -> None:
        """Lamps off and pins released; safe to call twice."""
        ...
