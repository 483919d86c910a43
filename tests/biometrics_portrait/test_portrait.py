"""What a portrait is worth, seen on drawn citizens in good and bad light."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from kiosk.biometrics.portrait import PREVIEW_LIMITS, BadFrame, PortraitAssessment, assess, encode
from kiosk.biometrics.portrait.assessment import PortraitLimits
from kiosk.biometrics.portrait.size import size_of
from kiosk.demo.drawing_look import Clothes, Hair, Look
from kiosk.demo.drawing_portrait import portrait
from kiosk.domain.quality import PortraitSay


@pytest.fixture(scope="module")
def sitter() -> Image.Image:
    look = Look(
        age=75,
        hair=Hair.COMBED_BACK,
        clothes=Clothes.BLOUSE,
        hair_colour=(176, 172, 170),
        skin=(206, 154, 114),
        clothes_colour=(70, 62, 110),
    )
    return portrait(look).convert("RGBA")


def assessed(picture: Image.Image, limits: PortraitLimits | None = None) -> PortraitAssessment:
    rgba = picture.convert("RGBA")
    if limits is None:
        return assess(rgba.tobytes(), *rgba.size)
    return assess(rgba.tobytes(), *rgba.size, limits=limits)


def lit(picture: Image.Image, factor: float) -> Image.Image:
    return picture.convert("RGB").point([min(255, round(level * factor)) for level in range(256)] * 3)


def test_a_sharp_portrait_in_good_light_is_accepted(sitter: Image.Image) -> None:
    assessment = assessed(sitter)
    assert assessment.ok
    assert assessment.hints == ()
    assert (assessment.evidence.width_px, assessment.evidence.height_px) == (960, 1280)


@pytest.mark.parametrize(("factor", "hint"), [(0.1, PortraitSay.MORE_LIGHT), (0.25, PortraitSay.MORE_LIGHT)])
def test_too_little_light_is_called_dark_and_nothing_else(
    sitter: Image.Image, factor: float, hint: PortraitSay
) -> None:
    assert assessed(lit(sitter, factor)).hints == (hint,)


def test_too_much_light_is_called_bright(sitter: Image.Image) -> None:
    assert assessed(lit(sitter, 1.7)).hints == (PortraitSay.LESS_LIGHT,)


def test_a_blurred_portrait_is_called_blurred(sitter: Image.Image) -> None:
    assert assessed(sitter.filter(ImageFilter.GaussianBlur(8))).hints == (PortraitSay.HOLD_STILL,)


def test_a_covered_lens_is_not_accepted() -> None:
    assert assessed(Image.new("RGB", (960, 1280), (128, 128, 128))).hints == (PortraitSay.HOLD_STILL,)


def test_a_small_portrait_is_called_small_but_a_preview_is_not(sitter: Image.Image) -> None:
    preview = sitter.resize((360, 480))
    assert assessed(preview).hints == (PortraitSay.CLOSER,)
    assert assessed(preview, PREVIEW_LIMITS).ok


def test_a_wide_frame_is_judged_by_its_middle(sitter: Image.Image) -> None:
    wide = Image.new("RGB", (2400, 1280), (0, 0, 0))
    wide.paste(sitter.convert("RGB"), (720, 0))
    assert assessed(wide) == assessed(sitter)


@settings(deadline=None, max_examples=20)
@given(factor=st.floats(0.45, 1.2), size=st.integers(540, 1280))
def test_moderate_light_and_any_usable_size_are_accepted(sitter: Image.Image, factor: float, size: int) -> None:
    assert assessed(lit(sitter, factor).resize((size * 3 // 4, size))).ok


def test_the_kept_file_is_an_upright_jpeg_of_bounded_size(sitter: Image.Image) -> None:
    jpeg = encode(sitter.tobytes(), *sitter.size)
    assert 40_000 <= len(jpeg) <= 150_000
    with Image.open(io.BytesIO(jpeg)) as kept:
        assert kept.format == "JPEG"
        assert kept.size == (960, 1280)
        assert not kept.getexif()
        difference = np.abs(np.asarray(kept.convert("RGB"), int) - np.asarray(sitter.convert("RGB"), int))
    assert difference.mean() < 2


def test_a_large_frame_is_cut_to_its_middle_and_made_smaller() -> None:
    frame = Image.new("RGBA", (2592, 4608), (0, 0, 255, 255))
    frame.paste((255, 0, 0, 255), (0, 576, 2592, 4032))
    with Image.open(io.BytesIO(encode(frame.tobytes(), *frame.size))) as kept:
        assert kept.size == (960, 1280)
        for corner in ((5, 5), (954, 1274)):
            pixel = kept.convert("RGB").getpixel(corner)
            assert isinstance(pixel, tuple)
            assert pixel[0] > 240
            assert pixel[2] < 20


@settings(deadline=None, max_examples=25)
@given(width_px=st.integers(3, 400), height_px=st.integers(4, 400), seed=st.integers(0, 2**32 - 1))
def test_any_frame_gives_a_three_by_four_jpeg_within_the_limit(width_px: int, height_px: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, width_px * height_px * 4, dtype=np.uint8).tobytes()
    jpeg = encode(noise, width_px, height_px)
    assert len(jpeg) <= 150_000
    with Image.open(io.BytesIO(jpeg)) as kept:
        assert kept.width * 4 == kept.height * 3
    assessment = assess(noise, width_px, height_px)
    assert assessment.ok == (not assessment.hints)


def test_even_the_busiest_large_frame_stays_within_the_limit() -> None:
    noise = np.random.default_rng(7).integers(0, 256, 960 * 1280 * 4, dtype=np.uint8).tobytes()
    assert len(encode(noise, 960, 1280)) <= 150_000


@given(width_px=st.integers(-2, 20), height_px=st.integers(-2, 20), surplus=st.sampled_from([-1, 0, 1, 4]))
def test_bytes_that_are_no_frame_of_that_size_are_refused(width_px: int, height_px: int, surplus: int) -> None:
    content = bytes(max(0, width_px * height_px * 4 + surplus))
    fits = len(content) == width_px * height_px * 4 and width_px >= 3 and height_px >= 4
    for judge in (assess, encode):
        if fits:
            judge(content, width_px, height_px)
        else:
            with pytest.raises(BadFrame):
                judge(content, width_px, height_px)


def test_the_size_of_a_kept_file_is_read_from_it(sitter: Image.Image) -> None:
    assert size_of(encode(sitter.tobytes(), *sitter.size)) == (960, 1280)


@given(st.binary(max_size=60))
def test_what_is_no_picture_has_no_size(content: bytes) -> None:
    with pytest.raises(BadFrame):
        size_of(content)
