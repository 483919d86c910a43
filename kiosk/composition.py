"""The parts of a running kiosk, put together: devices, desks, session runner and watch, for a window that is open.

Everything heavy is imported here, so that the first screen need not wait for it; see kiosk.main.
"""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from drivers.fingerprint.api import PrintImage
from kiosk import __version__
from kiosk.biometrics.portrait import PortraitLimits
from kiosk.biometrics.portrait.decoding import jpeg_to_show
from kiosk.biometrics.prints.decoding import decode_png
from kiosk.chip.qr_code import qr_rows
from kiosk.configuration import read_settings
from kiosk.devices import Devices, boot_id
from kiosk.domain.commands import SETTINGS
from kiosk.domain.enrolment import Capture
from kiosk.domain.ids import uuid7
from kiosk.journey.session import Rules
from kiosk.journey.speaking import HEADSET
from kiosk.logs import newest_lines
from kiosk.main import RIBBON, Kiosk, Screen, judge_print
from kiosk.runtime.captures import PrintDesk
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.documents import DocumentDesk
from kiosk.runtime.hands import SessionHands
from kiosk.runtime.keys import KeyRules, Keys
from kiosk.runtime.packing import Seals
from kiosk.runtime.portrait_judging import FaceEyes
from kiosk.runtime.portraits import PortraitDesk
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.receipts import Keeping
from kiosk.runtime.remedies import RemedyBook
from kiosk.runtime.runner import Desks, SessionRunner
from kiosk.runtime.showing import Showing
from kiosk.runtime.telemetry import About, Watch
from kiosk.runtime.worker import Worker
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.vault import Vault
from kiosk.settings import KioskSettings
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import languages

if TYPE_CHECKING:
    from kiosk.voice import Voice


async def assemble(
    settings: KioskSettings, screen: Screen, devices: Devices, workers: dict[str, Worker]
) -> tuple[Kiosk, Watch]:
    """Give the kiosk and its watch, ready to run. Raises CustodyError, KeyFileError, SettingsError and the like."""
    events, panel = screen.events, devices.panel
    # The first screen went by the settings; from here on it goes by what the devices say of themselves.
    rules = replace(screen.rules, ribbon=RIBBON if devices.simulated() else "")
    eyes = FaceEyes(read_settings(PortraitLimits, settings.paths.portrait))
    portraits = PortraitDesk(
        devices.camera, panel.ring_light, eyes, workers["camera"], watcher=workers["face"], post=events.post
    )
    screen.frames.source = portraits.newest
    custody = _custody(settings, devices, rules, worker=workers["custody"], events=events)
    await asyncio.wrap_future(custody.open())
    speech = _speech(settings, devices)
    book = _remedy_book(settings, worker=workers["custody"])
    await asyncio.wrap_future(book.open())
    desks = Desks(
        documents=DocumentDesk(
            devices.reader,
            devices.camera,
            workers["card"],
            post=events.post,
            monotonic_s=time.monotonic,
            today=_today,
            judge=CardJudge(settings.card.trust, _now),
        ),
        prints=PrintDesk(devices.sensor, judge_print, workers["fingerprint"], post=events.post, reread=print_again),
        portraits=portraits,
        custody=custody,
        panel=panel,
        speech=speech,
        remedies=book,
    )
    runner = SessionRunner(
        rules,
        {language: Catalogue.load(language) for language in languages()},
        desks,
        screen=screen.app,
        events=events,
        now=_now,
        new_id=lambda: uuid7(_now()),
        prepare=Showing(qr_rows, jpeg_to_show),
        repeat_after_s=settings.voice.repeat_after_s if settings.voice.enabled else 0.0,
        keys=Keys(KeyRules(settings.touch.settle_s, settings.touch.repeat_s)),
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
        remedies=book,
        glass=lambda: desks.prints.glass,
        hands=lambda: (runner.help_calls, *screen.app.touches()),
        faults=lambda: _faults(settings, devices, speech),
    )
    runner.on_sealed = watch.wake
    hands = SessionHands(runner, panel, speech, log_lines=newest_lines)
    await asyncio.wrap_future(custody.follow(hands))
    return Kiosk(settings, devices, runner, custody, speech, screen.app), watch


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
        keeping=Keeping(
            settings.custody.keep_settled_days,
            settings.custody.note_weak_prints_days,
            settings.custody.lock_after_days,
            settings.custody.keep_roster_days,
            settings.custody.offer_paused_days,
        ),
        settings=changeable(settings),
    )


def changeable(settings: KioskSettings) -> dict[str, float | str]:
    """What the settings file says of the settings that the office may change."""
    said: dict[str, float | str] = {}
    for name in SETTINGS:
        section, _, key = name.partition(".")
        said[name] = getattr(getattr(settings, section), key)
    if not settings.voice.enabled:
        said["voice.repeat_after_s"] = 0.0
    return said


def _remedy_book(settings: KioskSettings, *, worker: Worker) -> RemedyBook:
    paths = settings.paths
    return RemedyBook(
        paths.private / "remedies.jsonl",
        paths.inbox / "inbox.db",
        office=OfficeKeys.load(settings.signing.office_keys).receipt,
        worker=worker,
        now=_now,
        today=_today,
        open_day_too=settings.kiosk.mode == "demo",
    )


def _speech(settings: KioskSettings, devices: Devices) -> "Voice":
    from kiosk.voice import Voice, VoiceSettings
    from kiosk.voice.pack import load_packs

    if not settings.voice.enabled:
        return Voice(None)
    chosen = settings.voice
    wishes = VoiceSettings(name=chosen.name, rate_wpm=chosen.words_per_minute, volume=chosen.volume)
    private = devices.headset.speaker if devices.headset is not None else None
    return Voice(devices.speaker, wishes, packs=load_packs(chosen.packs, first=chosen.pack), private=private)


def _faults(settings: KioskSettings, devices: Devices, speech: "Voice") -> tuple[str, ...]:
    """Name what is amiss with what is heard, by the keys of its texts; the kiosk works without."""
    if not settings.voice.enabled:
        return ()
    silent = (speech.trouble,) if speech.trouble else ()
    return (*silent, HEADSET) if devices.headset is not None and not devices.headset.there() else silent


def print_again(capture: Capture) -> PrintImage:
    """Give a print as the sensor brought it, from its PNG. Raises ValueError for one that is not whole."""
    grey = decode_png(capture.data, capture.width_px, capture.height_px)
    return PrintImage(capture.width_px, capture.height_px, capture.dpi or 500, grey)


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().astimezone().date()
