"""What time it is for certain, whatever the wall clock says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.custody.clock import DRIFT, Interval, TrustedClock, wall_source
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import FIRST_DAY

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@dataclass
class Boot:
    """One boot of a kiosk: its stopwatch is in the test's hand."""

    folder: Path
    uptime_s: float = 50.0

    def __post_init__(self) -> None:
        self.database = CustodyDatabase.open(self.folder / "outbox.db", self.folder / "private.db")
        self.clock = TrustedClock(self.database, stopwatch_s=lambda: self.uptime_s)


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Boot]:
    made = Boot(tmp_path)
    yield made
    made.database.close()


def again(boot: Boot) -> Boot:
    boot.database.close()
    return Boot(boot.folder, uptime_s=3.0)


def test_before_the_office_has_spoken_only_the_first_day_is_certain(boot: Boot) -> None:
    assert boot.clock.interval() == Interval(FIRST_DAY, None)


def test_an_answer_to_a_question_of_this_boot_bounds_the_time_from_both_sides(boot: Boot) -> None:
    # CK-TIME-01
    asked_s = boot.clock.stopwatch_s()
    boot.uptime_s += 4.0
    boot.clock.heard(NOON, asked_s=asked_s)
    assert boot.clock.interval() == Interval(NOON, NOON + timedelta(seconds=4 + 4 * DRIFT))
    boot.uptime_s += 3600.0
    later = boot.clock.interval()
    assert later.latest is not None
    assert NOON + timedelta(hours=1) - later.earliest == timedelta(seconds=3600 * DRIFT)
    assert later.latest - later.earliest == timedelta(seconds=4 + 4 * DRIFT + 2 * 3600 * DRIFT)


def test_a_quicker_answer_makes_the_interval_narrower_and_a_slower_one_does_not(boot: Boot) -> None:
    for took_s in (60.0, 1.0, 300.0):
        asked_s = boot.clock.stopwatch_s()
        boot.uptime_s += took_s
        # The office signs at once; the answer takes all the time to come back.
        boot.clock.heard(NOON + timedelta(seconds=asked_s), asked_s=asked_s)
    certain = boot.clock.interval()
    assert certain.latest is not None
    assert certain.latest - certain.earliest < timedelta(seconds=1.5)


def test_a_word_that_answers_nothing_of_this_boot_says_only_not_earlier(boot: Boot) -> None:
    boot.clock.heard(NOON)
    assert boot.clock.interval() == Interval(NOON, None)


def test_an_old_word_that_comes_late_changes_nothing(boot: Boot) -> None:
    boot.clock.heard(NOON, asked_s=boot.uptime_s)
    known = boot.clock.interval()
    boot.clock.heard(NOON - timedelta(days=400))
    assert boot.clock.interval() == known


def test_the_earliest_possible_time_survives_a_restart(boot: Boot) -> None:
    boot.clock.heard(NOON, asked_s=boot.uptime_s)
    assert again(boot).clock.interval() == Interval(NOON, None)


def test_a_fresh_answer_outweighs_what_an_office_with_a_wrong_clock_had_said(boot: Boot) -> None:
    boot.clock.heard(NOON + timedelta(days=3650), asked_s=boot.uptime_s)
    boot = again(boot)
    assert boot.clock.interval().earliest == NOON + timedelta(days=3650)
    boot.clock.heard(NOON, asked_s=boot.uptime_s)
    assert boot.clock.interval() == Interval(NOON, NOON)
    assert again(boot).clock.interval() == Interval(NOON, None)


def test_within_one_boot_too_the_newest_answer_counts_when_two_contradict_each_other(boot: Boot) -> None:
    boot.clock.heard(NOON + timedelta(days=3650), asked_s=boot.uptime_s)
    boot.uptime_s += 10.0
    boot.clock.heard(NOON, asked_s=boot.uptime_s)
    assert boot.clock.interval() == Interval(NOON, NOON)


def test_a_wall_clock_outside_is_brought_to_the_nearest_end() -> None:
    certain = Interval(NOON, NOON + timedelta(hours=1))
    assert certain.holds(NOON)
    assert not certain.holds(NOON - timedelta(days=3650))
    assert certain.clamped(NOON - timedelta(days=3650)) == NOON
    assert certain.clamped(NOON + timedelta(days=3650)) == NOON + timedelta(hours=1)
    assert Interval(NOON, None).clamped(NOON + timedelta(days=1)) == NOON + timedelta(days=1)


def test_nothing_vouches_for_a_clock_that_no_network_has_set(tmp_path: Path) -> None:
    mark = tmp_path / "synchronized"
    assert wall_source(mark) == "system"
    mark.touch()
    assert wall_source(mark) == "ntp"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.tuples(
            st.floats(0, 1e5),  # between two words
            st.floats(0, 1e4),  # how long the question was on its way
            st.floats(0, 1e4),  # how long the answer was
            st.booleans(),  # whether it answers something of this boot
        ),
        min_size=1,
        max_size=8,
    ),
    drift=st.floats(-DRIFT / 2, DRIFT / 2),
)
def test_the_true_time_is_always_inside(
    tmp_path_factory: pytest.TempPathFactory, words: list[tuple[float, float, float, bool]], drift: float
) -> None:
    boot = Boot(tmp_path_factory.mktemp("boot"))
    true_s = 0.0

    def pass_s(seconds: float) -> None:
        nonlocal true_s
        true_s += seconds
        boot.uptime_s += seconds * (1 + drift)

    for pause_s, there_s, back_s, asked in words:
        pass_s(pause_s)
        asked_s = boot.clock.stopwatch_s()
        pass_s(there_s)
        signed_at = NOON + timedelta(seconds=true_s)
        pass_s(back_s)
        boot.clock.heard(signed_at, asked_s=asked_s if asked else None)
        true = NOON + timedelta(seconds=true_s)
        certain = boot.clock.interval()
        assert certain.earliest <= true + timedelta(milliseconds=1)
        assert certain.latest is None or true - timedelta(milliseconds=1) <= certain.latest
    boot.database.close()
