"""How kiosks were: kept minute by minute and hour by hour, pruned in small steps, on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kiosk.office import history as keeping
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.history import HOUR, MINUTE, History, Keeping, Moment, moments
from kiosk.office.presence import Presence
from kiosk.office.twin import LOOKS, Parts, enrolments_left, twin_of
from kiosk.wire.messages import Battery, Clock, Disk, Glass, Net, OutboxSample, PausedSample, Telemetry, encode_json
from kiosk.wire.topics import Topic

NOW = datetime(2026, 11, 24, 3, 0, 7, tzinfo=UTC)
KIOSK = "kiosk-tk-01"


def sample(**changes: object) -> Telemetry:
    plain = Telemetry(
        ts=NOW,
        boot="5f2c",
        seq_last=7,
        chain="00" * 32,
        outbox=OutboxSample(n=2, bytes=560_000, oldest_s=300),
        batt=Battery(charge=0.8, mains=False),
        disk=Disk(free=10_000_000_000, size=31_000_000_000),
        clock=Clock(src="ntp", offset_s=0.02),
        net=Net(via="lte", up_s=900),
        glass=Glass(tries=50, dirty=5),
        board_c=51.5,
        officer="5b0c9d41",
        sw="0.1.0",
        err=["camera"],
    )
    return plain.model_copy(update=changes)


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    """An office's database, of either kind."""
    with closing(OfficeDatabase.open(database_url)) as opened:
        yield opened


def told(database: OfficeDatabase, span: int, *, hours: int = 3) -> list[Moment]:
    """What is kept of the hours from a moment before NOW on."""
    begin = NOW - timedelta(minutes=1)
    return moments(database, KIOSK, since=begin, until=begin + timedelta(hours=hours), span=span)


def ages(database: OfficeDatabase, span: int) -> list[datetime]:
    """When the kept moments were, oldest first."""
    table = tables.telemetry.c
    with database.reading() as connection:
        kept = connection.scalars(select(table.at).where(table.span == span).order_by(table.at))
        return [datetime.fromtimestamp(at * span * 60, UTC) for at in kept]


def test_what_several_messages_of_a_minute_say_is_one_row_and_the_hour_keeps_its_first(
    database: OfficeDatabase,
) -> None:
    history = History(database, Keeping())
    bare = sample(batt=None, disk=None, clock=None, glass=None, board_c=None, err=[])
    for minute in range(125):
        moment = NOW + timedelta(minutes=minute)
        history.hear(KIOSK, sample(seq_last=minute), moment)
        history.hear(KIOSK, bare.model_copy(update={"seq_last": minute}), moment + timedelta(seconds=20))
        history.flush(moment)
    history.flush(NOW + timedelta(minutes=125), all_of_it=True)
    seen = told(database, MINUTE)
    assert [one.seq_last for one in seen] == list(range(125))
    assert seen[0].at == NOW.replace(second=0)
    assert seen[0].charge == 0.8
    assert (seen[0].mains, seen[0].clock_good, seen[0].glass_dirty, seen[0].faults) == (False, True, 0.1, 0)
    assert [one.seq_last for one in told(database, HOUR)] == [0, 60, 120]


def test_a_minute_that_is_not_over_waits_and_one_that_was_kept_before_a_restart_stays(
    database: OfficeDatabase,
) -> None:
    history = History(database, Keeping())
    history.hear(KIOSK, sample(seq_last=1), NOW)
    history.flush(NOW + timedelta(seconds=30))
    assert told(database, MINUTE) == []
    history.flush(NOW + timedelta(seconds=31), all_of_it=True)
    again = History(database, Keeping())
    again.hear(KIOSK, sample(seq_last=2), NOW + timedelta(seconds=40))
    again.flush(NOW + timedelta(seconds=80))
    assert [one.seq_last for one in told(database, MINUTE)] == [1]


def test_what_is_too_old_goes_in_small_steps_and_nothing_younger_with_it(database: OfficeDatabase) -> None:
    history = History(database, Keeping(minutes_days=1, hours_days=2))
    for minute in range(0, 4 * 1440, 30):
        history.hear(KIOSK, sample(), NOW + timedelta(minutes=minute))
    history.flush(NOW, all_of_it=True)
    end = NOW + timedelta(days=4)
    before = len(ages(database, MINUTE))
    history.flush(end)
    assert before - len(ages(database, MINUTE)) == 1  # three minutes hold one of these rows
    for turn in range(150):
        history.flush(end - timedelta(minutes=turn % 2))
    minutes, hours = ages(database, MINUTE), ages(database, HOUR)
    assert (min(minutes), len(minutes)) == ((end - timedelta(days=1)).replace(second=0), 48)
    assert min(hours) == (end - timedelta(days=2)).replace(minute=0, second=0)
    assert len(hours) == 48


def test_an_office_that_keeps_nothing_has_nothing(database: OfficeDatabase) -> None:
    history = History(database, Keeping(0, 0))
    history.hear(KIOSK, sample(), NOW)
    history.flush(NOW, all_of_it=True)
    assert (ages(database, MINUTE), ages(database, HOUR)) == ([], [])


def test_what_a_kiosk_says_of_its_parts_is_its_twin_and_a_silent_part_keeps_its_last_word(
    database: OfficeDatabase,
) -> None:
    clock = [NOW]
    presence = Presence(database, now=lambda: clock[0], history=History(database, Keeping()))
    whole = Topic.parse(f"ev1/ht/tk/{KIOSK}/tele/kiosk")
    uplink = Topic.parse(f"ev1/ht/tk/{KIOSK}/tele/outbox")
    presence.hear(whole, encode_json(sample(paused=PausedSample(n=3, overdue=1))), retained=False)
    presence.flush()
    bare = sample(batt=None, disk=None, clock=None, net=None, glass=None, board_c=None, officer=None)
    for seconds in (0, 50):
        clock[0] = NOW + timedelta(seconds=seconds)
        late = bare.model_copy(update={"ts": clock[0] - timedelta(seconds=90)})
        presence.hear(uplink, encode_json(late), retained=False)
    presence.flush()
    (known,) = database.kiosks()
    assert (known.paused_n, known.paused_overdue) == (3, 1)
    presence.flush_history(all_of_it=True)
    for days in LOOKS:
        twin = twin_of(database, KIOSK, now=NOW, days=days, charge=0.8)
        parts = twin.parts
        # How far the kiosk's clock is off is measured here, by what it shows as it sends.
        assert parts.clock_offset_s == -90
        assert (parts.disk_free, parts.clock_src, parts.glass_dirty, parts.officer, parts.net_via) == (
            10_000_000_000,
            "ntp",
            5,
            "5b0c9d41",
            "lte",
        )
        assert (twin.received, list(twin.newest), twin.left) == (0, [], None)
    assert twin_of(database, KIOSK, now=NOW, days=2, charge=None).moments[0].board_c == 51.5
    assert twin_of(database, "kiosk-tk-02", now=NOW, days=2, charge=None).parts == Parts()


def test_what_waited_in_the_broker_says_nothing_of_the_clock(tmp_path: Path) -> None:
    with closing(OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")) as database:
        clock = [NOW]
        presence = Presence(database, now=lambda: clock[0], history=History(database, Keeping()))
        uplink = Topic.parse(f"ev1/ht/tk/{KIOSK}/tele/outbox")

        def comes(shown_s: float, came_s: float) -> float | None:
            """A sample shows its kiosk's time, three seconds ahead of the office's, and comes when it comes."""
            clock[0] = NOW + timedelta(seconds=came_s)
            seen = sample(ts=NOW + timedelta(seconds=shown_s + 3), clock=None)
            presence.hear(uplink, encode_json(seen), retained=False)
            presence.flush()
            parts = twin_of(database, KIOSK, now=clock[0], days=2, charge=None).parts
            return parts.clock_offset_s

        assert comes(0, 0) is None
        presence.on_down()
        # The collector was away for an hour: all of it comes at once, some of it told within one second.
        for n in range(1, 60):
            assert comes(60.0 * n, 3570 + n / 50) is None
            assert comes(60.0 * n + 0.5, 3570 + n / 50 + 0.01) is None
        assert comes(3600, 3600.2) is None
        assert comes(3660, 3660.2) == pytest.approx(2.8)
        # One that a slow road held up changes nothing; a clock that was set back does, in a few minutes.
        assert comes(3720, 3745) == pytest.approx(2.8)
        assert [comes(3780 + 60 * n - 100, 3780 + 60 * n) for n in range(6)][-1] == pytest.approx(-97)
        # After the next time away it is measured anew, and what was known stays until then.
        presence.on_down()
        assert [comes(6000 + 60 * n, 9600 + n / 10) for n in range(60)][-1] == pytest.approx(-97)
        assert [comes(9660 + 60 * n, 9660.5 + 60 * n) for n in range(3)][-1] == pytest.approx(2.5)


def test_while_the_database_takes_nothing_the_memory_stays_bounded(
    database: OfficeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_MOST", 20)
    history = History(database, Keeping())
    for minute in range(50):
        history.hear(KIOSK, sample(seq_last=minute), NOW + timedelta(minutes=minute))
    history.flush(NOW, all_of_it=True)
    assert [one.seq_last for one in told(database, MINUTE)] == list(range(30, 50))


def moment(minute: int, *, charge: float | None, seq: int, mains: bool = False) -> Moment:
    plain = Moment(NOW, None, None, seq, charge, mains, None, None, None, None, None, None)
    return replace(plain, at=NOW + timedelta(minutes=minute))


def test_the_charge_is_for_as_many_enrolments_as_it_has_lasted_for_on_battery() -> None:
    # Four enrolments took 0.4; what the mains gave in between is not counted.
    seen = [moment(0, charge=0.9, seq=1), moment(10, charge=0.7, seq=3), moment(20, charge=0.7, seq=3, mains=True)]
    seen += [moment(30, charge=1.0, seq=3, mains=True), moment(40, charge=1.0, seq=3), moment(50, charge=0.8, seq=5)]
    assert enrolments_left(seen, 0.5) == 5
    assert enrolments_left(seen, None) is None
    assert enrolments_left(seen[:2], 0.5) is None
    assert enrolments_left([], 0.5) is None


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.integers(0, 50), st.booleans()),
        max_size=20,
    ),
    st.floats(0, 1),
)
def test_whatever_was_told_the_answer_is_a_count_or_none(
    words: list[tuple[float | None, int, bool]], charge: float
) -> None:
    seen = [moment(n, charge=one, seq=seq, mains=mains) for n, (one, seq, mains) in enumerate(words)]
    left = enrolments_left(seen, charge)
    assert left is None or left >= 0
