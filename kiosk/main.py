"""The kiosk app, put together: devices, desks, screen and runner in one asyncio loop. The composition root.

The first unexpected exception ends the process; systemd starts it again and the draft brings the citizen back.
"""

import asyncio
import logging
import os
import time
import tomllib
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from drivers.camera.api import Frame
from drivers.fingerprint.api import PrintImage
from kiosk import __version__
from kiosk.chip.qr_code import qr_rows
from kiosk.devices import Devices, boot_id, open_devices
from kiosk.domain.capture_plan import CapturePlan, plan_from
from kiosk.journey.session import Rules
from kiosk.journey.view import View
from kiosk.notify import notify, watchdog_interval_s
from kiosk.runtime.captures import JudgedPortrait, JudgedPrint, PortraitDesk, PrintDesk
from kiosk.runtime.custody import CustodyDesk, Seals
from kiosk.runtime.documents import DocumentDesk
from kiosk.runtime.ids import uuid7
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.runner import Desks, SessionRunner
from kiosk.runtime.telemetry import About, Watch
from kiosk.runtime.worker import Worker
from kiosk.sealing.hardening import harden_process
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.vault import Vault
from kiosk.settings import KioskSettings
from kiosk.words.catalogue import Catalogue

if TYPE_CHECKING:
    from kiosk.voice import Voice

log = logging.getLogger(__name__)

_STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A running kiosk, for whoever accompanies it (the demo's dock and player)."""

    settings: KioskSettings
    devices: Devices
    runner: SessionRunner
    custody: CustodyDesk
    speech: "Voice"
    app: "Window"


class Window(Protocol):
    """The window, as far as the composition and a companion use it; see kiosk.ui.app.KioskApp."""

    on_drawn: Callable[[View], None] | None

    def show(self, view: View) -> None:
        """Draw this view from now on."""
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
    """Read the capture plan. Raises BadPlan, OSError, tomllib.TOMLDecodeError."""
    with path.open("rb") as file:
        return plan_from(tomllib.load(file))


def run_kiosk(settings: KioskSettings, *, offscreen: bool = False, companion: Companion | None = None) -> None:
    """Run the kiosk until its window is closed. Raises DeviceError, KeyFileError, BadPlan and the like at start."""
    from kiosk.ui import environment

    hardened = harden_process()
    log.info("no core dumps: %s; memory locked: %s", hardened.no_core_dump, hardened.memory_locked)
    os.umask(0o027)
    environment.prepare(settings.paths.runtime / "kivy", offscreen=offscreen)
    with ExitStack() as stack:
        devices = open_devices(settings, stack)
        asyncio.run(_run(settings, devices, companion))


async def _run(settings: KioskSettings, devices: Devices, companion: Companion | None) -> None:
    bugs: asyncio.Queue[BaseException] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def on_bug(error: BaseException) -> None:
        loop.call_soon_threadsafe(bugs.put_nowait, error)

    workers = {name: Worker(name, on_bug) for name in ("fingerprint", "camera", "card", "custody")}
    try:
        kiosk, watch = await _assemble(settings, devices, workers)
        await _serve(kiosk, watch, bugs, companion)
    finally:
        devices.sensor.cancel()
        devices.reader.cancel()
        for worker in workers.values():
            worker.stop(_STOP_S)


async def _assemble(settings: KioskSettings, devices: Devices, workers: dict[str, Worker]) -> tuple[Kiosk, Watch]:
    from kiosk.ui.app import KioskApp

    events = EventQueue()
    rules = _rules(settings, devices)
    panel = devices.panel
    portraits = PortraitDesk(
        devices.camera, panel.ring_light, judge_portrait, worker=workers["camera"], post=events.post
    )
    app = KioskApp(events.post, portraits.newest, settings.display)
    custody = _custody(settings, devices, rules, worker=workers["custody"], events=events)
    await asyncio.wrap_future(custody.open())
    speech = _speech(settings, devices)
    desks = Desks(
        documents=DocumentDesk(
            devices.reader,
            devices.camera,
            workers["card"],
            post=events.post,
            monotonic_s=time.monotonic,
            today=_today,
        ),
        prints=PrintDesk(devices.sensor, judge_print, workers["fingerprint"], post=events.post),
        portraits=portraits,
        custody=custody,
        panel=panel,
        speech=speech,
    )
    runner = SessionRunner(
        rules,
        {language: Catalogue.load(language) for language in ("vi", "en")},
        desks,
        screen=app,
        events=events,
        now=_now,
        new_id=lambda: uuid7(_now()),
        qr_rows=qr_rows,
    )
    panel.listen(runner.panel_event)
    watch = Watch(
        custody,
        devices.power,
        folder=settings.paths.outbox,
        about=About(settings.kiosk.kiosk_id, boot_id(), __version__, devices.names),
        now=_now,
        tell=runner.tell_status,
        low_percent=settings.power.low_percent,
        faults=lambda: (speech.trouble,) if settings.voice.enabled and speech.trouble else (),
    )
    return Kiosk(settings, devices, runner, custody, speech, app), watch


async def _serve(kiosk: Kiosk, watch: Watch, bugs: "asyncio.Queue[BaseException]", companion: Companion | None) -> None:
    async def until_closed() -> None:
        await kiosk.app.run()
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


def _rules(settings: KioskSettings, devices: Devices) -> Rules:
    journey = settings.journey
    return replace(
        Rules.of(load_plan(settings.paths.capture_plan)),
        language=journey.language,
        idle_after_s=journey.idle_after_s,
        idle_answer_s=journey.idle_answer_s,
        tries_per_finger=journey.tries_per_finger,
        portrait_tries=journey.tries_per_portrait,
        voice_on=settings.voice.enabled,
        ribbon="ribbon.simulated" if devices.simulated() else "",
    )


def _custody(
    settings: KioskSettings, devices: Devices, rules: Rules, *, worker: Worker, events: EventQueue
) -> CustodyDesk:
    paths, demo = settings.paths, settings.kiosk.mode == "demo"
    return CustodyDesk(
        paths.outbox / "outbox.db",
        paths.private / "private.db",
        paths.inbox / "inbox.db",
        # No secret of the hardware's is built in yet: in the field a passphrase of six words takes the PIN's place.
        vault=Vault(paths.private / "vault.json", None, pin_alone=demo),
        seals=Seals(
            kiosk=settings.kiosk.kiosk_id,
            signer=SigningKey.load(settings.signing.key),
            office=OfficeKeys.load(settings.signing.office_keys),
            drivers=devices.notes,
            boot=boot_id(),
            software=__version__,
        ),
        rules=rules,
        worker=worker,
        post=events.post,
        monotonic_s=time.monotonic,
    )


def _speech(settings: KioskSettings, devices: Devices) -> "Voice":
    from kiosk.voice import Voice, VoiceSettings

    if not settings.voice.enabled:
        return Voice(None)
    chosen = settings.voice
    wishes = VoiceSettings(vietnamese=chosen.name, rate_wpm=chosen.words_per_minute, volume=chosen.volume)
    return Voice(devices.speaker, wishes)


def judge_print(image: PrintImage) -> JudgedPrint:
    """Judge a print with kiosk.biometrics and write it as PNG."""
    from kiosk.biometrics.prints import assess
    from kiosk.biometrics.prints.encoding import encode_png

    found = assess(image.grey, image.width_px, image.height_px, image.dpi)
    return JudgedPrint(found.quality, found.verdict, encode_png(image.grey, image.width_px, image.height_px))


def judge_portrait(frame: Frame) -> JudgedPortrait:
    """Judge a portrait with kiosk.biometrics and write it as JPEG."""
    from kiosk.biometrics.portrait import assess, encode
    from kiosk.biometrics.portrait.size import size_of

    found = assess(frame.rgba, frame.width_px, frame.height_px)
    jpeg = encode(frame.rgba, frame.width_px, frame.height_px)
    width_px, height_px = size_of(jpeg)
    return JudgedPortrait(found.hints, jpeg, width_px, height_px)


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().astimezone().date()
