import random
import select
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drivers.errors import DeviceFault, DeviceGone
from drivers.fingerprint.api import RingColour
from drivers.fingerprint.commands import Answer
from drivers.fingerprint.packets import Packet, PacketKind
from drivers.fingerprint.real import ZfmSensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression, print_of

Plug = Callable[..., tuple[ModuleEmulator, str]]
GREY = print_of(Finger(7), Impression())
SEEN = bytes((value >> 4) * 17 for value in GREY)


class Clock:
    """A monotonic clock whose speed can be changed."""

    def __init__(self) -> None:
        self.speed = 1.0
        self._real_s = time.monotonic()
        self._told_s = 0.0

    def __call__(self) -> float:
        real_s = time.monotonic()
        self._told_s += (real_s - self._real_s) * self.speed
        self._real_s = real_s
        return self._told_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def module(plug: Plug, clock: Clock) -> Iterator[tuple[ModuleEmulator, ZfmSensor]]:
    """An R503 and its driver; once open, its clock runs ten times as fast, so that patience costs the tests little."""
    emulator, port = plug()
    sensor = ZfmSensor(port, monotonic_s=clock)
    clock.speed = 10.0
    yield emulator, sensor
    sensor.close()


Module = tuple[ModuleEmulator, ZfmSensor]


def lay_once(emulator: ModuleEmulator) -> list[int]:
    """Lay a finger that is gone at the second look; gives the list that grows with each look."""
    looks: list[int] = []

    def source() -> tuple[bytes, int, int] | None:
        looks.append(1)
        return (GREY, 192, 192) if len(looks) == 1 else None

    emulator.glass.place_from(source)
    return looks


def test_a_stray_byte_before_every_answer_disturbs_nothing(module: Module) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.misbehave("stray_byte", times=100)
    assert sensor.capture(60.0).grey == SEEN
    sensor.ring(RingColour.GOOD)
    assert sensor.wait_for_lift(0.1) is False


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(module: Module) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.say(Packet(PacketKind.ACK, bytes([Answer.NO_FINGER])).encode())
    assert select.select([emulator._slave], [], [], 5.0)[0]
    assert sensor.wait_for_lift(0.1) is False


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x55\x00",
        b"\xef\x01",
        b"\xef\x01\xff\xff\xff\xff\x07\x00\x03",  # looks like an answer until its sum
        b"\xef\x01\xff\xff\xff\xff\x07\x01\x02",  # promises more than will come
        b"\xef\x01\xff\xff\xff\xff\x07\xff\xff",
        random.Random(5).randbytes(300),
    ],
    ids=["greeting", "header", "false answer", "long false answer", "impossible length", "noise"],
)
def test_garbage_before_every_answer_disturbs_nothing(module: Module, garbage: bytes) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.stray = garbage
    emulator.misbehave("stray_byte", times=100)
    assert sensor.capture(60.0).grey == SEEN


@pytest.mark.parametrize("fault", ["dropped_byte", "flipped_bit"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_damaged_upload_is_asked_for_again_without_another_press(module: Module, fault: str, times: int) -> None:
    emulator, sensor = module
    looks = lay_once(emulator)
    assert sensor.capture(60.0, lambda: emulator.misbehave(fault, times=times)).grey == SEEN
    assert len(looks) == 1
    assert emulator.situation == ""


@pytest.mark.parametrize("fault", ["dropped_byte", "flipped_bit"])
def test_a_cable_that_damages_every_image_is_a_fault(module: Module, fault: str) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    with pytest.raises(DeviceFault, match="arrived damaged: check the cable"):
        sensor.capture(60.0, lambda: emulator.misbehave(fault, times=100))
    emulator.situation = ""
    assert sensor.capture(60.0).grey == SEEN


@pytest.mark.parametrize("fault", ["dropped_byte", "flipped_bit"])
def test_a_damaged_answer_is_asked_for_again(module: Module, fault: str) -> None:
    emulator, sensor = module
    emulator.situation = fault
    sensor.ring(RingColour.GOOD)
    assert emulator.module.ring
    assert emulator.situation == ""


def test_a_module_that_forgot_its_password_is_told_again(module: Module) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.situation = "forgets_password"
    assert not emulator.module.verified
    assert sensor.capture(60.0, lambda: emulator.misbehave("forgets_password")).grey == SEEN
    assert emulator.module.verified


def test_a_module_with_another_password_is_a_clear_fault(module: Module) -> None:
    emulator, sensor = module
    emulator.module.password = 1
    emulator.situation = "forgets_password"
    with pytest.raises(DeviceFault, match="password is wrong"):
        sensor.capture(60.0)


def test_a_silent_module_is_gone_and_comes_back(module: Module, clock: Clock) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.situation = "silence"
    with pytest.raises(DeviceGone, match="does not answer"):
        sensor.capture(60.0)
    clock.speed = 1.0
    emulator.situation = ""
    assert sensor.capture(60.0).grey == SEEN


def test_a_module_falling_silent_in_an_upload_is_gone(module: Module) -> None:
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    with pytest.raises(DeviceGone):
        sensor.capture(60.0, lambda: emulator.misbehave("silence"))


def test_an_unplugged_module_is_gone_and_works_at_the_same_path_again(module: Module, clock: Clock) -> None:
    clock.speed = 1.0
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    sensor.ring(RingColour.WAITING)
    light = emulator.module.ring
    emulator.situation = "unplugged"
    for _ in range(2):
        with pytest.raises(DeviceGone):
            sensor.capture(60.0)
    emulator.module.ring = b""
    emulator.situation = ""
    assert sensor.capture(60.0).grey == SEEN
    assert emulator.module.ring == light


def test_unplugging_in_the_middle_of_an_image_is_gone(plug: Plug) -> None:
    emulator, port = plug(pacing=True)
    sensor = ZfmSensor(port)
    emulator.place(GREY, 192, 192)
    with pytest.raises(DeviceGone):
        sensor.capture(60.0, on_progress=lambda _so_far, _all_of: emulator.misbehave("unplugged"))
    sensor.close()


def test_a_module_that_resets_in_between_greets_and_works_on(module: Module, clock: Clock) -> None:
    clock.speed = 1.0
    emulator, sensor = module
    emulator.place(GREY, 192, 192)
    emulator.situation = "unplugged"
    emulator.situation = ""  # plugged in again before anybody looked
    with pytest.raises(DeviceGone):
        sensor.capture(60.0)
    assert sensor.capture(60.0).grey == SEEN


def test_an_unknown_situation_names_the_known_ones(module: Module) -> None:
    with pytest.raises(ValueError, match="stray_byte, dropped_byte"):
        module[0].situation = "earthquake"


def test_a_stopped_emulator_leaves_no_port_behind(plug: Plug) -> None:
    emulator, port = plug()
    emulator.close()
    emulator.close()
    assert not Path(port).is_symlink()


def test_a_brown_out_takes_all_that_the_power_held(plug: Plug) -> None:
    emulator, port = plug("r503")
    with closing(ZfmSensor(port)) as sensor:
        emulator.place(GREY, 192, 192)
        sensor.capture(60.0)
        emulator.situation = "brown_out"
        assert emulator.situation == ""
        assert (emulator.module.verified, emulator.module.image, emulator.module.memory.buffers) == (False, None, {})
        assert sensor.capture(60.0).grey == SEEN
