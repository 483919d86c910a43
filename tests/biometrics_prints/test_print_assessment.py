import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    assert qualities[-1] < qualities[0] / 2


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
    assert 0 < seen.evidence["clarity"] <= 1
