"""The parts of `bench screens` that take a journey: the first sound of each screen, and memory over many citizens."""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kiosk.sealing.hardening import give_back_memory
from kiosk.ui.environment import prepare

#: The way of a citizen, screen by screen.
WAY: Final = (
    *("welcome", "consent", "document", "document.reading", "identity", "home", "relatives", "phone", "hands"),
    *("print.right_thumb", "print.right_index", "remedy.damp", "print.left_thumb", "print.left_little"),
    *("portrait.prepare", "portrait.review", "review", "farewell.receipt"),
)
_PAGE_S: Final = 1.5
_WAIT_S: Final = 10.0


def first_sounds(rounds: int) -> list[float]:
    """Show the screens of a journey in turn; give the seconds from each frame on the panel to its first sound."""
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), offscreen=True)
        return asyncio.run(_first_sounds(rounds))


async def _first_sounds(rounds: int) -> list[float]:
    from drivers.sound.simulated import SimulatedSpeaker
    from kiosk.ui.app import KioskApp
    from kiosk.ui.settings import LARGE_PANEL
    from kiosk.voice.voice import Voice
    from tests.ui.journeys import view_of

    speaker = SimulatedSpeaker()
    voice = Voice(speaker)
    app = KioskApp(lambda _event: None, lambda: None, LARGE_PANEL)
    drawn: list[float] = []
    app.on_drawn = lambda _view: drawn.append(time.monotonic())
    app.show(view_of("standby", "vi"))
    window = asyncio.create_task(app.run())
    found: list[float] = []
    try:
        for name in WAY * rounds:
            view = view_of(name, "vi")
            before, played = len(drawn), len(speaker.played)
            # As the session runner does: the line is asked for, and the screen shown, in one turn.
            voice.say(view.voice, "vi", private=bool(view.facts))
            app.show(view)
            await _until(lambda before=before, played=played: len(drawn) > before and len(speaker.played) > played)
            found.append(speaker.played[played].began_s - drawn[before])
            await asyncio.sleep(_PAGE_S)
        voice.forget()
    finally:
        app.close()
        await asyncio.wait([window], timeout=_WAIT_S)
        voice.close()
    return found


async def _until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + _WAIT_S
    while not true():
        if time.monotonic() > deadline_s:
            raise SystemExit("a screen was not drawn or not spoken")
        await asyncio.sleep(0.002)


def memory(citizens: int, told: Callable[[int, float], None]) -> list[float]:
    """Let citizens walk through one kiosk, one after the other; give the resident MiB after each."""
    give_back_memory()  # as the kiosk does when it starts
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        prepare(Path(folder) / "kivy", offscreen=True)
        from tests.walks.house import play

        return play(_memory(Path(folder), citizens, told))


async def _memory(folder: Path, citizens: int, told: Callable[[int, float], None]) -> list[float]:
    from kivy.base import EventLoop

    from kiosk.demo.people import people
    from tests.walks.citizen import Citizen, Manner
    from tests.walks.hand import STEADY
    from tests.walks.house import open_house
    from tests.walks.walk import Walk, sign_in

    found: list[float] = []
    async with open_house(folder / "kiosk") as house:
        await sign_in(house)
        for number in range(citizens):
            dice = random.Random(number)
            person = people()[number % len(people())]
            brings = person.card is not None and person.born.whole is not None
            tally = await Walk(house, Citizen(person, Manner.PLAIN, dice, brings_card=brings), STEADY, dice).run()
            if tally.dead_ends:
                raise SystemExit(f"citizen {number} came to no end: {tally.dead_ends}")
            house.sent.clear()
            EventLoop.idle()
            found.append(resident_mib())
            told(number + 1, found[-1])
    return found


def resident_mib() -> float:
    """Give the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def growth(mib: list[float], warm: int) -> dict[str, Any]:
    """Give what is left at the end beyond what was there when every cache had seen its share, after `warm` citizens."""
    start, end = mib[warm - 1], mib[-1]
    return {
        "citizens": len(mib),
        "first_mib": round(mib[0], 1),
        "warm_mib": round(start, 1),
        "last_mib": round(end, 1),
        "most_mib": round(max(mib), 1),
        "grown_mib_a_citizen": round((end - start) / max(1, len(mib) - warm), 3),
        "ratio": round(end / start, 3),
    }
