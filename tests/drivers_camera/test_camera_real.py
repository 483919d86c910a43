"""The driver for picamera2, over a stand-in for that library: a sensor that delivers YUV 4:2:0 with padded rows."""

import queue
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.camera.api import Region
from drivers.camera.pixels import rgbx_of, rgbx_of_nv12, rgbx_of_yuv420, turned
from drivers.camera.real import RESTARTS, CameraSettings, PicameraCamera
from drivers.errors import DeviceFault, DeviceGone, DeviceMissing

DEADLINE_S = 10.0
SMALL = CameraSettings(still_width_px=256, still_height_px=128, preview_width_px=64, preview_height_px=64)


def yuv420(rgb: np.ndarray, stride: int) -> np.ndarray:
    """Lay an even-sized picture out as the camera does, with `stride` bytes in a row and noise in the padding."""
    height_px, width_px = rgb.shape[:2]
    ycc = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    planes = np.full((height_px * 3 // 2, stride), 77, dtype=np.uint8)
    planes[:height_px, :width_px] = ycc[:, :, 0]
    chroma = planes[height_px:].reshape(2, height_px // 2, stride // 2)
    chroma[0, :, : width_px // 2] = ycc[::2, ::2, 1]
    chroma[1, :, : width_px // 2] = ycc[::2, ::2, 2]
    return planes


def nv12(rgb: np.ndarray, stride: int) -> np.ndarray:
    """The same as NV12: U and V by turns."""
    planar = yuv420(rgb, stride)
    height_px = rgb.shape[0]
    chroma = planar[height_px:].reshape(2, height_px // 2, stride // 2)
    return np.vstack((planar[:height_px], np.stack((chroma[0], chroma[1]), axis=2).reshape(height_px // 2, stride)))


#: What libcamera tells of with each frame when it knows the control.
METADATA = frozenset({"ExposureTime", "AnalogueGain", "ColourGains", "LensPosition"})


class SensorRequest:
    def __init__(self, camera: "Sensor", level: int) -> None:
        self._camera = camera
        self._level = level
        self._stamp_ns = time.monotonic_ns()
        self._applied = dict(camera.applied)

    @property
    def stamp_ns(self) -> int:
        return self._stamp_ns

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": self._stamp_ns, **self._applied}

    def make_array(self, name: str) -> np.ndarray:
        width_px, height_px = self._camera.configuration[name]["size"]
        rgb = np.zeros((height_px, width_px, 3), dtype=np.uint8)
        rgb[: height_px // 2] = (self._level, 40, 200)
        return (nv12 if self._camera.layout == "NV12" else yuv420)(rgb, width_px + 64)


class Sensor:
    """Behaves as picamera2 does towards its caller; `frames` is the supply, one entry a frame."""

    connected: ClassVar[list[dict[str, Any]]] = [{"Model": "imx708_wide", "Num": 0}]
    opened: ClassVar[list["Sensor"]] = []
    advertised: ClassVar[dict[str, Any]] = {"AfMode": (0, 2, 0), "AeFlickerMode": (0, 1, 0), "AeFlickerPeriod": (100,)}
    refusal: ClassVar[RuntimeError | None] = None
    layout: ClassVar[str] = "YUV420"

    def __init__(self, number: int) -> None:
        self.number = number
        self.held = 0
        self.closed = threading.Event()
        self.started = False
        self.configuration: dict[str, Any] = {}
        self.camera_controls = dict(self.advertised)
        self.set: list[dict[str, Any]] = []
        self.applied: dict[str, Any] = {}
        self.frames: queue.Queue[int | Exception] = queue.Queue()
        Sensor.opened.append(self)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return Sensor.connected

    def create_still_configuration(self, **wanted: object) -> dict[str, object]:
        return wanted

    def configure(self, camera_config: dict[str, Any]) -> None:
        unknown = set(camera_config["controls"]) - set(self.camera_controls)
        if unknown:
            raise RuntimeError(f"Control {unknown.pop()} is not advertised by libcamera")
        self.configuration = camera_config

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration | {
            name: self.configuration[name] | {"format": self.layout} for name in ("main", "lores")
        }

    def set_controls(self, controls: dict[str, Any]) -> None:
        unknown = set(controls) - set(self.camera_controls)
        if unknown:
            raise RuntimeError(f"Control {unknown.pop()} is not advertised by libcamera")
        self.set.append(controls)
        self.applied |= {name: value for name, value in controls.items() if name in METADATA}
        if controls.get("AfTrigger") == 0:
            self.applied["AfState"] = 2

    def start(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.started = True

    @contextmanager
    def captured_request(self, wait: float, flush: bool | None = None) -> Iterator[SensorRequest]:
        assert 0 < wait <= 2.0
        assert self.held < self.configuration["buffer_count"], "every buffer is held by the driver"
        asked_ns = time.monotonic_ns()
        request = self._next()
        while flush and request.stamp_ns < asked_ns:
            request = self._next()
        self.held += 1
        try:
            yield request
        finally:
            self.held -= 1

    def _next(self) -> SensorRequest:
        try:
            # The stand-in's own patience is short, so that no test waits long for a dead sensor.
            frame = self.frames.get(timeout=0.2)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(frame, Exception):
            raise frame
        return SensorRequest(self, frame)

    def close(self) -> None:
        self.closed.set()


class Feeder:
    """Keeps the last opened sensor supplied with frames of a growing brightness until it is told to stop."""

    def __init__(self) -> None:
        self.level = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        while not self._ended.wait(0.005):
            if Sensor.opened and Sensor.opened[-1].frames.empty():
                self.level = (self.level + 1) % 250
                Sensor.opened[-1].frames.put(self.level)

    def end(self) -> None:
        self._ended.set()
        self._thread.join(DEADLINE_S)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Sensor]]:
    module = types.ModuleType("picamera2")
    module.Picamera2 = Sensor  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(Sensor, "opened", [])
    yield Sensor
    for sensor in Sensor.opened:
        assert sensor.closed.wait(DEADLINE_S), "a camera was left open"
        assert sensor.held == 0, "a request was not released"


@pytest.fixture
def camera(library: type[Sensor]) -> Iterator[PicameraCamera]:
    made = PicameraCamera(SMALL)
    yield made
    made.close()


@pytest.fixture
def feeder(camera: PicameraCamera) -> Iterator[Feeder]:
    made = Feeder()
    yield made
    made.end()


def wait_until(holds: Callable[[], bool]) -> None:
    tick, waited_s = threading.Event(), 0.0
    while not holds():
        assert waited_s < DEADLINE_S, "it did not become true in time"
        tick.wait(0.005)
        waited_s += 0.005


def is_gone(camera: PicameraCamera) -> bool:
    try:
        camera.newest()
    except DeviceGone:
        return True
    return False


def test_frames_come_in_red_green_blue_order_without_the_padding(camera: PicameraCamera, feeder: Feeder) -> None:
    camera.start()
    wait_until(lambda: camera.newest() is not None)
    frame = camera.newest()
    assert frame is not None
    assert (frame.width_px, frame.height_px) == (64, 64)
    pixels = np.frombuffer(frame.rgba, np.uint8).reshape(64, 64, 4).astype(int)
    assert abs(pixels[:30, :, 1:3] - (40, 200)).max() <= 4
    assert pixels[34:, :, :3].max() <= 4
    assert (pixels[:, :, 3] == 255).all()


def test_a_still_has_the_full_size_and_was_exposed_after_the_call(camera: PicameraCamera, feeder: Feeder) -> None:
    camera.start()
    wait_until(lambda: feeder.level > 3)
    before = feeder.level
    still = camera.still(DEADLINE_S)
    assert (still.width_px, still.height_px) == (256, 128)
    assert still.rgba[0] >= before - 4


def test_a_camera_mounted_upright_gives_upright_pictures(library: type[Sensor]) -> None:
    camera = PicameraCamera(
        CameraSettings(
            still_width_px=256, still_height_px=128, preview_width_px=128, preview_height_px=64, rotation_deg=90
        )
    )
    camera.start()
    Sensor.opened[-1].frames.put(250)
    wait_until(lambda: camera.newest() is not None)
    frame = camera.newest()
    camera.close()
    assert frame is not None
    assert (frame.width_px, frame.height_px) == (64, 128)
    row = np.frombuffer(frame.rgba, np.uint8).reshape(128, 64, 4)[64, :, 0]
    # The sensor's upper half is lit; after a quarter turn clockwise that is the right half.
    assert row[:30].max() < 10
    assert row[34:].min() > 240


def test_one_configuration_with_two_streams_and_only_advertised_controls(
    library: type[Sensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sensor, "advertised", {"AeFlickerPeriod": (100,)})
    camera = PicameraCamera(SMALL)
    camera.start()
    configuration = Sensor.opened[0].configuration
    camera.close()
    assert configuration["main"] == {"size": (256, 128), "format": "YUV420"}
    assert configuration["lores"] == {"size": (64, 64), "format": "YUV420"}
    assert configuration["raw"] is None
    assert configuration["controls"] == {"AeFlickerPeriod": 10_000}


def test_a_camera_that_hangs_is_opened_afresh_by_itself(camera: PicameraCamera) -> None:
    camera.start()
    wait_until(lambda: len(Sensor.opened) > 1)
    assert Sensor.opened[0].closed.wait(DEADLINE_S)
    Sensor.opened[-1].frames.put(9)
    wait_until(lambda: not is_gone(camera) and camera.newest() is not None)


def test_a_camera_that_breaks_off_goes_on_by_itself(camera: PicameraCamera, feeder: Feeder) -> None:
    camera.start()
    wait_until(lambda: camera.newest() is not None)
    Sensor.opened[0].frames.put(RuntimeError("camera frontend has timed out"))
    wait_until(lambda: len(Sensor.opened) == 2)
    assert camera.still(DEADLINE_S).width_px == 256


def test_a_camera_that_stays_silent_is_gone_until_the_next_start(camera: PicameraCamera) -> None:
    camera.start()
    wait_until(lambda: len(Sensor.opened) == 1 + RESTARTS and Sensor.opened[-1].closed.is_set())
    wait_until(lambda: is_gone(camera))
    with pytest.raises(DeviceGone, match="start it again"):
        camera.still(0.1)
    camera.start()
    assert len(Sensor.opened) == 2 + RESTARTS
    Sensor.opened[-1].frames.put(9)
    wait_until(lambda: camera.newest() is not None)


def test_a_camera_that_was_unplugged_is_not_waited_for(
    camera: PicameraCamera, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start()
    wait_until(lambda: camera.newest() is not None)
    monkeypatch.setattr(Sensor, "connected", [])
    Sensor.opened[0].frames.put(RuntimeError("camera disconnected"))
    wait_until(lambda: is_gone(camera))
    with pytest.raises(DeviceGone, match="ribbon cable"):
        camera.newest()


def test_inside_the_lock_everything_is_as_it_was_in_a_focused_frame(
    camera: PicameraCamera, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("AfMode", "AfTrigger", "LensPosition", "AeEnable", "ExposureTime", "AnalogueGain", "AwbEnable")
    monkeypatch.setattr(Sensor, "advertised", dict.fromkeys((*names, "ColourGains"), (0, 1, 0)))
    camera.start()
    sensor = Sensor.opened[0]
    sensor.applied |= {"ExposureTime": 9000, "AnalogueGain": 2.0, "ColourGains": (1.5, 1.9), "LensPosition": 1.2}
    with camera.locked(DEADLINE_S) as held:
        assert held
        assert camera.still(DEADLINE_S).width_px == 256
        focusing, fixed = sensor.set
        assert focusing == {"AfMode": 1, "AfTrigger": 0}
        assert fixed == {
            "AeEnable": False,
            "ExposureTime": 9000,
            "AnalogueGain": 2.0,
            "AwbEnable": False,
            "ColourGains": (1.5, 1.9),
            "AfMode": 0,
            "LensPosition": 1.2,
        }
    wait_until(lambda: len(sensor.set) == 3)
    assert sensor.set[2] == {"AeEnable": True, "AwbEnable": True, "AfMode": 2}


def test_a_camera_without_any_such_control_is_held_at_once(
    camera: PicameraCamera, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sensor, "advertised", {})
    camera.start()
    with camera.locked(DEADLINE_S) as held:
        assert held
    assert Sensor.opened[0].set == []


def test_the_exposure_follows_the_face(camera: PicameraCamera, feeder: Feeder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sensor, "advertised", {"ExposureValue": (-8.0, 8.0, 0.0)})
    camera.start()
    camera.meter(Region(0.1, 0.6, 0.5, 0.3))
    wait_until(lambda: bool(Sensor.opened[0].set))
    # The lower half of the stand-in's picture is black, and two stops are the most.
    assert Sensor.opened[0].set[0] == {"ExposureValue": 2.0}


def test_a_camera_that_delivers_nv12_is_understood(
    camera: PicameraCamera, feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sensor, "layout", "NV12")
    camera.start()
    wait_until(lambda: camera.newest() is not None)
    frame = camera.newest()
    assert frame is not None
    pixels = np.frombuffer(frame.rgba, np.uint8).reshape(64, 64, 4).astype(int)
    assert abs(pixels[:30, :, 1:3] - (40, 200)).max() <= 4


def test_no_camera_is_told_as_missing(camera: PicameraCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sensor, "connected", [])
    with pytest.raises(DeviceMissing, match="ribbon cable"):
        camera.start()


def test_a_camera_that_cannot_be_started_is_a_fault_and_is_let_go(
    camera: PicameraCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sensor, "refusal", RuntimeError("Failed to acquire camera"))
    with pytest.raises(DeviceFault, match="Failed to acquire"):
        camera.start()
    assert Sensor.opened[0].closed.is_set()


def test_the_sensor_is_named_once_started(camera: PicameraCamera) -> None:
    camera.start()
    assert camera.identity().driver == "picamera2"
    assert camera.identity().model == "imx708_wide"
    assert not camera.identity().simulated


def test_without_picamera2_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(DeviceMissing, match="python3-picamera2"):
        PicameraCamera(CameraSettings()).start()


@pytest.mark.parametrize(
    ("name", "value"),
    [("number", -1), ("rotation_deg", 45), ("mains_hz", 0), ("still_width_px", 333), ("preview_width_px", 9000)],
)
def test_a_setting_that_cannot_be_is_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        CameraSettings(**{name: value})


@given(
    colour=st.tuples(*[st.integers(0, 255)] * 3),
    half_width=st.integers(1, 20),
    half_height=st.integers(1, 150),
    padding=st.integers(0, 8),
)
def test_any_colour_and_any_even_size_survive_the_cameras_own_pixels(
    colour: tuple[int, int, int], half_width: int, half_height: int, padding: int
) -> None:
    rgb = np.empty((half_height * 2, half_width * 2, 3), dtype=np.uint8)
    rgb[:] = colour
    back = rgbx_of_yuv420(yuv420(rgb, half_width * 2 + padding * 2), half_width * 2, half_height * 2)
    assert back.shape == (half_height * 2, half_width * 2, 4)
    assert abs(back[:, :, :3].astype(int) - colour).max() <= 3
    stride = half_width * 2 + padding * 2
    assert (rgbx_of_nv12(nv12(rgb, stride), half_width * 2, half_height * 2) == back).all()


def test_another_layout_of_pixels_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="MJPEG"):
        rgbx_of("MJPEG", np.zeros((6, 4), np.uint8), 4, 4)


@given(rows=st.integers(1, 12), stride=st.integers(1, 12), width_px=st.integers(0, 14), height_px=st.integers(0, 9))
def test_sizes_that_do_not_fit_are_refused(rows: int, stride: int, width_px: int, height_px: int) -> None:
    fits = rows == height_px * 3 // 2 and 0 < width_px <= stride and not (width_px % 2 or height_px % 2 or stride % 2)
    if fits:
        assert rgbx_of_yuv420(np.zeros((rows, stride), np.uint8), width_px, height_px).shape[:2] == (
            height_px,
            width_px,
        )
    else:
        with pytest.raises(ValueError, match="no YUV"):
            rgbx_of_yuv420(np.zeros((rows, stride), np.uint8), width_px, height_px)
        if stride % 2 == 0:
            with pytest.raises(ValueError, match="no NV12"):
                rgbx_of_nv12(np.zeros((rows, stride), np.uint8), width_px, height_px)


@given(st.sampled_from([0, 90, 180, 270]), st.integers(1, 5), st.integers(1, 5))
def test_turning_on_to_the_full_circle_changes_nothing(angle: int, width_px: int, height_px: int) -> None:
    picture = np.arange(width_px * height_px * 4, dtype=np.uint8).reshape(height_px, width_px, 4)
    assert (turned(turned(picture, angle), (360 - angle) % 360) == picture).all()


def test_a_crooked_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="45"):
        turned(np.zeros((2, 2, 4), np.uint8), 45)
