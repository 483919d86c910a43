"""Drivers by other hands enrol, search and pull an image from the emulated module: it suits not only ours."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import serial
from PIL import Image

from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression, Pattern
from tests.drivers_fingerprint.public_drivers import Adafruit, PyFingerprint, adafruit_on, pyfingerprint_on

Plug = Callable[..., tuple[ModuleEmulator, str]]
MINE, YOURS = Finger(11, Pattern.WHORL), Finger(12, Pattern.LOOP)


def press(emulator: ModuleEmulator, finger: Finger, number: int) -> None:
    emulator.lay(finger, Impression(seed=number))


def seen(emulator: ModuleEmulator) -> bytes:
    packed = emulator.glass.look()
    assert packed is not None
    return unpack_pixels(packed)


@pytest.fixture(params=["r307", "r503"])
def adafruit(request: pytest.FixtureRequest, plug: Plug) -> Iterator[tuple[ModuleEmulator, Adafruit]]:
    emulator, port = plug(request.param)
    with closing(serial.Serial(port, 57600, timeout=5)) as line:
        yield emulator, adafruit_on(line)


def enrol_with_adafruit(emulator: ModuleEmulator, driver: Adafruit, finger: Finger, page: int) -> None:
    for buffer in (1, 2):
        press(emulator, finger, 10 * page + buffer)
        assert driver.get_image() == 0
        assert driver.image_2_tz(buffer) == 0
    assert driver.create_model() == 0
    assert driver.store_model(page) == 0


def test_adafruit_enrols_and_finds_the_finger_and_no_other(adafruit: tuple[ModuleEmulator, Adafruit]) -> None:
    emulator, driver = adafruit
    enrol_with_adafruit(emulator, driver, MINE, 3)
    enrol_with_adafruit(emulator, driver, YOURS, 130)
    assert driver.count_templates() == 0
    assert driver.template_count == 2
    assert driver.read_templates() == 0
    assert driver.templates == [3, 130]
    for finger, page in ((YOURS, 130), (MINE, 3)):
        press(emulator, finger, 99)
        assert (driver.get_image(), driver.image_2_tz(1), driver.finger_search()) == (0, 0, 0)
        assert driver.finger_id == page
        assert driver.confidence >= 250
    press(emulator, Finger(13), 1)
    assert (driver.get_image(), driver.image_2_tz(1), driver.finger_search()) == (0, 0, 9)
    assert driver.delete_model(3) == 0
    press(emulator, MINE, 98)
    assert (driver.get_image(), driver.image_2_tz(1), driver.finger_search()) == (0, 0, 9)
    assert driver.empty_library() == 0
    assert emulator.module.memory.library == {}


def test_adafruit_pulls_the_image_and_carries_a_template_over(adafruit: tuple[ModuleEmulator, Adafruit]) -> None:
    emulator, driver = adafruit
    press(emulator, MINE, 1)
    assert driver.get_image() == 0
    assert unpack_pixels(bytes(driver.get_fpdata("image"))) == seen(emulator)
    assert driver.image_2_tz(1) == 0
    kept = driver.get_fpdata("char", 1)
    assert len(kept) == emulator.personality.char_bytes
    press(emulator, MINE, 2)
    assert (driver.get_image(), driver.image_2_tz(1)) == (0, 0)
    driver.send_fpdata(kept, "char", 2)
    assert driver.compare_templates() == 0
    press(emulator, YOURS, 2)
    assert (driver.get_image(), driver.image_2_tz(1), driver.compare_templates()) == (0, 0, 8)


def test_adafruit_does_not_merge_two_fingers(adafruit: tuple[ModuleEmulator, Adafruit]) -> None:
    emulator, driver = adafruit
    for buffer, finger in ((1, MINE), (2, YOURS)):
        press(emulator, finger, 1)
        assert (driver.get_image(), driver.image_2_tz(buffer)) == (0, 0)
    assert driver.create_model() == 0x0A


def test_adafruit_resets_an_r503_and_hears_its_greeting(plug: Plug) -> None:
    _, port = plug("r503")
    with closing(serial.Serial(port, 57600, timeout=5)) as line:
        driver = adafruit_on(line)
        driver.soft_reset()
        assert driver.get_image() == 0x21
        assert driver.verify_password() == 0


@pytest.fixture
def pyfingerprint(plug: Plug) -> tuple[ModuleEmulator, PyFingerprint]:
    emulator, port = plug("r307")
    return emulator, pyfingerprint_on(port)


def test_pyfingerprint_enrols_and_finds_the_finger_and_no_other(
    pyfingerprint: tuple[ModuleEmulator, PyFingerprint],
) -> None:
    emulator, driver = pyfingerprint
    for buffer in (1, 2):
        press(emulator, MINE, buffer)
        assert driver.readImage()
        assert driver.convertImage(buffer)
    assert driver.compareCharacteristics() >= 250
    assert driver.createTemplate()
    assert driver.storeTemplate() == 0
    assert driver.getTemplateCount() == 1
    assert driver.getTemplateIndex(0)[:3] == [True, False, False]
    press(emulator, MINE, 9)
    assert driver.readImage()
    assert driver.convertImage(1)
    page, score = driver.searchTemplate()
    assert page == 0
    assert score >= 250
    press(emulator, YOURS, 1)
    assert driver.readImage()
    assert driver.convertImage(1)
    assert driver.searchTemplate()[0] == -1
    assert driver.loadTemplate(0, 2)
    assert driver.compareCharacteristics() == 0
    assert driver.deleteTemplate(0)
    assert driver.clearDatabase()


def test_pyfingerprint_pulls_the_image_and_checks_what_it_carried_over(
    pyfingerprint: tuple[ModuleEmulator, PyFingerprint], tmp_path: Path
) -> None:
    emulator, driver = pyfingerprint
    press(emulator, MINE, 1)
    assert driver.readImage()
    driver.downloadImage(str(tmp_path / "print.bmp"))
    with Image.open(tmp_path / "print.bmp") as picture:
        assert picture.size == (256, 288)
        assert bytes(picture.convert("L").tobytes()) == seen(emulator)
    assert driver.convertImage(1)
    kept = driver.downloadCharacteristics(1)
    assert driver.uploadCharacteristics(2, kept)
    assert driver.compareCharacteristics() > 900


@pytest.mark.parametrize(("char_bytes", "template_bytes"), [(256, 512), (384, 768), (512, 1536), (768, 1536)])
def test_every_size_that_a_manual_gives_a_template_carries_a_finger(
    plug: Plug, char_bytes: int, template_bytes: int
) -> None:
    own = replace(PERSONALITIES["r307"], char_bytes=char_bytes, template_bytes=template_bytes)
    emulator, port = plug(own)
    driver = pyfingerprint_on(port)
    for buffer in (1, 2):
        press(emulator, MINE, buffer)
        assert driver.readImage()
        assert driver.convertImage(buffer)
        assert len(driver.downloadCharacteristics(buffer)) == char_bytes
    assert driver.createTemplate()
    assert len(driver.downloadCharacteristics(1)) == template_bytes
    assert driver.storeTemplate(7) == 7
    press(emulator, MINE, 5)
    assert driver.readImage()
    assert driver.convertImage(1)
    assert driver.searchTemplate()[0] == 7


def test_pyfingerprint_sets_what_a_module_keeps(pyfingerprint: tuple[ModuleEmulator, PyFingerprint]) -> None:
    emulator, driver = pyfingerprint
    driver.setSecurityLevel(5)
    driver.setMaxPacketSize(32)
    assert (driver.getSecurityLevel(), driver.getMaxPacketSize(), driver.getStorageCapacity()) == (5, 32, 1000)
    assert driver.setPassword(0x1234)
    assert emulator.module.password == 0x1234
    assert driver.verifyPassword()  # it takes the new one from now on
    assert driver.setAddress(0x01020304)
    assert driver.generateRandomNumber() != driver.generateRandomNumber()


def test_a_finger_of_which_too_little_lies_on_the_glass_gives_no_features(
    pyfingerprint: tuple[ModuleEmulator, PyFingerprint],
) -> None:
    emulator, driver = pyfingerprint
    emulator.lay(MINE, Impression(offset_mm=(0.0, 14.0)))
    assert driver.readImage()
    with pytest.raises(Exception, match=r"too few feature points|too messy"):
        driver.convertImage(1)
