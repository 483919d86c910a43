"""Prints of every kind of sensor, polarity and size are judged alike; what is no finger is told as none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import Finger, Impression, Look, Pattern, empty_glass, print_of
from kiosk.biometrics.prints import PrintAssessment, assess
from kiosk.domain.quality import PrintVerdict
from tests.bench._prints_verdict import measure
from tests.prove._prints_verdicts import SENSORS, report, spearman

FINGER = Finger(31, Pattern.WHORL)


def judged(press: Impression, look: Look, finger: Finger = FINGER) -> PrintAssessment:
    width, height, dpi = SENSORS[look]
    return assess(print_of(finger, press, width_px=width, height_px=height, dpi=dpi, look=look), width, height, dpi)


@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize(
    ("press", "verdict"),
    [
        (Impression(grain=0.5), PrintVerdict.GOOD),
        (Impression(dryness=0.95, grain=0.5), PrintVerdict.TOO_DRY),
        (Impression(wetness=0.95), PrintVerdict.TOO_WET),
        (Impression(smudge=0.95), PrintVerdict.SMUDGED),
    ],
)
def test_a_flaw_is_called_the_same_on_every_kind_of_sensor(
    press: Impression, verdict: PrintVerdict, look: Look
) -> None:
    assert judged(press, look).verdict is verdict


@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize("dirt", [0.0, 0.6])
def test_an_empty_glass_of_any_sensor_is_no_finger(look: Look, dirt: float) -> None:
    width, height, dpi = SENSORS[look]
    glass = empty_glass(width_px=width, height_px=height, dpi=dpi, look=look, dirt=dirt)
    assert assess(glass, width, height, dpi).verdict is PrintVerdict.NO_FINGER


def test_a_negative_is_worth_what_its_positive_is() -> None:
    for press in (Impression(), Impression(dryness=0.5), Impression(offset_mm=(4.5, 0.0))):
        grey = print_of(FINGER, press, width_px=340, height_px=380, dpi=500, look=Look.OPTICAL)
        one = assess(grey, 340, 380, 500)
        other = assess(bytes(255 - value for value in grey), 340, 380, 500)
        assert one.verdict is other.verdict
        assert abs(one.quality - other.quality) <= 3
        assert one.evidence.get("direction") == other.evidence.get("direction")


def test_a_small_window_is_no_flaw_but_a_small_contact_on_a_large_window_is() -> None:
    small = assess(print_of(FINGER, Impression()), 192, 192, 508)
    light = Impression(pressure=0.05)
    large = assess(print_of(FINGER, light, width_px=400, height_px=440, dpi=500), 400, 440, 500)
    assert small.quality > large.quality + 10
    assert large.verdict is PrintVerdict.TOO_LIGHT


def around(print_: NDArray[np.uint8], *, level: int, rim: int = 120) -> NDArray[np.uint8]:
    return np.pad(print_, rim, constant_values=level)


@pytest.mark.parametrize("level", [0, 90, 128])
def test_even_padding_of_any_dark_level_is_no_part_of_the_window(level: int) -> None:
    grey = np.frombuffer(print_of(FINGER, Impression(), width_px=300, height_px=340, dpi=500), np.uint8)
    bare = grey.reshape(340, 300)
    padded = around(bare, level=level)
    one, other = assess(bare.tobytes(), 300, 340, 500), assess(padded.tobytes(), 540, 580, 500)
    assert (one.verdict, one.quality) == (other.verdict, other.quality)


def test_a_line_drawn_around_the_window_is_no_finger_and_no_dirt() -> None:
    grey = np.frombuffer(print_of(FINGER, Impression(), width_px=480, height_px=520, dpi=500), np.uint8)
    framed = grey.reshape(520, 480).copy()
    framed[2:4], framed[-4:-2], framed[:, 2:4], framed[:, -4:-2] = 40, 40, 40, 40
    one, other = assess(grey.tobytes(), 480, 520, 500), assess(framed.tobytes(), 480, 520, 500)
    assert one.verdict is other.verdict is PrintVerdict.GOOD
    assert abs(one.quality - other.quality) <= 3


def shapes() -> dict[str, NDArray[np.float64]]:
    y, x = np.mgrid[0:240, 0:200].astype(float)
    return {
        "slope": 30 + x,
        "steep slope": x + y / 2,
        "vignette": 220 - ((x - 100) ** 2 + (y - 120) ** 2) / 150,
        "edge": np.where(x > 90, 220.0, 30.0),
        "disc": np.where(np.hypot(x - 100, y - 120) < 70, 40.0, 230.0),
        "grating": 128 + 90 * np.sin(x * 0.7),
        "slanting grating": 128 + 90 * np.sin((x + y) * 0.5),
        "paper": np.random.default_rng(3).normal(230, 2, x.shape),
        "snow": np.random.default_rng(4).normal(128, 60, x.shape),
    }


@pytest.mark.parametrize("name", shapes())
def test_shapes_without_ridges_are_no_finger(name: str) -> None:
    picture = np.clip(shapes()[name], 0, 255).astype(np.uint8)
    seen = assess(picture.tobytes(), 200, 240, 500)
    assert (seen.verdict, seen.quality) == (PrintVerdict.NO_FINGER, 0)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_no_picture_whatever_stops_the_judging(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(64, 300)), data.draw(st.integers(64, 300))
    chance = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    low, high = sorted(data.draw(st.tuples(st.integers(0, 255), st.integers(0, 255))))
    coarse = chance.integers(low, high + 1, (height // 8 + 1, width // 8 + 1)).astype(np.uint8)
    picture = np.kron(coarse, np.ones((8, 8), np.uint8))[:height, :width]
    seen = assess(picture.tobytes(), width, height, data.draw(st.sampled_from([250, 500, 1000])))
    assert 0 <= seen.quality <= 100
    assert np.isfinite([value for value in seen.evidence.values() if not isinstance(value, str)]).all()


def test_the_proof_counts_every_press_it_made() -> None:
    lines = report(fingers=1, seed=3, presses=2)
    assert lines[0].startswith("12 presses of 1 grown fingers on 6 kinds of sensor")
    right = next(line for line in lines if line.startswith("named right"))
    assert "of 12" in right


def test_ranks_agree_when_orders_do() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 30, 35]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
    assert spearman([1, 1, 2, 2], [1, 2, 3, 4]) == pytest.approx(0.894, abs=0.001)


def test_the_benchmark_times_every_size_of_sensor() -> None:
    found = measure(rounds=1)
    assert {"R503", "R307", "500 x 500"} <= found.keys()
    assert all(found[name]["median_ms"] > 0 for name in ("R503", "R307", "500 x 500"))
