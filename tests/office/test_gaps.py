"""Which enrolments are nowhere, as ranges of numbers: against a plain set, on either database, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from kiosk.office import tables
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.gaps import MOST_RANGES, Gaps, Missing, Range, missing_enrolments, without
from kiosk.office.owed import owed_lines, owed_text
from kiosk.office.view import build_view
from tests.office.test_desk_pages import enrolled
from tests.office.test_page import EN, NOW, VI, snapshot

KIOSK = "kiosk-tk-01"
LARGEST = (1 << 63) - 1
numbers = st.integers(1, 60)


def ranges_of(places: set[int]) -> tuple[Range, ...]:
    """The plain way to say it."""
    found: list[Range] = []
    for place in sorted(places):
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return tuple(found)


@contextmanager
def anew(database: OfficeDatabase) -> Iterator[Connection]:
    """An empty table; nothing of an example stays."""
    with database.transaction() as connection:
        for table in (tables.quarantine, tables.package, tables.enrolment, tables.tally, tables.kiosk_last):
            connection.execute(delete(table))
        yield connection


def put(connection: Connection, received: set[int], apart: set[int], told: tuple[int, int] | None) -> None:
    for seq in received:
        insert_enrolment(connection, enrolled(seq), received_at=NOW)
    for seq in apart:
        row = {
            "kiosk": KIOSK,
            "id": str(seq),
            "seq": seq,
            "sha256": str(seq).encode(),
            "code": "x",
            "at": "",
            "bytes": b"",
        }
        connection.execute(tables.quarantine.insert().values(**row))
    if told is not None:
        row = {"kiosk": KIOSK, "province": "", "commune": "", "state": "", "sw": ""}
        connection.execute(tables.kiosk_last.insert().values(**row, seq_last=told[0], outbox_n=told[1]))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeDatabase]:
    with closing(OfficeDatabase.open(f"sqlite:///{tmp_path_factory.mktemp('gaps')}/office.db")) as opened:
        yield opened


@given(received=st.sets(numbers), apart=st.sets(numbers, max_size=6), given_out=numbers, waiting=st.sets(numbers))
def test_what_is_said_to_be_missing_is_what_a_plain_set_says(
    database: OfficeDatabase, received: set[int], apart: set[int], given_out: int, waiting: set[int]
) -> None:
    # A kiosk that tells the truth: it has given out every number that came, and holds others that did not come.
    given_out = max(received | apart | {given_out})
    highest = max(received, default=0)
    held = {place for place in waiting if highest < place <= given_out} - apart
    with anew(database) as connection:
        put(connection, received, apart, (given_out, len(held)))
        missing = Gaps().of(connection, [KIOSK]).get(KIOSK, Missing())
    below = set(range(1, highest)) - received - apart
    above = set(range(highest + 1, given_out + 1)) - apart
    if held and above - held:
        assert missing.unclear == len(above - held)
        assert missing.among == (min(above), max(above))
        above = set[int]()
    else:
        assert (missing.unclear, missing.among) == (0, None)
        above -= held
    certain = ranges_of(below) + ranges_of(above)
    assert missing.ranges == certain[:MOST_RANGES]
    assert missing.n == len(below) + len(above) + missing.unclear


@given(st.sets(numbers), st.sets(numbers))
def test_ranges_without_places_are_a_set_without_them(places: set[int], taken: set[int]) -> None:
    left = {place for first, last in without(ranges_of(places), sorted(taken)) for place in range(first, last + 1)}
    assert left == places - taken


def test_either_database_names_the_ranges_and_no_more_than_are_read(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database:
        with anew(database) as connection:
            put(connection, {1, 2, 5, 6, 9}, {3}, (12, 0))
        assert database.missing([KIOSK, "kiosk-tk-02"]) == {KIOSK: Missing(((4, 4), (7, 8), (10, 12)))}
        with anew(database) as connection:
            put(connection, set(range(2, 2 * MOST_RANGES + 7, 2)), set(), None)
        found = database.missing([KIOSK])[KIOSK]
        assert found.ranges == tuple((n, n) for n in range(1, 2 * MOST_RANGES, 2))
        assert (found.left_out, found.n) == (3, MOST_RANGES + 3)
        assert database.gaps() == {KIOSK: MOST_RANGES + 3}
        with database.transaction() as connection:
            put(connection, set(), {1, 3, 5, 7, 9}, None)
        assert database.missing([KIOSK])[KIOSK].ranges == tuple((n, n) for n in range(11, 2 * MOST_RANGES + 7, 2))


def test_a_number_that_nobody_can_have_reached_is_no_trouble(database: OfficeDatabase) -> None:
    with anew(database) as connection:
        put(connection, {1, LARGEST}, {LARGEST - 2}, (5, 0))
        missing = Gaps().of(connection, [KIOSK])[KIOSK]
    assert missing.ranges == ((2, LARGEST - 3), (LARGEST - 1, LARGEST - 1))
    # The place that a refused package claims is not signed: one beyond all that the kiosk gave out hides no other.
    with anew(database) as connection:
        put(connection, {1}, {LARGEST}, (4, 0))
        assert Gaps().of(connection, [KIOSK])[KIOSK].ranges == ((2, 4),)
        assert missing_enrolments(connection) == {KIOSK: 3}


def test_what_comes_after_all_is_not_named_any_more(database: OfficeDatabase) -> None:
    gaps = Gaps()
    with anew(database) as connection:
        put(connection, {1, 5}, set(), None)
        assert gaps.of(connection, [KIOSK])[KIOSK].ranges == ((2, 4),)
        put(connection, {3}, set(), None)
        assert gaps.of(connection, [KIOSK])[KIOSK].ranges == ((2, 2), (4, 4))
        put(connection, {2, 4}, set(), None)
        assert gaps.of(connection, [KIOSK]) == {}


def test_the_numbers_are_said_in_either_language() -> None:
    missing = Missing(((212, 214), (217, 217)), 0, 2, (220, 224))
    assert owed_text(EN, missing) == "212–214, 217, 2 of 220–224"
    assert owed_text(VI, missing) == "212–214, 217, 2 trong các số 220–224"
    many = replace(missing, ranges=tuple((n, n + 1) for n in range(1, 60, 3)), left_out=7, unclear=0, among=None)
    assert owed_text(EN, many) == "1–2, 4–5, 7–8, 10–11, 13–14, and 37 more"
    assert owed_lines(EN, {"kiosk-17": Missing(((212, 214),))}, 3) == "kiosk-17 owes 212–214; and 2 more kiosks"


def test_the_page_names_what_a_kiosk_owes() -> None:
    seen = snapshot(gaps={KIOSK: 3}, missing={KIOSK: Missing(((212, 214),))})
    assert build_view(seen, EN).needs[0].text == (
        "kiosk-tk-01 owes 212–214 (3 missing). Do not wipe the kiosk; call the technician."
    )
    assert "thiếu hồ sơ số 212–214 (tổng cộng 3)" in build_view(seen, VI).needs[0].text
    # Everything came between two looks at the database.
    assert "3 enrolments missing" in build_view(snapshot(gaps={KIOSK: 3}), EN).needs[0].text
