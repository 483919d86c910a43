import random
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault, DeviceMissing, DeviceTimeout
from drivers.fingerprint.api import FingerprintSensor, RingColour
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.real import ZfmSensor, open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression, print_of

Plug = Callable[..., tuple[ModuleEmulator, str]]
Opened = Callable[..., tuple[ModuleEmulator, ZfmSensor]]
GOOD = print_of(Finger(7), Impression())


def noise(count: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(count)


def four_bit(grey: bytes) -> bytes:
    return bytes((value >> 4) * 17 for value in grey)


def without(name: str, *instructions: Instruction) -> object:
    whole = PERSONALITIES[name]
    return replace(whole, instructions=whole.instructions - set(instructions))


def test_the_driver_is_a_fingerprint_sensor(opened: Opened) -> None:
    sensor: FingerprintSensor = opened()[1]
    identity = sensor.identity()
    assert (identity.driver, identity.model, identity.serial) == ("r503", "R503", "SIM00001")
    assert (identity.width_px, identity.height_px, identity.dpi) == (192, 192, 508)
    assert (identity.baud, identity.simulated) == (57600, True)


def test_what_speaks_through_a_pseudo_terminal_is_simulated_whatever_the_settings_say(
    plug: Callable[..., tuple[ModuleEmulator, str]], tmp_path: Path
) -> None:
    _, port = plug("r503", baud=57600, pacing=False)
    named = tmp_path / "usb-fingerprint-0"
    named.symlink_to(port)
    for path in (port, str(named)):
        sensor = open_sensor(path, simulated=False)
        assert sensor.identity().simulated
        sensor.close()


@pytest.mark.parametrize(("personality", "width", "height"), [("r503", 192, 192), ("r307", 256, 288)])
def test_a_finger_is_captured_pixel_by_pixel(opened: Opened, personality: str, width: int, height: int) -> None:
    emulator, sensor = opened(personality)
    grey = noise(width * height)
    emulator.place(grey, width, height)
    heard: list[tuple[int, int] | str] = []
    image = sensor.capture(5.0, lambda: heard.append("touch"), lambda so_far, all_of: heard.append((so_far, all_of)))
    assert (image.width_px, image.height_px) == (width, height)
    assert image.grey == four_bit(grey)
    size = width * height // 2
    assert heard[0] == "touch"
    assert heard.count("touch") == 1
    assert heard[-1] == (size, size)


@pytest.mark.parametrize("packet_code", [0, 1, 3])
def test_every_packet_size_brings_the_same_image(opened: Opened, packet_code: int) -> None:
    emulator, sensor = opened()
    emulator.module.packet_code = packet_code
    emulator.place(noise(192 * 192), 192, 192)
    assert sensor.capture(5.0).grey == four_bit(noise(192 * 192))


def test_an_image_full_of_packet_headers_arrives_whole(opened: Opened) -> None:
    emulator, sensor = opened()
    packed = (b"\xef\x01\xff\xff\xff\xff\x02\x00\x82" + b"\xff" * 5) * 1400
    grey = unpack_pixels(packed)[: 192 * 192]
    emulator.place(grey, 192, 192)
    assert sensor.capture(5.0).grey == grey


def test_a_finger_laid_later_is_waited_for(opened: Opened) -> None:
    emulator, sensor = opened()
    looks: list[int] = []

    def third_look() -> tuple[bytes, int, int] | None:
        looks.append(1)
        return (GOOD, 192, 192) if len(looks) >= 3 else None

    emulator.glass.place_from(third_look)
    assert sensor.capture(5.0).grey == four_bit(GOOD)
    assert len(looks) == 3


def test_no_finger_in_time_says_so(opened: Opened) -> None:
    with pytest.raises(DeviceTimeout, match="no finger"):
        opened()[1].capture(0.1)


def test_lifting_is_seen_and_not_lifting_too(opened: Opened) -> None:
    emulator, sensor = opened()
    emulator.place(b"\0" * 192 * 192, 192, 192)
    assert sensor.wait_for_lift(0.1) is False
    emulator.lift()
    assert sensor.wait_for_lift(5.0) is True


def test_a_picture_of_another_size_is_cut_or_filled_about_its_centre(opened: Opened) -> None:
    emulator, sensor = opened()
    emulator.place(b"\0" * 100 * 300, 100, 300)
    grey = sensor.capture(5.0).grey
    rows = [grey[y * 192 : (y + 1) * 192] for y in range(192)]
    assert all(row == b"\xff" * 46 + b"\0" * 100 + b"\xff" * 46 for row in rows)


@pytest.mark.parametrize("when", ["waiting", "uploading"])
def test_cancel_ends_a_capture_and_the_next_one_works(opened: Opened, when: str) -> None:
    emulator, sensor = opened(pacing=when == "uploading")
    grey = noise(192 * 192)
    if when == "uploading":
        emulator.place(grey, 192, 192)
        with pytest.raises(DeviceCancelled):
            sensor.capture(5.0, on_progress=lambda _so_far, _all_of: sensor.cancel())
        emulator.pacing = False
    else:
        asked = threading.Event()

        def look() -> None:
            asked.set()

        emulator.glass.place_from(look)
        canceller = threading.Thread(target=lambda: (asked.wait(5.0), sensor.cancel()))
        canceller.start()
        with pytest.raises(DeviceCancelled):
            sensor.capture(20.0)
        canceller.join(5.0)
        emulator.place(grey, 192, 192)
    assert sensor.capture(5.0).grey == four_bit(grey)


def test_cancel_of_an_idle_sensor_does_nothing(opened: Opened) -> None:
    _, sensor = opened()
    sensor.cancel()
    assert sensor.wait_for_lift(1.0) is True


@pytest.mark.parametrize("personality", ["r503", "r307"])
def test_wiping_leaves_no_print_in_the_module(opened: Opened, personality: str) -> None:
    emulator, sensor = opened(personality)
    own = emulator.personality
    emulator.place(noise(own.width_px * own.height_px), own.width_px, own.height_px)
    sensor.capture(5.0)
    emulator.module.memory.library = {0: b"one", 7: b"another"}
    sensor.wipe()
    assert emulator.module.memory.library == {}
    assert emulator.module.image == b"\xff" * own.image_bytes


def test_a_module_that_takes_no_image_says_how_to_clear_it(opened: Opened) -> None:
    _, sensor = opened(without("r503", Instruction.DOWN_IMAGE))
    with pytest.raises(DeviceFault, match="DOWN_IMAGE refused with 0xFC"):
        sensor.wipe()


def test_each_meaning_has_its_own_light(opened: Opened) -> None:
    emulator, sensor = opened()
    lights: list[bytes] = []
    for colour in RingColour:
        sensor.ring(colour)
        lights.append(emulator.module.ring)
    assert len(set(lights)) == len(RingColour)


def test_old_firmware_shows_its_second_choice_of_colours(opened: Opened) -> None:
    emulator, sensor = opened(replace(PERSONALITIES["r503"], ring_colours=range(1, 4)))
    sensor.ring(RingColour.GOOD)
    good = emulator.module.ring
    sensor.ring(RingColour.AGAIN)
    assert good
    assert emulator.module.ring not in (b"", good)


def test_a_sensor_without_a_ring_ignores_colours(opened: Opened) -> None:
    emulator, sensor = opened("r307", profile="r307")
    sensor.ring(RingColour.GOOD)
    assert emulator.module.ring == b""


@pytest.mark.parametrize("baud", [115200, 9600])
def test_the_rate_is_found(plug: Plug, baud: int) -> None:
    _, port = plug(baud=baud)
    sensor = open_sensor(port)
    assert sensor.identity().baud == baud
    sensor.close()


def test_a_declared_rate_is_tried_first(plug: Plug) -> None:
    _, port = plug(baud=105600)
    sensor = open_sensor(port, baud=105600)
    assert sensor.identity().baud == 105600
    sensor.close()


@pytest.mark.parametrize(
    ("profile", "baud", "says"), [("r999", None, "choose one of as608"), (None, 960000, "no .* speaks at 960000")]
)
def test_impossible_settings_are_refused(plug: Plug, profile: str | None, baud: int | None, says: str) -> None:
    _, port = plug()
    with pytest.raises(DeviceMissing, match=says):
        open_sensor(port, profile=profile, baud=baud)


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeviceMissing, match=r"no fingerprint sensor at .*nowhere"):
        open_sensor(str(tmp_path / "nowhere"))


def test_a_port_in_use_is_refused(plug: Plug) -> None:
    _, port = plug()
    sensor = open_sensor(port)
    with pytest.raises(DeviceMissing, match="in use"):
        open_sensor(port)
    sensor.close()


def test_a_module_that_tells_no_size_shows_it_with_its_first_image(opened: Opened) -> None:
    emulator, sensor = opened(without("r503", Instruction.READ_PRODUCT))
    emulator.place(noise(192 * 192), 192, 192)
    image = sensor.capture(5.0)
    assert (image.width_px, image.height_px) == (192, 192)
    assert (sensor.identity().width_px, sensor.identity().height_px) == (192, 192)
    assert image.grey == four_bit(noise(192 * 192))


def test_a_wrong_profile_is_named_as_the_likely_fault(opened: Opened) -> None:
    emulator, sensor = opened("r307", profile="r503")
    emulator.place(noise(256 * 288), 256, 288)
    with pytest.raises(DeviceFault, match=r"36864 bytes instead of 18432: .*profile"):
        sensor.capture(5.0)


def test_a_module_without_parameters_works_with_its_profile(opened: Opened) -> None:
    emulator, sensor = opened(without("r307", Instruction.READ_SYS_PARA), profile="r308")
    emulator.place(noise(256 * 288), 256, 288)
    assert sensor.capture(5.0).grey == four_bit(noise(256 * 288))
    assert sensor.identity().model == "R308"


def test_a_closed_sensor_refuses_and_closes_again(opened: Opened) -> None:
    _, sensor = opened()
    sensor.close()
    sensor.close()
    with pytest.raises(DeviceClosed):
        sensor.capture(1.0)


def test_the_emulator_serves_from_another_process() -> None:
    program = (
        "import sys; from drivers.fingerprint.simulated import ModuleEmulator\n"
        "with ModuleEmulator('r503') as emulator:\n"
        "    emulator.place(bytes(range(256)) * 144, 192, 192)\n"
        "    print(emulator.start(), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        sensor = open_sensor(process.stdout.readline().decode().strip())
        assert sensor.capture(5.0).grey == four_bit(bytes(range(256)) * 144)
        sensor.close()
        process.communicate(timeout=10)
    assert process.returncode == 0
