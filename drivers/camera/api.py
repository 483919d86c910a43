"""What a camera is to the rest of the house: a newest frame, and a still."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CameraIdentity:
    """Which camera this is, for the record: `driver` names the implementation ("picamera2", "simulated")."""

    driver: str
    model: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: `rgba` holds height x width x 4 bytes, R G B X, rows from the top; `number` grows by each frame."""

    width_px: int
    height_px: int
    rgba: bytes
    number: int


class Camera(Protocol):
    """A camera that runs between start() and stop(); all calls may come from any thread."""

    def identity(self) -> CameraIdentity:
        """Say which camera this is."""
        ...

    def start(self) -> None:
        """Begin to deliver frames. Does nothing when already started. Raises DeviceMissing, DeviceFault."""
        ...

    def stop(self) -> None:
        """Stop delivering frames; newest() gives None from now on."""
        ...

    def newest(self) -> Frame | None:
        """Give the newest preview frame (about 640 px wide) without waiting, or None before the first one.

        Raises DeviceGone when the camera has stopped delivering (no new frame for 2 s).
        """
        ...

    def still(self, timeout_s: float) -> Frame:
        """Take one full-resolution picture exposed after this call. Raises DeviceTimeout, DeviceGone."""
        ...

    def close(self) -> None:
        """Release the camera; safe to call twice."""
        ...
