"""The screen as a whole: views in, events out, inside an asyncio loop and through real touches."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.journey.events import FormFilled, Touched
from kiosk.journey.view import View
from kiosk.ui.settings import DisplaySettings
from tests.ui.screen_samples import view_of
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
