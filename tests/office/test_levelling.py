"""What root publishes at one computer is what the collectors at all others work by, or they do not collect."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from kiosk.office import collecting, duty, levelling, tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.duty import standings
from kiosk.office.layout import OfficeLayout
from kiosk.office.levelling import NOT_LEVEL, RECIPIENTS, REGISTRY, Levelling, NotLevel, newest
from kiosk.office.provisioning import init_office
from kiosk.office.recipients import change_recipients
from kiosk.office.registry import load_registry, save_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.carried import Carried, sign_carried
from kiosk.sealing.keys import SigningKey
from tests.office.postgres import Postgres
from tests.office.stand import NOW, KioskSide, eventually, intake_of, new_id
from tests.office.test_shards import Serving

KIOSK = "kiosk-tk-01"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (collecting, duty, levelling):
        monkeypatch.setattr(module, "LOOK_S", 0.05)
    monkeypatch.setattr(collecting, "REFUSED_S", 0.05)


@pytest.fixture
def computers(tmp_path: Path) -> tuple[OfficeLayout, OfficeLayout]:
    """The computer where root's commands are given, and another one that was brought the collector's folder once."""
    first = init_office(tmp_path / "first", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout
    publish(first, 5)
    second = OfficeLayout(tmp_path / "second")
    shutil.copytree(first.collector, second.collector)
    return first, second


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    with closing(OfficeDatabase.open(database_url)) as opened:
        yield opened


def publish(layout: OfficeLayout, revision: int, *, revoked: bool = False) -> None:
    """What a command of root's leaves in the collector's folder."""
    registry = load_registry(layout.registry)
    entry = replace(registry.kiosks[KIOSK], revoked_at=NOW if revoked else None)
    save_registry(layout.registry, replace(registry.with_kiosk(entry), revision=revision))


def at(layout: OfficeLayout) -> Levelling:
    return Levelling(layout, now=lambda: NOW, place=layout.root.name)


def test_a_revocation_at_one_computer_holds_at_the_other(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    for layout in computers:
        at(layout).level(database)
    assert newest(database)[REGISTRY].place == "first"
    with KioskSide(first, KIOSK, first.root / "split", 1) as kiosk:
        packages = [(new_id(), seq) for seq in (1, 2)]
        made = [kiosk.package(package_id, seq, bytes([seq - 1]) * 32) for package_id, seq in packages]
    publish(first, 6, revoked=True)
    assert intake_of(second, database).accept(KIOSK, packages[0][0], made[0]).code == ""
    at(first).level(database)
    assert at(second).older(database) == ["the registry here is number 5, and first has worked by number 6"]
    at(second).level(database)
    assert load_registry(second.registry) == load_registry(first.registry)
    assert intake_of(second, database).accept(KIOSK, packages[1][0], made[1]).code == "revoked"
    assert at(second).older(database) == []


def test_the_word_about_recipients_goes_with_it_and_only_as_root_has_signed_it(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    number = change_recipients(first, now=lambda: NOW).keys.number
    for layout in computers:
        at(layout).level(database)
    assert second.recipients.read_bytes() == first.recipients.read_bytes()
    # A captured collector holds the receipt key; the key that kiosks obey it does not.
    forged = first.recipients.read_bytes()[:-1] + b"\0"
    receipt = SigningKey.load(first.collector / "receipt.key")
    put(database, RECIPIENTS, number + 1, sign_carried(Carried(RECIPIENTS, number + 1, forged), receipt))
    with pytest.raises(NotLevel, match=rf"number {number}, and .* number {number + 1}, which cannot be taken over"):
        at(second).level(database)
    assert second.recipients.read_bytes() == first.recipients.read_bytes()


def test_a_copy_that_no_collector_has_signed_is_taken_by_none(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    at(first).level(database)
    before = second.registry.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SigningKey, "load", lambda _path: SigningKey.generate())
        publish(first, 6)
        at(first).level(database)
    with pytest.raises(NotLevel, match=r"copy .*second/collector/registry\.json from first to second"):
        at(second).level(database)
    assert second.registry.read_bytes() == before
    assert [(alarm.kiosk, alarm.code) for alarm in database.alarms()] == [("", NOT_LEVEL)]


def test_a_number_that_is_not_the_copys_own_takes_nobody_back(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    at(first).level(database)
    publish(second, 6, revoked=True)
    with database.reading() as connection:
        word = bytes(connection.scalar(select(tables.carried.c.word)) or b"")
    put(database, REGISTRY, 1 << 40, word)  # an older copy, and a number by which it would seem the newest
    with pytest.raises(NotLevel, match="another copy is signed than the one that stands there"):
        at(second).level(database)
    assert load_registry(second.registry).kiosks[KIOSK].revoked_at == NOW


def test_one_number_is_one_registry(computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase) -> None:
    first, second = computers
    at(first).level(database)
    publish(second, 5, revoked=True)
    with pytest.raises(NotLevel, match="are both number 5, and differ: they were changed on two computers"):
        at(second).level(database)
    publish(second, 6, revoked=True)
    at(second).level(database)
    at(first).level(database)
    assert load_registry(first.registry).kiosks[KIOSK].revoked_at == NOW
    with database.transaction() as connection:
        connection.execute(delete(tables.carried))
    at(first).level(database)
    assert newest(database)[REGISTRY].revision == 6


def test_who_is_not_level_does_not_collect_until_it_is(
    computers: tuple[OfficeLayout, OfficeLayout], postgres: Postgres
) -> None:
    first, second = computers
    url = postgres.new_database()
    with closing(OfficeDatabase.open(url)) as looking:
        publish(first, 6)
        at(first).level(looking)
        put(looking, REGISTRY, 6, b"")  # as a damaged disk would have it
        settings = OfficeSettings(directory=second.root, database_url=url, reconnect_min_s=0.05, reconnect_max_s=0.2)
        with Serving(settings) as serving:
            eventually(lambda: bool(looking.alarms()), "it says why it does not collect")
            assert not serving.collecting.on_duty
            eventually(lambda: standings(looking, url, ("",))[0].active is None, "another one may")
            shutil.copy(first.registry, second.registry)
            eventually(lambda: serving.collecting.on_duty, "it collects, once its copy is the newest")
            assert looking.alarms() == []
            publish(first, 7, revoked=True)
            at(first).level(looking)  # whoever waits at the first computer does that
            eventually(lambda: load_registry(second.registry).revision == 7, "one that collects follows")
            assert serving.collecting.on_duty


def put(database: OfficeDatabase, what: str, revision: int, word: bytes) -> None:
    table = tables.carried
    with database.transaction() as connection:
        connection.execute(update(table).where(table.c.what == what).values(revision=revision, word=word))
