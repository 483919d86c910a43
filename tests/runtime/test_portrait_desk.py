"""The portrait desk on a simulated camera: a portrait, a camera that goes and comes, a camera that will not stop."""

import threading
from collections.abc import Callable, Iterator

import pytest

from drivers.camera.api import Frame, Region
from drivers.camera.simulated import CameraSituation, SimulatedCamera
from drivers.errors import DeviceFault
from kiosk.domain.photo_coach import Advice, Posture
from kiosk.domain.quality import PortraitSay
from kiosk.journey.events import CoachMissing, DeviceRecovered, DeviceTrouble, PortraitTaken, SitterSeen
from kiosk.runtime.portraits import JudgedPortrait, PortraitDesk
from kiosk.runtime.worker import Worker
from tests.runtime.stage import SHOOT, DrawnEyes, Glance, Mailbox, grey_scene

CLOSER = Glance(Advice(PortraitSay.CLOSER, speak=True, arrow="closer"))
WELL = Glance(Advice(PortraitSay.NOTHING))


def judge(frame: Frame) -> JudgedPortrait:
    return JudgedPortrait((PortraitSay.MORE_LIGHT,), b"JPEG", frame.width_px, frame.height_px)


class Light:
    level = 0.0

    def __call__(self, level: float) -> None:
        self.level = level


@pytest.fixture
def light() -> Light:
    return Light()


@pytest.fixture
def eyes() -> DrawnEyes:
    return DrawnEyes(shot=judge)


Make = Callable[[SimulatedCamera, DrawnEyes], PortraitDesk]


@pytest.fixture
def make(light: Light, worker: Callable[[str], Worker], mailbox: Mailbox) -> Iterator[Make]:
    """Make desks; whoever they follow is let go at the end."""
    made: list[PortraitDesk] = []

    def one(camera: SimulatedCamera, eyes: DrawnEyes) -> PortraitDesk:
        desk = PortraitDesk(camera, light, eyes, worker("camera"), watcher=worker("face"), post=mailbox.post)
        made.append(desk)
        return desk

    yield one
    for each in made:
        each.stop()


@pytest.fixture
def desk(camera: SimulatedCamera, eyes: DrawnEyes, make: Make) -> PortraitDesk:
    return make(camera, eyes)


def settled(desk: PortraitDesk) -> None:
    """Everything asked of the desk so far is done, but for a look that goes on."""
    desk._worker.submit(lambda: None).result(60)


def test_a_portrait_is_taken_judged_and_named_with_its_camera(desk: PortraitDesk, mailbox: Mailbox) -> None:
    desk.start()
    desk.take(1)
    taken = mailbox.next(PortraitTaken)
    assert taken.hints == (PortraitSay.MORE_LIGHT,)
    assert (taken.capture.data, taken.capture.width_px, taken.capture.media_type) == (b"JPEG", 64, "image/jpeg")
    assert (taken.sensor, taken.sitting) == ("simulated/simulated scene", 1)


def test_of_the_shots_the_one_with_the_fewest_hints_is_kept_then_the_sharpest(
    camera: SimulatedCamera, make: Make, mailbox: Mailbox
) -> None:
    shots = iter(
        [
            JudgedPortrait((PortraitSay.MORE_LIGHT,), b"first", 3, 4, worth=9.0),
            JudgedPortrait((), b"second", 3, 4, worth=0.2),
            JudgedPortrait((), b"third", 3, 4, worth=0.1),
        ]
    )
    numbers: list[int] = []

    def look_at(frame: Frame) -> JudgedPortrait:
        numbers.append(frame.number)
        return next(shots)

    desk = make(camera, DrawnEyes(shot=look_at))
    desk.start()
    desk.take(1)
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
    desk.take(1)
    mailbox.next(PortraitTaken)
    assert mailbox.count(DeviceTrouble) == 1


def test_a_missing_camera_is_told_at_the_start_and_at_the_portrait(
    desk: PortraitDesk, camera: SimulatedCamera, mailbox: Mailbox
) -> None:
    camera.misbehave(CameraSituation.GONE)
    desk.start()
    assert mailbox.next(DeviceTrouble).device == "camera"
    desk.take(1)
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
    light: Light, make: Make, eyes: DrawnEyes, mailbox: Mailbox
) -> None:
    camera = ClingingCamera(grey_scene())
    desk = make(camera, eyes)
    desk.start()
    desk.stop()
    settled(desk)
    assert light.level == 0.0
    desk.take(1)
    mailbox.next(PortraitTaken)
    SimulatedCamera.stop(camera)


def test_every_change_before_the_camera_is_told_once_and_a_shot_ends_the_look(
    desk: PortraitDesk, eyes: DrawnEyes, mailbox: Mailbox
) -> None:
    eyes.glances = [CLOSER, CLOSER, CLOSER, WELL, WELL, SHOOT]
    desk.start()
    desk.follow(7, Posture.BED)
    told = [mailbox.next(SitterSeen) for _ in range(3)]
    assert [one.advice for one in told] == [CLOSER.advice, WELL.advice, SHOOT.advice]
    assert {one.sitting for one in told} == {7}
    assert (eyes.followed, eyes.scales) == ([Posture.BED], [1.0])
    desk._watcher.submit(lambda: None).result(60)
    assert eyes.seen == 6


def test_the_wait_before_a_shot_is_told_in_steps(desk: PortraitDesk, eyes: DrawnEyes, mailbox: Mailbox) -> None:
    eyes.glances = [Glance(Advice(PortraitSay.NOTHING, held=part / 20)) for part in range(20)] + [SHOOT]
    desk.start()
    desk.follow(1, Posture.CHAIR)
    told: list[float] = []
    while not told or told[-1] < 1:
        told.append(mailbox.next(SitterSeen).advice.held)
    assert told == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_face_is_where_the_exposure_is_found(
    desk: PortraitDesk, camera: SimulatedCamera, eyes: DrawnEyes, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    metered: list[Region | None] = []
    monkeypatch.setattr(camera, "meter", metered.append)
    eyes.glances = [WELL, Glance(SHOOT.advice, face=Region(0.3, 0.2, 0.4, 0.5))]
    desk.start()
    desk.follow(1, Posture.CHAIR)
    while not mailbox.next(SitterSeen).advice.shoot:
        pass
    desk._watcher.submit(lambda: None).result(60)
    assert metered == [Region(0.3, 0.2, 0.4, 0.5)]


def test_a_look_that_is_over_says_nothing_more(desk: PortraitDesk, eyes: DrawnEyes, mailbox: Mailbox) -> None:
    flicker = [CLOSER, WELL] * 5000
    eyes.glances = flicker
    desk.start()
    desk.follow(1, Posture.CHAIR)
    mailbox.next(SitterSeen)
    desk.follow(2, Posture.CHAIR)
    while mailbox.next(SitterSeen).sitting == 1:
        pass
    assert mailbox.next(SitterSeen).sitting == 2
    desk.stop()
    desk._watcher.submit(lambda: None).result(60)
    told = mailbox.count(SitterSeen)
    settled(desk)
    assert mailbox.count(SitterSeen) == told


def test_while_a_portrait_is_taken_nobody_is_followed(desk: PortraitDesk, eyes: DrawnEyes, mailbox: Mailbox) -> None:
    eyes.glances = [CLOSER, WELL] * 5000
    looks: list[int] = []

    def look_at(frame: Frame) -> JudgedPortrait:
        looks.append(eyes.seen)
        return judge(frame)

    eyes.shot = look_at
    desk.start()
    desk.follow(1, Posture.CHAIR)
    mailbox.next(SitterSeen)
    desk.take(1)
    mailbox.next(PortraitTaken)
    assert len(looks) == 3
    assert len(set(looks)) == 1, "the eyes are for one at a time"


def test_a_portrait_that_nobody_wants_any_more_is_not_told(
    desk: PortraitDesk, eyes: DrawnEyes, mailbox: Mailbox
) -> None:
    taking, left = threading.Event(), threading.Event()

    def look_at(frame: Frame) -> JudgedPortrait:
        taking.set()
        assert left.wait(60)
        return judge(frame)

    eyes.shot = look_at
    desk.start()
    desk.take(1)
    assert taking.wait(60)
    desk.stop()
    left.set()
    settled(desk)
    assert mailbox.count(PortraitTaken) == 0


def test_without_face_nets_it_is_said_so_that_the_picture_is_counted_down_to(
    camera: SimulatedCamera, make: Make, mailbox: Mailbox
) -> None:
    desk = make(camera, DrawnEyes(blind=True))
    desk.start()
    desk.follow(4, Posture.CHAIR)
    assert mailbox.next(CoachMissing) == CoachMissing(4)


def test_a_camera_that_dies_while_somebody_is_followed_is_told_by_the_preview_alone(
    desk: PortraitDesk, camera: SimulatedCamera, eyes: DrawnEyes, mailbox: Mailbox
) -> None:
    eyes.glances = [CLOSER, WELL] * 5000
    desk.start()
    desk.follow(1, Posture.CHAIR)
    mailbox.next(SitterSeen)
    camera.misbehave(CameraSituation.GONE)
    desk._watcher.submit(lambda: None).result(60)
    assert mailbox.count(DeviceTrouble) == 0
    desk.newest()
    assert mailbox.next(DeviceTrouble).device == "camera"
    camera.misbehave(None)
    desk.probe()
    mailbox.next(DeviceRecovered)
    desk.follow(2, Posture.CHAIR)
    while mailbox.next(SitterSeen).sitting != 2:
        pass
