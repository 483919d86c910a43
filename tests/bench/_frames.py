"""Frames due and lost during whole journeys: the kiosk's own window, running, with devices that take their time.

Own process: a citizen walks from the resting kiosk to the farewell; card, prints at the module's 57,600 baud, portrait
from a camera of 15 frames a second, card and prints judged, everything sealed. Hands and simulated devices live in the
same process. Nobody reads: the seconds in which a screen only stands there are left out, and so are their frames.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kiosk.sealing.hardening import give_back_memory
from kiosk.ui.environment import prepare
from tests.bench._reaction import TURNS_PER_S

#: Parts of a journey: where the camera's picture moves, where a finger is waited for or read, and all the rest.
PARTS: Final = ("preview", "print", "other")
#: A gap of so many frames is seen as a jerk: a tenth of a second.
JERK_S: Final = 0.1


@dataclass
class Frames:
    """When the window's loop turned and at which part of the journey, and what was painted."""

    turns: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    painted_s: list[float] = field(default_factory=list[float])
    pictures: set[int] = field(default_factory=set[int])

    def summary(self) -> dict[str, Any]:
        """Frames that the window's clock had due at 60 a second, and those that did not come, by part."""
        due: Counter[str] = Counter()
        lost: Counter[str] = Counter()
        jerks: list[tuple[float, str]] = []
        for (before_s, part, key), (now_s, _part, after) in zip(self.turns, self.turns[1:], strict=False):
            gap_s = now_s - before_s
            missing = max(0, round(gap_s * TURNS_PER_S) - 1)
            due[part] += missing + 1
            lost[part] += missing
            if gap_s >= JERK_S:
                jerks.append((gap_s, key if key == after else f"{key} -> {after}"))
        jerks.sort(reverse=True)
        return {
            "seconds": round(self.turns[-1][0] - self.turns[0][0], 1),
            "due": {part: due[part] for part in PARTS},
            "lost": {part: lost[part] for part in PARTS},
            "painted": len(self.painted_s),
            "jerks": len(jerks),
            "longest": [{"ms": round(1000 * gap_s), "at": where} for gap_s, where in jerks[:5]],
            "pictures_shown": len(self.pictures),
        }


def part_of(view: Any) -> str:  # noqa: ANN401 - a View
    """Name the part of the journey that a screen belongs to."""
    if view is not None and view.preview:
        return "preview"
    return "print" if view is not None and view.finger is not None else "other"


def _clock_hand(frames: Frames, app: Any) -> Any:  # noqa: ANN401 - KioskApp, and what Kivy describes to no type checker
    from kivy.input.provider import MotionEventProvider

    class ClockHand(MotionEventProvider):
        """Looks at the clock each time that the window's loop turns; Kivy asks its panels then."""

        def start(self) -> None:
            """Nothing to begin."""

        def stop(self) -> None:
            """Nothing to end."""

        def update(self, dispatch_fn: object) -> None:
            """Note the turn."""
            del dispatch_fn
            view = app._view
            frames.turns.append((time.monotonic(), part_of(view), view.key if view is not None else ""))

    return ClockHand("clock", "")


async def journeys(folder: Path, citizens: int) -> dict[str, Any]:
    """Let citizens walk one after the other; the first loads what is loaded once, and is not counted."""
    from kivy.base import EventLoop
    from kivy.core.window import Window
    from kivy.graphics.opengl import glFinish

    from kiosk.demo.people import people
    from tests.walks.citizen import Citizen, Manner
    from tests.walks.hand import STEADY
    from tests.walks.house import open_house
    from tests.walks.walk import Walk, sign_in

    frames = Frames()

    def flipped(*_: object) -> None:
        # A software renderer puts its work off: the last pixel is waited for, as a panel would.
        glFinish()
        frames.painted_s.append(time.monotonic())

    async with open_house(folder / "kiosk", paced=True) as house:
        preview: Any = house.app._scene._preview
        newest = preview._newest_frame

        def shown() -> Any:  # noqa: ANN401 - a frame
            frame = newest()
            if frame is not None:
                frames.pictures.add(frame.number)
            return frame

        preview._newest_frame = shown
        window: Any = Window
        window.bind(on_flip=flipped)
        EventLoop.add_input_provider(_clock_hand(frames, house.app))
        await sign_in(house)
        for number in range(citizens + 1):
            if number == 1:
                frames.turns.clear()
                frames.painted_s.clear()
                frames.pictures.clear()
            dice = random.Random(number)
            with_card = [one for one in people() if one.card is not None and one.born.whole is not None]
            # Always the same one: drawing somebody, and growing fingers, would hold up the window's own thread.
            citizen = Citizen(with_card[0], Manner.PLAIN, dice)
            tally = await Walk(house, citizen, STEADY, dice).run()
            if tally.dead_ends:
                raise SystemExit(f"citizen {number} came to no end: {tally.dead_ends}")
        window.unbind(on_flip=flipped)
        return {"journeys": citizens, **frames.summary()}


def main() -> None:
    """Walk, and tell the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--citizens", type=int, default=2)
    arguments = parser.parse_args()
    give_back_memory()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(Path(folder) / "kivy", offscreen=True)
        from tests.walks.clock import HurriedLoop
        from tests.walks.house import play

        print(json.dumps(play(journeys(Path(folder), arguments.citizens), HurriedLoop)), flush=True)


if __name__ == "__main__":
    main()
