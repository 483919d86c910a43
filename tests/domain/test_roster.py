"""Which row of the roster a citizen is: found where it is sure, and nobody where it is not."""

from dataclasses import replace
from datetime import date

import pytest

from kiosk.domain.citizen import DocumentSource, Identity, PersonalNumber, Sex
from kiosk.domain.contradictions import Matter, Source, find_contradictions
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Mode, Roster, RosterRow, find_row
from kiosk.words.text import fold

NUMBER = PersonalNumber("042150000012")
HOA = RosterRow(
    "Trần Thị Hoà", PartialDate(1950, 7, 1), NUMBER, "183456789", Sex.FEMALE, "thôn Tân Hương, xã Thạch Khê"
)
OLD = RosterRow("Nguyễn Văn Á", PartialDate(1941), old_number="180000001")
TWIN = RosterRow("Lê Văn Bình", PartialDate(1962, 3, 9))
ROWS = (HOA, OLD, TWIN, replace(TWIN, address="xóm 3"), replace(TWIN, born=PartialDate(1970, 1, 1)))


def identity(name: str, born: PartialDate, number: PersonalNumber | None = None, old: str | None = None) -> Identity:
    return Identity(DocumentSource.CHIP, name, born, number=number, old_number=old)


def row_of(who: Identity) -> int | None:
    return find_row(ROWS, who, names=[fold(row.name) for row in ROWS], fold=fold)


@pytest.mark.parametrize(
    ("who", "place"),
    [
        (identity("TRAN THI HOA", PartialDate(1951, 1, 1), NUMBER), 0),
        (identity("TRẦN THỊ HÒA", PartialDate(1950, 7, 1)), 0),
        (identity("TRẦN THỊ HÒA", PartialDate(1950, 7, 1), PersonalNumber("042150999999")), 0),
        (identity("TRẦN THỊ HÒA", PartialDate(1950, 1, 7)), 0),
        (identity("TRẦN THỊ HÒA", PartialDate(1951, 7, 1)), None),
        (identity("NGUYỄN VĂN A", PartialDate(1999), old="180000001"), 1),
        (identity("nguyen van a", PartialDate(1941, 5, 5)), 1),
        (identity("LÊ VĂN BÌNH", PartialDate(1962, 3, 9)), None),
        (identity("LÊ VĂN BÌNH", PartialDate(1970, 12, 31)), 4),
        (identity("PHẠM VĂN CƯỜNG", PartialDate(1950, 7, 1)), None),
    ],
)
def test_the_row_of_a_person_is_found_where_there_is_no_doubt(who: Identity, place: int | None) -> None:
    assert row_of(who) == place


def test_two_rows_with_one_number_are_nobody() -> None:
    rows = (HOA, replace(HOA, name="Trần Thị Hoa"))
    who = identity("TRẦN THỊ HOA", PartialDate(1950, 7, 1), NUMBER)
    assert find_row(rows, who, names=[fold(row.name) for row in rows], fold=fold) is None


def test_what_the_office_says_otherwise_is_a_contradiction_with_the_roster_as_its_source() -> None:
    address = "xã Đỉnh Bàn, tỉnh Hà Tĩnh"
    wrong = replace(HOA, number=None, name="Trần Thị Hoa Mai", born=PartialDate(1951, 7, 1), address=address)
    found = find_contradictions((HOA.statement(), wrong.statement()), fold=fold)
    assert [one.matter for one in found] == [Matter.NAME, Matter.BIRTH, Matter.ADDRESS]
    assert {said.source for one in found for said in one.versions} == {Source.ROSTER}


def test_a_year_alone_contradicts_no_day_in_it() -> None:
    assert (
        find_contradictions((OLD.statement(), replace(OLD, born=PartialDate(1941, 5, 5)).statement()), fold=fold) == ()
    )


def test_a_roster_is_for_its_last_planned_day() -> None:
    issued = date(2026, 11, 27)
    planned = replace(HOA, day=date(2026, 12, 3), mode=Mode.BED)
    assert Roster(issued, (OLD, planned, TWIN)).last == date(2026, 12, 3)
    assert Roster(issued, (OLD,)).last == issued


def test_no_row_shows_its_person_in_a_log() -> None:
    assert "Tr" not in repr(HOA)
    assert "0421" not in repr(HOA)
