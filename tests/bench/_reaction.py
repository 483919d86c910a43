"""One side of `bench screens`: a finger on the glass until the frame that shows it, and the turns of the loop, as JSON.

`kiosk` is the kiosk's own window, `bare` a Kivy window of the same size with one button. With `--busy` this process
also looks for faces in a camera's frames, judges prints and lets espeak-ng speak, each as fast as it can.
"""

import argparse
import asyncio
import json
import random
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from drivers.errors import DeviceError
from kiosk.ui.environment import prepare

_HELD_S: Final = 0.1
_PAUSE_S: Final = (0.05, 0.15)
_WAIT_S: Final = 10.0
#: The first touches load what is loaded once, and are not counted.
_FIRST: Final = 5
#: What a screen draws in a second, at most.
TURNS_PER_S: Final = 60


@dataclass
class Watch:
    """When fingers came down, when the frames that show them went out, and when the loop turned."""

    began_s: list[float] = field(default_factory=list[float])
    shown_s: list[float] = field(default_factory=list[float])
    turns_s: list[float] = field(default_factory=list[float])
    seen: threading.Event = field(default_factory=threading.Event)
    waiting: bool = False

    def flipped(self, *_: object) -> None:
        """A frame goes out; its last pixel is waited for, as a software renderer would put it off."""
        from kivy.graphics.opengl import glFinish

        glFinish()
        if self.waiting:
            self.waiting = False
            self.shown_s.append(time.monotonic())
            self.seen.set()

    def summary(self) -> dict[str, Any]:
        """Reactions in seconds; turns of the loop that should have been and were not."""
        whole_s = self.turns_s[-1] - self.turns_s[0]
        gaps = [later - before for before, later in zip(self.turns_s, self.turns_s[1:], strict=False)]
        lost = sum(max(0, round(gap * TURNS_PER_S) - 1) for gap in gaps)
        return {
            "reaction_s": [shown - began for began, shown in zip(self.began_s, self.shown_s, strict=True)][_FIRST:],
            "turns_due": round(whole_s * TURNS_PER_S),
            "turns_lost": lost,
            "longest_gap_s": max(gaps),
        }


def glass(watch: Watch, place: tuple[float, float], count: int, done: Callable[[], object]) -> Any:  # noqa: ANN401
    """Give a panel, as Kivy reads one: a thread of its own touches `count` times, whenever that falls in a frame."""
    from kivy.input.motionevent import MotionEvent
    from kivy.input.provider import MotionEventProvider

    class Contact(MotionEvent):
        """A finger."""

        def depack(self, args: dict[str, float]) -> None:
            """Take its place."""
            self.sx, self.sy = args["x"], args["y"]
            self.profile = ["pos"]
            super().depack(args)

    class Glass(MotionEventProvider):
        """The panel."""

        def __init__(self) -> None:
            super().__init__("glass", "")
            self.queue: deque[tuple[str, Contact]] = deque()

        def start(self) -> None:
            """Begin to touch."""
            threading.Thread(target=self._touch, daemon=True).start()

        def update(self, dispatch_fn: Callable[[str, Contact], None]) -> None:
            """Hand over what has come since the last turn of the loop."""
            watch.turns_s.append(time.monotonic())
            while self.queue:
                kind, contact = self.queue.popleft()
                watch.waiting = watch.waiting or kind == "begin"
                dispatch_fn(kind, contact)

        def _touch(self) -> None:
            dice = random.Random(1950)
            for number in range(count + _FIRST):
                if number == _FIRST:
                    watch.turns_s.clear()
                time.sleep(dice.uniform(*_PAUSE_S))
                contact = Contact("glass", number, {"x": place[0], "y": place[1]}, is_touch=True, type_id="touch")
                watch.seen.clear()
                watch.began_s.append(time.monotonic())
                self.queue.append(("begin", contact))
                if not watch.seen.wait(_WAIT_S):
                    raise SystemExit(f"touch {number} is not shown within {_WAIT_S:.0f} s")
                time.sleep(_HELD_S)
                self.queue.append(("end", contact))
            done()

    return Glass()


@contextmanager
def work(ended: threading.Event, camera: Any) -> Iterator[None]:  # noqa: ANN401 - SimulatedCamera
    """Keep camera, print analysis and voice busy meanwhile."""
    from drivers.fingerprint.synthetic import SITUATIONS, Finger, Look, print_of
    from drivers.sound.simulated import SimulatedSpeaker
    from kiosk.biometrics.prints import assess
    from kiosk.voice.voice import Voice
    from tests.bench._portrait_live import Tally, analyse

    grey = print_of(Finger(1), next(iter(SITUATIONS.values())), width_px=192, height_px=192, dpi=508, look=Look.PLAIN)
    tally = Tally(ended=ended)
    voice = Voice(SimulatedSpeaker())

    def judge() -> None:
        while not ended.wait(0.005):
            assess(grey, 192, 192, 508)

    def speak() -> None:
        number = 0
        while not ended.wait(0.3):
            number += 1
            voice.say(f"Bác đặt ngón tay lên ô sáng, lần thứ {number}.", "vi")

    def look() -> None:
        while not ended.is_set():
            with suppress(DeviceError):
                analyse(camera, tally)

    camera.start()
    threads = [threading.Thread(target=one, daemon=True) for one in (judge, speak, look)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_WAIT_S)
        voice.close()
        camera.close()


async def kiosk_side(watch: Watch, count: int, camera: Any) -> None:  # noqa: ANN401
    """Open the kiosk's window on a screen with a moving picture, or with the live preview where there is a camera."""
    from kivy.base import EventLoop
    from kivy.core.window import Window

    from kiosk.ui.app import KioskApp
    from kiosk.ui.settings import LARGE_PANEL
    from tests.ui.journeys import view_of

    loop = asyncio.get_running_loop()

    def newest() -> Any:  # noqa: ANN401 - a frame
        try:
            return camera.newest() if camera else None
        except DeviceError:
            # So busy that the camera's own thread has no turn for two seconds.
            return None

    app = KioskApp(lambda _event: None, newest, LARGE_PANEL)
    app.show(replace(view_of("portrait.look" if camera else "welcome", "vi"), ribbon=""))
    x, y, width, height = app.touch_targets()["help"]
    place = ((x + width / 2) / (Window.width - 1), (y + height / 2) / (Window.height - 1))
    Window.bind(on_flip=watch.flipped)
    EventLoop.add_input_provider(glass(watch, place, count, lambda: loop.call_soon_threadsafe(app.close)))
    await app.run()


async def bare_side(watch: Watch, count: int) -> None:
    """Open a Kivy window with one button."""
    from kivy.base import EventLoop, async_runTouchApp
    from kivy.uix.button import Button

    from kiosk.ui.settings import LARGE_PANEL
    from kiosk.ui.window import open_window

    window: Any = open_window(LARGE_PANEL)
    window.bind(on_flip=watch.flipped)

    def end() -> None:
        EventLoop.quit = True

    EventLoop.add_input_provider(glass(watch, (0.5, 0.5), count, end))
    await async_runTouchApp(Button(text="Bắt đầu"), async_lib="asyncio")


def main() -> None:
    """Touch, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=("kiosk", "bare"))
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--touches", type=int, default=200)
    arguments = parser.parse_args()
    watch, ended = Watch(), threading.Event()
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), offscreen=True)
        camera: Any = None
        if arguments.busy:
            from drivers.camera.simulated import SimulatedCamera
            from kiosk.demo.faces import Scenes
            from kiosk.demo.people import people

            camera = SimulatedCamera(Scenes().person(people()[3]))
        side = (
            kiosk_side(watch, arguments.touches, camera)
            if arguments.side == "kiosk"
            else bare_side(watch, arguments.touches)
        )
        if camera is None:
            asyncio.run(side)
        else:
            with work(ended, camera):
                asyncio.run(side)
    print(json.dumps(watch.summary()), flush=True)


if __name__ == "__main__":
    main()
