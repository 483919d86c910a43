"""The demo's office writes down the five as a commune would, and one of them wrongly."""

from datetime import date
from pathlib import Path

from kiosk.demo.expecting import WRONG, write_table
from kiosk.demo.people import people
from kiosk.domain.contradictions import Matter, Source, Statement, find_contradictions
from kiosk.domain.roster import RosterRow
from kiosk.office.rosterfile import read_roster_file
from kiosk.words.text import fold

TODAY = date(2026, 11, 27)


def test_the_table_is_a_roster_of_the_five_for_today_in_which_one_birth_date_differs(tmp_path: Path) -> None:
    write_table(tmp_path / "roster.csv", TODAY)
    roster = read_roster_file(tmp_path / "roster.csv", issued=TODAY)
    assert [row.day for row in roster.rows] == [TODAY] * len(people())
    differing: dict[str, list[Matter]] = {}
    for person, row in zip(people(), roster.rows, strict=True):
        assert isinstance(row, RosterRow)
        card = person.card.residence if person.card is not None else person.home.residence
        old = person.card.old_number if person.card is not None else None
        told = Statement(Source.QR, person.name, person.born, person.number, old, person.sex, card)
        found = find_contradictions((told, row.statement()), fold=fold)
        if found:
            differing[person.key] = [one.matter for one in found]
    assert differing == {key: [Matter.BIRTH] for key in WRONG}
