"""Opening an enrolment whose weak prints were taken again: per slot the better print, and the visit it is from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk.domain.capture_plan import Earlier, Excepted, ExceptionReason, Filled, SlotState
from kiosk.domain.citizen import DocumentSource, Identity, PartialDate, PersonalNumber
from kiosk.domain.enrolment import Answers, Capture, Enrolment
from kiosk.domain.quality import PrintVerdict
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.wire.enrolment import encode_enrolment
from tests.office.stand import NOW, KioskSide, intake_of, new_id, open_at

KIOSK: Final = "kiosk-tk-01"
HERS: Final = "042150000012"
INDEX: Final = "print.right_index"
THUMB: Final = "print.right_thumb"


class Visits:
    """One citizen's visits, committed at an office one after another."""

    def __init__(self, root: Path) -> None:
        self.layout: OfficeLayout = init_office(
            root / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True
        ).layout
        self.database = OfficeDatabase.open(f"sqlite:///{self.layout.database}")
        self._root = root
        self._chain = bytes(32)
        self._seq = 0

    def commit(
        self,
        slots: Mapping[str, SlotState],
        *,
        of: str | None = None,
        sealed_of: str | None = None,
        number: str = HERS,
        body: bytes | None = None,
    ) -> str:
        """Commit a visit; each print's picture says of which visit it is. Gives the package's id."""
        self._seq += 1
        package_id = new_id()
        captures = {
            state.capture: Capture("image/png", 192, 192, 508, f"{self._seq} {state.capture}".encode())
            for state in slots.values()
            if isinstance(state, Filled)
        }
        identity = Identity(DocumentSource.CHIP, "TRẦN THỊ HOA", PartialDate(1950), PersonalNumber(number))
        answers = Answers(identity=identity, slots=slots, supplements=sealed_of or of)
        enrolment = Enrolment(package_id, KIOSK, "tk-officer-1", "plan", NOW, NOW, answers, captures)
        with KioskSide(self.layout, KIOSK, self._root / f"kiosk-{self._seq}", 1) as kiosk:
            sealed = body or encode_enrolment(enrolment)
            data = kiosk.package(package_id, self._seq, self._chain, body=sealed, supplements=of)
        assert intake_of(self.layout, self.database).accept(KIOSK, package_id, data).code == ""
        self._chain = bytes([self._seq]) * 32
        return package_id

    def opened(self, package_id: str) -> tuple[dict[str, Any], Path]:
        """Open a visit; gives what was written about it, and where."""
        out = self._root / "opened" / package_id
        out.parent.mkdir(exist_ok=True)
        opened = open_at(self.layout, self.database, package_id, key_file=self.layout.opening_key, out_dir=out)
        return json.loads(opened.enrolment_file.read_text(encoding="utf-8")), out


@pytest.fixture
def visits(tmp_path: Path) -> Visits:
    return Visits(tmp_path)


def a_print(quality: int, verdict: PrintVerdict = PrintVerdict.GOOD, sensor: str = "r503/R503/1") -> Filled:
    return Filled("c" + str(quality), quality, verdict, 1, sensor)


def test_each_slot_has_the_better_print_and_names_the_visit_that_it_is_from(visits: Visits) -> None:
    first = visits.commit({INDEX: a_print(30, PrintVerdict.TOO_DRY), THUMB: a_print(85)})
    worse = visits.commit({INDEX: a_print(25, PrintVerdict.TOO_DRY), THUMB: Earlier()}, of=first)
    better = visits.commit({INDEX: a_print(77, sensor="r503/R503/2"), THUMB: Earlier()}, of=first)
    table, out = visits.opened(first)
    index, thumb = table["slots"][INDEX], table["slots"][THUMB]
    assert (index["visit"], index["quality"], index["verdict"], index["chosen_by"]) == (better, 77, "good", "quality")
    assert (out / index["file"]).read_bytes() == b"3 c77"
    assert [(one["visit"], one["quality"]) for one in index["passed_over"]] == [(worse, 25), (first, 30)]
    assert [(out / one["file"]).read_bytes() for one in index["passed_over"]] == [b"2 c25", b"1 c30"]
    assert (thumb["visit"], thumb["quality"], (out / thumb["file"]).read_bytes()) == (first, 85, b"1 c85")
    assert "passed_over" not in thumb
    assert [(one["id"], one["opened"]) for one in table["supplemented_by"]] == [(worse, True), (better, True)]


def test_a_print_takes_the_place_of_an_exception_and_an_exception_never_that_of_a_print(visits: Visits) -> None:
    first = visits.commit({INDEX: Excepted(ExceptionReason.ANOTHER_DAY), THUMB: a_print(40, PrintVerdict.WORN)})
    later = visits.commit(
        {INDEX: a_print(20, PrintVerdict.TOO_DRY), THUMB: Excepted(ExceptionReason.INJURED)}, of=first
    )
    slots = visits.opened(first)[0]["slots"]
    assert (slots[INDEX]["visit"], slots[INDEX]["chosen_by"]) == (later, "only_print")
    assert (slots[THUMB]["visit"], slots[THUMB]["quality"]) == (first, 40)


@pytest.mark.parametrize(
    ("kept", "newer", "wins", "told"),
    [
        (a_print(60, PrintVerdict.TOO_WET), a_print(50, sensor="zfm/R307/1"), True, "verdict"),
        (a_print(50), a_print(60, PrintVerdict.TOO_WET, "zfm/R307/1"), False, "verdict"),
        (a_print(50), a_print(60, sensor="zfm/R307/1"), True, "roughly"),
        (a_print(50), a_print(50), False, "quality"),
    ],
)
def test_figures_of_two_kinds_of_sensor_are_compared_only_where_nothing_else_tells(
    visits: Visits, kept: Filled, newer: Filled, wins: bool, told: str
) -> None:
    first = visits.commit({INDEX: kept})
    later = visits.commit({INDEX: newer}, of=first)
    row = visits.opened(first)[0]["slots"][INDEX]
    assert (row["visit"], row["chosen_by"]) == (later if wins else first, told)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"number": "042150000013"}, "not the same: a person has to look"),
        ({"sealed_of": "another"}, "name another enrolment"),
        ({"body": b"\xa0"}, "not readable"),
    ],
)
def test_a_later_visit_that_does_not_belong_or_cannot_be_read_is_named_and_left_out(
    visits: Visits, changed: dict[str, Any], why: str
) -> None:
    first = visits.commit({INDEX: a_print(30, PrintVerdict.TOO_DRY)})
    later = visits.commit({INDEX: a_print(90)}, of=first, **changed)
    table, out = visits.opened(first)
    assert (table["slots"][INDEX]["visit"], table["slots"][INDEX]["quality"]) == (first, 30)
    (row,) = table["supplemented_by"]
    assert (row["id"], row["opened"]) == (later, False)
    assert why in row["why"]
    assert HERS not in row["why"]
    assert sorted(path.name for path in out.iterdir()) == ["c30.png", "enrolment.json"]


def test_a_later_visit_opened_by_itself_says_where_the_prints_of_before_lie(visits: Visits) -> None:
    first = visits.commit({INDEX: a_print(30, PrintVerdict.TOO_DRY), THUMB: a_print(85)})
    later = visits.commit({INDEX: a_print(70), THUMB: Earlier()}, of=first)
    slots = visits.opened(later)[0]["slots"]
    assert (slots[INDEX]["visit"], slots[THUMB]["visit"], slots[THUMB]["state"]) == (later, first, "earlier")
