"""The kiosk app: the window first, and then everything behind it, in one asyncio loop. The composition root.

The first screen is drawn before devices are open and libraries loaded: what is touched meanwhile waits in the queue.
The first unexpected exception ends the process; systemd starts it again and the draft brings the citizen back.
"""

import asyncio
import logging
import os
import tomllib
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from drivers.camera.api import Frame
from drivers.fingerprint.api import PrintImage
from kiosk.domain.capture_plan import CapturePlan, plan_from
from kiosk.domain.errors import BadPlan, BadRemedies
from kiosk.domain.remedies import Remedies, remedies_from
from kiosk.journey.rendering import render
from kiosk.journey.session import Rules, Session
from kiosk.journey.view import View
from kiosk.notify import notify, watchdog_interval_s
from kiosk.runtime.captures import JudgedPrint
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.worker import Worker
from kiosk.sealing.hardening import harden_process
from kiosk.settings import KioskSettings
from kiosk.words.catalogue import Catalogue

if TYPE_CHECKING:
    from kiosk.devices import Devices
    from kiosk.runtime.custody import CustodyDesk
    from kiosk.runtime.runner import SessionRunner
    from kiosk.runtime.telemetry import Watch
    from kiosk.voice import Voice

log = logging.getLogger(__name__)

_STOP_S: Final = 5.0
#: What the screen wears when a device is a stand-in.
RIBBON: Final = "ribbon.simulated"


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A running kiosk, for whoever accompanies it (the demo's dock and player)."""

    settings: KioskSettings
    devices: "Devices"
    runner: "SessionRunner"
    custody: "CustodyDesk"
    speech: "Voice"
    app: "Window"


class Window(Protocol):
    """The window, as far as the composition and a companion use it; see kiosk.ui.app.KioskApp."""

    on_drawn: Callable[[View], None] | None

    def show(self, view: View) -> None:
        """Draw this view from now on."""
        ...

    def turn_page(self) -> bool:
        """Turn to the next page of facts that were not all shown yet; False where all were."""
        ...

    def touches(self) -> tuple[int, int]:
        """Give how many touches have counted, and how many have not."""
        ...

    def touch_targets(self) -> dict[str, tuple[float, float, float, float]]:
        """Give what can be touched now."""
        ...

    def press(self, x_px: float, y_px: float) -> None:
        """Touch the window."""
        ...

    def snapshot(self, path: Path) -> None:
        """Write what is shown as a PNG."""
        ...

    async def run(self) -> None:
        """Run the window."""
        ...

    def close(self) -> None:
        """End run()."""
        ...


Companion = Callable[[Kiosk], Coroutine[Any, Any, None]]


def load_plan(path: Path) -> CapturePlan:
    """Read the capture plan. Raises BadPlan, naming the file and what is wrong with it."""
    try:
        with path.open("rb") as file:
            return plan_from(tomllib.load(file))
    except OSError as error:
        raise BadPlan(f"{path} (paths.capture_plan) cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadPlan(f"{path} (paths.capture_plan) is not TOML: {error}") from error
    except BadPlan as error:
        raise BadPlan(f"{path}: {error}") from error


def load_remedies(path: Path) -> Remedies:
    """Read the ladder of remedies. Raises BadRemedies, naming the file and what is wrong with it."""
    try:
        with path.open("rb") as file:
            return remedies_from(tomllib.load(file))
    except OSError as error:
        raise BadRemedies(f"{path} (paths.remedies) cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadRemedies(f"{path} (paths.remedies) is not TOML: {error}") from error
    except BadRemedies as error:
        raise BadRemedies(f"{path}: {error}") from error


def run_kiosk(settings: KioskSettings, *, offscreen: bool = False, companion: Companion | None = None) -> None:
    """Run the kiosk until its window is closed. Raises DeviceError, KeyFileError, BadPlan and the like at start."""
    from kiosk.ui import environment

    hardened = harden_process()
    log.info("no core dumps: %s; memory locked: %s", hardened.no_core_dump, hardened.memory_locked)
    os.umask(0o027)
    environment.prepare(settings.paths.runtime / "kivy", offscreen=offscreen)
    with ExitStack() as stack:
        asyncio.run(_run(settings, companion, stack))


class Frames:
    """Where the preview gets the newest frame from; nowhere until there is a camera."""

    def __init__(self) -> None:
        """Begin without a source."""
        self.source: Callable[[], Frame | None] | None = None

    def newest(self) -> Frame | None:
        """Give the newest frame, None when there is none."""
        return self.source() if self.source is not None else None


@dataclass(frozen=True, slots=True)
class Screen:
    """The open window, and what it is fed by and feeds."""

    app: Window
    events: EventQueue
    frames: Frames
    rules: Rules


async def _run(settings: KioskSettings, companion: Companion | None, stack: ExitStack) -> None:
    bugs: asyncio.Queue[BaseException] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def on_bug(error: BaseException) -> None:
        loop.call_soon_threadsafe(bugs.put_nowait, error)

    screen = _open_screen(settings)
    window = asyncio.create_task(screen.app.run(), name="window")
    try:
        await _first_frame(screen.app, window)
        devices, workers = await asyncio.to_thread(_open_devices, settings, stack, on_bug)
        try:
            from kiosk.composition import assemble

            kiosk, watch = await assemble(settings, screen, devices, workers)
            await _serve(kiosk, watch, bugs, companion, window=window)
        finally:
            devices.sensor.cancel()
            devices.reader.cancel()
            for worker in workers.values():
                worker.stop(_STOP_S)
    finally:
        screen.app.close()
        await asyncio.wait([window], timeout=_STOP_S)


def _open_screen(settings: KioskSettings) -> Screen:
    """Open the window with the first screen in it: the officer signs in."""
    from kiosk.ui.app import KioskApp

    events, frames, rules = EventQueue(), Frames(), _rules(settings)
    app = KioskApp(events.post, frames.newest, settings.display, touch=settings.touch)
    app.show(render(Session(language=rules.language), rules, Catalogue.load(rules.language)))
    return Screen(app, events, frames, rules)


async def _first_frame(app: Window, window: "asyncio.Task[None]") -> None:
    """Wait until the first screen can be seen. Raises what ends the window before that."""
    drawn = asyncio.Event()
    app.on_drawn = lambda _view: drawn.set()
    seen = asyncio.create_task(drawn.wait())
    await asyncio.wait([seen, window], return_when=asyncio.FIRST_COMPLETED)
    seen.cancel()
    app.on_drawn = None
    if window.done():
        await window
    log.info("the first screen is drawn")


def _open_devices(
    settings: KioskSettings, stack: ExitStack, on_bug: Callable[[BaseException], None]
) -> "tuple[Devices, dict[str, Worker]]":
    """Open the devices, and load what the kiosk consists of; not on the window's thread, which goes on drawing."""
    from kiosk import composition  # noqa: F401 - loaded here, used when the devices are open
    from kiosk.devices import open_devices

    devices = open_devices(settings, stack)
    return devices, {name: Worker(name, on_bug) for name in ("fingerprint", "camera", "face", "card", "custody")}


async def _serve(
    kiosk: Kiosk,
    watch: "Watch",
    bugs: "asyncio.Queue[BaseException]",
    companion: Companion | None,
    *,
    window: "asyncio.Task[None]",
) -> None:
    async def until_closed() -> None:
        await window
        raise _WindowClosed

    async def first_bug() -> None:
        raise await bugs.get()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(until_closed(), name="window")
            tasks.create_task(first_bug(), name="bugs")
            tasks.create_task(kiosk.runner.run(), name="session")
            tasks.create_task(watch.run(), name="watch")
            tasks.create_task(_heartbeat(), name="heartbeat")
            if companion is not None:
                tasks.create_task(companion(kiosk), name="companion")
    except* _WindowClosed:
        log.info("the window was closed")
    finally:
        kiosk.app.close()
        kiosk.runner.stop_desks()
        kiosk.speech.close()
        notify("STOPPING=1")
        await asyncio.wait_for(asyncio.wrap_future(kiosk.custody.close()), _STOP_S)


class _WindowClosed(Exception):
    """The window was closed: not a fault, but the end of the process."""


async def _heartbeat() -> None:
    """Tell systemd that the loop turns; a loop that hangs is restarted by the watchdog."""
    notify("READY=1")
    interval_s = watchdog_interval_s()
    while interval_s is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(interval_s)


def _rules(settings: KioskSettings) -> Rules:
    journey = settings.journey
    devices = (settings.camera, settings.fingerprint, settings.card, settings.panel, settings.power)
    return replace(
        Rules.of(load_plan(settings.paths.capture_plan), load_remedies(settings.paths.remedies)),
        language=journey.language,
        idle_after_s=journey.idle_after_s,
        idle_answer_s=journey.idle_answer_s,
        tries_per_finger=journey.tries_per_finger,
        portrait_tries=journey.tries_per_portrait,
        portrait_patience_s=journey.portrait_patience_s,
        ask_pin_after_s=journey.ask_pin_after_s,
        sign_out_after_s=journey.sign_out_after_s,
        voice_on=settings.voice.enabled,
        ribbon=RIBBON if any(device.driver == "simulated" for device in devices) else "",
    )


def judge_print(image: PrintImage) -> JudgedPrint:
    """Judge a print with kiosk.biometrics and write it as PNG."""
    from kiosk.biometrics.prints import assess
    from kiosk.biometrics.prints.encoding import encode_png

    found = assess(image.grey, image.width_px, image.height_px, image.dpi)
    png = encode_png(image.grey, image.width_px, image.height_px)
    return JudgedPrint(found.quality, found.verdict, png, str(found.evidence.get("move", "")))
