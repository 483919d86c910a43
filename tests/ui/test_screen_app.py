"""The screen as a whole: views in, events out, inside an asyncio loop and through real touches."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from drivers.camera.api import Frame
from kiosk.journey.events import FormFilled, Touched
from kiosk.journey.view import Form, View
from kiosk.ui.errors import FontMissing
from kiosk.ui.settings import DisplaySettings
from tests.ui.screen_samples import choice_view, view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def test_a_touch_on_yes_inside_the_asyncio_loop_sends_its_event(
    open_screen: Callable[[DisplaySettings], Screen], tmp_path: Path
) -> None:
    screen = open_screen(PANELS["800x480"])
    drawn: list[View] = []

    async def play() -> None:
        first = asyncio.Event()
        screen.app.on_drawn = lambda view: (drawn.append(view), first.set())
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
def test_a_number_typed_on_the_pad_is_sent_by_yes(open_screen: Callable[[DisplaySettings], Screen], panel: str) -> None:
    screen = open_screen(PANELS[panel])
    screen.app.show(view_of("signin", "vi"))
    screen.settle()
    for key in ("1", "2", "9", "delete", "3"):
        screen.touch(f"ui.key.{key}")
    screen.touch("yes")
    assert screen.sent == [FormFilled({"pin": "123"})]


@pytest.mark.parametrize("panel", PANELS)
def test_a_name_is_typed_with_its_marks(open_screen: Callable[[DisplaySettings], Screen], panel: str) -> None:
    screen = open_screen(PANELS[panel])
    view = view_of("edit.relatives", "vi")
    fields = tuple(replace(one, value="") for one in view.form.fields)  # type: ignore[union-attr]
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


def test_a_long_list_turns_its_pages_inside_the_screen(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(PANELS["800x480"])
    view = choice_view("vi", 20)
    screen.app.show(view)
    screen.settle()
    seen: set[str] = set()
    for _ in range(20):
        seen |= set(screen.app.touch_targets())
        screen.touch("ui.page")
    assert {choice.id for choice in view.choices} <= seen
    assert screen.sent == []


def test_the_preview_shows_the_newest_frame_mirrored(
    open_screen: Callable[[DisplaySettings], Screen], tmp_path: Path
) -> None:
    screen = open_screen(PANELS["800x480"])
    row = bytes((200, 0, 0, 0)) * 32 + bytes((0, 0, 200, 0)) * 32
    screen.frame = Frame(64, 48, row * 48, 1)
    screen.app.show(view_of("portrait.look", "vi"))
    screen.app.snapshot(tmp_path / "preview.png")
    with Image.open(tmp_path / "preview.png") as picture:
        left, right = picture.convert("RGB").getpixel((20, 300)), picture.convert("RGB").getpixel((400, 300))
    assert left[2] > 150 > left[0]
    assert right[0] > 150 > right[2]


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
