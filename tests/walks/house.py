"""The real app on a turned clock: its window laid out off screen, its desks and files, and simulated devices.

Everything is put together by the kiosk's own composition; only the devices are opened here, so that hands can reach
them: an emulated sensor module at the wire, a soft card, a drawn citizen before the camera. Nothing is paced; for the
camera, and the coach that looks through it, time goes on with the pictures that were looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from drivers.sound.api import Speaker
from kiosk.composition import assemble
from kiosk.journey.events import Event
from kiosk.journey.session import Rules, Session
from kiosk.journey.view import View
from kiosk.main import Frames, Kiosk, Screen, load_plan, load_remedies
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.worker import Worker
from kiosk.settings import Voice
from kiosk.ui.settings import LARGE_PANEL, DisplaySettings
from tests.walks.clock import TurnedLoop, until
from tests.walks.table import OFFICER, PIN, Table, open_table, settings_in

if TYPE_CHECKING:
    from kiosk.ui.app import KioskApp

_STOP_S: Final = 60.0
T = TypeVar("T")

__all__ = ["OFFICER", "PIN", "House", "open_house", "play"]


class WatchedQueue(EventQueue):
    """The kiosk's own queue; whether all that was posted has been dealt with can be asked."""

    def __init__(self) -> None:
        super().__init__()
        self._posted = self._taken = 0
        self._waiting = False

    def post(self, event: Event) -> None:
        self._posted += 1
        super().post(event)

    async def next(self) -> Event:
        self._waiting = True
        event = await super().next()
        self._waiting = False
        self._taken += 1
        return event

    @property
    def quiet(self) -> bool:
        """Whether every event so far has had its turn."""
        return self._waiting and self._posted == self._taken


@dataclass
class House:
    """A running kiosk: `sent` is every event that the screen has sent."""

    kiosk: Kiosk
    app: "KioskApp"
    table: Table
    events: WatchedQueue
    folder: Path
    bugs: list[BaseException]
    sent: list[Event]
    running: "asyncio.Task[None]"
    display: DisplaySettings
    painted: bool
    window: "asyncio.Task[None] | None" = None
    _turned_at: View | None = None

    @property
    def session(self) -> Session:
        """Where the journey is."""
        return self.kiosk.runner.session

    @property
    def view(self) -> View:
        """What is on the screen."""
        view = self.kiosk.runner.view
        assert view is not None
        return view

    def turn(self, by_s: float) -> None:
        """Let time pass."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TurnedLoop)
        loop.turn(by_s)

    async def settle(self) -> None:
        """Wait until what has happened is dealt with and shown."""
        await asyncio.sleep(0)
        await until(lambda: self.events.quiet or self.broken(), lambda: f"the session is stuck at {self.where()}")
        self.check()
        if self.window is None and self.view is not self._turned_at:
            self._turned_at = self.view
            self._turn_window()

    def _turn_window(self) -> None:
        """Turn the window's own loop once: among others it frees the textures of what is not drawn any more."""
        from kivy.base import EventLoop
        from kivy.clock import Clock

        if self.painted:
            EventLoop.idle()
        else:
            Clock.tick()

    async def until_not(self, before: View) -> None:
        """Wait for devices until another view is shown."""
        await until(lambda: self.view != before or self.broken(), lambda: f"nothing came at {self.where()}")
        await self.settle()

    def where(self) -> str:
        """Name the moment, without anybody's data."""
        session = self.session
        return f"{self.view.key} (step {session.step}, {session.overlay or 'bare'}, part {session.phase!r})"

    def broken(self) -> bool:
        """Whether a bug has ended something."""
        return bool(self.bugs) or self.running.done() or (self.window is not None and self.window.done())

    def check(self) -> None:
        """Raise what a bug raised."""
        if self.bugs:
            raise self.bugs[0]
        if self.window is not None and self.window.done():
            self.window.result()
            raise AssertionError("the window has closed by itself")
        if self.running.done():
            self.running.result()
            raise AssertionError("the session has ended by itself")


@asynccontextmanager
async def open_house(
    folder: Path,
    display: DisplaySettings = LARGE_PANEL,
    *,
    voice: Voice | None = None,
    speaker: Speaker | None = None,
    painted: bool = True,
    paced: bool = False,
    **rules: Any,  # noqa: ANN401 - fields of Rules
) -> AsyncIterator[House]:
    """Open the kiosk inside a running loop; kiosk.ui.environment must be prepared.

    `painted`: every screen is drawn once, and its pictures painted; else all is laid out for hands and nothing drawn.
    `paced`: devices take their time and the window runs by itself, in a HurriedLoop. `rules` replace single limits.
    """
    from kivy.clock import Clock

    from kiosk.ui.app import KioskApp

    settings = settings_in(folder, display, voice=voice or Voice(enabled=False))
    loop, events, frames = asyncio.get_running_loop(), WatchedQueue(), Frames()
    sent: list[Event] = []
    bugs: list[BaseException] = []

    def send(event: Event) -> None:
        sent.append(event)
        events.post(event)

    with ExitStack() as stack:
        table, devices = open_table(folder, stack, speaker, paced=paced)
        stack.callback(setattr, Clock, "_max_fps", Clock._max_fps)
        if not paced:
            Clock._max_fps = 0  # each turn of the window's loop would else wait for the next frame's time
        workers = {name: Worker(name, bugs.append) for name in ("fingerprint", "camera", "face", "card", "custody")}
        app = KioskApp(send, frames.newest, display, touch=settings.touch, monotonic_s=loop.time, hour=lambda: 12)
        known = Rules.of(load_plan(settings.paths.capture_plan), load_remedies(settings.paths.remedies))
        screen = Screen(app, events, frames, replace(known, **rules))
        if not painted:
            _without_pictures(stack)
        kiosk, _watch = await assemble(settings, screen, devices, workers)
        kiosk.runner._desks.portraits._monotonic_s = table.sitting.looking_s
        running = asyncio.create_task(kiosk.runner.run())
        window = asyncio.create_task(app.run()) if paced else None
        house = House(kiosk, app, table, events, folder, bugs, sent, running, display, painted, window)
        try:
            await house.settle()
            yield house
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            kiosk.runner.stop_desks()
            kiosk.speech.close()
            await asyncio.wrap_future(kiosk.custody.close())
            devices.sensor.cancel()
            for worker in workers.values():
                worker.stop(_STOP_S)
            app.close()
            if window is not None:
                await asyncio.wait([window], timeout=_STOP_S)


def _without_pictures(stack: ExitStack) -> None:
    """Lay out every picture of a screen, and paint none: nobody looks, and each would take longer than all the rest."""
    from unittest.mock import patch

    from kivy.graphics.texture import Texture

    blank = Texture.create(size=(2, 2))
    stack.enter_context(patch("kiosk.ui.slides.painted", lambda *_: blank))


def play(script: Coroutine[Any, Any, T], loop: type[TurnedLoop] = TurnedLoop) -> T:
    """Run a coroutine in a loop of turned time."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(script)
