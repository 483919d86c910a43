"""The portrait desk's eyes: faces found, judged and cut; what is left without a face, and without the face nets."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drivers.camera.api import Frame
from kiosk.biometrics.portrait import Analyser, Check, PortraitLimits
from kiosk.biometrics.portrait.easing import eased
from kiosk.biometrics.portrait.limits import BackgroundLimits, PoseLimits
from kiosk.biometrics.portrait.size import size_of
from kiosk.demo.people import people
from kiosk.demo.sitting import LivePortrait
from kiosk.domain.photo_coach import Posture
from kiosk.domain.quality import PortraitSay
from kiosk.runtime.following import Follower
from kiosk.runtime.portrait_judging import FaceEyes

#: Drawn heads look down a little, by the nets' measure.
LIMITS = PortraitLimits(pose=PoseLimits(zero_pitch=8.5))
#: No wall is light enough for these.
STRICT = PortraitLimits(pose=PoseLimits(zero_pitch=8.5), background=BackgroundLimits(lightness_least=101.0))


def frame_of(picture: Image.Image, number: int = 1) -> Frame:
    return Frame(picture.width, picture.height, picture.convert("RGBA").tobytes(), number)


@pytest.fixture(scope="module")
def sitter() -> Image.Image:
    """A drawn citizen who sits well, as the camera's shot shows them."""
    width_px, height_px, rgba = LivePortrait(people()[3].look)(0.0)
    return Image.frombytes("RGBA", (width_px, height_px), rgba).convert("RGB")


@pytest.fixture(scope="module")
def wall() -> Image.Image:
    return Image.new("RGB", (960, 1280), (236, 236, 232))


def looked_at(follower: Follower, picture: Image.Image, looks: int = 24) -> list[PortraitSay]:
    """What is found in so many frames, fifteen a second, each with a sensor's noise."""
    noise = np.random.default_rng(3)
    small = np.asarray(picture.resize((480, 640)), np.int16)
    said: list[PortraitSay] = []
    for number in range(looks):
        grained = np.clip(small + noise.integers(-1, 2, small.shape), 0, 255).astype(np.uint8)
        said.append(follower.see(frame_of(Image.fromarray(grained), number), number / 15).say)
    return said


def test_a_good_shot_is_cut_around_the_face_with_its_figures_beside_it(sitter: Image.Image) -> None:
    judged = FaceEyes(LIMITS).judge(frame_of(sitter))
    assert judged.hints == ()
    assert (judged.width_px, judged.height_px) == size_of(judged.jpeg) == (960, 1280)
    assert judged.note.not_met == ()
    assert judged.note.figures["inter_eye_distance"] > 120
    points = np.array(judged.note.landmarks).reshape(468, 2)
    assert (points > 0).all()
    assert (points < (960, 1280)).all()


def test_what_does_not_hold_is_named(sitter: Image.Image) -> None:
    judged = FaceEyes(STRICT).judge(frame_of(sitter))
    assert judged.hints == (PortraitSay.BACKGROUND,)
    assert judged.note.not_met == ("background_lightness",)


def test_without_a_face_the_middle_of_the_picture_is_kept_and_it_is_said(wall: Image.Image) -> None:
    judged = FaceEyes(LIMITS).judge(frame_of(wall))
    assert judged.hints == (PortraitSay.NO_FACE,)
    assert judged.note.not_met == ("one_face",)
    assert judged.note.landmarks == ()
    assert size_of(judged.jpeg) == (judged.width_px, judged.height_px) == (960, 1280)


def test_without_face_nets_light_and_sharpness_are_judged_and_it_is_logged_once(
    sitter: Image.Image, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    eyes = FaceEyes(LIMITS, tmp_path)
    with caplog.at_level(logging.WARNING):
        assert eyes.follower(Posture.CHAIR, shot_scale=2.0, quiet_until_s=0.0) is None
        assert eyes.judge(frame_of(sitter)).hints == ()
        dark = eyes.judge(frame_of(sitter.point([value // 10 for value in range(256)] * 3)))
    assert dark.hints == (PortraitSay.MORE_LIGHT,)
    assert dark.note.not_met == ("more_light",)
    assert len([record for record in caplog.records if "face nets" in record.message]) == 1


@pytest.mark.parametrize(
    ("posture", "said"),
    [
        (Posture.CHAIR, PortraitSay.BACKGROUND),
        (Posture.BED, PortraitSay.NOTHING),
        (Posture.DOOR, PortraitSay.NOTHING),
    ],
)
def test_by_a_bed_and_at_a_door_the_wall_is_the_officers_to_tell(
    sitter: Image.Image, posture: Posture, said: PortraitSay
) -> None:
    eyes = FaceEyes(STRICT)
    follower = eyes.follower(posture, shot_scale=2.0, quiet_until_s=0.0)
    assert follower is not None
    assert looked_at(follower, sitter, 3)[-1] is said
    judged = eyes.judge(frame_of(sitter))
    blocks = posture is Posture.CHAIR
    assert (PortraitSay.BACKGROUND in judged.hints) is blocks
    assert (PortraitSay.BACKGROUND in judged.asks) is not blocks
    assert judged.note.posture is posture


def test_easing_changes_nothing_but_wall_and_side_light() -> None:
    checks = tuple(
        Check(name, 1.0, None, 0.0, passed=False, say=PortraitSay.BACKGROUND)
        for name in ("yaw", "side_light", "background_chroma")
    )
    assert eased(checks, Posture.CHAIR) == checks
    assert [one.advises for one in eased(checks, Posture.DOOR)] == [False, True, True]


def test_a_second_face_is_asked_to_step_back(sitter: Image.Image) -> None:
    two = Image.new("RGB", (1280, 960), (251, 251, 249))
    half = sitter.resize((640, 853))
    two.paste(half, (0, 107))
    two.paste(half, (640, 107))
    small = two.resize((640, 480))
    follower = Follower(Analyser(), LIMITS, shot_scale=2.0)
    assert follower.see(frame_of(small), 0.0).say is PortraitSay.ONE_PERSON


def test_a_picture_of_a_face_held_to_the_lens_is_the_officers_to_tell(sitter: Image.Image) -> None:
    """A photograph that is turned moves as one plane does."""
    follower = Follower(Analyser(), LIMITS, shot_scale=2.0)
    width, height = sitter.size
    asks: tuple[PortraitSay, ...] = ()
    for number in range(14):
        lean = 0.16 * (number % 7)
        corners = (0, 0, 0, height, width, height * (1 + lean), width, -height * lean)
        turned = sitter.transform(sitter.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)
        asks = follower.see(frame_of(turned.resize((480, 640)), number), number / 15).asks
    assert PortraitSay.FLAT in asks
