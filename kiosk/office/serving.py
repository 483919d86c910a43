"""`kiosk office serve`: collector and page in one process, each on a thread of its own."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import uvicorn

from kiosk.office.activity import Activity
from kiosk.office.audit_pages import AuditPages
from kiosk.office.changes import Changes
from kiosk.office.collecting import Collecting
from kiosk.office.commanding import given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import differing
from kiosk.office.desk_pages import DeskPages
from kiosk.office.duty import standings
from kiosk.office.errors import OfficeError
from kiosk.office.gate import Door
from kiosk.office.keeping import how_kept
from kiosk.office.lastwords import LastWords
from kiosk.office.learning import shown_qualities, shown_remedies
from kiosk.office.lifetimes import look
from kiosk.office.needs import SHOWN
from kiosk.office.page import OfficePage, make_app
from kiosk.office.passing import PassingOn, upstream_of
from kiosk.office.records import KioskLast
from kiosk.office.registry import CurrentRegistry, Registry, load_registry
from kiosk.office.renewing import waiting_since
from kiosk.office.settings import OfficeSettings
from kiosk.office.shards import all_collectors
from kiosk.office.snapshot import Snapshot
from kiosk.office.twin import twin_of
from kiosk.office.wording import LOCAL
from kiosk.uplink.process import Stop

_log = logging.getLogger(__name__)

NEWEST = 25
COMMANDS = 10
# Connections at once, of which a browser keeps up to six; pages that are told of changes have a bound of their own
# (`kiosk.office.streams`), so that they leave room for sign-ins, sheets and metrics.
CONNECTIONS = 512
JOIN_TIMEOUT_S = 10.0
LOOK_S = 0.2


def run_office(
    settings: OfficeSettings,
    stop: Stop,
    *,
    ready: Callable[[str], None] = lambda _address: None,
    heartbeat: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Collect and show until ``stop`` is set.

    Args:
        settings: the office.
        stop: set from a signal handler or another thread.
        ready: called once with the page's address, when the page answers.
        heartbeat: called each turn of the collector, for a service watchdog.
        now: the clock, UTC.

    Raises:
        OfficeError: not initialised, a key file is damaged or open to others, the database cannot be opened, the page's
            port is taken, or a part of it ended by itself; then a service manager should start it again.
    """
    # First of all: in a wrong directory not even an empty database is to be made.
    load_registry(settings.layout.registry)
    changes = Changes()
    with (
        closing(OfficeDatabase.open(settings.database)) as database,
        closing(Collecting(settings, changes, now=now)) as collecting,
        _listen(settings) as listener,
    ):
        upstream = upstream_of(settings)
        passing = None if upstream is None else PassingOn(settings, upstream, changes, now=now)
        registry, last_words = CurrentRegistry(settings.layout.registry), LastWords(database)
        activity = Activity(database)
        page = OfficePage(
            lambda: take_snapshot(
                settings, registry(), last_words(), database, (collecting, passing, activity), now=now
            ),
            changes,
            office=settings.name,
            refresh_s=settings.refresh_s,
            twin=partial(twin_of, database),
        )
        ended = threading.Event()
        server = _server(page, Door.of(database, now=now), database, changes)
        threads = [
            _Part("collector", lambda: collecting.run(_Either(stop, ended), heartbeat=heartbeat), ended),
            _Part("copies", lambda: collecting.levelling.run(_Either(stop, ended), database), ended),
            _Part("page", lambda: server.run(sockets=[listener]), ended),
        ]
        if passing is not None:
            threads.append(_Part("passing on", lambda: passing.run(_Either(stop, ended)), ended))
        for thread in threads:
            thread.start()
        host, port = listener.getsockname()[:2]
        ready(f"http://{host}:{port}/")
        while not stop.is_set() and not ended.wait(LOOK_S):
            pass
        ended.set()
        server.should_exit = True
        for thread in threads:
            thread.join(JOIN_TIMEOUT_S)
    failed = next((thread for thread in threads if thread.failure is not None), None)
    if failed is not None:
        raise OfficeError(f"the office's {failed.name} ended: {type(failed.failure).__name__}") from failed.failure


def take_snapshot(
    settings: OfficeSettings,
    registry: Registry,
    kiosks: Sequence[KioskLast],
    database: OfficeDatabase,
    parts: tuple[Collecting, PassingOn | None, Activity],
    *,
    now: Callable[[], datetime],
) -> Snapshot:
    """What the page shows at this moment; ``parts``: what collects, passes on and counts, in this process."""
    moment, (collecting, passing, activity) = now(), parts
    collectors = standings(database, settings.database, all_collectors(registry))
    # Where another process collects, that one knows its broker; here it is enough that somebody does.
    elsewhere = any(one.shard == settings.shard and one.active for one in collectors)
    midnight = moment.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    waiting, waiting_from = waiting_since(settings.layout)
    ends = look(settings)
    gaps = database.gaps()
    return Snapshot(
        now=moment,
        registry=registry,
        kiosks=kiosks,
        enrolments=database.newest(limit=NEWEST),
        alarms=database.alarms(),
        gaps=gaps,
        missing=database.missing(sorted(gaps)[:SHOWN]) if gaps else {},
        received_today=database.count(since=midnight),
        received_all=database.count(),
        broker_up=collecting.online if collecting.on_duty else elsewhere,
        broker_not_after=ends.first()[1],
        authority_not_after=ends.first_authority()[1],
        silent_after_s=settings.silent_after_s,
        low_battery=settings.low_battery,
        remedies=shown_remedies(database, now=moment),
        qualities=shown_qualities(database, now=moment),
        activity=activity(moment),
        commands=given_commands(database, limit=COMMANDS),
        revocations_until=ends.revocations,
        renewals_waiting=waiting,
        differing=differing(database),
        renewals_since=waiting_from,
        collectors=collectors,
        keeping=how_kept(database, settings.layout.collector),
        above=None if passing is None else passing.standing(database),
    )


class _Part(threading.Thread):
    """A thread that says when and why it ended."""

    def __init__(self, name: str, work: Callable[[], None], ended: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._ended = ended
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Do the work; whatever ends it is kept for the owner."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed to the owner's thread, which raises
            self.failure = error
        finally:
            self._ended.set()


class _Either:
    """Set when one of two is."""

    def __init__(self, first: Stop, second: Stop) -> None:
        self._both = (first, second)

    def is_set(self) -> bool:
        """Whether to end."""
        return any(stop.is_set() for stop in self._both)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the second; the first is looked at afterwards."""
        return self._both[1].wait(timeout) or self.is_set()


class _QuietServer(uvicorn.Server):
    """A server on a thread: signals belong to the process's main thread."""

    def install_signal_handlers(self) -> None:
        """Leave the signals alone."""


def _server(page: OfficePage, door: Door, database: OfficeDatabase, changes: Changes) -> _QuietServer:
    # No access log: addresses and queries are nobody's business; errors go to the program's own log.
    config = uvicorn.Config(
        make_app(
            page,
            door,
            [*DeskPages(page, door, database, changes).routes, *AuditPages(page, door, database).routes],
        ),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        limit_concurrency=CONNECTIONS,
    )
    return _QuietServer(config)


def _listen(settings: OfficeSettings) -> socket.socket:
    try:
        return socket.create_server((settings.page_host, settings.page_port))
    except OSError as error:
        where = f"{settings.page_host}:{settings.page_port}"
        if error.errno == errno.EADDRINUSE:
            text = f"the page's address {where} is in use; another office may be running, or choose another page port"
            raise OfficeError(text) from error
        # The library appends the address to the reason, once more.
        reason = (error.strerror or type(error).__name__).partition(" (while ")[0]
        raise OfficeError(f"the page cannot listen on {where}: {reason}") from error
