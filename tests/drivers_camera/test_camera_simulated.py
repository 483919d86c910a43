"""What the simulated camera looks at, and how it misbehaves."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.camera.api import Frame, Region
from drivers.camera.scenes import scene_of
from drivers.camera.simulated import CameraSituation, SimulatedCamera
from drivers.errors import DeviceError, DeviceFault, DeviceGone, DeviceMissing, DeviceTimeout

DEADLINE_S = 10.0


class HandClock:
    """A clock that moves only by hand: the camera's thread sleeps in `wait` until `turn` has moved it far enough."""

    def __init__(self) -> None:
        self._now_s = 100.0
        self._moved = threading.Condition()
        self.sleepers = 0

    def monotonic_s(self) -> float:
        with self._moved:
            return self._now_s

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        with self._moved:
            due_s = self._now_s + timeout_s
            self.sleepers += 1
            self._moved.notify_all()
            # Looks up now and then: setting the event does not wake this condition.
            while not event.is_set() and self._now_s < due_s:
                self._moved.wait(0.005)
            self.sleepers -= 1
            return event.is_set()

    def turn(self, seconds: float) -> None:
        with self._moved:
            assert self._moved.wait_for(lambda: self.sleepers > 0, DEADLINE_S)
            self._now_s += seconds
            self._moved.notify_all()


def wait_until(holds: Callable[[], bool]) -> None:
    tick, waited_s = threading.Event(), 0.0
    while not holds():
        assert waited_s < DEADLINE_S, "it did not become true in time"
        tick.wait(0.005)
        waited_s += 0.005


def checks(width_px: int = 64, height_px: int = 48) -> Image.Image:
    picture = Image.new("RGB", (width_px, height_px), "white")
    for left in range(0, width_px, 8):
        picture.paste("black", (left, 0, left + 4, height_px))
    return picture


def plain(red: int, green: int, blue: int) -> Callable[[float], tuple[int, int, bytes]]:
    return lambda _: (4, 3, bytes((red, green, blue, 255)) * 12)


def newest(camera: SimulatedCamera) -> Frame:
    wait_until(lambda: camera.newest() is not None)
    frame = camera.newest()
    assert frame is not None
    return frame


def next_frame(camera: SimulatedCamera, clock: HandClock) -> Frame:
    before = newest(camera).number
    clock.turn(0.1)
    wait_until(lambda: newest(camera).number > before)
    return newest(camera)


def colour_comes(camera: SimulatedCamera, colour: bytes) -> None:
    wait_until(lambda: newest(camera).rgba[:3] == colour)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def camera(clock: HandClock) -> Iterator[SimulatedCamera]:
    made = SimulatedCamera(plain(10, 20, 30), monotonic_s=clock.monotonic_s, wait=clock.wait)
    yield made
    made.close()


def test_it_says_that_it_is_simulated(camera: SimulatedCamera) -> None:
    assert camera.identity().simulated
    assert camera.identity().driver == "simulated"


def test_frames_come_fifteen_times_a_second_of_the_given_clock(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()
    before = newest(camera).number
    for step in range(1, 31):
        clock.turn(1 / 15)
        wait_until(lambda step=step: newest(camera).number == before + step)
    clock.turn(1 / 60)
    assert newest(camera).number == before + 30


def test_the_bytes_are_red_green_blue_and_one_more(camera: SimulatedCamera) -> None:
    camera.start()
    seen = newest(camera).rgba
    # All but one grain in the last row.
    assert seen[: 8 * 4] == bytes((10, 20, 30, 255)) * 8
    assert sum(one != other for one, other in zip(seen, bytes((10, 20, 30, 255)) * 12, strict=True)) == 1


def test_no_two_frames_are_the_same_unless_the_camera_repeats_itself(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()

    assert next_frame(camera, clock).rgba != next_frame(camera, clock).rgba
    camera.misbehave(CameraSituation.REPEATING)
    next_frame(camera, clock)
    assert next_frame(camera, clock).rgba == next_frame(camera, clock).rgba
    camera.stop()
    camera.start()
    assert next_frame(camera, clock).rgba != next_frame(camera, clock).rgba


def test_behind_a_cover_everything_is_black(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()
    camera.misbehave(CameraSituation.BLACK)
    clock.turn(0.1)
    colour_comes(camera, bytes((0, 0, 0)))


def test_a_metered_face_gets_lighter_and_is_left_so_while_the_camera_is_locked(
    camera: SimulatedCamera, clock: HandClock
) -> None:
    camera.start()
    newest(camera)
    camera.meter(Region(0, 0, 1, 1))
    for _ in range(24):
        next_frame(camera, clock)
    assert newest(camera).rgba[0] > 17
    held: list[bool] = []
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with camera.locked(DEADLINE_S) as still:
            held.append(still)
            inside.set()
            done.wait(DEADLINE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    wait_until(lambda: camera._feed.hold_wanted)
    clock.turn(0.1)
    assert inside.wait(DEADLINE_S)
    seen = newest(camera).rgba[:3]
    for _ in range(8):
        next_frame(camera, clock)
    assert newest(camera).rgba[:3] == seen
    done.set()
    holder.join(DEADLINE_S)
    assert held == [True]


def test_what_it_looks_at_can_be_changed_while_it_runs(
    camera: SimulatedCamera, clock: HandClock, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8), (200, 0, 0)).save(tmp_path / "red.png")
    camera.start()
    newest(camera)
    camera.show(tmp_path / "red.png")
    clock.turn(0.1)
    colour_comes(camera, bytes((200, 0, 0)))
    camera.show(plain(0, 0, 200))
    clock.turn(0.1)
    colour_comes(camera, bytes((0, 0, 200)))


def test_a_bad_source_is_refused_and_the_old_one_stays(
    camera: SimulatedCamera, clock: HandClock, tmp_path: Path
) -> None:
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n")
    camera.start()
    with pytest.raises(DeviceFault, match=r"torn\.png"):
        camera.show(tmp_path / "torn.png")
    with pytest.raises(DeviceMissing, match="nowhere"):
        camera.show(tmp_path / "nowhere")
    clock.turn(0.1)
    colour_comes(camera, bytes((10, 20, 30)))


def test_a_source_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    camera = SimulatedCamera(tmp_path / "nowhere.png")
    with pytest.raises(DeviceMissing, match=r"nowhere\.png"):
        camera.start()


def test_a_still_shows_what_is_there_after_the_call(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()
    newest(camera)
    camera.show(plain(1, 2, 3))
    taken: list[Frame] = []
    taker = threading.Thread(target=lambda: taken.append(camera.still(DEADLINE_S)))
    taker.start()
    wait_until(lambda: camera._feed.still_asked_at_s is not None)
    clock.turn(0.1)
    taker.join(DEADLINE_S)
    assert taken[0].rgba[:3] == bytes((1, 2, 3))


def test_large_pictures_are_made_small_for_the_preview_only(clock: HandClock, tmp_path: Path) -> None:
    checks(1280, 960).save(tmp_path / "wide.jpg")
    camera = SimulatedCamera(tmp_path / "wide.jpg", monotonic_s=clock.monotonic_s)
    camera.start()
    preview, still = newest(camera), camera.still(DEADLINE_S)
    camera.close()
    assert (preview.width_px, preview.height_px) == (640, 480)
    assert (still.width_px, still.height_px) == (1280, 960)


def test_a_dark_camera_sees_little_and_a_mended_one_sees_again(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()
    camera.misbehave(CameraSituation.DARK)
    clock.turn(0.1)
    colour_comes(camera, bytes((1, 2, 3)))
    camera.misbehave(None)
    clock.turn(0.1)
    colour_comes(camera, bytes((10, 20, 30)))


def test_a_blurred_camera_loses_the_edges() -> None:
    stripes = checks(640, 480).convert("RGBA").tobytes()
    camera = SimulatedCamera(lambda _: (640, 480, stripes))
    camera.misbehave(CameraSituation.BLURRED)
    camera.start()
    seen = newest(camera).rgba[: 640 * 4 : 4]
    camera.close()
    assert max(seen[100:500]) - min(seen[100:500]) < 60


def test_an_unplugged_camera_is_gone_until_it_is_plugged_in_again(camera: SimulatedCamera, clock: HandClock) -> None:
    camera.start()
    newest(camera)
    camera.misbehave(CameraSituation.GONE)
    clock.turn(0.1)

    def gone() -> bool:
        try:
            camera.newest()
        except DeviceGone:
            return True
        return False

    wait_until(gone)
    with pytest.raises(DeviceGone):
        camera.still(0.1)
    with pytest.raises(DeviceMissing):
        camera.start()
    camera.misbehave(None)
    camera.start()
    assert newest(camera).rgba[:3] == bytes((10, 20, 30))


def test_a_frozen_camera_is_gone_after_two_seconds_and_comes_back_by_starting_it(
    camera: SimulatedCamera, clock: HandClock
) -> None:
    camera.start()
    last = newest(camera).number
    camera.misbehave(CameraSituation.FROZEN)
    with pytest.raises(DeviceTimeout):
        camera.still(0.05)
    clock.turn(1.9)
    assert newest(camera).number == last
    clock.turn(0.2)
    with pytest.raises(DeviceGone, match="2 s"):
        camera.newest()
    camera.start()
    assert newest(camera).number > last


def test_a_folder_is_looked_through_picture_by_picture(tmp_path: Path) -> None:
    for name, colour in (("00.png", (9, 0, 0)), ("01.png", (0, 9, 0))):
        Image.new("RGB", (2, 2), colour).save(tmp_path / name)
    (tmp_path / "note.txt").write_text("not a picture")
    scene = scene_of(tmp_path)
    assert [scene(seconds)[2][:3] for seconds in (0.0, 1.9, 2.1, 4.1)] == [
        bytes((9, 0, 0)),
        bytes((9, 0, 0)),
        bytes((0, 9, 0)),
        bytes((9, 0, 0)),
    ]


def test_an_empty_folder_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(DeviceMissing, match="no picture"):
        scene_of(tmp_path)


def test_a_video_is_played_and_begins_again(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    file = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for level in (0, 60, 120, 180, 240):
        writer.write(numpy.full((48, 64, 3), level, dtype=numpy.uint8))
    writer.release()
    scene = scene_of(file)
    levels = [scene(seconds)[2][0] for seconds in (0.0, 0.21, 0.41, 0.51)]
    assert levels == [pytest.approx(level, abs=12) for level in (0, 120, 240, 0)]


def test_a_file_that_is_no_video_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"nothing of the kind")
    with pytest.raises(DeviceFault, match=r"film\.mp4"):
        scene_of(tmp_path / "film.mp4")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    content=st.binary(max_size=200), head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"P6 9 9 255 "])
)
def test_any_bytes_under_a_pictures_name_are_a_picture_or_a_named_refusal(
    tmp_path: Path, content: bytes, head: bytes
) -> None:
    (tmp_path / "some.ppm").write_bytes(head + content)
    try:
        width_px, height_px, rgba = scene_of(tmp_path / "some.ppm")(0.0)
    except DeviceError as error:
        said = str(error)
    else:
        said = "some.ppm" if len(rgba) == width_px * height_px * 4 else "a picture of the wrong size"
    assert "some.ppm" in said
