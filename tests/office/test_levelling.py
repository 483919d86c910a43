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
from kiosk.office.levelling import NOT_LEVEL, RECIPIENTS, Levelling, NotLevel, newest
from kiosk.office.provisioning import init_office, revoke_kiosk
from kiosk.office.recipients import change_recipients
from kiosk.office.registry import load_registry, save_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.signed import GOVERNOR, REGISTRY, sign_masters
from kiosk.sealing import cbor
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
    sign_masters(first, place="first")
    shutil.copy(first.master_governor_word, first.governor_word)
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
    root = SigningKey.load(OfficeLayout(layout.root.parent / "first").registry_key)
    layout.registry_word.write_bytes(sign_carried(Carried(REGISTRY, revision, layout.registry.read_bytes()), root))


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


def test_a_word_that_no_collector_has_signed_is_taken_by_none(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    number = change_recipients(first, now=lambda: NOW).keys.number
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SigningKey, "load", lambda _path: SigningKey.generate())
        at(first).level(database)
    assert newest(database)[RECIPIENTS].revision == number
    with pytest.raises(NotLevel, match=r"copy .*second/collector/recipients\.cose from first to second"):
        at(second).level(database)
    assert not second.recipients.exists()
    assert [(alarm.kiosk, alarm.code) for alarm in database.alarms()] == [("", NOT_LEVEL)]


def test_a_number_that_is_not_the_copys_own_takes_nobody_back(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    at(first).level(database)
    publish(second, 6, revoked=True)
    with database.reading() as connection:
        word = bytes(connection.scalar(select(tables.carried.c.word).where(tables.carried.c.what == REGISTRY)) or b"")
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
            shutil.copy(first.registry_word, second.registry_word)
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


def forged(layout: OfficeLayout, database: OfficeDatabase, revision: int = 1 << 60) -> None:
    """What a captured collector makes of the registry, here and in the database, with all the keys that it has."""
    registry = load_registry(layout.registry)
    trusted = {name: replace(entry, revoked_at=None) for name, entry in registry.kiosks.items()}
    save_registry(layout.registry, replace(registry, kiosks=trusted, revision=revision))
    receipt = SigningKey.load(layout.collector / "receipt.key")
    put(database, REGISTRY, revision, sign_carried(Carried(REGISTRY, revision, layout.registry.read_bytes()), receipt))


def is_revoked(layout: OfficeLayout) -> bool:
    return load_registry(layout.registry).kiosks[KIOSK].revoked_at is not None


def test_a_number_that_only_a_captured_collector_gives_lasts_no_longer_than_it(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    publish(first, 6, revoked=True)
    at(first).level(database)
    at(second).level(database)
    forged(second, database)
    assert not is_revoked(second)
    # Elsewhere it is believed by nobody: who has less stands still, and where root governs it is put right.
    third = OfficeLayout(second.root.parent / "third")
    shutil.copytree(second.collector, third.collector)
    with pytest.raises(NotLevel, match="which cannot be taken over"):
        at(third).level(database)
    at(first).level(database)
    assert newest(database)[REGISTRY].revision == 6
    for layout in (first, second, third):
        at(layout).level(database)
        assert is_revoked(layout)
    publish(first, 7)
    for layout in (first, second, third):
        at(layout).level(database)
        assert not is_revoked(layout)
    # Also what root has signed itself is not the newest for its place in the database.
    put(database, REGISTRY, 1 << 60, first.registry_word.read_bytes())
    at(first).level(database)
    assert newest(database)[REGISTRY].revision == 7


def test_a_collector_that_believed_such_a_number_before_there_were_signatures_is_freed_by_roots_next_command(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    for layout in computers:
        layout.registry_word.unlink()
        layout.governor_word.unlink()
    at(first).level(database)
    forged(first, database)
    at(second).level(database)
    assert (load_registry(second.registry).revision, second.governor_word.exists()) == (1 << 60, False)
    revoke_kiosk(first.root, KIOSK, now=lambda: NOW)
    sign_masters(first, place="first")  # `revoke` has written this computer's own name
    shutil.copy(first.master_governor_word, first.governor_word)
    at(first).level(database)
    for layout in computers:
        at(layout).level(database)
        assert (load_registry(layout.registry), is_revoked(layout)) == (load_registry(first.master_registry), True)
    assert set(newest(database)) >= {GOVERNOR, REGISTRY}
    # And what stands in its folder alone does not bring it back.
    second.registry_word.unlink()
    forged(second, database)
    with pytest.raises(NotLevel, match="which cannot be taken over"):
        at(second).level(database)
    at(first).level(database)
    at(second).level(database)
    assert is_revoked(second)


def test_the_word_about_roots_key_is_taken_with_the_command_keys_signature_alone(
    computers: tuple[OfficeLayout, OfficeLayout], database: OfficeDatabase
) -> None:
    first, second = computers
    for layout in computers:
        at(layout).level(database)
    before, other = second.governor_word.read_bytes(), SigningKey.generate()
    content = cbor.encode({"key": other.public.raw, "place": "second"})
    put(database, GOVERNOR, 1 << 60, sign_carried(Carried(GOVERNOR, 1 << 60, content), other))
    with pytest.raises(NotLevel, match="the registry key here is number"):
        at(second).level(database)
    at(first).level(database)
    at(second).level(database)
    assert second.governor_word.read_bytes() == before
    # Nothing signed is here, and nothing there: then nobody collects by what else lies here.
    second.registry_word.unlink()
    with database.transaction() as connection:
        connection.execute(delete(tables.carried).where(tables.carried.c.what == REGISTRY))
    with pytest.raises(NotLevel, match="no registry that root has signed is here"):
        at(second).level(database)
