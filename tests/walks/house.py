"""The real app on a turned clock: its window laid out off screen, its desks and files, and simulated devices.

Everything is put together by the kiosk's own composition; only the devices are opened here, so that hands can reach
them: an emulated sensor module at the wire, a soft card, a drawn citizen before the camera. Nothing is paced; for the
camera, and the coach that looks through it, time goes on with the pictures that were looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from drivers.camera.simulated import SimulatedCamera
from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.fingerprint.real import open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.panel.simulated import SimulatedPanel
from drivers.power.real import SysfsPower
from drivers.power.simulated import PowerTree
from drivers.sound.api import Speaker
from kiosk.composition import assemble
from kiosk.demo.faces import Scenes
from kiosk.demo.people import DemoCitizen
from kiosk.demo.stage import soft_card
from kiosk.devices import Devices
from kiosk.journey.events import Event
from kiosk.journey.session import Rules, Session
from kiosk.journey.view import View
from kiosk.main import Frames, Kiosk, Screen, load_plan, load_remedies
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.worker import Worker
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from kiosk.settings import Card, Fingerprint, KioskIdentity, KioskSettings, Paths, Signing, Voice
from kiosk.ui.settings import LARGE_PANEL, DisplaySettings
from tests.runtime.stage import SoftReader
from tests.walks.clock import SitterTime, TurnedLoop, until

if TYPE_CHECKING:
    from kiosk.ui.app import KioskApp

REPOSITORY: Final = Path(__file__).resolve().parents[2]
OFFICER: Final = "4017"
PIN: Final = "2468013"
_STOP_S: Final = 60.0
T = TypeVar("T")


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
class Table:
    """What stands around the screen."""

    emulator: ModuleEmulator
    camera: SimulatedCamera
    reader: SoftReader
    panel: SimulatedPanel
    sitting: SitterTime
    scenes: Scenes = field(default_factory=Scenes)
    authority: DemoAuthority = field(default_factory=DemoAuthority)
    cards: dict[str, SoftChip] = field(default_factory=dict[str, SoftChip])

    def card_of(self, person: DemoCitizen) -> SoftChip:
        """Give the card of somebody who has one, made once."""
        if person.key not in self.cards:
            made = soft_card(person, self.authority)
            assert made is not None, person.key
            self.cards[person.key] = made
        return self.cards[person.key]


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
        if self.view is not self._turned_at:
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
        return bool(self.bugs) or self.running.done()

    def check(self) -> None:
        """Raise what a bug raised."""
        if self.bugs:
            raise self.bugs[0]
        if self.running.done():
            self.running.result()
            raise AssertionError("the session has ended by itself")


def settings_in(folder: Path, display: DisplaySettings, *, voice: Voice) -> KioskSettings:
    """Lay what a kiosk needs into a folder: directories, keys, and a vault with one officer."""
    for name in ("private", "outbox", "inbox", "trust", "packs"):
        (folder / name).mkdir(parents=True)
    SigningKey.generate().save(folder / "record.key")
    recipients = Recipients(OpeningKey.generate().public, OpeningKey.generate().public)
    OfficeKeys(recipients, SigningKey.generate().public).save(folder / "office.json")
    Vault(folder / "private" / "vault.json", None, pin_alone=True).create(OFFICER, PIN)
    config = REPOSITORY / "config"
    return KioskSettings(
        KioskIdentity("kiosk-tk-01", "ha-tinh", "thach-khe", mode="demo"),
        paths=Paths(
            private=folder / "private",
            outbox=folder / "outbox",
            inbox=folder / "inbox",
            runtime=folder / "runtime",
            capture_plan=config / "capture_plan.toml",
            remedies=config / "remedies.toml",
            portrait=config / "portrait.toml",
        ),
        display=display,
        fingerprint=Fingerprint("simulated"),
        card=Card("simulated", trust=folder / "trust"),
        voice=replace(voice, packs=folder / "packs"),
        signing=Signing(folder / "record.key", folder / "office.json"),
    )


@asynccontextmanager
async def open_house(
    folder: Path,
    display: DisplaySettings = LARGE_PANEL,
    *,
    voice: Voice | None = None,
    speaker: Speaker | None = None,
    painted: bool = True,
    **rules: Any,  # noqa: ANN401 - fields of Rules
) -> AsyncIterator[House]:
    """Open the kiosk inside a running loop; kiosk.ui.environment must be prepared.

    `painted`: every screen is drawn once, and its pictures painted; else all is laid out for hands and nothing drawn.
    `rules` replace single limits.
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
        table, devices = _open_table(folder, stack, speaker)
        stack.callback(setattr, Clock, "_max_fps", Clock._max_fps)
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
        house = House(kiosk, app, table, events, folder, bugs, sent, running, display, painted)
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


def _without_pictures(stack: ExitStack) -> None:
    """Lay out every picture of a screen, and paint none: nobody looks, and each would take longer than all the rest."""
    from unittest.mock import patch

    from kivy.graphics.texture import Texture

    blank = Texture.create(size=(2, 2))
    stack.enter_context(patch("kiosk.ui.slides.painted", lambda *_: blank))


def _open_table(folder: Path, stack: ExitStack, speaker: Speaker | None) -> tuple[Table, Devices]:
    emulator = stack.enter_context(ModuleEmulator("r503"))
    emulator.start()
    sensor = open_sensor(str(emulator._link), simulated=True)
    stack.callback(sensor.close)
    scenes = Scenes()
    sitting = SitterTime()
    camera = SimulatedCamera(scenes.nobody(), monotonic_s=sitting.camera_s, wait=sitting.wait)
    sitting.wanted = lambda: camera._feed.hold_wanted or camera._feed.still_asked_at_s is not None
    stack.callback(camera.close)
    panel = SimulatedPanel()
    stack.callback(panel.close)
    tree = PowerTree(folder / "power")
    tree.lay(battery_percent=80, on_mains=True)
    power = SysfsPower(folder / "power")
    stack.callback(power.close)
    reader = SoftReader()
    devices = Devices(camera, sensor, reader, panel, power, speaker)
    return Table(emulator, camera, reader, panel, sitting, scenes), devices


def play(script: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of turned time."""
    with asyncio.Runner(loop_factory=TurnedLoop) as runner:
        return runner.run(script)
