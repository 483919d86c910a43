import dataclasses
import random

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import SITUATIONS, Finger, Impression, Pattern, empty_glass, print_of
from kiosk.biometrics.prints import PrintAssessment, assess
from kiosk.domain.quality import PrintVerdict

SENSORS = [(192, 192, 508), (256, 288, 500)]
FINGERS = [Finger(21, Pattern.LOOP), Finger(22, Pattern.WHORL), Finger(23, Pattern.ARCH)]


def judged(finger: Finger, impression: Impression, sensor: tuple[int, int, int] = SENSORS[0]) -> PrintAssessment:
    width, height, dpi = sensor
    grey = print_of(finger, impression, width_px=width, height_px=height, dpi=dpi)
    seen = bytes((value >> 4) * 17 for value in grey)  # what a 4-bit sensor leaves of it
    return assess(seen, width, height, dpi)


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("finger", FINGERS)
def test_a_clean_print_is_good_and_beats_all_its_spoilt_ones(finger: Finger, sensor: tuple[int, int, int]) -> None:
    clean = judged(finger, Impression(), sensor)
    assert clean.verdict is PrintVerdict.GOOD
    assert clean.quality > 80
    for name, press in SITUATIONS.items():
        if name != "finger_good":
            assert judged(finger, press, sensor).quality < clean.quality, name


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize(
    ("situation", "verdict"),
    [
        ("finger_too_dry", PrintVerdict.TOO_DRY),
        ("finger_too_wet", PrintVerdict.TOO_WET),
        ("finger_worn", PrintVerdict.WORN),
        ("finger_smudged", PrintVerdict.SMUDGED),
        ("finger_partial", PrintVerdict.PARTIAL),
        ("finger_off_centre", PrintVerdict.OFF_CENTRE),
        ("finger_too_light", PrintVerdict.TOO_LIGHT),
        ("finger_too_hard", PrintVerdict.TOO_HARD),
        ("dirty_glass", PrintVerdict.DIRTY_GLASS),
    ],
)
def test_each_flaw_is_called_by_its_name(situation: str, verdict: PrintVerdict, sensor: tuple[int, int, int]) -> None:
    assert [judged(finger, SITUATIONS[situation], sensor).verdict for finger in FINGERS] == [verdict] * len(FINGERS)


@pytest.mark.parametrize("situation", ["finger_too_dry", "finger_too_wet", "finger_worn", "finger_smudged"])
def test_more_of_a_flaw_is_never_better(situation: str) -> None:
    worst = SITUATIONS[situation]
    presses = [
        dataclasses.replace(
            worst,
            dryness=worst.dryness * share,
            wetness=worst.wetness * share,
            wear=worst.wear * share,
            smudge=worst.smudge * share,
        )
        for share in (0.0, 1 / 3, 2 / 3, 1.0)
    ]
    qualities = [judged(FINGERS[0], press).quality for press in presses]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[-1] < 0.7 * qualities[0]


@pytest.mark.parametrize("dirt", [0.0, 0.5])
def test_an_empty_glass_is_no_finger(dirt: float) -> None:
    for width, height, dpi in SENSORS:
        glass = empty_glass(width_px=width, height_px=height, dpi=dpi, dirt=dirt)
        assert assess(glass, width, height, dpi).verdict is PrintVerdict.NO_FINGER


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_picture_is_no_finger(grey: int) -> None:
    seen = assess(bytes([grey]) * 192 * 192, 192, 192, 508)
    assert (seen.verdict, seen.quality) == (PrintVerdict.NO_FINGER, 0)


@given(st.integers(0, 2**32), st.sampled_from([(64, 64), (65, 97), (192, 192)]), st.sampled_from([250, 508, 1200]))
@settings(max_examples=25, deadline=None)
def test_noise_is_never_good(seed: int, size: tuple[int, int], dpi: int) -> None:
    seen = assess(random.Random(seed).randbytes(size[0] * size[1]), *size, dpi)
    assert seen.verdict is not PrintVerdict.GOOD
    assert 0 <= seen.quality < 20


@pytest.mark.parametrize(
    ("offset_mm", "direction", "move"),
    [((5.5, 0.0), "right", "left"), ((-5.5, 0.0), "left", "right"), ((0.0, -9.0), "up", "down")],
)
def test_a_finger_beside_the_middle_is_told_where_to_go(
    offset_mm: tuple[float, float], direction: str, move: str
) -> None:
    for sensor in SENSORS:
        seen = judged(FINGERS[0], Impression(offset_mm=offset_mm), sensor)
        assert seen.verdict in {PrintVerdict.OFF_CENTRE, PrintVerdict.PARTIAL}
        assert (seen.evidence["direction"], seen.evidence["move"]) == (direction, move)


def test_a_finger_in_the_middle_of_a_large_window_is_whole() -> None:
    width, height = 400, 440
    grey = np.frombuffer(print_of(FINGERS[0], Impression(), width_px=width, height_px=height, dpi=500), np.uint8)
    large = np.full((600, 700), 238, np.uint8)
    large[80 : 80 + height, 150 : 150 + width] = grey.reshape(height, width)
    seen = assess(large.tobytes(), 700, 600, 500)
    assert (seen.verdict, seen.quality > 85) == (PrintVerdict.GOOD, True)


@pytest.mark.parametrize("flaw", ["finger_good", "finger_too_dry", "finger_too_wet", "finger_worn", "finger_too_light"])
def test_another_kind_of_sensor_does_not_change_what_is_wrong(flaw: str) -> None:
    wanted = PrintVerdict(flaw.removeprefix("finger_"))
    for finger in FINGERS:
        grey = np.frombuffer(print_of(finger, SITUATIONS[flaw], width_px=256, height_px=288, dpi=500), np.uint8)
        clean = grey.reshape(288, 256).astype(np.float64)
        for name, seen in sensors(clean).items():
            assert assess(seen.tobytes(), seen.shape[1], seen.shape[0], 500).verdict is wanted, name


def sensors(clean: NDArray[np.float64]) -> dict[str, NDArray[np.uint8]]:
    """The same contact as a capacitive, a grey, an unevenly lit and a padded picture have it."""
    chance = np.random.default_rng(7)
    columns = chance.normal(0, 3, (1, clean.shape[1]))
    pictures = {
        "noisy columns": 215 + 0.85 * (clean - 238) + chance.normal(0, 7, clean.shape) + columns,
        "grey glass": 40 + 0.55 * clean,
        "uneven light": clean * np.linspace(0.93, 1.05, clean.shape[1])[None, :],
        "black frame": np.pad(clean, ((20, 30), (40, 10))),
        "fewer levels": clean // 16 * 17,
    }
    return {name: np.clip(picture, 0, 255).astype(np.uint8) for name, picture in pictures.items()}


def test_a_print_at_a_thousand_dots_an_inch_is_judged_as_at_five_hundred() -> None:
    for flaw in ("finger_good", "finger_too_dry", "finger_too_wet"):
        coarse = print_of(FINGERS[0], SITUATIONS[flaw], width_px=256, height_px=288, dpi=500)
        fine = cv2.resize(np.frombuffer(coarse, np.uint8).reshape(288, 256), None, fx=2, fy=2)
        one, other = assess(coarse, 256, 288, 500), assess(fine.tobytes(), 512, 576, 1000)
        assert one.verdict is other.verdict
        assert abs(one.quality - other.quality) < 10


def test_dirt_beside_the_finger_is_seen_on_the_glass() -> None:
    grey = np.frombuffer(
        print_of(FINGERS[1], Impression(pressure=0.3), width_px=400, height_px=440, dpi=500), np.uint8
    ).reshape(440, 400)
    dirty = grey.copy()
    for x, y in ((40, 60), (350, 80), (60, 380), (340, 370), (370, 220), (30, 230)):
        cv2.circle(dirty, (x, y), 22, (120,), cv2.FILLED)
    seen = assess(dirty.tobytes(), 400, 440, 500)
    assert seen.verdict is PrintVerdict.DIRTY_GLASS
    assert assess(grey.tobytes(), 400, 440, 500).verdict is not PrintVerdict.DIRTY_GLASS


@given(st.integers(0, 10_000), st.sampled_from(sorted(SITUATIONS)), st.sampled_from([90, 180]))
@settings(max_examples=20, deadline=None)
def test_every_judgement_is_finite_and_told_by_numbers(seed: int, situation: str, size: int) -> None:
    press = dataclasses.replace(SITUATIONS[situation], seed=seed)
    seen = assess(print_of(FINGERS[seed % 3], press, width_px=size, height_px=size, dpi=500), size, size, 500)
    numbers = [value for value in seen.evidence.values() if not isinstance(value, str)]
    assert np.isfinite(numbers).all()
    assert 0 <= seen.quality <= 100


def test_a_print_turned_a_little_is_still_good() -> None:
    for turn in (-20.0, 20.0):
        assert judged(FINGERS[1], Impression(rotation_deg=turn)).verdict is PrintVerdict.GOOD


@pytest.mark.parametrize(
    ("count", "width", "height", "dpi", "says"),
    [(100, 192, 192, 508, "100 bytes are no picture"), (9, 3, 3, 508, "3 x 3"), (36864, 192, 192, 0, "at 0 dpi")],
)
def test_what_is_no_print_is_refused(count: int, width: int, height: int, dpi: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        assess(bytes(count), width, height, dpi)


def test_an_assessment_cannot_be_changed() -> None:
    seen = judged(FINGERS[0], Impression())
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.quality = 100  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        seen.evidence["area"] = 1.0  # pyright: ignore[reportIndexIssue]
    assert 0 < float(seen.evidence["certainty"]) <= 1
