"""Looking people up in the roster: letters without marks, digits, years, and the order of a Vietnamese list."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.citizen import DocumentSource, Identity, PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import RosterRow
from kiosk.journey.listing import MOST_SHOWN, Query, RosterIndex
from kiosk.words.text import fold, name_sort_key

ROWS = (
    RosterRow("Nguyễn Văn Á", PartialDate(1941), old_number="180000001"),
    RosterRow("Đặng Thị Bưởi", PartialDate(1950, 7, 1), PersonalNumber("042150000012")),
    RosterRow("Nguyễn Văn Anh", PartialDate(1962, 3, 9), PersonalNumber("042062001234")),
    RosterRow("Nguyễn Thị Vân Anh", PartialDate(1975, 1, 2)),
    RosterRow("Trần Văn Ất", PartialDate(1941, 5, 5)),
)
INDEX = RosterIndex(ROWS)


def found(name: str = "", number: str = "", year: str = "") -> list[str]:
    places, total = INDEX.search(Query(name, number, year))
    assert total == len(places)
    return [ROWS[i].name for i in places]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("nguyen van a", ["Nguyễn Văn Á", "Nguyễn Thị Vân Anh", "Nguyễn Văn Anh"]),
        ("NGUYỄN VĂN ANH", ["Nguyễn Văn Anh", "Nguyễn Thị Vân Anh"]),
        ("dang buoi", ["Đặng Thị Bưởi"]),
        ("van", ["Nguyễn Văn Á", "Nguyễn Thị Vân Anh", "Nguyễn Văn Anh", "Trần Văn Ất"]),
        ("nobody", []),
    ],
)
def test_a_name_is_found_without_its_marks_and_people_stand_by_given_name(typed: str, names: list[str]) -> None:
    assert found(typed) == names


def test_people_are_found_by_digits_of_either_number_and_by_the_year_of_birth() -> None:
    assert found(number="042 150") == ["Đặng Thị Bưởi"]
    assert found(number="180 000") == ["Nguyễn Văn Á"]
    assert found(year="1941") == ["Nguyễn Văn Á", "Trần Văn Ất"]
    assert found("tran", year="1941") == ["Trần Văn Ất"]
    assert found("tran", year="1950") == []


@pytest.mark.parametrize("query", [Query(), Query("v"), Query(number="04"), Query(year="194"), Query("  '")])
def test_a_question_too_short_shows_nobody(query: Query) -> None:
    assert INDEX.search(query) == ((), 0)


def test_of_many_the_first_are_shown_and_all_are_counted() -> None:
    many = RosterIndex([RosterRow(f"Lê Văn {chr(97 + i)}", PartialDate(1950)) for i in range(MOST_SHOWN + 5)])
    places, total = many.search(Query("le van"))
    assert (len(places), total) == (MOST_SHOWN, MOST_SHOWN + 5)


def test_a_namesake_with_another_number_is_somebody_else() -> None:
    who = Identity(DocumentSource.TYPED, "Đặng Thị Bưởi", PartialDate(1950, 3, 9), PersonalNumber("042150009999"))
    assert INDEX.find(who) is None
    # Born on the same day: one person, and a number to be looked at.
    assert INDEX.find(replace(who, born=PartialDate(1950, 7, 1))) == 1
    assert INDEX.find(replace(who, number=PersonalNumber("042150000012"))) == 1
    assert INDEX.find(replace(who, number=None)) == 1


@given(st.sampled_from(ROWS))
def test_who_is_typed_in_full_is_found_first(row: RosterRow) -> None:
    places, _ = INDEX.search(Query(fold(row.name)))
    assert ROWS[places[0]] is row
    rest = [ROWS[i].name for i in places[1:]]
    assert rest == sorted(rest, key=name_sort_key)
