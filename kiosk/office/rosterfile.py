"""A roster as the office writes it down: a table with headings, read strictly.

UTF-8 with or without a byte order mark; columns apart by commas, semicolons or tabs; headings in Vietnamese or English,
in any order. Every mistake is told by line and column, all at once, and never with what stands there: it is somebody's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import BadDate, BadNumber
from kiosk.domain.roster import MOST_PEOPLE, Mode, Roster, RosterRow
from kiosk.office.errors import OfficeError
from kiosk.wire.roster import MOST_LETTERS
from kiosk.words.text import clean_vietnamese, fold

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_FAULTS: Final = 20

#: Headings by field, folded: what spreadsheets of communes call their columns.
HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("ho va ten", "ho ten", "ho, chu dem va ten", "full name", "name"),
    "born": (
        "ngay sinh",
        "nam sinh",
        "ngay thang nam sinh",
        "ngay, thang, nam sinh",
        "birth date",
        "birth year",
        "born",
    ),
    "number": ("so dinh danh", "so dinh danh ca nhan", "so can cuoc", "so cccd", "cccd", "personal number", "number"),
    "old_number": ("so cmnd", "cmnd", "so chung minh nhan dan", "old number", "old id"),
    "sex": ("gioi tinh", "nam/nu", "sex", "gender"),
    "address": ("dia chi", "noi o hien nay", "noi cu tru", "noi thuong tru", "address", "residence"),
    "day": ("ngay hen", "ngay du kien", "ngay lam", "planned day", "appointment", "day"),
    "mode": ("hinh thuc", "noi lam", "mode", "where"),
    "person": ("ma", "ma so", "stt", "id", "person"),
}
_NEEDED: Final = ("name", "born")
_SEXES: Final = {
    "nam": Sex.MALE,
    "male": Sex.MALE,
    "m": Sex.MALE,
    "nu": Sex.FEMALE,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
}
_MODES: Final = {
    **dict.fromkeys(("", "tai may", "may", "tai diem", "diem", "kiosk"), Mode.KIOSK),
    **dict.fromkeys(("tai nha", "nha", "door", "home"), Mode.DOOR),
    **dict.fromkeys(("tai giuong", "giuong", "bed"), Mode.BED),
}
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z")


class RosterFileError(OfficeError):
    """A file is no roster; the text names every place that has to be mended."""


@dataclass(frozen=True, slots=True)
class _Fault:
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.what}"


class _Unfit(Exception):
    """A cell cannot be read; the argument says what is expected in it."""


def read_roster_file(path: Path, *, issued: date) -> Roster:
    """Read a roster that is made up on the day `issued`. Raises RosterFileError, OfficeError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise OfficeError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise RosterFileError(f"{path} is larger than {MOST_BYTES >> 20} MB: that is no roster of one kiosk")
    return parse_roster(data, issued=issued)


def parse_roster(data: bytes, *, issued: date) -> Roster:
    """Read the bytes of a roster file. Raises RosterFileError."""
    table = _table(_text(data))
    heading = next(table, None)
    if heading is None:
        raise RosterFileError("the file is empty")
    columns = _columns(*heading)
    faults: list[_Fault] = []
    rows: list[RosterRow] = []
    seen: dict[str, int] = {}
    for line, cells in table:
        row = _row(line, cells, columns, faults)
        if row is not None and row.number is not None:
            first = seen.setdefault(row.number.digits, line)
            if first != line:
                faults.append(_Fault(line, _place(columns, "number"), f"the same personal number as in line {first}"))
        if row is not None:
            rows.append(row)
        if len(rows) > MOST_PEOPLE:
            raise RosterFileError(f"a roster has at most {MOST_PEOPLE} people; make two of it")
    if faults:
        shown = [str(fault) for fault in faults[:MOST_FAULTS]]
        more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise RosterFileError("\n".join([*shown, *more]))
    if not rows:
        raise RosterFileError("the file has headings and nobody below them")
    return Roster(issued, tuple(rows))


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RosterFileError("the file is UTF-16: save it as CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RosterFileError(f"line {line}: not UTF-8; save the file as CSV UTF-8") from None
    if "\0" in text:
        raise RosterFileError("the file holds bytes that no text has: save it as CSV UTF-8")
    return text


def _table(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each line that has something in it, with its number and its cells. Raises RosterFileError."""
    first = text.lstrip().split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=mark, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [clean_vietnamese(cell) for cell in cells]
    except csv.Error:
        # The library's own words may quote what stands there.
        raise RosterFileError(
            f"line {reader.line_num}: a quotation mark is not closed, or stands amid a cell"
        ) from None


def _columns(line: int, cells: Sequence[str]) -> Mapping[str, int]:
    """Say which column holds which field. Raises RosterFileError."""
    by_heading = {heading: name for name, headings in HEADINGS.items() for heading in headings}
    columns: dict[str, int] = {}
    faults: list[_Fault] = []
    for place, cell in enumerate(cells):
        name = by_heading.get(fold(cell))
        if name is None and cell:
            # Not repeated: a file without headings begins with somebody's name.
            known = "; ".join(headings[0] for headings in HEADINGS.values())
            faults.append(_Fault(line, place + 1, f"no heading that is known here; known are: {known}"))
        elif name in columns:
            faults.append(_Fault(line, place + 1, f"a second column for {name}"))
        elif name is not None:
            columns[name] = place
    faults += [_Fault(line, 0, f"no column for {name}") for name in _NEEDED if name not in columns]
    if faults:
        raise RosterFileError("\n".join(str(fault) for fault in faults))
    return columns


def _place(columns: Mapping[str, int], name: str) -> int:
    return columns[name] + 1


def _row(line: int, cells: Sequence[str], columns: Mapping[str, int], faults: list[_Fault]) -> RosterRow | None:
    width = max(columns.values()) + 1
    if any(cells[width:]):
        faults.append(_Fault(line, width + 1, "a cell without a heading"))
        return None
    found: dict[str, Any] = {}
    sound = True
    for name, place in columns.items():
        cell = cells[place] if place < len(cells) else ""
        try:
            found[name] = _READERS[name](cell)
        except _Unfit as unfit:
            faults.append(_Fault(line, place + 1, str(unfit)))
            sound = False
    return RosterRow(**found) if sound else None


def _name(cell: str) -> str:
    if not cell or not any(ch.isalpha() for ch in cell):
        raise _Unfit("a name is missing")
    return _line(cell)


def _line(cell: str) -> str:
    if len(cell) > MOST_LETTERS:
        raise _Unfit(f"longer than {MOST_LETTERS} letters")
    return cell


def _born(cell: str) -> PartialDate:
    iso = _ISO.match(cell)
    try:
        return PartialDate.parse("/".join(reversed(iso.groups())) if iso else cell)
    except BadDate as error:
        raise _Unfit(f"no birth date: {error}; a year alone is enough") from None


def _number(cell: str) -> PersonalNumber | None:
    try:
        return PersonalNumber.parse(cell) if cell else None
    except BadNumber as error:
        raise _Unfit(f"{error}; does the spreadsheet drop zeros at the beginning? Format the column as text") from None


def _old(cell: str) -> str:
    digits = "".join(ch for ch in cell if ch not in " .-")
    if digits and not (len(digits) == 9 and digits.isascii() and digits.isdigit()):
        raise _Unfit("an old number has nine digits")
    return digits


def _sex(cell: str) -> Sex | None:
    if cell and fold(cell) not in _SEXES:
        raise _Unfit("expected nam or nữ")
    return _SEXES.get(fold(cell))


def _day(cell: str) -> date | None:
    if not cell:
        return None
    iso = _ISO.match(cell)
    try:
        day = PartialDate.parse("/".join(reversed(iso.groups())) if iso else cell).whole
    except BadDate as error:
        raise _Unfit(f"no day: {error}") from None
    if day is None:
        raise _Unfit("a planned day is whole: day/month/year")
    return day


def _mode(cell: str) -> Mode:
    if fold(cell) not in _MODES:
        raise _Unfit("expected tại máy, tại nhà or tại giường (kiosk, door, bed)")
    return _MODES[fold(cell)]


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "name": _name,
    "born": _born,
    "number": _number,
    "old_number": _old,
    "sex": _sex,
    "address": _line,
    "day": _day,
    "mode": _mode,
    "person": _line,
}
