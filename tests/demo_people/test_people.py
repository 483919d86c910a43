"""The five invented citizens, their cards and their portraits, as the rest of the kiosk will meet them."""

import unicodedata
from dataclasses import fields, is_dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.camera.simulated import SimulatedCamera
from kiosk.biometrics.portrait import (
    PREVIEW_LIMITS,
    Analyser,
    Depth,
    PortraitLimits,
    View,
    acceptable,
    assess,
    encode,
    judge,
    most_useful,
    rgb_of,
)
from kiosk.chip.mrz import parse_mrz
from kiosk.chip.qr import find_qr, parse_qr
from kiosk.configuration import read_settings
from kiosk.demo.drawing import Canvas, Shade, mirrored, mixed, smooth
from kiosk.demo.drawing_card import CARD_HEIGHT_PX, CARD_WIDTH_PX, CardInHand, card_back, card_front, mrz_lines
from kiosk.demo.drawing_portrait import head
from kiosk.demo.people import DemoCitizen, people
from kiosk.demo.sitting import GOOD_SEAT, LivePortrait, Seat
from kiosk.demo.village_settings import PORTRAIT_TOML
from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import PhoneOwner, Sex

TODAY = date(2026, 11, 24)
EVERYBODY = people()
WITH_CARD = [citizen for citizen in EVERYBODY if citizen.card is not None]


def by_key(citizen: DemoCitizen) -> str:
    return citizen.key


def texts(thing: object) -> list[str]:
    if isinstance(thing, str):
        return [thing]
    if is_dataclass(thing):
        return [text for field in fields(thing) for text in texts(getattr(thing, field.name))]
    return []


def test_five_different_people_come() -> None:
    assert len(EVERYBODY) == 5
    for own in ("key", "name", "number", "finger_seed", "look"):
        assert len({getattr(citizen, own) for citizen in EVERYBODY}) == 5, own


def test_their_stories_are_among_them() -> None:
    assert [citizen.key for citizen in EVERYBODY if citizen.card is None] == ["oanh"]
    assert [citizen.missing_fingers for citizen in EVERYBODY if citizen.missing_fingers] == [
        frozenset({Finger.LEFT_LITTLE})
    ]
    assert [citizen.corrects for citizen in EVERYBODY if citizen.corrects] == ["phone"]
    assert [citizen.born.written() for citizen in EVERYBODY if citizen.born.month is None] == ["1942"]
    assert [citizen.born.age_on(TODAY) for citizen in EVERYBODY if "salt worker" in citizen.work] == [75]


@pytest.mark.parametrize("citizen", EVERYBODY, ids=by_key)
def test_what_is_told_of_a_citizen_holds_together(citizen: DemoCitizen) -> None:
    assert citizen.number.digits.startswith("042")
    assert citizen.number.doubts(born=citizen.born, sex=citizen.sex) == ()
    assert 62 <= citizen.born.age_on(TODAY) <= 84
    assert all(text == unicodedata.normalize("NFC", text) for text in texts(citizen))
    assert any(ord(letter) > 0x1E00 for letter in citizen.name), "a name that tries the diacritics"
    assert citizen.hamlet.removeprefix("Thôn ") in citizen.home.residence
    assert citizen.commune.split(" ", 1)[1] in citizen.home.residence
    assert citizen.home.residence != citizen.residence_before
    assert (citizen.phone.owner is PhoneOwner.OWN) == (len(citizen.phone.number) == 10)


@pytest.mark.parametrize("citizen", WITH_CARD, ids=by_key)
def test_the_card_says_the_same_as_the_citizen(citizen: DemoCitizen) -> None:
    card, text = citizen.card, citizen.qr_text
    assert card is not None
    assert text is not None
    told = parse_qr(text)
    assert (told.number, told.name, told.born, told.sex) == (citizen.number, citizen.name, citizen.born, citizen.sex)
    assert (told.old_number, told.residence) == (card.old_number, card.residence)
    assert told.issued is not None
    assert told.issued.whole == card.issued
    lines = parse_mrz("\n".join(mrz_lines(citizen)))
    assert lines.wrong_checks == ()
    assert lines.document_number == citizen.number.digits[-9:]
    assert lines.sex is citizen.sex
    assert (lines.expires.whole if lines.expires else None) == card.expires


@pytest.mark.parametrize("citizen", WITH_CARD, ids=by_key)
def test_the_qr_code_is_read_from_preview_and_still_of_a_card_in_the_hand(citizen: DemoCitizen) -> None:
    camera = SimulatedCamera(CardInHand(citizen))
    camera.start()
    try:
        still = camera.still(10.0)
        preview = camera.newest()
    finally:
        camera.close()
    assert preview is not None
    assert preview.width_px < still.width_px
    for frame in (still, preview):
        assert find_qr(frame.rgba, frame.width_px, frame.height_px) == citizen.qr_text


def test_the_card_is_read_at_every_moment_of_its_sway() -> None:
    citizen = WITH_CARD[0]
    scene = CardInHand(citizen)
    for tenth in range(0, 90, 14):
        width_px, height_px, rgba = scene(tenth / 10)
        assert find_qr(rgba, width_px, height_px) == citizen.qr_text


def test_both_sides_of_a_card_are_drawn_in_its_proportions() -> None:
    front, back = card_front(WITH_CARD[0]), card_back(WITH_CARD[0])
    assert front.size == back.size == (CARD_WIDTH_PX, CARD_HEIGHT_PX)
    assert pytest.approx(85.60 / 53.98, rel=0.001) == CARD_WIDTH_PX / CARD_HEIGHT_PX
    assert front.tobytes() != back.tobytes()


def test_who_brings_no_card_has_none_to_show() -> None:
    without = next(citizen for citizen in EVERYBODY if citizen.card is None)
    assert without.qr_text is None
    for draw in (card_front, card_back, mrz_lines, CardInHand):
        with pytest.raises(ValueError, match="no card"):
            draw(without)


@pytest.mark.parametrize("citizen", EVERYBODY, ids=by_key)
def test_everybody_makes_an_acceptable_portrait(citizen: DemoCitizen) -> None:
    width_px, height_px, rgba = LivePortrait(citizen.look)(0.0)
    assert assess(rgba, width_px, height_px).ok
    assert 40_000 <= len(encode(rgba, width_px, height_px)) <= 150_000
    small = Image.frombytes("RGBA", (width_px, height_px), rgba).resize((480, 640))
    assert assess(small.tobytes(), 480, 640, limits=PREVIEW_LIMITS).ok


def test_a_sitter_breathes_and_blinks_and_stays_on_white() -> None:
    scene = LivePortrait(EVERYBODY[0].look)
    frames = [np.frombuffer(scene(tenth / 10)[2], np.uint8).reshape(1280, 960, 4) for tenth in range(60)]
    assert any((one != other).any() for one, other in pairwise(frames))
    # Where the eyes are, a blink is the largest change of all.
    eyes = [frame[500:560, 320:440].astype(int) for frame in frames]
    changes = [float(np.abs(one - other).mean()) for one, other in pairwise(eyes)]
    assert max(changes) > 3 * float(np.median(changes)) + 1
    for frame in frames:
        assert (frame[:80] >= 248).all()
        assert (frame[-1, 100:860, :3] < 248).any(axis=1).all(), "no gap opens under the shoulders"


def test_the_same_look_gives_the_same_face_and_closed_eyes_another() -> None:
    look = EVERYBODY[1].look
    assert head(look, eyes_open=True).turned(0) == head(look, eyes_open=True).turned(0)
    assert head(look, eyes_open=True).turned(0) != head(look, eyes_open=False).turned(0)
    assert head(look, eyes_open=True).turned(0) != head(look, eyes_open=True).turned(20)


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> PortraitLimits:
    """The limits that the demo's kiosk goes by."""
    file = tmp_path_factory.mktemp("demo") / "portrait.toml"
    file.write_text(PORTRAIT_TOML, encoding="utf-8")
    return read_settings(PortraitLimits, file)


def said(scene: LivePortrait, seconds: float, limits: PortraitLimits) -> tuple[str, bool]:
    """What the coach finds in the preview of that moment, and whether a picture may be taken."""
    width_px, height_px, rgba = scene(seconds)
    small = Image.frombytes("RGBA", (width_px, height_px), rgba).resize((480, 640))
    reading = Analyser().analyse(rgb_of(small.tobytes(), 480, 640), View(2.0), depth=Depth.FULL)
    checks = judge(reading, limits)
    return most_useful(one for one in checks if not one.advises).value, acceptable(checks)


@pytest.mark.parametrize("citizen", EVERYBODY, ids=by_key)
def test_who_sits_a_little_wrong_hears_it_and_then_sits_well(citizen: DemoCitizen, limits: PortraitLimits) -> None:
    scene = LivePortrait(citizen.look, citizen.seat)
    found, well = said(scene, 1.0, limits)
    if citizen.seat == GOOD_SEAT:
        assert (found, well) == ("nothing", True)
        return
    wrong = {"near": "closer", "aside_px": "move_left", "turned_px": ("turn_right", "turn_left")}
    attribute = next(name for name in wrong if getattr(citizen.seat, name) != getattr(GOOD_SEAT, name))
    assert found in wrong[attribute]
    assert not well
    scene.hear(found.removeprefix("move_"))
    assert said(scene, 1.1, limits)[0] == found, "it takes a moment to hear and to move"
    assert said(scene, 3.6, limits) == ("nothing", True)


def test_what_is_no_arrow_moves_nobody_and_who_sits_down_anew_sits_as_before() -> None:
    scene = LivePortrait(EVERYBODY[0].look, Seat(near=0.5))
    before = scene(1.0)[2]
    scene.hear("up")
    assert scene(1.0)[2] == before
    scene.hear("closer")
    scene(1.0)
    assert scene(4.0)[2] != before
    scene.sit(Seat(near=0.5))
    assert scene(1.0)[2] == before


def test_the_sexes_are_both_there() -> None:
    assert {citizen.sex for citizen in EVERYBODY} == set(Sex)


coordinate = st.floats(-50, 150)


@settings(deadline=None, max_examples=60)
@given(
    points=st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=6),
    width_px=st.floats(0.5, 30),
    blur_px=st.floats(0, 9),
)
def test_figures_may_lie_anywhere_about_the_sheet(
    points: list[tuple[float, float]], width_px: float, blur_px: float
) -> None:
    canvas = Canvas(60, 40)
    canvas.shape(smooth(points, closed=True), Shade((200, 10, 10), 0.5), blur_px=blur_px)
    canvas.stroke(mirrored(points, 30), width_px, Shade((10, 10, 200)))
    assert canvas.finished().size == (60, 40)


@given(share=st.floats(0, 1), one=st.tuples(*[st.integers(0, 255)] * 3), other=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_mixed_colour_lies_between_the_two(
    share: float, one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    for a, b, between in zip(one, other, mixed(one, other, share), strict=True):
        assert min(a, b) <= between <= max(a, b)
