"""Power cuts through whole journeys, at every step or at random moments, and what must be true after each."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from kiosk.demo.founding import Wishes
from kiosk.journey.steps import Step, build_steps
from kiosk.main import load_plan
from tests.flows.story import Story, StoryError, citizen, complete, told

#: Where nobody has given anything yet: a kiosk that starts again rests.
NOTHING_GIVEN = {"standby", "welcome"}
JOURNEY_S = 900.0


@dataclass
class Tally:
    """What was done, and what came of it."""

    cuts: int = 0
    enrolments: int = 0
    wrong: list[str] = field(default_factory=list[str])


class Cuts:
    """Watches one story: cuts the power, and looks where the kiosk goes on."""

    def __init__(self, wishes: Wishes, tally: Tally, *, everywhere: bool) -> None:
        """`everywhere` cuts once at each screen of each citizen; otherwise cut() is called from outside."""
        self._steps = build_steps(load_plan(wishes.plan))
        self._tally = tally
        self._everywhere = everywhere
        self._done: set[tuple[int, str]] = set()
        self._step = "standby"
        self._sealed_before = 0
        self._expected: set[str] | None = None

    def __call__(self, story: Story, screen: str) -> None:
        """Take a screen that was just drawn."""
        if screen in {"signin", "resume"}:
            return
        self._check(story, screen)
        if screen in self._steps:
            self._step = screen
            # While it is being sealed, this citizen's package may be in the outbox at any moment.
            if screen != "sealing":
                self._sealed_before = len(story.packages())
        mark = (len(story.packages()), screen)
        if self._everywhere and mark not in self._done and screen != "standby":
            self._done.add(mark)
            self.cut(story)

    def cut(self, story: Story) -> None:
        """Cut the power now, and remember where the kiosk has to go on."""
        story.cut_power()
        self._tally.cuts += 1
        step = self._step
        if len(story.packages()) > self._sealed_before or step in {*NOTHING_GIVEN, "farewell"}:
            self._expected = {"standby", *self._reached_from(step)}
        elif step == "sealing":
            self._expected = {"review"}
        else:
            self._expected = {step, *self._reached_from(step)}

    def _reached_from(self, step: str) -> set[str]:
        """Where a touch may have led that was being answered when the power went: never back to something given."""
        if self._everywhere:
            return set()
        row: Step = self._steps[step]
        targets = {row.yes, row.other, "edit.home" if step == "identity" else None}
        return {target for target in targets if target is not None and target in self._steps} - {"sealing"}

    def _check(self, story: Story, screen: str) -> None:
        expected, self._expected = self._expected, None
        if expected is None:
            return
        offered = "resume" in story.screens
        if screen not in expected or offered != (screen != "standby"):
            self._tally.wrong.append(
                f"after {self._step} it went on at {screen}, offered {offered}: {story.starts[-2:]}"
            )


async def journeys(
    out: Path, tally: Tally, *, wishes: Wishes, first: int, last: int, random: Random | None = None, cuts: int = 0
) -> None:
    """Play these citizens through power cuts: one at every screen, or `cuts` at random moments.

    Raises StoryError or AssertionError when an enrolment is lost, incomplete or there twice.
    """
    watcher = Cuts(wishes, tally, everywhere=random is None)
    async with told(out, wishes=wishes, first=first, last=last, on_screen=watcher) as story:
        story.start_kiosk()
        cutting = asyncio.create_task(_at_random(story, watcher, random, cuts)) if random is not None else None
        try:
            await story.until(story.received, "the last receipt", timeout_s=JOURNEY_S * (last - first + 1))
        finally:
            if cutting is not None:
                cutting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await cutting
        await asyncio.to_thread(_check_all, story, out, first)
    tally.enrolments += last - first + 1
    if tally.wrong:
        raise StoryError("\n".join(tally.wrong))


def _check_all(story: Story, out: Path, first: int) -> None:
    for number, enrolment in enumerate(story.check_office()):
        opened = story.open_enrolment(enrolment, out / "opened" / str(number))
        complete(opened["answers"], citizen(first + number))


async def _at_random(story: Story, watcher: Cuts, random: Random, cuts: int) -> None:
    for _ in range(cuts):
        await asyncio.sleep(random.uniform(0.2, 6.0))
        if story.village.done:
            return
        watcher.cut(story)
