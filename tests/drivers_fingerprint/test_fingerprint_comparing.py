"""A poor picture is told at once, presses are compared in the module's working memory, and nothing of them stays."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.errors import DeviceFault
from drivers.fingerprint.api import PrintImage
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.real import ZfmSensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression, Pattern

Opened = Callable[..., tuple[ModuleEmulator, ZfmSensor]]
MINE, YOURS = Finger(11, Pattern.WHORL), Finger(12, Pattern.LOOP)
TOO_LITTLE = Impression(offset_mm=(0.0, 14.0))


def press(emulator: ModuleEmulator, sensor: ZfmSensor, finger: Finger, seed: int) -> bytes | None:
    emulator.lay(finger, Impression(seed=seed))
    sensor.capture(5.0)
    return sensor.features()


@pytest.mark.parametrize("personality", ["r307", "r503"])
@pytest.mark.parametrize("noisy", [False, True])
def test_presses_of_one_finger_match_and_those_of_two_do_not(opened: Opened, personality: str, noisy: bool) -> None:
    emulator, sensor = opened(personality)
    mine = press(emulator, sensor, MINE, 1)
    assert mine is not None
    assert len(mine) == emulator.personality.char_bytes
    if noisy:  # from now on what is sent down is read back
        emulator.lay(YOURS, Impression(seed=2))
        sensor.capture(5.0, lambda: emulator.misbehave("flipped_bit"))
        assert sensor.health().damaged_transfers == 1
        assert sensor.features() is not None
    else:
        assert press(emulator, sensor, YOURS, 2) is not None
    assert sensor.matches(mine) == 0
    assert press(emulator, sensor, MINE, 3) is not None
    assert sensor.matches(mine) >= 250
    assert emulator.module.memory.library == {}


def test_a_template_that_comes_broken_is_asked_for_again(opened: Opened) -> None:
    emulator, sensor = opened()
    whole = press(emulator, sensor, MINE, 1)
    sensor.capture(5.0)
    kept, spoilt = emulator._spoil, list[int]()

    def spoil(answer: bytes) -> bytes:
        if len(answer) < 200 or spoilt:
            return kept(answer)
        spoilt.append(1)
        return answer[:150] + answer[151:]

    emulator._spoil = spoil  # type: ignore[method-assign]
    assert sensor.features() == whole
    assert sensor.health().damaged_transfers == 1


def test_what_is_no_template_and_what_was_not_captured_are_faults(opened: Opened) -> None:
    emulator, sensor = opened()
    with pytest.raises(DeviceFault, match="no finger was captured"):
        sensor.features()
    with pytest.raises(DeviceFault, match="no features to compare"):
        sensor.matches(b"x")
    press(emulator, sensor, MINE, 1)
    with pytest.raises(DeviceFault, match="0x0C"):
        sensor.matches(bytes(512))
    with pytest.raises(DeviceFault, match="are no template"):
        sensor.matches(b"")


def test_a_poor_picture_is_told_once_right_after_the_touch(opened: Opened) -> None:
    emulator, sensor = opened("r503")
    heard: list[str] = []
    emulator.lay(MINE, TOO_LITTLE)
    image = sensor.capture(5.0, lambda: heard.append("touch"), on_poor=lambda: heard.append("poor"))
    assert heard == ["touch", "poor"]
    assert image.poor
    assert sensor.features() is None
    emulator.lay(MINE, Impression())
    assert not sensor.capture(5.0, on_poor=lambda: heard.append("poor")).poor
    assert heard == ["touch", "poor"]
    assert (sensor.health().captures, sensor.health().poor_images) == (2, 1)


@pytest.mark.parametrize(
    "own",
    [
        PERSONALITIES["r307"],
        replace(
            PERSONALITIES["r503"],
            instructions=PERSONALITIES["r503"].instructions - {Instruction.GET_IMAGE_EX},
        ),
    ],
    ids=["old", "new without the command"],
)
def test_a_module_that_does_not_judge_says_nothing(opened: Opened, own: object) -> None:
    emulator, sensor = opened(own)
    emulator.lay(MINE, TOO_LITTLE)
    heard: list[str] = []
    assert not sensor.capture(5.0, on_poor=lambda: heard.append("poor")).poor
    assert heard == []


@pytest.mark.parametrize("personality", ["r307", "r503"])
def test_a_print_of_before_is_put_back_and_known_again(opened: Opened, personality: str) -> None:
    emulator, sensor = opened(personality)
    emulator.lay(MINE, Impression(seed=1))
    image = sensor.capture(5.0)
    before = sensor.features()
    sensor.wipe()
    assert sensor.features_of(image) == before
    assert before is not None
    assert press(emulator, sensor, MINE, 2) is not None
    assert sensor.matches(before) > 0
    assert press(emulator, sensor, YOURS, 3) is not None
    assert sensor.matches(before) == 0


def test_what_was_put_back_does_not_count_as_captured(opened: Opened) -> None:
    emulator, sensor = opened()
    emulator.lay(MINE, Impression(seed=1))
    image = sensor.capture(5.0)
    sensor.features_of(image)
    with pytest.raises(DeviceFault, match="no finger was captured"):
        sensor.features()


def test_a_module_that_drops_what_is_sent_to_it_gives_no_template_of_what_lay_there(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, sensor = opened()
    emulator.lay(MINE, Impression(seed=1))
    image = sensor.capture(5.0)
    emulator.lay(YOURS, Impression(seed=2))
    sensor.capture(5.0)
    monkeypatch.setattr(emulator.module, "_take_data", lambda _packet: None)
    with pytest.raises(DeviceFault, match="does not keep a picture"):
        sensor.features_of(image)


def test_a_print_of_another_sensor_is_not_put_back(opened: Opened) -> None:
    _, sensor = opened("r503")
    with pytest.raises(DeviceFault, match="256 x 288 px is none of this module's"):
        sensor.features_of(PrintImage(256, 288, 500, bytes(256 * 288)))


def test_a_module_that_takes_no_pictures_says_so(opened: Opened) -> None:
    own = PERSONALITIES["r503"]
    emulator, sensor = opened(replace(own, instructions=own.instructions - {Instruction.DOWN_IMAGE}))
    emulator.lay(MINE, Impression(seed=1))
    image = sensor.capture(5.0)
    with pytest.raises(DeviceFault, match="DOWN_IMAGE refused"):
        sensor.features_of(image)


@pytest.mark.parametrize("personality", ["r307", "r503"])
def test_wiping_overwrites_the_working_buffers_too(opened: Opened, personality: str) -> None:
    emulator, sensor = opened(personality)
    mine = press(emulator, sensor, MINE, 1)
    assert mine is not None
    assert sensor.matches(mine) > 900
    sensor.wipe()
    assert emulator.module.memory.buffers == {1: bytes(len(mine)), 2: bytes(len(mine))}
    with pytest.raises(DeviceFault, match="no finger was captured"):
        sensor.features()


def test_wiping_waits_for_a_line_as_slow_as_its_rate(opened: Opened) -> None:
    emulator, sensor = opened("r503", baud=57600)
    assert press(emulator, sensor, MINE, 1) is not None
    emulator.pacing = True
    sensor.wipe()
    assert emulator.module.image == b"\xff" * emulator.personality.image_bytes


def test_a_light_at_the_products_number_is_not_taken_for_a_product(opened: Opened) -> None:
    emulator, sensor = opened(replace(PERSONALITIES["r503"], product_is_light=True))
    emulator.lay(MINE, Impression())
    assert sensor.capture(5.0).width_px == 192
    assert sensor.identity().driver == "zfm"


def test_the_notepad_keeps_what_its_owner_wrote(opened: Opened) -> None:
    _, sensor = opened("r503")
    sensor.write_notepad(3, b"desk 7")
    assert sensor.read_notepad(3).rstrip(b"\0") == b"desk 7"
    with pytest.raises(ValueError, match="0 to 15"):
        sensor.read_notepad(16)
    with pytest.raises(ValueError, match="32 bytes, not 33"):
        sensor.write_notepad(0, bytes(33))


def test_a_module_without_a_notepad_refuses(opened: Opened) -> None:
    with pytest.raises(DeviceFault, match="READ_NOTEPAD refused"):
        opened("r307")[1].read_notepad(0)


class Wire:
    """A wire that tells of touches as it is told to."""

    def __init__(self, emulator: ModuleEmulator, *, broken: bool) -> None:
        self.waits = 0
        self.closed = False
        self._emulator = emulator
        self._broken = broken

    def wait(self, timeout_s: float) -> bool:
        self.waits += 1
        self._emulator.lay(MINE, Impression())
        return not self._broken

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("broken", [False, True])
def test_a_touch_is_heard_on_its_wire_and_seen_when_the_wire_is_broken(
    plug: Callable[..., tuple[ModuleEmulator, str]], broken: bool
) -> None:
    emulator, port = plug("r503")
    wire = Wire(emulator, broken=broken)
    sensor = ZfmSensor(port, touch=wire)
    assert sensor.capture(20.0).width_px == 192
    assert wire.waits >= 1
    sensor.close()
    assert wire.closed
