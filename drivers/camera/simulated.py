"""A camera without a sensor: it looks at files or at a live scene, and delivers through the real interface.

Owns the pace, the preview's size, exposure by the face, grain, and the ways a camera misbehaves. What it looks at
can be changed while it runs.
"""

import threading
import time
from collections.abc import Callable
from enum import StrEnum

import numpy as np
from PIL import Image, ImageFilter

from drivers.camera.api import CameraIdentity
from drivers.camera.metering import GAMMA
from drivers.camera.running import RunningCamera
from drivers.camera.scenes import Scene, Source, scene_of
from drivers.errors import DeviceFault, DeviceMissing

FRAMES_PER_S = 15.0

_PREVIEW_SIDE_PX = 640
_DARKNESS = 0.1
_BLUR_SHARE = 1 / 120


class CameraSituation(StrEnum):
    """How a camera misbehaves.

    `camera_gone`: unplugged, start() finds nothing until it is plugged in again. `camera_frozen`: it stalls, and
    starting it again mends that, as with the real one. `camera_repeating`: the same picture again and again, with new
    numbers, until it is started again. `camera_black`: nothing is seen, as with a cover on the lens.
    """

    BLACK = "camera_black"
    REPEATING = "camera_repeating"
    DARK = "camera_dark"
    GONE = "camera_gone"
    FROZEN = "camera_frozen"
    BLURRED = "blurred"


class SimulatedCamera(RunningCamera):
    """A camera that looks at `source`: a picture, a folder, a video (as Path) or a live scene.

    Args:
        source: what it looks at first; read when the camera is started.
        monotonic_s: the clock of the scene and of the watch over silence.
        wait: waits for the event at most that many seconds, by the same clock; True when the event was set.
    """

    def __init__(
        self,
        source: Source,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        super().__init__(monotonic_s)
        self._wait = wait
        self._source = source
        self._scene: Scene | None = None
        self._situation: CameraSituation | None = None
        self._looked_at = b""
        self._looked_in: tuple[CameraSituation | None, float] = (None, 0.0)
        self._preview = (0, 0, b"")
        self._frames = 0

    def identity(self) -> CameraIdentity:
        """Say that this is the simulated camera."""
        return CameraIdentity(driver="simulated", model="simulated scene", simulated=True)

    def show(self, source: Source) -> None:
        """Look at something else from the next frame on. Raises DeviceMissing, DeviceFault, and keeps the old then."""
        scene = scene_of(source)
        with self._lock:
            self._source, self._scene = source, scene

    def misbehave(self, situation: CameraSituation | None) -> None:
        """Misbehave in that way from the next frame on, or behave again."""
        self._situation = situation

    def _prepare(self) -> None:
        if self._situation is CameraSituation.GONE:
            raise DeviceMissing("camera: none is connected; check its cable")
        if self._situation in {CameraSituation.FROZEN, CameraSituation.REPEATING}:
            self._situation = None
        if self._scene is None:
            self._scene = scene_of(self._source)

    def _run(self, stopping: threading.Event) -> None:
        began_s = due_s = self._monotonic_s()
        while not stopping.is_set():
            if self._situation is CameraSituation.GONE:
                self._feed.lose("camera: it was unplugged; check its cable and start it again")
                return
            if self._situation is not CameraSituation.FROZEN:
                self._deliver(self._monotonic_s() - began_s)
            # A frame that took too long is not made up for: the next one is due a full period from now at most.
            now_s = self._monotonic_s()
            due_s = max(due_s + 1 / FRAMES_PER_S, now_s)
            self._wait(stopping, due_s - now_s)

    def _deliver(self, seconds: float) -> None:
        scene = self._scene
        if scene is None:  # start() looks at the source before it begins the thread
            return
        # Both before the scene is looked at, so that a still shows what was there after the call.
        exposed_at_s = self._monotonic_s()
        still_wanted = self._feed.still_asked_at_s is not None
        if self._situation is CameraSituation.REPEATING and self._preview[2]:
            self._feed.put(*self._preview)
            return
        width_px, height_px, rgba = scene(seconds)
        if len(rgba) != width_px * height_px * 4:
            raise DeviceFault(f"camera: the scene gave {len(rgba)} bytes for {width_px} x {height_px} pixels")
        picture = Image.frombuffer("RGBA", (width_px, height_px), rgba, "raw", "RGBA", 0, 1)
        self._show_preview(picture, rgba)
        if self._feed.hold_wanted:
            self._feed.tell_held()
        if still_wanted:
            still = self._seen(picture)
            self._feed.put_still(still.width, still.height, still.tobytes(), exposed_at_s=exposed_at_s)

    def _show_preview(self, picture: Image.Image, rgba: bytes) -> None:
        looked_in = (self._situation, self._meter.ev)
        # A scene that stands still gives the same bytes again: then the preview need not be made anew.
        if rgba is not self._looked_at or looked_in != self._looked_in:
            self._looked_at, self._looked_in = rgba, looked_in
            preview = self._seen(_reduced(picture))
            self._preview = (preview.width, preview.height, preview.tobytes())
        width_px, height_px, seen = self._preview
        self._frames += 1
        self._feed.put(width_px, height_px, _grained(seen, width_px, height_px, self._frames))
        if not self._feed.hold_wanted:
            self._meter.look(np.frombuffer(seen, np.uint8).reshape(height_px, width_px, 4))

    def _seen(self, picture: Image.Image) -> Image.Image:
        light = 2 ** (self._meter.ev / GAMMA)
        if self._situation is CameraSituation.DARK:
            light *= _DARKNESS
        elif self._situation is CameraSituation.BLACK:
            light = 0.0
        if light != 1.0:
            picture = picture.point([min(255, round(value * light)) for value in range(256)] * 3 + [255] * 256)
        if self._situation is CameraSituation.BLURRED:
            return picture.filter(ImageFilter.GaussianBlur(max(picture.size) * _BLUR_SHARE))
        return picture


def _grained(rgba: bytes, width_px: int, height_px: int, number: int) -> bytes:
    """Change one point of the last row by one level: no sensor gives the same picture twice."""
    grained = bytearray(rgba)
    grained[((height_px - 1) * width_px + number % width_px) * 4] ^= 1
    return bytes(grained)


def _reduced(picture: Image.Image) -> Image.Image:
    longest = max(picture.size)
    if longest % _PREVIEW_SIDE_PX == 0 and min(picture.size) % (longest // _PREVIEW_SIDE_PX) == 0:
        return picture.reduce(longest // _PREVIEW_SIDE_PX)
    if longest <= _PREVIEW_SIDE_PX:
        return picture
    size = tuple(max(1, round(side * _PREVIEW_SIDE_PX / longest)) for side in picture.size)
    return picture.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=2.0)
