"""The day sheet to take away: CSV, spreadsheet and paper say the same, and none of them runs anything."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.office.errors import OfficeError
from kiosk.office.paper import as_paper, check_font
from kiosk.office.sheets import DaySheet, SheetRow, as_csv, as_spreadsheet, harmless
from tests.office.test_desk_pages import receive
from tests.office.test_page import EN, VI
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

ROW = SheetRow(
    7,
    "Nguyễn Thị Mận",
    "Xóm Tân Hợp",
    "kiosk-tk-01",
    datetime(2026, 11, 24, 10, 0),  # noqa: DTZ001 - as a spreadsheet has it
    "ngón trỏ phải: mòn vân",
)
SHEET = DaySheet("Công an tỉnh Hà Tĩnh", date(2026, 11, 24), (ROW,), 1, (("kiosk-tk-01", 1, 1),))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PRINTABLE = st.text(st.characters(exclude_categories=["C"]), max_size=30)


def spreadsheet(data: bytes) -> tuple[list[list[str]], str]:
    """The texts of each line, and the sheet as it stands in the file."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        shared = [
            "".join(part.text or "" for part in one.iter(f"{MAIN}t"))
            for one in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{MAIN}si")  # noqa: S314 - made here
        ]
        raw = book.read("xl/worksheets/sheet1.xml").decode()
    lines: list[list[str]] = []
    for line in ET.fromstring(raw).iter(f"{MAIN}row"):  # noqa: S314 - made here
        cells = [(cell.get("t"), cell.findtext(f"{MAIN}v") or "") for cell in line.iter(f"{MAIN}c")]
        lines.append([shared[int(value)] if kind == "s" else value for kind, value in cells])
    return lines, raw


def letters(data: bytes) -> str:
    """What a reader of the paper finds, by the tables from glyphs to letters that the PDF carries."""
    tables = "".join(
        zlib.decompress(stream).decode("latin-1", "replace")
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", _plain(data), re.DOTALL)
        if stream[:1] == b"x"
    )
    return "".join(chr(int(code, 16)) for code in re.findall(r"<[0-9A-Fa-f]{2}> <([0-9A-Fa-f]{4})>", tables))


def _plain(data: bytes) -> bytes:
    """The file with its streams out of their letters (ASCII85), as they were packed."""
    import base64

    def unpack(found: re.Match[bytes]) -> bytes:
        return b"stream\n" + base64.a85decode(found[1].strip().removesuffix(b"~>")) + b"endstream"

    return re.sub(rb"stream\r?\n([!-u\s]*~>)\s*endstream", unpack, data)


def test_csv_and_spreadsheet_say_the_same_in_both_languages() -> None:
    for words in (VI, EN):
        rows = list(csv.reader(io.StringIO(as_csv(SHEET, words).decode("utf-8-sig"), newline="")))
        lines, raw = spreadsheet(as_spreadsheet(SHEET, words))
        assert lines[0] == rows[0]
        assert lines[1][:4] + lines[1][5:] == rows[1][:4] + rows[1][5:]
        assert float(lines[1][4]) == pytest.approx(46350 + 10 / 24)  # a time, by the days of spreadsheets
        assert "fitToHeight" in raw


@given(PRINTABLE)
@settings(max_examples=25, deadline=None)
def test_no_text_is_taken_for_a_formula_or_a_link(text: str) -> None:
    for dangerous in (text, f"={text}", f"+{text}", f"@{text}", f"-{text}", f"＝{text}", f"http://{text}"):
        sheet = replace(SHEET, rows=(replace(ROW, who=dangerous, where=dangerous, exceptions=dangerous),))
        rows = list(csv.reader(io.StringIO(as_csv(sheet, EN).decode("utf-8-sig"), newline="")))
        assert all(cell[:1] not in set("=+-@\t\r＝＋－＠") for cell in rows[1])
        lines, raw = spreadsheet(as_spreadsheet(sheet, EN))
        assert lines[1][1] == dangerous
        assert "<f>" not in raw
        assert "hyperlink" not in raw


def test_what_begins_like_a_name_stays_as_it_is() -> None:
    assert harmless("Đặng Ngọc Oánh") == "Đặng Ngọc Oánh"
    assert harmless("=1") == "'=1"
    assert harmless("") == ""


def test_the_paper_carries_its_letters_and_has_lines_to_sign_on() -> None:
    paper = as_paper(SHEET, VI)
    assert paper.startswith(b"%PDF-1.")
    assert b"/FontFile2" in paper
    assert b"NotoSans" in paper
    assert set("Nguyễn Thị Mận Xóm Tân Hợp ngón trỏ phải mòn vân Công an tỉnh Hà Tĩnh").issubset(letters(paper))
    assert as_paper(SHEET, VI) == paper  # the same day is the same paper
    assert as_paper(SHEET, EN) != paper


def test_a_long_day_is_several_pages_and_an_empty_one_is_one() -> None:
    long = replace(SHEET, rows=tuple(replace(ROW, number=n, who=f"<b>&{n}</b>") for n in range(150)))
    assert int(re.search(rb"/Count (\d+)", as_paper(long, EN))[1]) >= 3  # type: ignore[index]
    empty = as_paper(replace(SHEET, rows=(), with_exceptions=0, kiosks=()), EN)
    assert int(re.search(rb"/Count (\d+)", empty)[1]) == 1  # type: ignore[index]


def test_without_its_font_the_paper_says_which_package_has_it(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="fonts-noto-core"):
        as_paper(SHEET, VI, fonts=tmp_path)
    with pytest.raises(OfficeError, match="fonts-noto-core"):
        check_font(tmp_path)
    assert "Noto Sans in /usr/share" in check_font()


def test_each_way_to_take_the_sheet_away_is_kept(office: Office) -> None:
    receive(office, 1)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for ending, kind in (("xlsx", "spreadsheetml"), ("pdf", "application/pdf"), ("csv", "text/csv")):
            answer = await browser.get(f"/day.{ending}?day=2026-11-24")
            assert answer.status_code == 200
            assert kind in answer.headers["content-type"]
            assert f'filename="2026-11-24.{ending}"' in answer.headers["content-disposition"]
        assert (await browser.get("/day.exe?day=2026-11-24")).status_code == 404

    office.visit(look)
    assert office.kept()[1:] == [("hoa", f"took_{one}", "2026-11-24") for one in ("xlsx", "pdf", "csv")]
