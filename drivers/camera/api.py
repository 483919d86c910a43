"""What a camera is to the rest of the house: a newest frame, and a still."""

from contextlib import AbstractContextManager
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


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame, as shares (0..1) of its width and height, from its upper left corner.

    Raises ValueError for a part that does not lie in the frame.
    """

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        inside = 0 <= self.left < 1 and 0 <= self.top < 1 and self.width > 0 and self.height > 0
        if not inside or self.left + self.width > 1.0001 or self.top + self.height > 1.0001:
            raise ValueError(f"{self} does not lie in the frame; give shares from 0 to 1")


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

    def meter(self, face: Region | None) -> None:
        """Find the exposure from this part of the newest preview, where the face is; None keeps it where it is."""
        ...

    def locked(self, timeout_s: float) -> AbstractContextManager[bool]:
        """Focus once, and hold exposure, white balance and focus still inside the `with`, for shots that are alike.

        Gives False when they could not be held within `timeout_s`: the shots are then as good as the camera's own
        adjustments. Raises DeviceGone, DeviceCancelled, DeviceFault as still() does.
        """
        ...

    def close(self) -> None:
        """Release the camera; safe to call twice."""
        ...
