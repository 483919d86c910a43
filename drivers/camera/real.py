"""The Raspberry Pi camera, through picamera2.

Owns the one configuration of the camera: a full-resolution stream and a small one beside it, set once and never
switched (each switch allocates anew, and after some hundred the memory is in pieces: picamera2 issues 869, 1102, 1125).
Refuses to wait for ever: a camera that hangs is closed and opened afresh by itself, and when that does not help it
counts as gone until the next start().
picamera2 is imported when the camera is first started; it comes with Raspberry Pi OS.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from drivers.camera.api import CameraIdentity
from drivers.camera.locking import ShotLock
from drivers.camera.pixels import Pixels, rgbx_of, turned
from drivers.camera.running import RunningCamera
from drivers.errors import DeviceFault, DeviceGone, DeviceMissing

_log = logging.getLogger(__name__)

_BUFFERS: Final = 4
_AF_CONTINUOUS: Final = 2
_FLICKER_MANUAL: Final = 1
#: A camera that delivers nothing for so long hangs. Shorter than the silence after which the feed calls it gone.
HANG_S: Final = 1.5
#: How often a hanging camera is opened afresh without a single frame in between.
RESTARTS: Final = 3
#: Microseconds from frame to frame: however dark it is, no exposure of more than a tenth of a second, which would blur.
_FRAME_US: Final = (33_333, 100_000)
#: Preview frames that come faster than this are left out: the screen shows no more.
_PREVIEW_PERIOD_S: Final = 1 / 31
# What picamera2 and libcamera raise when a camera cannot be opened, configured or read.
_LIBRARY_ERRORS = (RuntimeError, OSError, IndexError, KeyError, ValueError)


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Which camera, how large, and how it is mounted.

    `rotation_deg` is the clockwise turn that makes its pictures upright: a Camera Module 3 is best mounted with the
    long side vertical, so that neither a tall nor a small citizen leaves the picture. Sizes are those of the sensor,
    before the turn. Raises ValueError naming the setting that cannot be.
    """

    number: int = 0
    still_width_px: int = 4608
    still_height_px: int = 2592
    preview_width_px: int = 640
    preview_height_px: int = 360
    rotation_deg: int = 0
    mains_hz: int = 50

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"camera number is {self.number}; give 0 or more")
        if self.rotation_deg not in (0, 90, 180, 270):
            raise ValueError(f"camera rotation_deg is {self.rotation_deg}; give 0, 90, 180 or 270")
        if self.mains_hz not in (50, 60):
            raise ValueError(f"camera mains_hz is {self.mains_hz}; give 50 or 60")
        for name in ("still_width_px", "still_height_px", "preview_width_px", "preview_height_px"):
            size_px = getattr(self, name)
            if size_px < 64 or size_px % 2:
                raise ValueError(f"camera {name} is {size_px}; give an even number of 64 or more")
        if self.preview_width_px > self.still_width_px or self.preview_height_px > self.still_height_px:
            raise ValueError("the camera's preview_width_px or preview_height_px is larger than the still's")


class _Request(Protocol):
    """What is used of picamera2's CompletedRequest."""

    def get_metadata(self) -> dict[str, Any]: ...

    def make_array(self, name: str) -> Pixels: ...


class _Picamera(Protocol):
    """What is used of picamera2's Picamera2."""

    camera_controls: dict[str, Any]

    def create_still_configuration(self, **wanted: object) -> dict[str, Any]: ...

    def configure(self, camera_config: dict[str, Any]) -> None: ...

    def set_controls(self, controls: dict[str, Any]) -> None: ...

    def camera_configuration(self) -> dict[str, Any]: ...

    def start(self) -> None: ...

    def captured_request(self, wait: float, flush: bool | None = None) -> AbstractContextManager[_Request]: ...

    def close(self) -> None: ...


class PicameraCamera(RunningCamera):
    """The camera that libcamera lists under `settings.number`; `monotonic_s` is the clock of the sensor's stamps."""

    def __init__(self, settings: CameraSettings, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monotonic_s)
        self._settings = settings
        self._camera: _Picamera | None = None
        self._streams: dict[str, tuple[str, int, int]] = {}
        self._lock_of_shots = ShotLock(())
        self._shown_at_s = 0.0
        self._tells_exposure = False
        self._model = "unknown until started"

    def identity(self) -> CameraIdentity:
        """Say which sensor it is, once the camera has been started."""
        return CameraIdentity(driver="picamera2", model=self._model, simulated=False)

    def _prepare(self) -> None:
        try:
            from picamera2 import Picamera2  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise DeviceMissing("camera: picamera2 is not installed; install python3-picamera2 with apt") from error
        # Its debug log has a line for every frame, and whoever owns the root logger would print them.
        logging.getLogger("picamera2").setLevel(logging.WARNING)
        number = self._settings.number
        try:
            found = Picamera2.global_camera_info()
            camera = Picamera2(number) if number < len(found) else None
        except _LIBRARY_ERRORS as error:
            raise DeviceFault(f"camera: it cannot be opened ({error}); check the ribbon cable") from error
        if camera is None:
            raise DeviceMissing(f"camera: number {number} is wanted, {len(found)} found; check the ribbon cable")
        self._model = str(found[number].get("Model", "unknown"))
        self._begin(camera)

    def _begin(self, camera: _Picamera) -> None:
        try:
            camera.configure(self._configuration(camera))
            # The camera may have rounded the sizes, and chosen another order of the pixels, to what it can do.
            chosen = {name: camera.camera_configuration()[name] for name in ("main", "lores")}
            self._streams = {name: (str(one["format"]), *one["size"]) for name, one in chosen.items()}
            camera.start()
        except _LIBRARY_ERRORS as error:
            camera.close()
            raise DeviceFault(f"camera: it cannot be started ({error}); check the ribbon cable") from error
        self._camera = camera
        self._lock_of_shots = ShotLock(camera.camera_controls)
        self._shown_at_s = 0.0

    def _configuration(self, camera: _Picamera) -> dict[str, Any]:
        wanted = {
            "AfMode": _AF_CONTINUOUS,
            "AeFlickerMode": _FLICKER_MANUAL,
            "AeFlickerPeriod": 1_000_000 // (2 * self._settings.mains_hz),
            "FrameDurationLimits": _FRAME_US,
        }
        return camera.create_still_configuration(
            main={"size": (self._settings.still_width_px, self._settings.still_height_px), "format": "YUV420"},
            lores={"size": (self._settings.preview_width_px, self._settings.preview_height_px), "format": "YUV420"},
            raw=None,
            buffer_count=_BUFFERS,
            queue=False,
            display=None,
            encode=None,
            # A sensor without autofocus does not know AfMode, and asking for it is an error.
            controls={name: value for name, value in wanted.items() if name in camera.camera_controls},
        )

    def _run(self, stopping: threading.Event) -> None:
        restarts = 0
        while not stopping.is_set():
            camera, self._camera = self._camera, None
            if camera is None:
                self._prepare()
                continue
            try:
                while not stopping.is_set():
                    self._deliver(camera)
                    restarts = 0
            except (TimeoutError, *_LIBRARY_ERRORS) as error:
                # The job that timed out stays in picamera2's queue and would keep its frame: only opening afresh is
                # clean.
                restarts += 1
                if restarts > RESTARTS:
                    raise DeviceGone(_gone_for(error)) from error
                _log.warning("camera: it hangs (%s) and is opened afresh", type(error).__name__)
            finally:
                camera.close()

    def _deliver(self, camera: _Picamera) -> None:
        wanted = self._feed.still_asked_at_s is not None
        # With flush, picamera2 leaves out every frame whose exposure began before now. It reckons with ExposureTime,
        # which not every camera tells; without it the stamp alone decides, in put_still().
        with camera.captured_request(wait=HANG_S, flush=(wanted and self._tells_exposure) or None) as request:
            metadata = request.get_metadata()
            self._tells_exposure = "ExposureTime" in metadata
            exposed_at_s = metadata.get("SensorTimestamp", 0) / 1e9
            early = exposed_at_s - self._shown_at_s < _PREVIEW_PERIOD_S
            small = None if early and not wanted else request.make_array("lores")
            large = request.make_array("main") if wanted else None
        # Converted only now that the request is released: with four buffers, one held back costs a quarter of the
        # frames.
        self._adjust(camera, metadata)
        if small is not None:
            self._shown_at_s = exposed_at_s
            preview = self._upright(small, "lores")
            self._feed.put(preview.shape[1], preview.shape[0], preview.tobytes())
            if not self._feed.hold_wanted and self._meter.look(preview) and "ExposureValue" in camera.camera_controls:
                camera.set_controls({"ExposureValue": self._meter.ev})
        if large is not None:
            still = self._upright(large, "main")
            self._feed.put_still(still.shape[1], still.shape[0], still.tobytes(), exposed_at_s=exposed_at_s)

    def _adjust(self, camera: _Picamera, metadata: dict[str, Any]) -> None:
        lock = self._lock_of_shots
        if self._feed.hold_wanted:
            controls = lock.see(metadata) if lock.busy else lock.begin()
            if lock.held:
                self._feed.tell_held()
        else:
            controls = lock.free() if lock.busy else {}
        if controls:
            camera.set_controls(controls)

    def _upright(self, planes: Pixels, stream: str) -> Pixels:
        layout, width_px, height_px = self._streams[stream]
        return turned(rgbx_of(layout, planes, width_px, height_px), self._settings.rotation_deg)


def _gone_for(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "camera: it delivers no pictures any more; check its cable and start it again"
    return f"camera: it broke off ({error}); check its cable and start it again"
