"""Static shards: who receives from whom, and a second collector that waits and takes over without a moment of two."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from psycopg import BaseConnection
from psycopg._cursor_base import BaseCursor
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import Status
from kiosk.office import collecting, duty, tables
from kiosk.office.broker import Broker
from kiosk.office.changes import Changes
from kiosk.office.collecting import Collecting
from kiosk.office.database import OfficeDatabase, insert_enrolment, keep_receipt
from kiosk.office.duty import ABOVE, DutyLost, SessionDuty, Standing, standings
from kiosk.office.errors import OfficeError, ProvisioningError
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import SettledReceipts
from kiosk.office.shards import OwnKiosks, all_collectors, checked_shards, filters_of
from tests.office.conftest import Village, free_port
from tests.office.postgres import Postgres
from tests.office.stand import NOW, KioskSide, eventually, intake_of, link_settings_of, new_id
from tests.office.test_broker_access import calling
from tests.office.test_desk_pages import enrolled

COMMUNES = {"tk": "Thạch Kênh", "th": "Thạch Hà", "kx": "Kỳ Xuân"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "LOOK_S", 0.05)
    monkeypatch.setattr(collecting, "LOOK_S", 0.05)


@pytest.fixture
def url(postgres: Postgres) -> str:
    url = postgres.new_database()
    OfficeDatabase.open(url).close()
    return url


def taken(one: SessionDuty) -> OfficeDatabase:
    database = one.take(threading.Event(), lambda: None)
    assert database is not None
    return database


def end_session(url: str, *, of: str) -> None:
    """Of the one that holds the lock: what a server does that is restarted, or that a network has cut off."""
    database = OfficeDatabase.open(url)
    query = (
        "SELECT pg_terminate_backend(s.pid) FROM pg_stat_activity s JOIN pg_locks l ON l.pid = s.pid "
        "AND l.granted AND l.locktype = 'advisory' WHERE s.application_name LIKE :mark"
    )
    with database.reading() as connection:
        assert connection.execute(text(query), {"mark": f"kiosk-duty/{of}/%"}).all()
    database.close()


@contextmanager
def waiting(one: SessionDuty) -> Iterator[list[OfficeDatabase]]:
    """The duty asked for on a thread; what it was given, when it was."""
    given: list[OfficeDatabase] = []
    stop = threading.Event()

    def wait() -> None:
        database = one.take(stop, lambda: None)
        if database is not None:
            given.append(database)

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield given
    finally:
        stop.set()
        thread.join()
        one.end()


def test_a_commune_is_in_one_shard_and_what_none_names_is_the_nameless_ones(tmp_path: Path) -> None:
    made = init_office(
        tmp_path / "office", province="ht", communes=COMMUNES, kiosks=["k-1"], demo=True, shards={"north": ["tk", "th"]}
    )
    registry = load_registry(made.layout.registry)
    assert all_collectors(registry) == ("", "north")
    assert filters_of(registry, "north") == ("ev1/ht/th/#", "ev1/ht/tk/#")
    assert filters_of(registry, "") == ("ev1/ht/kx/#",)
    with pytest.raises(ProvisioningError, match="shard 'south' is unknown"):
        filters_of(registry, "south")
    with pytest.raises(ProvisioningError, match="'tk' would be in two shards, north and south"):
        checked_shards({"south": ["tk"]}, registry.shards, registry.communes)
    with pytest.raises(ProvisioningError, match="'xx' is not among"):
        checked_shards({"south": ["xx"]}, registry.shards, registry.communes)
    with pytest.raises(ProvisioningError, match="the name of the office's own client"):
        init_office(tmp_path / "office", province="ht", communes=COMMUNES, kiosks=["collector-east"], demo=True)


def test_shards_need_postgresql_and_a_certificate_of_their_own(tmp_path: Path) -> None:
    layout = init_office(
        tmp_path, province="ht", communes=COMMUNES, kiosks=["k-1"], demo=True, shards={"north": ["tk"]}
    ).layout
    with pytest.raises(OfficeError, match="shards need PostgreSQL"):
        Collecting(OfficeSettings(directory=layout.root, shard="north"), Changes(), now=lambda: NOW)
    url = "postgresql+psycopg://nobody@/nothing"
    own = OfficeSettings(directory=layout.root, shard="north", database_url=url)
    wrong = OfficeSettings(directory=layout.root, database_url=url, broker=own.link(load_registry(layout.registry)))
    with pytest.raises(OfficeError, match="is the certificate of 'collector-north', and this is 'collector'"):
        Collecting(wrong, Changes(), now=lambda: NOW)
    Collecting(own, Changes(), now=lambda: NOW).close()


def test_with_sqlite_a_second_collector_is_refused_and_named(tmp_path: Path) -> None:
    layout = init_office(tmp_path, province="ht", communes=["tk"], kiosks=["k-1"], demo=True).layout
    settings = OfficeSettings(directory=layout.root)
    first = Collecting(settings, Changes(), now=lambda: NOW)
    database = OfficeDatabase.open(settings.database)
    with pytest.raises(OfficeError, match=r"has a collector already \(process \d+\): with SQLite there is one"):
        Collecting(settings, Changes(), now=lambda: NOW)
    (standing,) = standings(database, settings.database, ("",))
    assert standing.active is not None
    first.close()
    assert standings(database, settings.database, ("",)) == [Standing("", None)]
    Collecting(settings, Changes(), now=lambda: NOW).close()
    database.close()


def test_who_asks_who_collects_refuses_no_collector_that_begins_just_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    begins = duty.duty_of(url, "")
    begins.reserve()
    begins.end()
    asking = False

    def meanwhile(name: str) -> Callable[..., object]:
        real = getattr(fcntl, name)

        def call(*what: object) -> object:
            nonlocal asking
            found = real(*what)
            if asking:  # whatever is asked with, and before it is over
                asking = False
                begins.reserve()
            return found

        return call

    for name in ("flock", "fcntl"):
        monkeypatch.setattr(fcntl, name, meanwhile(name))
    with closing(OfficeDatabase.open(url)) as database:
        asking = True
        assert standings(database, url, ("",)) == [Standing("", None)]
        assert not asking
        assert standings(database, url, ("", ABOVE)) == [Standing("", f"process {os.getpid()}"), Standing(ABOVE, None)]
        begins.end()
        assert standings(database, url, ("",)) == [Standing("", None)]


def test_a_second_one_waits_and_what_the_first_had_not_committed_never_is(village: Village, url: str) -> None:
    first, second = SessionDuty(url, "north"), SessionDuty(url, "north")
    database = taken(first)
    with waiting(second) as given:
        looking = OfficeDatabase.open(url)
        eventually(lambda: bool(standings(looking, url, ("north",))[0].waiting), "the second one waits")
        assert standings(looking, url, ("north", "south"))[1] == Standing("south", None)
        assert not given
        transaction = database.transaction()
        transaction.__enter__().execute(text("INSERT INTO alarm (kiosk, code, detail, at) VALUES ('k', 'c', '', 't')"))
        end_session(url, of="north")
        eventually(lambda: bool(given), "the second one collects")
        with pytest.raises(SQLAlchemyError):  # the first one does not know, and commits now
            transaction.__exit__(None, None, None)
        assert looking.alarms() == []
        with KioskSide(village.layout, "kiosk-tk-01", village.layout.root / "split", village.port) as kiosk:
            package_id = new_id()
            package = kiosk.package(package_id, 1, bytes(32))
        with pytest.raises(SQLAlchemyError):
            intake_of(village.layout, database).accept("kiosk-tk-01", package_id, package)
        assert looking.count() == 0
        with pytest.raises(DutyLost):
            first.check()
        assert intake_of(village.layout, given[0]).accept("kiosk-tk-01", package_id, package).new
        second.check()
        assert looking.count() == 1
        looking.close()
    first.end()


def test_a_package_costs_few_exchanges_with_the_server(
    village: Village, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a wait: of a busy server they are what a country's peak is made of."""
    one = SessionDuty(url, "")
    intake = intake_of(village.layout, taken(one))
    with KioskSide(village.layout, "kiosk-tk-01", village.layout.root / "few", village.port) as kiosk:
        package_id = new_id()
        package = kiosk.package(package_id, 1, bytes(32))
    asked: list[str] = []

    def counted(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*what: object, **more: object) -> object:
            asked.append(name)
            return real(*what, **more)

        return call

    # A statement, and a word about a transaction: all that goes to the server and is waited for.
    for part, name in ((BaseCursor, "_maybe_prepare_gen"), (BaseConnection, "_exec_command")):
        monkeypatch.setattr(part, name, counted(name, getattr(part, name)))
    assert intake.known("kiosk-tk-01", package_id, bytes(32)) is None
    assert len(asked) == 2
    assert intake.accept("kiosk-tk-01", package_id, package).new
    assert len(asked) <= 2 + 9
    asked.clear()
    one.check()
    assert len(asked) == 1
    one.end()


def test_a_frozen_one_is_put_off_duty_by_the_server(url: str) -> None:
    frozen, second = SessionDuty(url, "", lease_s=0.2), SessionDuty(url, "")
    database = taken(frozen)
    with waiting(second) as given:
        eventually(lambda: bool(given), "the second one collects")
        with pytest.raises(DutyLost):
            frozen.check()
        with pytest.raises(SQLAlchemyError), database.transaction() as connection:
            connection.execute(text("SELECT 1"))
    frozen.end()


@dataclass
class Serving:
    """One collector's process, on a thread."""

    settings: OfficeSettings
    changes: Changes = field(default_factory=Changes)

    def __post_init__(self) -> None:
        self.collecting = Collecting(self.settings, self.changes, now=lambda: datetime.now(UTC))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.collecting.run, args=(self._stop,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def sharded(tmp_path: Path) -> Iterator[tuple[OfficeLayout, int]]:
    port = free_port()
    layout = init_office(
        tmp_path / "office",
        province="ht",
        communes=COMMUNES,
        kiosks={"kiosk-tk-01": "tk", "kiosk-kx-01": "kx"},
        broker_port=port,
        demo=True,
        shards={"north": ["tk", "th"]},
    ).layout
    broker = Broker(layout.broker, port=port, log_file=tmp_path / "broker.log")
    broker.start()
    yield layout, port
    broker.close()


def test_each_shard_receives_its_own_and_one_that_waits_takes_over(
    sharded: tuple[OfficeLayout, int], url: str, tmp_path: Path
) -> None:
    layout, port = sharded

    def settings(shard: str) -> OfficeSettings:
        return OfficeSettings(
            directory=layout.root, database_url=url, shard=shard, reconnect_min_s=0.05, reconnect_max_s=0.2
        )

    looking = OfficeDatabase.open(url)
    with (
        Serving(settings("north")) as north,
        KioskSide(layout, "kiosk-tk-01", tmp_path / "tk", port) as tk,
        KioskSide(layout, "kiosk-kx-01", tmp_path / "kx", port) as kx,
    ):
        tk.start()
        kx.start(commune="kx")
        entry, far = tk.enrol(), kx.enrol()
        eventually(lambda: tk.status(entry) is Status.RECEIVED, "the package of the shard's commune is received")
        assert kx.status(far) is Status.SEALED  # nobody collects there yet
        with Serving(settings("")) as rest, Serving(settings("north")) as standby:
            eventually(lambda: kx.status(far) is Status.RECEIVED, "the other commune's is, by the other collector")
            assert (rest.collecting.on_duty, standby.collecting.on_duty) == (True, False)
            end_session(url, of="north")
            eventually(lambda: north.collecting.on_duty or standby.collecting.on_duty, "one of the two goes on")
            assert not (north.collecting.on_duty and standby.collecting.on_duty)
            again = [tk.enrol(size=200_000) for _ in range(3)]
            for one in again:
                eventually(lambda e=one: tk.status(e) is Status.RECEIVED, "it is received")
        tk.stop()
        kx.stop()
    assert looking.count() == 5
    assert looking.gaps() == {}
    looking.close()


def test_each_shard_tells_its_own_kiosks_what_is_settled(sharded: tuple[OfficeLayout, int], url: str) -> None:
    whole = load_registry(sharded[0].registry)
    told: list[str] = []

    def publish(topic: str, _payload: bytes) -> int:
        told.append(topic)
        return len(told)

    with closing(OfficeDatabase.open(url)) as database:
        with database.transaction() as connection:
            for seq, kiosk in enumerate(("kiosk-kx-01", "kiosk-tk-01", "kiosk-kx-01"), 1):
                number = insert_enrolment(connection, replace(enrolled(seq), kiosk=kiosk), received_at=NOW)
                keep_receipt(connection, number, b"signed")
                connection.execute(insert(tables.untold).values(number=number))
        for shard in ("north", ""):
            own = OwnKiosks(lambda: whole, shard)
            told.clear()
            SettledReceipts(database, registry=lambda: whole, own=own, publish=publish, monotonic_s=lambda: 1.0).tell()
            assert told == {"north": ["ev1/ht/tk/kiosk-tk-01/ack"], "": ["ev1/ht/kx/kiosk-kx-01/ack"] * 2}[shard]


def test_the_broker_lets_a_shard_hear_and_answer_its_own_communes_alone(sharded: tuple[OfficeLayout, int]) -> None:
    layout, port = sharded
    north = replace(
        OfficeSettings(directory=layout.root, shard="north").link(load_registry(layout.registry)), session_expiry_s=0
    )
    with (
        calling(north, "ev1/#") as shard,
        calling(link_settings_of(layout, "kiosk-kx-01", port), "ev1/ht/kx/kiosk-kx-01/ack") as far,
        calling(link_settings_of(layout, "kiosk-tk-01", port), "ev1/ht/tk/kiosk-tk-01/ack") as near,
    ):
        for caller in (shard, far, near):
            caller.until(lambda c=caller: c.link.up, "it is connected")
        assert far.say("ev1/ht/kx/kiosk-kx-01/state") is None
        assert near.say("ev1/ht/tk/kiosk-tk-01/state") is None
        shard.until(lambda: bool(shard.messages), "the shard hears its own")
        assert [message.topic for message in shard.messages] == ["ev1/ht/tk/kiosk-tk-01/state"]
        assert shard.say("ev1/ht/tk/kiosk-tk-01/ack") is None
        assert shard.say("ev1/ht/all/all/beat") is None
        assert shard.say("ev1/ht/kx/kiosk-kx-01/ack") == "Not authorized"
