"""The live preview at 1280 x 800 while every frame is analysed: rate, touches, memory, from "all good" to the picture.

`measure()` serves `./run bench portrait`; `python -m tests.bench._portrait_live --seconds 600` watches the memory for
ten minutes. Draws off screen, with a drawn citizen before the simulated camera (15 frames a second).
"""

import argparse
import asyncio
import json
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from drivers.camera.api import Frame
from drivers.camera.simulated import SimulatedCamera
from kiosk.biometrics.portrait import Analyser
from kiosk.demo.faces import Scenes
from kiosk.demo.people import people
from kiosk.journey.events import Event, PortraitTaken, Touched
from kiosk.runtime.following import Follower
from kiosk.runtime.portrait_judging import FaceEyes
from kiosk.runtime.portraits import PortraitDesk
from kiosk.runtime.worker import Worker
from kiosk.ui.environment import prepare

#: Whose drawn face passes every check.
_SITTER: Final = 3
_TOUCH_EVERY_S: Final = 1.0
_TARGETS: Final = ("help", "again")
_WAIT_S: Final = 60.0


@dataclass
class Tally:
    """What is counted while the preview runs."""

    shown: set[int] = field(default_factory=set[int])
    analyses: int = 0
    touched: int = 0
    heard: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


def measure(seconds: float = 20.0) -> dict[str, Any]:
    """Run the preview for a while and give the figures."""
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), offscreen=True)
        return asyncio.run(_live(seconds))


async def _live(seconds: float) -> dict[str, Any]:
    from kiosk.ui.app import KioskApp
    from kiosk.ui.settings import LARGE_PANEL
    from tests.ui.journeys import view_of

    tally, camera = Tally(), SimulatedCamera(Scenes().person(people()[_SITTER]))
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    bugs: asyncio.Future[None] = loop.create_future()

    def newest() -> Frame | None:
        frame = camera.newest()
        if frame is not None:
            tally.shown.add(frame.number)
        return frame

    def hear(event: Event) -> None:
        tally.heard += isinstance(event, Touched)

    def post(event: Event) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    def on_bug(error: BaseException) -> None:
        loop.call_soon_threadsafe(bugs.set_exception, error)

    app = KioskApp(hear, newest, LARGE_PANEL)
    app.show(replace(view_of("portrait.look", "vi"), ribbon=""))
    window = asyncio.create_task(app.run())
    worker = Worker("camera", on_bug)
    desk = PortraitDesk(camera, lambda _level: None, FaceEyes(), worker, watcher=worker, post=post)
    camera.start()
    analysing = threading.Thread(target=analyse, args=(camera, tally), daemon=True)
    analysing.start()
    try:
        await asyncio.sleep(2.0)
        figures = await _watched(app, tally, seconds)
        started_s = time.monotonic()
        desk.take(1)
        taking = asyncio.create_task(events.get())
        await asyncio.wait({taking, bugs}, timeout=_WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        if bugs.done():
            bugs.result()
        taken = taking.result()
        assert isinstance(taken, PortraitTaken)
        drawn = asyncio.Event()
        app.on_drawn = lambda _view: drawn.set()
        app.show(view_of("portrait.review", "vi", photo=taken.capture.data))
        await asyncio.wait_for(drawn.wait(), _WAIT_S)
        return {**figures, "all_good_to_picture_s": round(time.monotonic() - started_s, 2)}
    finally:
        tally.ended.set()
        analysing.join(_WAIT_S)
        camera.close()
        worker.stop(_WAIT_S)
        app.close()
        await asyncio.wait([window], timeout=_WAIT_S)


async def _watched(app: Any, tally: Tally, seconds: float) -> dict[str, Any]:  # noqa: ANN401 - Kivy's class
    tally.shown.clear()
    tally.analyses = tally.heard = 0
    began_s, rss = time.monotonic(), [_rss_mib()]
    while time.monotonic() - began_s < seconds:
        x, y, width, height = app.touch_targets()[_TARGETS[tally.touched % len(_TARGETS)]]
        app.press(x + width / 2, y + height / 2)
        tally.touched += 1
        await asyncio.sleep(_TOUCH_EVERY_S)
        rss.append(_rss_mib())
    took_s, half = time.monotonic() - began_s, len(rss) // 2
    return {
        "seconds": round(took_s),
        "preview_per_s": round(len(tally.shown) / took_s, 1),
        "analyses_per_s": round(tally.analyses / took_s, 1),
        "touches": tally.touched,
        "touches_heard": tally.heard,
        "memory_mib": [round(rss[0], 1), round(rss[half], 1), round(rss[-1], 1)],
    }


def analyse(camera: SimulatedCamera, tally: Tally) -> None:
    """Look at each new frame until the tally has ended."""
    follower, number = Follower(Analyser(), shot_scale=2.0), -1
    while not tally.ended.wait(0.005):
        frame = camera.newest()
        if frame is None or frame.number == number:
            continue
        number = frame.number
        seen = follower.see(frame, time.monotonic())
        if seen.face is not None:
            camera.meter(seen.face)
        tally.analyses += 1


def _rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    """Measure for as long as asked and tell the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    print(json.dumps(measure(parser.parse_args().seconds)))


if __name__ == "__main__":
    main()
