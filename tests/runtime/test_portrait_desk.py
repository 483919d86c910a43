"""The portrait desk on a simulated camera: a portrait, a camera that goes and comes, a camera that will not stop."""

import threading
from collections.abc import Callable

import pytest

from drivers.camera.api import Frame
from drivers.camera.simulated import CameraSituation, SimulatedCamera
from drivers.errors import DeviceFault
from kiosk.domain.quality import PortraitHint
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, PortraitTaken
from kiosk.runtime.portraits import JudgedPortrait, PortraitDesk
from kiosk.runtime.worker import Worker
from tests.runtime.stage import Mailbox, grey_scene


def judge(frame: Frame) -> JudgedPortrait:
    return JudgedPortrait((PortraitHint.DARK,), b"JPEG", frame.width_px, frame.height_px)


class Light:
    level = 0.0

    def __call__(self, level: float) -> None:
        self.level = level


@pytest.fixture
def light() -> Light:
    return Light()


@pytest.fixture
def desk(camera: SimulatedCamera, light: Light, worker: Callable[[str], Worker], mailbox: Mailbox) -> PortraitDesk:
    return PortraitDesk(camera, light, judge, worker("camera"), post=mailbox.post)


def settled(desk: PortraitDesk) -> None:
    """Everything asked of the desk so far is done."""
    desk._worker.submit(lambda: None).result(20)


def test_a_portrait_is_taken_judged_and_named_with_its_camera(desk: PortraitDesk, mailbox: Mailbox) -> None:
    desk.start()
    desk.take()
    taken = mailbox.next(PortraitTaken)
    assert taken.hints == (PortraitHint.DARK,)
    assert (taken.capture.data, taken.capture.width_px, taken.capture.media_type) == (b"JPEG", 64, "image/jpeg")
    assert taken.sensor == "simulated/simulated scene"


def test_of_the_shots_the_one_with_the_fewest_hints_is_kept_then_the_sharpest(
    camera: SimulatedCamera, light: Light, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    shots = iter(
        [
            JudgedPortrait((PortraitHint.DARK,), b"first", 3, 4, worth=9.0),
            JudgedPortrait((), b"second", 3, 4, worth=0.2),
            JudgedPortrait((), b"third", 3, 4, worth=0.1),
        ]
    )
    numbers: list[int] = []

    def look_at(frame: Frame) -> JudgedPortrait:
        numbers.append(frame.number)
        return next(shots)

    desk = PortraitDesk(camera, light, look_at, worker("camera"), post=mailbox.post)
    desk.start()
    desk.take()
    assert mailbox.next(PortraitTaken).capture.data == b"second"
    assert len(set(numbers)) == 3


def test_the_light_burns_while_the_camera_runs(desk: PortraitDesk, light: Light) -> None:
    desk.start()
    settled(desk)
    assert light.level == 1.0
    desk.stop()
    settled(desk)
    assert light.level == 0.0
    assert desk.newest() is None


def test_a_camera_that_dies_under_the_preview_is_told_once_and_comes_back(
    desk: PortraitDesk, camera: SimulatedCamera, mailbox: Mailbox
) -> None:
    desk.start()
    settled(desk)
    camera.misbehave(CameraSituation.GONE)
    while not mailbox.count(DeviceTrouble):
        desk.newest()
    for _ in range(20):
        desk.newest()
    assert mailbox.next(DeviceTrouble).device == "camera"
    desk.probe()
    settled(desk)
    assert mailbox.count(DeviceRecovered) == 0
    camera.misbehave(None)
    desk.probe()
    assert mailbox.next(DeviceRecovered).device == "camera"
    desk.take()
    mailbox.next(PortraitTaken)
    assert mailbox.count(DeviceTrouble) == 1


def test_a_missing_camera_is_told_at_the_start_and_at_the_portrait(
    desk: PortraitDesk, camera: SimulatedCamera, mailbox: Mailbox
) -> None:
    camera.misbehave(CameraSituation.GONE)
    desk.start()
    assert mailbox.next(DeviceTrouble).device == "camera"
    desk.take()
    assert mailbox.next(DeviceTrouble).device == "camera"
    assert mailbox.count(PortraitTaken) == 0


def test_probes_do_not_pile_up_behind_a_slow_camera(
    desk: PortraitDesk, camera: SimulatedCamera, mailbox: Mailbox
) -> None:
    hold = threading.Event()
    desk._worker.submit(lambda: hold.wait(20))
    for _ in range(5):
        desk.probe()
    hold.set()
    settled(desk)
    assert mailbox.count(DeviceRecovered) == 1


class ClingingCamera(SimulatedCamera):
    """A camera whose driver cannot be stopped."""

    def stop(self) -> None:
        raise DeviceFault("camera: it does not let go; switch the kiosk off and on")


def test_a_camera_that_does_not_let_go_ends_no_session(
    light: Light, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    camera = ClingingCamera(grey_scene())
    desk = PortraitDesk(camera, light, judge, worker("camera"), post=mailbox.post)
    desk.start()
    desk.stop()
    settled(desk)
    assert light.level == 0.0
    desk.take()
    mailbox.next(PortraitTaken)
    SimulatedCamera.stop(camera)
