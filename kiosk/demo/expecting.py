"""The office of the village tells its kiosk whom to expect, as a person there would: from a table.

The five are on it. Of Hoàng Văn Đượm the office has the birth date wrong, so that the officer has something to settle.
"""

import csv
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Final

from kiosk.demo.people import DemoCitizen, people
from kiosk.demo.village_settings import KIOSK, Places
from kiosk.domain.citizen import Sex
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.ordering import Commander
from kiosk.office.rosterfile import read_roster_file
from kiosk.office.rosters import told_rosters
from kiosk.office.sending import send_all
from kiosk.office.settings import OfficeSettings

_LOOK_S: Final = 2.0
_HEADINGS: Final = ("Mã", "Họ và tên", "Ngày sinh", "Số định danh", "Số CMND", "Giới tính", "Địa chỉ", "Ngày hẹn")
#: Who of the five stands with a wrong birth date in the office's table, and with which.
WRONG: Final = {"duom": "20/08/1958"}


def send_roster(places: Places, say: Callable[[str], None], *, today: date, stop: Event) -> None:
    """Send the five as soon as the kiosk has told which key its rosters are sealed for; gives up when `stop` is set."""
    settings = OfficeSettings(directory=places.office)
    table = places.root / "roster.csv"
    try:
        while not _key_is_known(settings):
            if stop.wait(_LOOK_S):
                return
        write_table(table, today)
        say(f"roster     {_send(settings, table, today)}")
    except (OfficeError, OSError) as error:
        # Nobody is kept from being enrolled by it.
        say(f"roster     not sent: {error}")


def write_table(path: Path, today: date) -> None:
    """Write the five as a commune would."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(_HEADINGS)
        table.writerows(_row(person, today) for person in people())


def _row(person: DemoCitizen, today: date) -> tuple[str, ...]:
    old_number = person.card.old_number if person.card is not None else None
    # By the map that is printed on their cards; who has no card is known by the new one.
    address = person.residence_before if person.card is not None else person.home.residence
    return (
        person.key,
        person.name,
        WRONG.get(person.key, person.born.written()),
        person.number.digits,
        old_number or "",
        "Nữ" if person.sex is Sex.FEMALE else "Nam",
        address,
        today.strftime("%d/%m/%Y"),
    )


def _key_is_known(settings: OfficeSettings) -> bool:
    with closing(OfficeDatabase.open(settings.database)) as database:
        return any(one.ready for one in told_rosters(database))


def _send(settings: OfficeSettings, table: Path, today: date) -> str:
    roster = read_roster_file(table, issued=today)
    commander = Commander.of(settings.layout, "demo")
    return " ".join(one.line for one in send_all(settings, commander, [KIOSK], roster, lasts=timedelta(days=1)))
