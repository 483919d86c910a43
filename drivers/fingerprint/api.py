"""What a single-finger sensor is to the rest of the house."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class RingColour(StrEnum):
    """What the sensor's own light ring shows, where it has one."""

    OFF = "off"
    WAITING = "waiting"
    GOOD = "good"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class SensorIdentity:
    """Which sensor this is, for the record of every slot. `driver` is "zfm" or "r503"; `baud` in bits a second."""

    driver: str
    model: str
    serial: str
    width_px: int
    height_px: int
    dpi: int
    baud: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class PrintImage:
    """One finger as the sensor saw it: `grey` holds height x width bytes, rows from the top, 0 = ridge (dark)."""

    width_px: int
    height_px: int
    dpi: int
    grey: bytes


class FingerprintSensor(Protocol):
    """A sensor. Calls block and come from one thread; cancel() alone may come from another."""

    def identity(self) -> SensorIdentity:
        """Say which sensor this is; known since it was opened."""
        ...

    def capture(
        self,
        timeout_s: float,
        on_touch: Callable[[], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PrintImage:
        """Wait for a finger and bring its image.

        `on_touch` is called once when a finger has been seen (the citizen hears a click), `on_progress` with bytes
        so far and bytes expected while the image travels. Raises DeviceTimeout when no finger came in `timeout_s`,
        DeviceGone, DeviceFault, DeviceCancelled.
        """
        ...

    def wait_for_lift(self, timeout_s: float) -> bool:
        """Wait until the glass is empty; False when the finger is still there after `timeout_s`."""
        ...

    def ring(self, colour: RingColour) -> None:
        """Show a colour on the sensor's light ring; nothing happens where there is none."""
        ...

    def wipe(self) -> None:
        """Empty the module's library and overwrite its image buffer; called at the end of each citizen."""
        ...

    def cancel(self) -> None:
        """End a running capture() or wait_for_lift() with DeviceCancelled. From any thread; harmless when idle."""
        ...

    def close(self) -> None:
        """Release the port; safe to call twice."""
        ...
