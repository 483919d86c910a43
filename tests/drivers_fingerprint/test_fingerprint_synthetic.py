import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.glass import Glass
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.synthetic import SITUATIONS, Finger, Impression, Look, Pattern, empty_glass, print_of


def plane(grey: bytes, width: int = 192, height: int = 192) -> NDArray[np.float64]:
    return np.frombuffer(grey, np.uint8).reshape(height, width).astype(float)


def likeness(one: bytes, other: bytes) -> float:
    """How alike two prints are at best over small shifts: 1 the same, 0 unrelated."""
    a, b = plane(one), plane(other)
    a, b = a - a.mean(), b - b.mean()
    whole = np.fft.irfft2(np.fft.rfft2(a) * np.conj(np.fft.rfft2(b)), s=a.shape)
    near = np.roll(whole, (6, 6), (0, 1))[:13, :13]
    return float(near.max() / np.sqrt((a * a).sum() * (b * b).sum()))


def ridge_period_px(grey: bytes) -> float:
    """The commonest distance from ridge to ridge: the ring in the spectrum."""
    whole = plane(grey)
    power = np.abs(np.fft.fft2(whole - whole.mean())) ** 2
    fy, fx = np.meshgrid(np.fft.fftfreq(192), np.fft.fftfreq(192), indexing="ij")
    rings = np.bincount((np.hypot(fx, fy) * 192).astype(int).ravel(), weights=power.ravel())
    return 192 / (float(rings[5:60].argmax()) + 5.5)


@pytest.mark.parametrize("pattern", Pattern)
def test_ridges_lie_as_far_apart_as_on_a_finger(pattern: Pattern) -> None:
    period_mm = ridge_period_px(print_of(Finger(3, pattern), Impression())) / 508 * 25.4
    assert 0.38 < period_mm < 0.58


def test_the_same_seed_gives_the_same_print() -> None:
    digests = {hashlib.sha256(print_of(Finger(1), Impression(seed=4))).digest() for _ in range(2)}
    assert len(digests) == 1


def test_two_presses_of_one_finger_are_alike_and_two_fingers_are_not() -> None:
    first, again = print_of(Finger(1), Impression(seed=1)), print_of(Finger(1), Impression(seed=2))
    other = print_of(Finger(2), Impression(seed=1))
    assert first != again
    assert likeness(first, again) > 0.35
    assert likeness(first, other) < 0.25


def test_a_moved_finger_is_the_same_picture_moved() -> None:
    still, moved = print_of(Finger(5), Impression()), print_of(Finger(5), Impression(offset_mm=(1.0, 0.0)))
    shift = round(1.0 / 25.4 * 508)
    there = np.corrcoef(plane(still)[:, :-shift].ravel(), plane(moved)[:, shift:].ravel())[0, 1]
    assert there > 0.6


def test_each_trait_does_what_its_name_says() -> None:
    finger = Finger(6, Pattern.WHORL)
    mean = {name: plane(print_of(finger, press)).mean() for name, press in SITUATIONS.items()}
    assert mean["finger_too_wet"] < mean["finger_good"] < mean["finger_too_dry"]
    assert mean["finger_too_hard"] < mean["finger_good"] < mean["finger_too_light"]
    spread = {name: plane(print_of(finger, press)).std() for name, press in SITUATIONS.items()}
    assert spread["finger_worn"] < 0.6 * spread["finger_good"]
    assert spread["finger_smudged"] < 0.6 * spread["finger_good"]


@pytest.mark.parametrize(("width", "height", "dpi"), [(192, 192, 508), (256, 288, 500), (160, 160, 400)])
def test_any_sensor_gets_its_own_size(width: int, height: int, dpi: int) -> None:
    assert len(print_of(Finger(1), Impression(), width_px=width, height_px=height, dpi=dpi)) == width * height
    assert plane(empty_glass(width_px=width, height_px=height, dpi=dpi), width, height).mean() > 220


def test_a_pgm_file_can_lie_on_the_glass(tmp_path: Path) -> None:
    glass = Glass(4, 2, dpi=500)
    (tmp_path / "print.pgm").write_bytes(b"P5\n# made up\n4 2\n255\n" + bytes((0, 17, 34, 51, 68, 85, 102, 119)))
    glass.place_file(tmp_path / "print.pgm")
    assert unpack_pixels(glass.look() or b"") == bytes((0, 17, 34, 51, 68, 85, 102, 119))
    (tmp_path / "print.png").write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match=r"print\.png is no 8-bit binary PGM"):
        glass.place_file(tmp_path / "print.png")


def test_a_situation_decides_how_a_finger_is_pressed() -> None:
    glass = Glass(192, 192, dpi=508)
    seen: dict[str, float] = {}
    for name in ("", "finger_too_wet", "finger_too_dry"):
        glass.situation = name
        glass.lay(Finger(1))
        seen[name] = plane(unpack_pixels(glass.look() or b"")).mean()
    assert seen["finger_too_wet"] < seen[""] < seen["finger_too_dry"]


@pytest.mark.parametrize("look", Look)
def test_every_kind_of_sensor_sees_the_same_ridges(look: Look) -> None:
    finger = Finger(8, Pattern.WHORL)
    clean = plane(print_of(finger, Impression()))
    seen = plane(print_of(finger, Impression(), look=look))
    alike = float(np.corrcoef(clean.ravel(), seen.ravel())[0, 1])
    assert alike < -0.7 if look is Look.NEGATIVE else alike > 0.7
    glass = plane(empty_glass(look=look))
    assert glass.std() < 0.4 * seen.std()


def test_a_sensor_of_sixteen_levels_gives_no_more() -> None:
    assert len(set(print_of(Finger(8), Impression(), look=Look.CAPACITIVE))) <= 16


def test_a_swept_sensor_leaves_the_edges_of_its_slices() -> None:
    glass = plane(empty_glass(look=Look.THERMAL))
    steps = np.abs(np.diff(glass.mean(axis=1)))
    assert np.sort(steps)[-10:].mean() > 4 * np.median(steps)


def test_age_pales_a_print_and_lays_the_same_wrinkles_across_every_press() -> None:
    young, old = (Finger(9, Pattern.LOOP, age_years=years) for years in (50, 90))
    assert print_of(young, Impression()) == print_of(Finger(9, Pattern.LOOP), Impression())
    assert plane(print_of(old, Impression())).mean() > plane(print_of(young, Impression())).mean()
    whiter = [plane(print_of(old, Impression(seed=n))) - plane(print_of(young, Impression(seed=n))) for n in (1, 2)]
    assert np.corrcoef(whiter[0].ravel(), whiter[1].ravel())[0, 1] > 0.3


def test_cuts_are_white_lines_that_stay_with_the_finger() -> None:
    finger = Finger(10, Pattern.LOOP)
    whole, cut = (plane(print_of(finger, Impression(cuts=share))) for share in (0.0, 1.0))
    moved = plane(print_of(finger, Impression(cuts=1.0, offset_mm=(1.0, 0.0))))
    shift = round(1.0 / 25.4 * 508)
    scars = cut - whole > 80
    assert 0.01 < scars.mean() < 0.25
    assert moved[:, shift:][scars[:, :-shift]].mean() > moved.mean() + 40
