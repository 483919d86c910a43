"""What every camera does: the simulated one here, the real one on a kiosk with --hardware."""

import threading
from collections.abc import Callable, Iterator

import pytest

from drivers.camera.api import Camera, Frame
from drivers.camera.simulated import SimulatedCamera
from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault

DEADLINE_S = 10.0


def wait_until(holds: Callable[[], bool]) -> None:
    tick, waited_s = threading.Event(), 0.0
    while not holds():
        assert waited_s < DEADLINE_S, "it did not become true in time"
        tick.wait(0.01)
        waited_s += 0.01


def first_frame(camera: Camera) -> Frame:
    wait_until(lambda: camera.newest() is not None)
    frame = camera.newest()
    assert frame is not None
    return frame


def grey(_: float) -> tuple[int, int, bytes]:
    return 960, 1280, b"\x80\x80\x80\xff" * (960 * 1280)


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.hardware)])
def camera(request: pytest.FixtureRequest) -> Iterator[Camera]:
    made: Camera
    if request.param == "simulated":
        made = SimulatedCamera(grey)
    else:
        from drivers.camera.real import CameraSettings, PicameraCamera

        made = PicameraCamera(CameraSettings())
    yield made
    made.close()


def test_there_is_no_frame_before_the_start(camera: Camera) -> None:
    assert camera.newest() is None


def test_frames_are_whole_and_their_numbers_grow(camera: Camera) -> None:
    camera.start()
    first = first_frame(camera)
    assert len(first.rgba) == first.width_px * first.height_px * 4
    assert 300 <= max(first.width_px, first.height_px) <= 700

    def later() -> bool:
        frame = camera.newest()
        return frame is not None and frame.number > first.number

    wait_until(later)


def test_a_still_is_larger_than_the_preview_and_of_the_same_shape(camera: Camera) -> None:
    camera.start()
    preview, still = first_frame(camera), camera.still(DEADLINE_S)
    assert len(still.rgba) == still.width_px * still.height_px * 4
    assert still.width_px > preview.width_px
    assert still.width_px / still.height_px == pytest.approx(preview.width_px / preview.height_px, rel=0.02)


def test_starting_twice_changes_nothing(camera: Camera) -> None:
    camera.start()
    number = first_frame(camera).number
    camera.start()
    assert first_frame(camera).number >= number


def test_a_stopped_camera_gives_no_frame_and_can_be_started_again(camera: Camera) -> None:
    camera.start()
    number = first_frame(camera).number
    camera.stop()
    assert camera.newest() is None
    camera.start()
    assert first_frame(camera).number > number


def test_a_still_needs_a_started_camera(camera: Camera) -> None:
    with pytest.raises(DeviceFault, match="start"):
        camera.still(0.1)


def test_a_closed_camera_says_so_and_closing_twice_is_harmless(camera: Camera) -> None:
    camera.start()
    camera.close()
    camera.close()
    for use in (camera.start, camera.newest, lambda: camera.still(0.1)):
        with pytest.raises(DeviceClosed):
            use()


def test_stopping_ends_the_wait_for_a_still() -> None:
    looked, go_on = threading.Event(), threading.Event()

    def slow(_: float) -> tuple[int, int, bytes]:
        looked.set()
        go_on.wait(DEADLINE_S)
        return 1, 1, bytes(4)

    camera = SimulatedCamera(slow)
    camera.start()
    assert looked.wait(DEADLINE_S)
    ended: list[type[BaseException]] = []

    def take() -> None:
        try:
            camera.still(DEADLINE_S)
        except DeviceCancelled as error:
            ended.append(type(error))

    taker = threading.Thread(target=take)
    taker.start()
    wait_until(lambda: camera._feed.still_asked_at_s is not None)
    stopper = threading.Thread(target=camera.stop)
    stopper.start()
    taker.join(DEADLINE_S)
    go_on.set()
    stopper.join(DEADLINE_S)
    camera.close()
    assert ended == [DeviceCancelled]
