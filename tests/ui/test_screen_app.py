"""The screen as a whole: views in, events out, inside an asyncio loop and through real touches."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from drivers.camera.api import Frame
from kiosk.journey.events import FormFilled, HandsSeen, Touched
from kiosk.journey.view import Choice, Form, View
from kiosk.ui.errors import FontMissing
from kiosk.ui.settings import DisplaySettings
from tests.ui.journeys import CITIZEN, view_of
from tests.ui.screen_stage import PANELS, Screen

if TYPE_CHECKING:
    from kiosk.ui.arrangement import Words

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def test_a_touch_on_yes_inside_the_asyncio_loop_sends_its_event(
    open_screen: Callable[[DisplaySettings], Screen], tmp_path: Path
) -> None:
    screen = open_screen(PANELS["800x480"])
    drawn: list[View] = []

    async def play() -> None:
        first = asyncio.Event()

        def note(view: View) -> None:
            drawn.append(view)
            first.set()

        screen.app.on_drawn = note
        running = asyncio.create_task(screen.app.run())
        screen.app.show(view_of("welcome", "vi"))
        await asyncio.wait_for(first.wait(), 10)
        screen.settle()
        screen.touch("yes")
        screen.app.snapshot(tmp_path / "welcome.png")
        screen.app.close()
        await asyncio.wait_for(running, 10)

    asyncio.run(play())
    assert [view.key for view in drawn] == ["welcome"]
    assert screen.sent == [Touched("yes")]
    assert (tmp_path / "welcome.png").stat().st_size > 5000


@pytest.mark.parametrize("panel", PANELS)
def test_a_resting_kiosk_begins_wherever_it_is_touched_but_the_other_button_stays_itself(
    open_screen: Callable[[DisplaySettings], Screen], panel: str
) -> None:
    screen = open_screen(PANELS[panel])
    screen.app.show(view_of("standby", "vi"))
    screen.settle()
    screen.app.press(PANELS[panel].width_px * 0.25, PANELS[panel].height_px * 0.55)
    assert screen.sent == [Touched("yes")]
    screen.touch("other")
    assert screen.sent == [Touched("yes"), Touched("other")]
    screen.app.show(view_of("welcome", "vi"))
    screen.settle()
    screen.app.press(PANELS[panel].width_px * 0.25, PANELS[panel].height_px * 0.55)
    assert len(screen.sent) == 2


@pytest.mark.parametrize("panel", PANELS)
def test_a_number_typed_on_the_pad_is_sent_by_yes(open_screen: Callable[[DisplaySettings], Screen], panel: str) -> None:
    screen = open_screen(PANELS[panel])
    screen.app.show(view_of("edit.phone", "vi"))
    screen.settle()
    for key in ("0", "2", "9", "delete", "3"):
        screen.touch(f"ui.key.{key}")
    screen.touch("yes")
    assert screen.sent == [FormFilled({"phone": "023"})]


@pytest.mark.parametrize("panel", PANELS)
def test_a_secret_is_typed_but_never_shown(open_screen: Callable[[DisplaySettings], Screen], panel: str) -> None:
    screen = open_screen(PANELS[panel])
    screen.app.show(view_of("signin", "vi"))
    screen.settle()
    screen.touch("ui.field.1")
    for key in ("4", "8", "2"):
        screen.touch(f"ui.key.{key}")
    seen = {line for words in words_of(screen) for line in words.paragraph.lines}
    assert "482" not in seen
    assert "\u2022\u2022\u2022" in seen
    screen.touch("yes")
    assert screen.sent == [FormFilled({"officer": "", "pin": "482"})]


def test_on_the_large_panel_the_officer_sees_what_every_field_holds(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["1280x800"])
    view = view_of("edit.identity", "vi")
    screen.app.show(view)
    seen = " ".join(line for words in words_of(screen) for line in words.paragraph.lines)
    assert view.form is not None
    assert [one.value for one in view.form.fields if one.value not in seen] == []


def words_of(screen: Screen) -> list["Words"]:
    from kiosk.ui.arrangement import Words

    return [item for item in screen.app.arrangement().items if isinstance(item, Words)]


@pytest.mark.parametrize("panel", PANELS)
def test_a_name_is_typed_with_its_marks(open_screen: Callable[[DisplaySettings], Screen], panel: str) -> None:
    screen = open_screen(PANELS[panel])
    view = view_of("edit.relatives", "vi")
    assert view.form is not None
    fields = tuple(replace(one, value="") for one in view.form.fields)
    screen.app.show(replace(view, form=Form(fields)))
    screen.settle()
    for key in ("t", "r", "a", "n", "tone_grave", "space", "a", "n"):
        name = f"ui.key.{key}"
        if name not in screen.app.touch_targets():
            screen.touch("ui.key.digits")
        screen.touch(name)
        if "ui.key.letters" in screen.app.touch_targets():
            screen.touch("ui.key.letters")
    screen.touch("yes")
    assert screen.sent == [FormFilled({"father": "Tràn An", "mother": "", "spouse": ""})]


@pytest.mark.parametrize("panel", ["800x480", "720x1280"])
def test_a_long_list_turns_its_pages_inside_the_screen(
    open_screen: Callable[[DisplaySettings], Screen], panel: str
) -> None:
    screen = open_screen(PANELS[panel])
    people = tuple(Choice(f"person.{number}", f"Nguyễn Thị Phượng {number}") for number in range(20))
    view = view_of("print.exception", "vi", choices=people)
    screen.app.show(view)
    screen.settle()
    seen: set[str] = set()
    for _ in range(20):
        seen |= set(screen.app.touch_targets())
        screen.touch("ui.page")
        screen.settle()
    assert {choice.id for choice in view.choices} <= seen
    assert set(screen.sent) == {HandsSeen()}, "a sign of life, and no answer"


def halves() -> Frame:
    """A frame whose left half is red and whose right half is blue."""
    row = bytes((200, 0, 0, 0)) * 32 + bytes((0, 0, 200, 0)) * 32
    return Frame(64, 48, row * 48, 1)


@pytest.mark.parametrize(
    ("moment", "mirrored"), [("portrait.look", True), ("portrait.mirror", True), ("document", False)]
)
def test_a_face_is_shown_as_in_a_mirror_and_a_card_as_it_is(
    open_screen: Callable[[DisplaySettings], Screen], tmp_path: Path, moment: str, mirrored: bool
) -> None:
    from kiosk.ui.arrangement import PreviewPlace

    screen = open_screen(PANELS["800x480"])
    screen.frame = halves()
    screen.app.show(view_of(moment, "vi"))
    screen.app.snapshot(tmp_path / "preview.png")
    place = next(item.rect for item in screen.app.arrangement().items if isinstance(item, PreviewPlace))
    with Image.open(tmp_path / "preview.png") as picture:
        colours = picture.convert("RGB")
    y = round(480 - place.y - place.height * 0.15)
    left, right = (pixel(colours, round(x), y) for x in (place.x + 6, place.right - 6))
    red, blue = (right, left) if mirrored else (left, right)
    assert red[0] > 150 > red[2]
    assert blue[2] > 150 > blue[0]


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return tuple(int(part) for part in found)


def test_a_broken_photo_shows_the_drawing_instead(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(PANELS["800x480"])
    screen.app.show(view_of("portrait.review", "vi", photo=b"no jpeg"))
    assert "yes" in screen.app.touch_targets()


def test_a_missing_font_names_the_package_that_brings_it(
    open_screen: Callable[[DisplaySettings], Screen], tmp_path: Path
) -> None:
    with pytest.raises(FontMissing, match="fonts-noto-core"):
        open_screen(replace(PANELS["800x480"], font_bold=tmp_path / "none.ttf"))


def test_a_panel_that_is_too_small_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match="100x60 mm is too small"):
        DisplaySettings(500, 300, panel_width_mm=100, panel_height_mm=60)


def test_when_the_citizen_has_left_their_words_and_photo_are_forgotten(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["800x480"])
    review = view_of("review", "vi")
    screen.app.show(review)
    # However its lines are broken, a part of the name stands there.
    parts = CITIZEN.name.split()
    assert any(part in line.split() for part in parts for line in texts_kept(screen))
    screen.app.show(view_of("standby", "vi"))
    assert not any(part in line.split() for part in parts for line in texts_kept(screen))
    assert not any(value in texts_kept(screen) for value in (fact.value for fact in review.facts))


def texts_kept(screen: Screen) -> set[str]:
    return set(screen.app.lettering.kept())


def test_a_strip_that_is_too_long_loses_whole_parts_from_its_end(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["800x480"])
    for name in ("signin.faults", "standby.faults"):
        view = view_of(name, "en")
        screen.app.show(view)
        lines = [" ".join(words.paragraph.lines) for words in words_of(screen)]
        shown = next(line for line in lines if view.officer_line.startswith(line))
        assert view.officer_line[len(shown) :] == "" or view.officer_line[len(shown) :].startswith(" · ")
