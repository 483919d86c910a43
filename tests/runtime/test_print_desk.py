"""The print desk on the real driver and an emulated module: one finger at a time, and nothing of an earlier wait."""

import threading
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from drivers.fingerprint.api import PrintImage
from drivers.fingerprint.real import ZfmSensor
from drivers.fingerprint.simulated import ModuleEmulator, WireFault
from drivers.fingerprint.synthetic import SITUATIONS, Impression, Pattern, print_of
from drivers.fingerprint.synthetic import Finger as GrownFinger
from kiosk.biometrics.prints.encoding import encode_png
from kiosk.composition import print_again
from kiosk.domain.capture_plan import Finger
from kiosk.domain.enrolment import Capture
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    FingerStays,
    FingerTouched,
    PrintCaptured,
    PrintProgress,
)
from kiosk.main import judge_print
from kiosk.runtime.captures import JudgedPrint, PrintDesk
from kiosk.runtime.worker import Worker
from tests.runtime.stage import Mailbox

SOMEBODY = GrownFinger(7, next(iter(Pattern)))


def quick_judge(image: PrintImage) -> JudgedPrint:
    """Says that every print is good, at once."""
    return JudgedPrint(80, PrintVerdict.GOOD, image.grey[:64])


@pytest.fixture
def desk(sensor: ZfmSensor, worker: Callable[[str], Worker], mailbox: Mailbox) -> Iterator[PrintDesk]:
    made = PrintDesk(sensor, quick_judge, worker("fingerprint"), post=mailbox.post, reread=print_again)
    yield made
    made.stop()


def test_a_finger_is_seen_brought_and_judged(
    sensor: ZfmSensor, emulator: ModuleEmulator, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    desk = PrintDesk(sensor, judge_print, worker("fingerprint"), post=mailbox.post, reread=print_again)
    emulator.lay(SOMEBODY)
    desk.start(Finger.RIGHT_INDEX)
    # The finger lay there already: it is taken all the same, after the wait for an empty glass.
    mailbox.next(FingerTouched)
    assert 0 <= mailbox.next(PrintProgress).percent <= 100
    taken = mailbox.next(PrintCaptured)
    assert taken.finger is Finger.RIGHT_INDEX
    assert taken.capture.data.startswith(b"\x89PNG")
    assert (taken.capture.width_px, taken.capture.height_px) == (
        sensor.identity().width_px,
        sensor.identity().height_px,
    )
    assert taken.sensor.split("/")[0] == sensor.identity().driver
    assert 0 <= taken.quality <= 100


def test_what_was_stopped_tells_nothing_and_the_next_finger_is_served(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    desk.start(Finger.RIGHT_THUMB)
    desk.stop()
    emulator.lay(SOMEBODY)
    emulator.lift()
    desk.start(Finger.LEFT_THUMB)
    emulator.lay(SOMEBODY)
    assert mailbox.next(PrintCaptured).finger is Finger.LEFT_THUMB
    assert mailbox.count(PrintCaptured) == 1


def test_however_fast_steps_change_only_the_last_finger_counts(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    for finger in (*Finger, *Finger):
        desk.start(finger)
        if finger.value.startswith("left"):
            desk.stop()
    desk.start(Finger.LEFT_RING)
    emulator.lay(SOMEBODY)
    assert mailbox.next(PrintCaptured).finger is Finger.LEFT_RING
    assert [event.finger for event in mailbox.events if isinstance(event, PrintCaptured)] == [Finger.LEFT_RING]


def test_a_finger_that_stays_on_the_glass_is_not_taken_for_the_next_one(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    desk.start(Finger.LEFT_RING)
    emulator.lay(SOMEBODY)
    assert mailbox.next(PrintCaptured).finger is Finger.LEFT_RING
    desk.start(Finger.LEFT_LITTLE)
    mailbox.next(FingerStays)
    assert mailbox.count(PrintCaptured) == 1
    emulator.lift()
    desk.stop()
    desk.start(Finger.LEFT_LITTLE)
    emulator.lay(GrownFinger(8, next(iter(Pattern))))
    assert mailbox.next(PrintCaptured).finger is Finger.LEFT_LITTLE


def test_a_wait_that_is_stopped_while_the_judge_thinks_tells_nothing(
    sensor: ZfmSensor, emulator: ModuleEmulator, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    thinking, go_on = threading.Event(), threading.Event()

    def slow_judge(image: PrintImage) -> JudgedPrint:
        thinking.set()
        assert go_on.wait(20)
        return quick_judge(image)

    on_thread = worker("fingerprint")
    desk = PrintDesk(sensor, slow_judge, on_thread, post=mailbox.post, reread=print_again)
    desk.start(Finger.RIGHT_THUMB)
    emulator.lay(SOMEBODY)
    assert thinking.wait(20)
    desk.stop()
    go_on.set()
    on_thread.submit(lambda: None).result(20)
    assert mailbox.count(PrintCaptured) == 0


def test_an_unplugged_sensor_is_told_once_and_again_when_it_is_back(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    emulator.misbehave(WireFault.UNPLUGGED)
    desk.start(Finger.RIGHT_THUMB)
    assert mailbox.next(DeviceTrouble).device == "fingerprint"
    desk.probe()
    desk.probe()
    desk.wipe()
    emulator.misbehave("")
    while not mailbox.count(DeviceRecovered):
        desk.probe()
        desk._worker.submit(lambda: None).result(20)
    emulator.lay(SOMEBODY)
    desk.start(Finger.RIGHT_THUMB)
    assert mailbox.next(PrintCaptured).finger is Finger.RIGHT_THUMB
    assert mailbox.count(DeviceTrouble) == 1


def test_a_sensor_that_is_unplugged_in_the_middle_of_a_picture_is_told(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    # At the pace of the wire the picture takes seconds, so that there is a middle.
    emulator.pacing = True
    emulator.lay(SOMEBODY)
    desk.start(Finger.RIGHT_THUMB)
    mailbox.next(FingerTouched)
    emulator.misbehave(WireFault.UNPLUGGED)
    assert mailbox.next(DeviceTrouble).device == "fingerprint"
    assert mailbox.count(PrintCaptured) == 0


def leave_prints(emulator: ModuleEmulator) -> None:
    """Leave prints of somebody else in every place where a module can hold one."""
    memory = emulator.module.memory
    memory.library = {0: b"somebody's template", 41: b"another's"}
    memory.buffers = {1: b"somebody's", 2: b"another's"}
    emulator.module.image = bytes(range(256)) * (emulator.personality.image_bytes // 256)


def holds_nothing(emulator: ModuleEmulator) -> bool:
    """Say whether the module holds neither image nor template of anybody."""
    module = emulator.module
    buffers_empty = not any(any(held) for held in module.memory.buffers.values())
    return module.memory.library == {} and buffers_empty and module.image == b"\xff" * emulator.personality.image_bytes


def test_what_somebody_else_left_in_the_module_is_gone_before_the_first_finger(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    leave_prints(emulator)
    desk.clear()
    desk._worker.submit(lambda: None).result(60)
    assert holds_nothing(emulator)
    emulator.lay(SOMEBODY)
    desk.start(Finger.RIGHT_THUMB)
    assert mailbox.next(PrintCaptured).same_as is None


def test_a_module_that_was_away_at_the_greeting_is_emptied_before_the_first_finger(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    leave_prints(emulator)
    emulator.misbehave(WireFault.UNPLUGGED)
    desk.clear()
    desk._worker.submit(lambda: None).result(60)
    assert emulator.module.memory.library
    emulator.misbehave("")
    emulator.lay(SOMEBODY)
    while not mailbox.count(FingerTouched):
        desk.start(Finger.RIGHT_THUMB)
        desk._worker.submit(lambda: None).result(60)
    # Its buffers went with its power, and its library before the finger was looked at.
    assert emulator.module.memory.library == {}


def test_nothing_of_a_citizen_stays_in_the_module_after_the_last_finger(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    desk.clear()
    emulator.lay(SOMEBODY)
    desk.start(Finger.RIGHT_THUMB)
    mailbox.next(PrintCaptured)
    assert not holds_nothing(emulator)
    emulator.module.memory.library = {3: b"stored by nobody of ours"}
    desk.wipe()
    desk._worker.submit(lambda: None).result(60)
    assert holds_nothing(emulator)
    assert desk._templates == {}


# Fingers told apart by the module itself


def taken(
    desk: PrintDesk,
    emulator: ModuleEmulator,
    mailbox: Mailbox,
    finger: Finger,
    whose: GrownFinger,
    how: Impression | None = None,
) -> PrintCaptured:
    """Ask for a finger; the glass is empty at the first look, and `whose` lies there at every later one."""
    own = emulator.personality
    pressed = how or Impression(seed=mailbox.count(PrintCaptured))
    grey = print_of(whose, pressed, width_px=own.width_px, height_px=own.height_px, dpi=own.dpi)
    looks = count()
    emulator.glass.place_from(lambda: None if next(looks) == 0 else (grey, own.width_px, own.height_px))
    desk.start(finger)
    return mailbox.next(PrintCaptured)


def test_a_finger_that_was_taken_already_is_recognised_whichever_is_asked_for(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    desk.clear()
    another = GrownFinger(8, Pattern.WHORL)
    assert taken(desk, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY).same_as is None
    assert taken(desk, emulator, mailbox, Finger.RIGHT_INDEX, SOMEBODY).same_as is Finger.RIGHT_THUMB
    assert taken(desk, emulator, mailbox, Finger.RIGHT_INDEX, another).same_as is None
    assert taken(desk, emulator, mailbox, Finger.LEFT_THUMB, another).same_as is Finger.RIGHT_INDEX


def test_fingers_taken_before_a_power_cut_are_recognised_after_it(
    sensor: ZfmSensor, emulator: ModuleEmulator, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    before = PrintDesk(sensor, judge_print, worker("fingerprint"), post=mailbox.post, reread=print_again)
    another = GrownFinger(8, Pattern.WHORL)
    thumb = taken(before, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY)
    index = taken(before, emulator, mailbox, Finger.RIGHT_INDEX, another)
    kept = {Finger.RIGHT_THUMB: thumb.capture, Finger.RIGHT_INDEX: index.capture}
    after = PrintDesk(sensor, quick_judge, worker("fingerprint"), post=mailbox.post, reread=print_again)
    after.clear()
    after.remember(kept)
    for _ in kept:
        after._worker.submit(after._know_one).result(60)
    for whose, finger in ((SOMEBODY, Finger.RIGHT_THUMB), (another, Finger.RIGHT_INDEX)):
        assert taken(after, emulator, mailbox, Finger.RIGHT_MIDDLE, whose).same_as is finger
    assert taken(after, emulator, mailbox, Finger.RIGHT_MIDDLE, GrownFinger(9, Pattern.LOOP)).same_as is None
    after.stop()


def test_the_newest_finger_of_before_is_known_before_the_first_one_after(
    sensor: ZfmSensor, emulator: ModuleEmulator, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    desk = PrintDesk(sensor, judge_print, worker("fingerprint"), post=mailbox.post, reread=print_again)
    thumb = taken(desk, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY)
    desk.clear()
    desk.remember({Finger.RIGHT_THUMB: thumb.capture})
    assert taken(desk, emulator, mailbox, Finger.RIGHT_INDEX, SOMEBODY).same_as is Finger.RIGHT_THUMB


@pytest.mark.parametrize("damage", ["no png", "another size"])
def test_a_print_of_before_that_cannot_be_known_again_stops_nobody(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    size = 192 if damage == "no png" else 96
    data = b"none" if damage == "no png" else encode_png(bytes(96 * 96), 96, 96)
    desk.remember({Finger.LEFT_RING: Capture("image/png", size, size, 500, data)})
    assert taken(desk, emulator, mailbox, Finger.RIGHT_INDEX, SOMEBODY).same_as is None
    assert "taken before the interruption are not compared" in caplog.text


def test_prints_of_before_go_with_their_citizen(desk: PrintDesk) -> None:
    desk.remember({Finger.LEFT_RING: Capture("image/png", 192, 192, 500, b"")})
    desk.clear()
    desk._worker.submit(desk._know_one).result(60)
    assert desk._unknown == {}
    assert desk._templates == {}


def test_another_try_at_the_same_finger_is_no_duplicate(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox
) -> None:
    for _ in range(2):
        assert taken(desk, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY).same_as is None


@pytest.mark.parametrize("forget", [PrintDesk.clear, PrintDesk.wipe])
def test_the_next_citizen_is_compared_with_nobody_before(
    desk: PrintDesk, emulator: ModuleEmulator, mailbox: Mailbox, forget: Callable[[PrintDesk], None]
) -> None:
    taken(desk, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY)
    forget(desk)
    assert taken(desk, emulator, mailbox, Finger.RIGHT_INDEX, SOMEBODY).same_as is None


def test_where_the_finger_should_go_is_told(
    sensor: ZfmSensor, emulator: ModuleEmulator, worker: Callable[[str], Worker], mailbox: Mailbox
) -> None:
    desk = PrintDesk(sensor, judge_print, worker("fingerprint"), post=mailbox.post, reread=print_again)
    captured = taken(desk, emulator, mailbox, Finger.RIGHT_THUMB, SOMEBODY, SITUATIONS["finger_off_centre"])
    assert (captured.verdict, captured.move) == (PrintVerdict.OFF_CENTRE, "left")
    desk.stop()
