"""A whole village through power cuts: nobody answers or gives a print twice, and the office has each enrolment once."""

import asyncio
from pathlib import Path

import pytest

from kiosk.demo.founding import Wishes
from tests.flows.story import Story, citizen, complete, short_plan, told

#: Who has no card types everything, so that no card reader is needed and nobody else's test waits for it.
WITHOUT_CARD = 2
#: Where the power is cut, in the order of the journey.
CUTS = ("consent", "edit.identity", "print.left_middle", "portrait.review", "review")
#: Two fingers tell as much as ten, in less time; `./run prove kills` has all ten.
FINGERS = ("right_thumb", "left_middle")


class Cutter:
    """Cuts the power once at each of some screens."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        self.left = list(steps)

    def __call__(self, story: Story, screen: str) -> None:
        if self.left and screen == self.left[0]:
            self.left.pop(0)
            story.cut_power()


@pytest.mark.screen
@pytest.mark.timeout(300)
def test_a_kiosk_that_is_killed_goes_on_at_that_very_step_and_loses_nothing(tmp_path: Path) -> None:
    cutter = Cutter(CUTS)
    wishes = Wishes("800x480", plan=short_plan(tmp_path, FINGERS), reader_wait_s=None)

    async def tell() -> None:
        async with told(
            tmp_path / "out", wishes=wishes, first=WITHOUT_CARD, last=WITHOUT_CARD, on_screen=cutter
        ) as story:
            story.start_kiosk()
            await story.until(story.received, "the office's receipt", timeout_s=200)
            await asyncio.to_thread(check, story)

    def check(story: Story) -> None:
        assert not cutter.left
        for cut, screens in zip(CUTS, story.starts[1:], strict=True):
            assert [screen for screen in screens if screen != "signin"][:2] == ["resume", cut]
        (enrolment,) = story.check_office()
        opened = story.open_enrolment(enrolment, tmp_path / "opened")
        complete(opened["answers"], citizen(WITHOUT_CARD))
        assert len(opened["captures"]) == len(FINGERS) + 1

    asyncio.run(tell())
