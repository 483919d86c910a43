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
    """One finger as the sensor saw it: `grey` holds height x width bytes, rows from the top, 0 = ridge (dark).

    `poor` says that the module itself thought little of the image; most modules never say so.
    """

    width_px: int
    height_px: int
    dpi: int
    grey: bytes
    poor: bool = False


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """How well the sensor has served since it was first opened: figures for telemetry, about nobody's finger.

    `baud` in bits a second and `packet_bytes` are what the line uses now (0 while the sensor is away). `stale_bytes`
    came unasked and were thrown away, `damaged_transfers` were images or templates that came broken and were asked for
    again, `reopenings` counts how often the sensor had gone and come back, `rate_fallbacks` how often a rate proved too
    fast, `captures` and `poor_images` the images brought and those that the module itself called poor.
    """

    baud: int = 0
    packet_bytes: int = 0
    stale_bytes: int = 0
    damaged_transfers: int = 0
    reopenings: int = 0
    rate_fallbacks: int = 0
    captures: int = 0
    poor_images: int = 0


class TouchLine(Protocol):
    """A wire on which the module itself says that a finger touches the glass (an R503's WAKEUP pin)."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until a finger touches the glass; False when none did in time."""
        ...

    def close(self) -> None:
        """Release the wire; safe to call twice."""
        ...


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
        *,
        on_poor: Callable[[], None] | None = None,
    ) -> PrintImage:
        """Wait for a finger and bring its image.

        `on_touch` is called once when a finger has been seen (the citizen hears a click), `on_poor` right after it when
        the module at once calls the image poor (the finger is still there: a word now saves a try), `on_progress` with
        bytes so far and bytes expected while the image travels. Raises DeviceTimeout when no finger came in
        `timeout_s`, DeviceGone, DeviceFault, DeviceCancelled.
        """
        ...

    def wait_for_lift(self, timeout_s: float) -> bool:
        """Wait until the glass is empty; False when the finger is still there after `timeout_s`."""
        ...

    def ring(self, colour: RingColour) -> None:
        """Show a colour on the sensor's light ring; nothing happens where there is none."""
        ...

    def features(self) -> bytes | None:
        """Let the module make a template of the finger just captured, and bring it.

        The template stays in the module's working memory, never in its library; its form is the module's own, good only
        for matches() on a module of the same type. None when the module cannot make one of this print (too messy, too
        little of it). Raises DeviceGone, DeviceFault (also when there was no capture), DeviceCancelled.
        """
        ...

    def features_of(self, image: PrintImage) -> bytes | None:
        """Put an image that was captured before back into the module, and bring a template of it as features() does.

        For prints that were taken before a power cut. What was captured last counts no more. None when the module
        cannot make a template of it. Raises DeviceGone, DeviceFault (also when the module takes no images, or none of
        this size), DeviceCancelled.
        """
        ...

    def matches(self, template: bytes) -> int:
        """Compare the finger just captured, whose features() have been made, with a template of another press.

        Gives the module's own score, 0 when it says that they are not one finger. Raises DeviceGone, DeviceFault (also
        when features() gave nothing, or the module does not take the template), DeviceCancelled.
        """
        ...

    def empty_library(self) -> None:
        """Delete every template that the module stores; called before each enrolment. Raises DeviceGone, DeviceFault.

        Nothing is erased when it is empty already.
        """
        ...

    def wipe(self) -> None:
        """Empty the module's library and overwrite its buffers; called at the end of each citizen."""
        ...

    def health(self) -> SensorHealth:
        """Say how well the sensor has served; at once, from any thread."""
        ...

    def cancel(self) -> None:
        """End a running capture() or wait_for_lift() with DeviceCancelled. From any thread; harmless when idle."""
        ...

    def close(self) -> None:
        """Release the port; safe to call twice."""
        ...
