"""An office is a kiosk of the office above: the same bytes go up, and its receipt settles them here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kiosk.custody.entries import Status
from kiosk.office import tables
from kiosk.office.broker import Broker
from kiosk.office.changes import Changes
from kiosk.office.collecting import Collecting
from kiosk.office.database import OfficeDatabase
from kiosk.office.doctor import examine
from kiosk.office.errors import OfficeError
from kiosk.office.forwarding import Above, Backlog, ForwardQueue, about, backlog, keep_word
from kiosk.office.intake import Intake
from kiosk.office.layout import OfficeLayout
from kiosk.office.metrics import metrics_text
from kiosk.office.needs import needs_of
from kiosk.office.passing import PassingOn, upstream_of
from kiosk.office.provisioning import init_office
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import settle
from kiosk.office.vouching import Vouching
from kiosk.office.wording import load_words
from kiosk.sealing.errors import BadEncoding, SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vouching import Vouch, sign_vouch, verify_vouch
from tests.office.conftest import free_port
from tests.office.stand import NOW, KioskSide, eventually, new_id
from tests.office.test_page import snapshot

OFFICE = "office-tk"


@dataclass
class Level:
    """One office with its broker; its collector and what passes on run between `start` and `stop`."""

    layout: OfficeLayout
    broker: Broker
    upstream: Path | None = None

    def __post_init__(self) -> None:
        self.settings = OfficeSettings(
            directory=self.layout.root, upstream=self.upstream, reconnect_min_s=0.05, reconnect_max_s=0.2
        )
        self.database = OfficeDatabase.open(self.settings.database)
        self.changes = Changes()
        self.passing: PassingOn | None = None
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self.broker.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.database.close()
        self.broker.close()

    def start(self) -> None:
        self._stop = threading.Event()
        collecting = Collecting(self.settings, self.changes, now=now)
        work = [lambda: collecting.run(self._stop)]
        upstream = upstream_of(self.settings)
        if upstream is not None:
            passing = self.passing = PassingOn(self.settings, upstream, self.changes, now=now)
            work.append(lambda: passing.run(self._stop))
        self._threads = [threading.Thread(target=part, daemon=True) for part in work]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


def now() -> datetime:
    return datetime.now(UTC)


def commune(folder: Path, *, kiosks: tuple[str, ...] = ("kiosk-tk-01",), port: int | None = None) -> OfficeLayout:
    return init_office(
        folder, province="tk", communes={"tk": "x"}, kiosks=kiosks, broker_port=port or free_port(), demo=True
    ).layout


def province(folder: Path, *, port: int | None = None) -> OfficeLayout:
    return init_office(
        folder,
        province="ht",
        communes={"tk": "x"},
        kiosks=[],
        offices=[OFFICE, "office-kx"],
        broker_port=port or free_port(),
        demo=True,
    ).layout


@pytest.fixture
def levels(tmp_path: Path) -> Iterator[tuple[Level, Level]]:
    """The commune's office and the province's, both at work."""
    ports = free_port(), free_port()
    with ExitStack() as stack:
        above = province(tmp_path / "province", port=ports[1])
        below = commune(tmp_path / "commune", port=ports[0])
        upper = Level(above, Broker(above.broker, port=ports[1], log_file=tmp_path / "upper.log"))
        lower = Level(below, Broker(below.broker, port=ports[0], log_file=tmp_path / "lower.log"), above.bundle(OFFICE))
        yield stack.enter_context(lower), stack.enter_context(upper)


def test_a_package_goes_up_as_it_was_sealed_and_is_settled_by_the_receipt_from_above(
    levels: tuple[Level, Level], tmp_path: Path
) -> None:
    # CK-UP-01, CK-UP-04, CK-UP-05
    lower, upper = levels
    with KioskSide(lower.layout, "kiosk-tk-01", tmp_path / "kiosk", lower.broker.port) as kiosk:
        kiosk.start(province="tk")
        first = kiosk.enrol(size=100_000)
        eventually(lambda: kiosk.status(first) is Status.SETTLED, "the province has it, and the kiosk knows")
        assert backlog(lower.database) == Backlog(0, 0, None)

        upper.stop()
        upper.broker.kill()
        lonely = [kiosk.enrol(), kiosk.enrol(size=200_000)]
        for entry in lonely:
            eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the commune's office has it")
        assert backlog(lower.database).waiting == 2
        lower.stop()
        lower.broker.kill()
        lower.broker.start()
        lower.start()
        upper.broker.start()
        upper.start()
        for entry in lonely:
            eventually(lambda e=entry: kiosk.status(e) is Status.SETTLED, "it is settled after all restarts")
    for entry in (first, *lonely):
        here, there = lower.database.package(entry.id), upper.database.package(entry.id)
        assert here is not None
        assert there is not None
        assert there[1] == here[1]
        assert (there[0].kiosk, there[0].seq, there[0].sha256) == ("kiosk-tk-01", entry.seq, entry.sha256)
        assert (here[0].name, there[0].name) == ("Nguyễn Thị Mận", "")
    settle_above(upper, first.id)
    eventually(lambda: standing(lower, first.id) == "settled", "the province has settled it, and the commune knows")
    assert upper.database.count() == 3
    assert (lower.database.gaps(), upper.database.gaps()) == ({}, {})
    assert [one.kiosk for one in upper.database.kiosks()] == [OFFICE]
    found = {one.what: one for one in examine(lower.settings, tmp_path, now=now())}["office above"]
    assert found.good, found.said
    assert found.said.startswith(f"{OFFICE} at localhost:")
    assert lower.database.alarms() == upper.database.alarms() == []


def settle_above(upper: Level, package_id: str) -> None:
    """A backup of the province was read back."""
    stored = upper.database.find(package_id)
    assert stored is not None
    key = SigningKey.load(upper.layout.collector / "receipt.key")
    settle(upper.database, key, {stored.number: stored.sha256}, at=now())


def standing(lower: Level, package_id: str) -> str | None:
    forward, enrolment = tables.forward, tables.enrolment
    query = select(forward.c.status).join(enrolment, enrolment.c.number == forward.c.number)
    with lower.database.reading() as connection:
        return connection.scalar(query.where(enrolment.c.id == package_id))


@dataclass
class Desks:
    """The province's desk without a broker, and the commune's kiosks."""

    upper: OfficeLayout
    lower: OfficeLayout
    database: OfficeDatabase

    def __post_init__(self) -> None:
        registry = load_registry(self.upper.registry)
        self.intake = Intake(
            self.database,
            registry=lambda: registry,
            summary_key=OpeningKey.load(self.upper.collector / "summary.key"),
            receipt_key=SigningKey.load(self.upper.collector / "receipt.key"),
            now=lambda: NOW,
        )
        self.vouching = Vouching(self.database, registry=lambda: registry, now=lambda: NOW)

    def key(self, office: str) -> SigningKey:
        return SigningKey.load(self.upper.bundle(office) / "kiosk" / "record.key")

    def vouch(self, kiosk: str, *, office: str = OFFICE, record_key: bytes | None = None) -> bool:
        key = record_key or load_registry(self.lower.registry).kiosks[kiosk].record_key
        return self.vouching.hear(office, kiosk, sign_vouch(Vouch(office, kiosk, key), self.key(office)))

    def codes(self) -> list[tuple[str, str]]:
        return [(alarm.kiosk, alarm.code) for alarm in self.database.alarms()]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    database = OfficeDatabase.open(f"sqlite:///{tmp_path / 'province.db'}")
    yield Desks(
        province(tmp_path / "upper"), commune(tmp_path / "lower", kiosks=("kiosk-tk-01", "kiosk-tk-02")), database
    )
    database.close()


def test_what_nobody_has_vouched_for_is_neither_taken_in_nor_refused(desks: Desks, tmp_path: Path) -> None:
    # CK-UP-02
    with KioskSide(desks.lower, "kiosk-tk-01", tmp_path / "k", 1) as kiosk:
        package_id = new_id()
        package = kiosk.package(package_id, 1, bytes(32))
    outcome = desks.intake.accept(OFFICE, package_id, package)
    assert (outcome.receipt, outcome.code, desks.database.count()) == (None, "not_vouched", 0)
    assert desks.codes() == [(OFFICE, "not_vouched")]
    assert desks.vouch("kiosk-tk-01")
    assert not desks.vouch("kiosk-tk-01")
    assert desks.codes() == []
    taken = desks.intake.accept(OFFICE, package_id, package)
    assert taken.new
    again = desks.intake.accept(OFFICE, package_id, package)
    assert (again.new, again.receipt) == (False, taken.receipt)
    stored = desks.database.find(package_id)
    assert stored is not None
    assert desks.intake.known(OFFICE, package_id, stored.sha256) == taken.receipt
    assert desks.intake.known("office-kx", package_id, stored.sha256) is None


def test_a_kiosk_belongs_to_the_office_that_vouched_for_it_first(desks: Desks, tmp_path: Path) -> None:
    # CK-UP-03
    assert desks.vouch("kiosk-tk-01")
    assert not desks.vouch("kiosk-tk-01", office="office-kx")
    assert not desks.vouch("kiosk-tk-01", record_key=bytes(32))
    assert set(desks.codes()) == {("kiosk-tk-01", "kiosk_twice")}
    with KioskSide(desks.lower, "kiosk-tk-01", tmp_path / "k", 1) as kiosk:
        package_id = new_id()
        package = kiosk.package(package_id, 1, bytes(32))
    assert desks.intake.accept("office-kx", package_id, package).code == "vouched_elsewhere"
    assert desks.intake.accept(OFFICE, package_id, package).new
    strange = KioskSide(desks.lower, "kiosk-tk-01", tmp_path / "s", 1, signer=SigningKey.generate())
    with strange as kiosk:
        package_id = new_id()
        refused = desks.intake.accept(OFFICE, package_id, kiosk.package(package_id, 2, b"p" * 32))
    assert refused.code == "wrong_key"


def test_a_vouch_counts_only_from_an_office_signed_by_it_for_the_topics_kiosk(desks: Desks) -> None:
    key = load_registry(desks.lower.registry).kiosks["kiosk-tk-01"].record_key
    word = Vouch(OFFICE, "kiosk-tk-01", key)
    own = sign_vouch(word, desks.key(OFFICE))
    for office, kiosk, signed in (
        (OFFICE, "kiosk-tk-02", own),
        ("office-kx", "kiosk-tk-01", own),
        (OFFICE, "kiosk-tk-01", sign_vouch(word, SigningKey.generate())),
        (OFFICE, "kiosk-tk-01", own[:-1]),
        (OFFICE, "kiosk-tk-01", b""),
        ("nobody", "kiosk-tk-01", own),
    ):
        assert not desks.vouching.hear(office, kiosk, signed)
    assert desks.vouching.hear(OFFICE, "kiosk-tk-01", own)


def test_numbers_missing_above_are_known_for_each_kiosk(desks: Desks, tmp_path: Path) -> None:
    for name in ("kiosk-tk-01", "kiosk-tk-02"):
        desks.vouch(name)
    with KioskSide(desks.lower, "kiosk-tk-01", tmp_path / "k", 1) as kiosk:
        for seq in (1, 4):
            package_id = new_id()
            assert desks.intake.accept(OFFICE, package_id, kiosk.package(package_id, seq, bytes([seq - 1]) * 32)).new
    assert desks.database.gaps() == {"kiosk-tk-01": 2}


def test_only_a_word_about_these_bytes_counts_and_only_what_follows(desks: Desks, tmp_path: Path) -> None:
    intake = desks.intake
    intake._forwards = True
    desks.vouch("kiosk-tk-01")
    with KioskSide(desks.lower, "kiosk-tk-01", tmp_path / "k", 1) as kiosk:
        package_id = new_id()
        intake.accept(OFFICE, package_id, kiosk.package(package_id, 1, bytes(32)))
    queue = ForwardQueue(desks.database, turn=lambda: 0, announce=lambda _kiosk: None)
    (entry,) = queue.unsettled()

    def awaits(seq: int, kiosk: str) -> bool:
        return queue.awaits(package_id, seq, entry.sha256, kiosk=kiosk, sender="office-tk")

    assert awaits(1, "kiosk-tk-01")
    assert not awaits(2, "kiosk-tk-01")
    assert not awaits(1, "kiosk-tk-02")
    key = SigningKey.generate()

    def said(status: str, *, sha256: bytes = entry.sha256, code: str = "") -> bool:
        receipt = Receipt(package_id, "kiosk-tk-01", 1, sha256, status, 0 if code else 7, NOW, code)  # type: ignore[arg-type]
        number = about(desks.database, receipt)
        return number is not None and keep_word(desks.database, number, receipt, sign_receipt(receipt, key), at=NOW)

    assert not said("received", sha256=bytes(32))
    assert said("rejected", code="revoked")
    assert (backlog(desks.database).refused, [one.code for one in queue.rejected()]) == (1, ["revoked"])
    assert said("received")
    assert not said("received")
    assert [one.id for one in queue.received()] == [package_id]
    assert said("settled")
    assert not said("rejected", code="revoked")
    assert queue.unsettled() == queue.received() == queue.rejected() == []
    assert settle(desks.database, key, {1: entry.sha256}, at=NOW).settled == (1,)


def test_what_waits_for_long_is_told_on_the_page_and_to_prometheus() -> None:
    waiting = Above(OFFICE, "province:8883", False, Backlog(12, 1, NOW - timedelta(hours=2)))
    seen = replace(snapshot(), above=waiting, now=NOW)
    (need, *_), _ = needs_of(seen, load_words("en"), [])
    assert "province:8883) cannot be reached: 12 enrolments wait" in need.text
    text = metrics_text(seen)
    assert "kiosk_office_above_waiting_enrolments 12" in text
    assert "kiosk_office_above_refused_enrolments 1" in text
    assert "kiosk_office_above_connected 0" in text
    fresh = replace(seen, above=replace(waiting, backlog=Backlog(1, 0, NOW - timedelta(minutes=1))))
    assert needs_of(fresh, load_words("en"), []) == ((), 0)


def test_a_bundle_that_is_not_whole_is_named(tmp_path: Path) -> None:
    below = commune(tmp_path / "commune")
    settings = OfficeSettings(directory=below.root, upstream=tmp_path / "nothing")
    with pytest.raises(OfficeError, match=r"\[upstream\] bundle: .*nothing/uplink/bundle.json cannot be read"):
        upstream_of(settings)
    above = province(tmp_path / "province")
    (above.bundle(OFFICE) / "kiosk" / "record.key").chmod(0o644)
    with pytest.raises(OfficeError, match=r"\[upstream\] bundle: .*record.key"):
        upstream_of(replace(settings, upstream=above.bundle(OFFICE)))


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_vouch(data: bytes) -> None:
    with pytest.raises(SealingError):
        verify_vouch(data, SigningKey.generate().public)
    with pytest.raises(BadEncoding):
        Vouch("o", "k", data[:31])
