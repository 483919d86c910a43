"""The roster as a commune writes it: Vietnamese or English headings, and every mistake told by its place alone."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Mode, RosterRow
from kiosk.office.errors import OfficeError
from kiosk.office.rosterfile import RosterFileError, parse_roster, read_roster_file

TODAY = date(2026, 11, 27)
VIETNAMESE = """Mã;Họ và tên;Ngày sinh;Số định danh;Số CMND;Giới tính;Địa chỉ;Ngày hẹn;Hình thức
TK-1;Trần Thị Hoà;01/07/1950;042150000012;183456789;Nữ;"Thôn Tân Hương; xã Thạch Khê";03/12/2026;tại nhà

TK-2;Nguyễn Văn Á;1941;;;nam;;;
"""
ENGLISH = """Name,Born,Number,Old number,Sex,Address,Day,Mode,Id
Trần Thị Hoà,1950-07-01,042 150 000 012,183 456 789,F,"Thôn Tân Hương; xã Thạch Khê",2026-12-03,door,TK-1
Nguyễn Văn Á,1941,,,m,,,kiosk,TK-2
"""
ROWS = (
    RosterRow(
        "Trần Thị Hoà",
        PartialDate(1950, 7, 1),
        PersonalNumber("042150000012"),
        "183456789",
        Sex.FEMALE,
        "Thôn Tân Hương; xã Thạch Khê",
        date(2026, 12, 3),
        Mode.DOOR,
        "TK-1",
    ),
    RosterRow("Nguyễn Văn Á", PartialDate(1941), sex=Sex.MALE, person="TK-2"),
)


@pytest.mark.parametrize("text", [VIETNAMESE, ENGLISH, ENGLISH.replace(",", "\t").replace("\n", "\r\n")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_roster_is_read_in_either_language_and_with_any_mark_between(text: str, encoding: str) -> None:
    roster = parse_roster(text.encode(encoding), issued=TODAY)
    assert (roster.issued, roster.rows) == (TODAY, ROWS)


def faults_of(text: str | bytes) -> str:
    with pytest.raises(RosterFileError) as refused:
        parse_roster(text if isinstance(text, bytes) else text.encode(), issued=TODAY)
    assert refused.value.__cause__ is None, "a cause could quote what stands there"
    return str(refused.value)


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        (",1950,,", "line 2, column 1"),
        ("123,1950,,", "line 2, column 1"),
        ("Lê Thị Bí Mật,,,", "line 2, column 2"),
        ("Lê Thị Bí Mật,31/02/1950,,", "line 2, column 2"),
        ("Lê Thị Bí Mật,50,,", "line 2, column 2"),
        ("Lê Thị Bí Mật,1950,42150000012,", "line 2, column 3"),
        ("Lê Thị Bí Mật,1950,,x", "line 2, column 4"),
        ("Lê Thị Bí Mật,1950,,,bí mật", "line 2, column 5"),
        ('Lê Thị Bí Mật,1950,"042,', "line 2"),
    ],
)
def test_a_mistake_is_told_by_line_and_column_and_never_repeated(cells: str, place: str) -> None:
    said = faults_of(f"name,born,number,sex\n{cells}\n")
    assert said.startswith(place + ":")
    assert not any(word in said for word in ("Bí", "bí", "31/02", "42150000012", "123"))


def test_every_mistake_is_told_at_once() -> None:
    said = faults_of("name,born,day,mode\n,1,x,y\n" + ",1\n" * 30)
    assert len(said.splitlines()) == 21
    assert "line 2, column 3" in said
    assert "and 44 more" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("name,born\n", "nobody"),
        ("name\nLê Thị Bí Mật\n", "no column for born"),
        ("name,born,name\n", "a second column for name"),
        ("Lê Thị Bí Mật,1950\nTrần Văn B,1960\n", "line 1, column 1: no heading"),
        ("name,born\nLê Thị Bí Mật,1950\n".encode("utf-16"), "UTF-16"),
        ("name,born\nLê Thị Bí Mật,1950\n".encode("cp1258", "replace"), "line 2: not UTF-8"),
        (b"name,born\nA\x00B,1950\n", "bytes that no text has"),
        ("name,born,number\nA,1950,042150000012\nB,1951,042150000012\n", "line 3, column 3: the same personal number"),
    ],
)
def test_a_file_that_is_no_roster_says_what_to_do(text: str | bytes, said: str) -> None:
    told = faults_of(text)
    assert said in told
    assert "Bí" not in told


def test_names_are_kept_as_written_and_composed() -> None:
    decomposed = "name,born\n  Trần   Thị Hoà ,1950\n".encode()
    assert parse_roster(decomposed, issued=TODAY).rows[0].name == "Trần Thị Hoà"


def test_a_file_that_is_not_there_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="cannot be read"):
        read_roster_file(tmp_path / "none.csv", issued=TODAY)
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(4 * 1024 * 1024 + 1))
    with pytest.raises(OfficeError, match="larger"):
        read_roster_file(large, issued=TODAY)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_file_holds_it_is_read_or_refused(data: bytes) -> None:
    for start in (b"", b"name,born\n"):
        said = "read"
        try:
            parse_roster(start + data, issued=TODAY)
        except RosterFileError as error:
            said = str(error)
        assert said
