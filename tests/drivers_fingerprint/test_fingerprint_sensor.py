import random

import pytest

from drivers.errors import DeviceTimeout
from drivers.fingerprint.real import open_sensor


def noise(count: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(count)


def four_bit(grey: bytes) -> bytes:
    return bytes((value >> 4) * 17 for value in grey)


@pytest.mark.parametrize(("personality", "width", "height"), [("r503", 192, 192), ("r307", 256, 288)])
def test_a_finger_is_captured_pixel_by_pixel(plug, personality: str, width: int, height: int) -> None:
    emulator, port = plug(personality)
    grey = noise(width * height)
    emulator.place(grey, width, height)
    sensor = open_sensor(port, simulated=True)
    heard: list[tuple[int, int] | str] = []
    image = sensor.capture(5.0, lambda: heard.append("touch"), lambda so_far, all_of: heard.append((so_far, all_of)))
    sensor.close()
    assert (image.width_px, image.height_px) == (width, height)
    assert image.grey == four_bit(grey)
    size = width * height // 2
    assert heard[0] == "touch"
    assert heard.count("touch") == 1
    assert heard[-1] == (size, size)


def test_no_finger_in_time_says_so(plug) -> None:
    _, port = plug()
    sensor = open_sensor(port)
    with pytest.raises(DeviceTimeout, match="no finger"):
        sensor.capture(0.1)
    sensor.close()
