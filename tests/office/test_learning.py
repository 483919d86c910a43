"""What helps worn fingers: counted once, given back signed, over a real broker, and shown on the page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.custody.errors import CustodyError
from kiosk.domain.experience import Remedy, RemedyOutcome, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.office import learning
from kiosk.office.database import OfficeDatabase
from kiosk.office.helping import help_cards
from kiosk.office.learning import KEEP_DAYS, Learning, days_of_remedies, shown_remedies
from kiosk.office.wording import LOCAL, load_words
from kiosk.runtime.remedies import RemedyBook
from kiosk.runtime.worker import Worker
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.learnt import verify_learnt
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import RemedyDay, RemedyTally, encode_json
from tests.office.conftest import Village, raise_village
from tests.office.stand import KioskSide, eventually, open_office
from tests.office.test_broker_access import calling, link_settings

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = NOW.astimezone(LOCAL).date()
PAIR = (PrintVerdict.TOO_DRY, Remedy.DAMP)
KEY = SigningKey.generate()
EPOCH = "00" * 8


def row(tried: int = 20, helped: int = 14, remedy: Remedy = Remedy.DAMP, gain: int = 9) -> RemedyTally:
    before = 30 * tried
    return RemedyTally(
        verdict=PrintVerdict.TOO_DRY,
        remedy=remedy,
        tried=tried,
        helped=helped,
        before=before,
        after=before + gain * tried,
    )


def day(*rows: RemedyTally, on: date = TODAY, epoch: str = EPOCH) -> RemedyDay:
    return RemedyDay(epoch=epoch, day=on, rows=list(rows or [row()]))


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(database_url)
    yield database
    database.close()


@pytest.fixture
def desk(database: OfficeDatabase) -> Learning:
    return Learning(database, key=KEY, now=lambda: NOW)


def known(database: OfficeDatabase) -> Tally:
    return shown_remedies(database, now=NOW).get(PAIR, Tally())


def test_a_day_told_again_counts_once_and_a_fuller_one_takes_its_place(
    database: OfficeDatabase, desk: Learning
) -> None:
    # CK-REMEDY-02
    assert desk.hear("kiosk-tk-01", day(row(5, 3)))
    assert not desk.hear("kiosk-tk-01", day(row(5, 3)))
    assert known(database) == Tally(5, 3, 45)
    assert desk.hear("kiosk-tk-01", day(row(8, 4)))
    assert known(database) == Tally(8, 4, 72)
    # An older word that was under way longer changes nothing.
    assert not desk.hear("kiosk-tk-01", day(row(5, 3)))
    assert known(database) == Tally(8, 4, 72)


def test_kiosks_days_and_beginnings_add_up(database: OfficeDatabase, desk: Learning) -> None:
    desk.hear("kiosk-tk-01", day(row(5, 3)))
    desk.hear("kiosk-tk-02", day(row(5, 3)))
    desk.hear("kiosk-tk-01", day(row(5, 3), on=TODAY - timedelta(days=1)))
    # The kiosk lost its file and counts the same day anew.
    desk.hear("kiosk-tk-01", day(row(2, 2), epoch="11" * 8))
    assert known(database) == Tally(17, 11, 153)


@given(st.lists(st.tuples(st.sampled_from(["k-1", "k-2"]), st.integers(0, 2), st.integers(1, 9)), max_size=25))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_and_however_often_days_come_the_fullest_of_each_counts(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, int, int]]
) -> None:
    database = OfficeDatabase.open(f"sqlite:///{tmp_path_factory.mktemp('office') / 'office.db'}")
    desk = Learning(database, key=KEY, now=lambda: NOW)
    fullest: dict[tuple[str, int], int] = {}
    for kiosk, ago, tried in said:
        desk.hear(kiosk, day(row(tried, 1), on=TODAY - timedelta(days=ago)))
        fullest[kiosk, ago] = max(tried, fullest.get((kiosk, ago), 0))
    assert known(database).tried == sum(fullest.values())
    database.close()


@pytest.mark.parametrize("on", [date(2099, 1, 1), TODAY + timedelta(days=3), TODAY - timedelta(days=KEEP_DAYS + 1)])
def test_a_day_that_cannot_be_is_refused(database: OfficeDatabase, desk: Learning, on: date) -> None:
    with pytest.raises(BadMessage):
        desk.hear("kiosk-tk-01", day(on=on))
    assert known(database) == Tally()


def test_one_kiosk_cannot_fill_the_disk(
    database: OfficeDatabase, desk: Learning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MOST_ROWS", 3)
    for n in range(3):
        desk.hear("kiosk-tk-01", day(epoch=f"{n:016x}"))
    with pytest.raises(BadMessage):
        desk.hear("kiosk-tk-01", day(epoch="ff" * 8))
    assert desk.hear("kiosk-tk-02", day())


def test_what_is_too_old_is_forgotten(database: OfficeDatabase) -> None:
    clock = [NOW]
    desk = Learning(database, key=KEY, now=lambda: clock[0])
    desk.hear("kiosk-tk-01", day())
    clock[0] += timedelta(days=KEEP_DAYS + 1)
    desk.hear("kiosk-tk-01", day(on=TODAY + timedelta(days=KEEP_DAYS + 1)))
    assert list(days_of_remedies(database, since=date(2000, 1, 1))) == [TODAY + timedelta(days=KEEP_DAYS + 1)]


def test_the_word_to_all_kiosks_is_signed_fades_and_names_no_kiosk(database: OfficeDatabase, desk: Learning) -> None:
    # CK-LEARNT-01
    assert desk.word() is None
    desk.hear("kiosk-tk-01", day(row(20, 14), on=TODAY - timedelta(days=60)))
    desk.hear("kiosk-tk-02", day(row(10, 7)))
    word = desk.word()
    assert word is not None
    learnt = verify_learnt(word, KEY.public)
    assert (learnt.day, learnt.experience) == (TODAY, {PAIR: Tally(20, 14, 180)})
    assert b"kiosk" not in word
    with pytest.raises(SealingError):
        verify_learnt(word, SigningKey.generate().public)


def test_the_page_tells_per_verdict_what_helps_most_often_first() -> None:
    experience = {
        PAIR: Tally(20, 14, 180),
        (PrintVerdict.TOO_DRY, Remedy.WARM): Tally(10, 9, 130),
        (PrintVerdict.TOO_WET, Remedy.ICE): Tally(4, 0, -6),
    }
    cards = help_cards(experience, {PAIR: (30.4, 55.0)}, load_words("vi"))
    assert [card.verdict for card in cards] == ["Tay khô", "Tay ướt"]
    assert [(one.remedy, one.tally, one.percent, one.gain) for one in cards[0].rows] == [
        ("Ngâm nước ấm", "9/10", 90, "+13"),
        ("Khăn ẩm", "14/20", 70, "+9"),
    ]
    assert [(one.tally, one.gain) for one in cards[1].rows] == [("0/4", "−2")]
    warm, damp = (row.plot for row in cards[0].rows)
    assert warm is None  # of it nobody has told the qualities
    assert "trước 30, sau 55" in str(damp)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_verdict_and_remedy_has_its_words(language: str) -> None:
    words = load_words("en" if language == "en" else "vi")
    everything = {(verdict, remedy): Tally(1, 1, 1) for verdict in PrintVerdict for remedy in Remedy}
    assert len(help_cards(everything, {}, words)) == len(PrintVerdict)


def book_of(kiosk: KioskSide, worker: Worker, *, days_ahead: int = 0) -> RemedyBook:
    book = RemedyBook(
        kiosk.directory / "remedies.jsonl",
        kiosk.directory / "inbox.db",
        office=kiosk.keys.receipt,
        worker=worker,
        now=lambda: datetime.now(UTC),
        today=lambda: datetime.now(LOCAL).date() + timedelta(days=days_ahead),
        open_day_too=True,
    )
    book.open().result(20)
    return book


def tell(kiosk: KioskSide, book: RemedyBook) -> None:
    for told in book.untold():
        kiosk.outbox.add_telemetry("remedies", told)


@pytest.fixture
def worker() -> Iterator[Worker]:
    bugs: list[BaseException] = []
    worker = Worker("remedies", bugs.append)
    yield worker
    worker.stop(10)
    assert bugs == []


def test_what_helped_at_one_kiosk_is_known_at_another(village: Village, tmp_path: Path, worker: Worker) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with (
        open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office,
        KioskSide(village.layout, "kiosk-tk-01", first, village.port) as teacher,
        KioskSide(village.layout, "kiosk-tk-02", second, village.port) as pupil,
    ):
        book = book_of(teacher, worker)
        for n in range(20):
            book.note(RemedyOutcome(*PAIR, before=30, after=45, helped=n < 14))
        tell(teacher, book)
        # Told while the office is away, and twice, and by a kiosk that was offline for longer than telemetry lives.
        teacher.start(telemetry_expiry_s=0)
        tell(teacher, book_of(teacher, worker))
        # A broker that no office has called yet keeps nothing for it: the kiosk must find that out.
        eventually(lambda: _heard_by_the_broker(teacher), "the kiosk has told the broker")
        pupil.start()
        office.start()
        pupils = book_of(pupil, worker)

        def learnt() -> bool:
            pupils.take_in().result(20)
            return pupils.everywhere() == {PAIR: Tally(20, 14, 300)}

        eventually(learnt, "the second kiosk learns what helped at the first")
        assert pupils.here() == {}
        assert shown_remedies(office.database, now=datetime.now(UTC)) == {PAIR: Tally(20, 14, 300)}
        # Retained: a kiosk that connects later, to an office that is away, learns it too.
        office.stop()
        third = tmp_path / "third"
        third.mkdir()
        with KioskSide(village.layout, "kiosk-tk-03", third, village.port) as late:
            late.start()
            eventually(lambda: bool(_learnt(late)), "a kiosk that came late hears it")


def _heard_by_the_broker(kiosk: KioskSide) -> bool:
    try:
        link = kiosk.inbox.link()
        return link is not None and link.connected
    except CustodyError:
        return False


def _learnt(kiosk: KioskSide) -> list[bytes]:
    try:
        return [one.data for one in kiosk.inbox.learnt()]
    except CustodyError:
        return []


def test_nobody_but_the_office_may_say_what_all_have_learnt(village: Village) -> None:
    topic = "ev1/ht/all/all/learnt"
    with calling(link_settings(village, "kiosk-tk-01"), topic) as kiosk:
        kiosk.until(lambda: kiosk.link.up, "the kiosk is connected")
        assert kiosk.say(topic) == "Not authorized"
    for elsewhere in ("ev1/ht/tk/kiosk-tk-01/learnt", "ev1/ht/tk/all/learnt", "ev1/ht/all/all/state"):
        with calling(link_settings(village, "collector"), topic) as office:
            office.until(lambda: office.link.up, "the collector is connected")
            assert office.say(elsewhere) == "Not authorized"
    with (
        calling(link_settings(village, "collector"), topic) as office,
        calling(link_settings(village, "kiosk-tk-02"), topic) as kiosk,
    ):
        for caller in (office, kiosk):
            caller.until(lambda caller=caller: caller.link.up, "both are connected")
        assert office.say(topic) is None
        kiosk.until(lambda: b"x" in [one.payload for one in kiosk.messages], "a kiosk hears the office")


def test_a_broker_with_an_older_access_file_goes_on_collecting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, worker: Worker
) -> None:
    raised = raise_village(tmp_path / "old")
    try:
        raised.broker.stop()
        _without_learnt(raised.layout.broker / "acl")
        raised.broker.start()
        home = tmp_path / "home"
        home.mkdir()
        with (
            caplog.at_level(logging.ERROR),
            open_office(raised.layout, f"sqlite:///{tmp_path / 'office.db'}") as office,
            KioskSide(raised.layout, "kiosk-tk-01", home, raised.port) as kiosk,
        ):
            book = book_of(kiosk, worker)
            book.note(RemedyOutcome(*PAIR, before=30, after=45, helped=True))
            tell(kiosk, book)
            office.start()
            kiosk.start()
            eventually(lambda: "kiosk office init" in caplog.text, "the office says what to do")
            entry = kiosk.enrol()
            eventually(lambda: kiosk.status(entry).value == "received", "enrolments are received all the same")
            assert caplog.text.count("kiosk office init") == 1
    finally:
        raised.broker.close()


def _without_learnt(acl: Path) -> None:
    """From here on this broker's access file is one of before: without the topic of what was learnt."""
    lines = acl.read_text("utf-8").splitlines(keepends=True)
    acl.write_text("".join(line for line in lines if "learnt" not in line), "utf-8")


def test_a_day_travels_as_telemetry_without_a_name_of_anybody() -> None:
    assert b"kiosk" not in encode_json(day())
