"""The demo's kiosk with a stop-watch: the same app and the same hands, and each moment written down as a JSON line.

`--start` only starts, and ends when devices are open and the session runs; otherwise `--dock` is played as ever.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from kiosk.cli import start_log
from kiosk.journey.view import View
from kiosk.main import Kiosk, Window, run_kiosk
from kiosk.settings import load_kiosk_settings

_LOOK_S = 0.002
#: Where the moments go; the folder belongs to the kiosk's user.
MOMENTS = "KIOSK_BENCH_MOMENTS"
#: Said when a touch is answered at once.
READY = "ready"


class TimedWindow:
    """The real window, with the time of each touch and of each screen."""

    def __init__(self, window: Window, moments: TextIO) -> None:
        self._window = window
        self._moments = moments
        self._key = ""

    def note(self, what: str, **more: object) -> None:
        """Write a moment down."""
        print(json.dumps({"what": what, "at_s": time.monotonic(), **more}), file=self._moments, flush=True)

    @property
    def on_drawn(self) -> Callable[[View], None] | None:
        """Who is told of drawn screens."""
        return self._window.on_drawn

    @on_drawn.setter
    def on_drawn(self, told: Callable[[View], None] | None) -> None:
        def drawn(view: View) -> None:
            self.note("drawn", key=view.key, busy=view.busy)
            self._key = view.key
            if told is not None:
                told(view)

        self._window.on_drawn = drawn

    def press(self, x_px: float, y_px: float) -> None:
        """Touch the window."""
        self.note("touch", key=self._key)
        self._window.press(x_px, y_px)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the window has
        return getattr(self._window, name)


async def ready(kiosk: Kiosk) -> None:
    """End as soon as everything behind the first screen is there."""
    print(READY, flush=True)
    kiosk.app.close()


async def play(kiosk: Kiosk, dock: Path, moments: TextIO) -> None:
    """Do what the demo's companion does, and write down when."""
    from kiosk.demo.companion import Companion
    from kiosk.demo.line import Line

    window = TimedWindow(kiosk.app, moments)
    reader, writer = await asyncio.open_unix_connection(str(dock))
    line = Line(reader, writer)
    watch = asyncio.create_task(receipts(kiosk, window))
    try:
        await Companion(replace(kiosk, app=window), line).run()
    finally:
        watch.cancel()
        line.close()


async def receipts(kiosk: Kiosk, window: TimedWindow) -> None:
    """Write down when a receipt has been verified."""
    known = ""
    while True:
        session = kiosk.runner.session
        if session.receipt is not None and session.enrolment != known:
            known = session.enrolment
            window.note("receipt")
        await asyncio.sleep(_LOOK_S)


def main() -> None:
    """Run the kiosk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", nargs="?")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--dock", type=Path)
    parser.add_argument("--start", action="store_true")
    arguments = parser.parse_args()
    start_log()
    settings = load_kiosk_settings(arguments.settings)
    if arguments.start:
        run_kiosk(settings, offscreen=True, companion=ready)
        return
    with Path(os.environ[MOMENTS]).open("a", encoding="utf-8") as moments:
        run_kiosk(settings, companion=lambda kiosk: play(kiosk, arguments.dock, moments))


if __name__ == "__main__":
    main()
