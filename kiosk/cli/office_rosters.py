"""`kiosk office roster` and `kiosk office rosters`: telling kiosks whom to expect, and how far they are."""

import getpass
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from kiosk.domain.roster import Roster

_EXIT_REFUSED = 1
_EXIT_SILENT = 3


@office.command("roster")
def office_roster(
    file: Annotated[Path | None, typer.Argument(help="A table of people, as CSV in UTF-8, with headings.")] = None,
    kiosk: Annotated[list[str] | None, typer.Option(help="For this kiosk; may be said several times.")] = None,
    area: Annotated[str | None, typer.Option(help="For every kiosk of this commune.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take away the roster that they have.")] = False,
    hours: Annotated[float, typer.Option(min=0.01, max=8760, help="After so many hours it is void.")] = 168.0,
    wait: Annotated[float, typer.Option(min=0, max=3600, help="Wait so many seconds for the answers.")] = 0.0,
    out: Annotated[
        Path | None, typer.Option(help="Also write it to a new file, to be carried to one kiosk: `kiosk obey FILE`.")
    ] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Send kiosks the people whom they are to expect, sealed for each; a newer roster replaces the one before.

    Headings: họ và tên, ngày sinh (or the year alone), số định danh, số CMND, giới tính, địa chỉ, ngày hẹn, hình thức
    (tại máy, tại nhà, tại giường), mã; or name, born, number, old number, sex, address, day, mode, id. The first two
    are needed.
    """
    from kiosk.office.errors import OfficeError
    from kiosk.office.ordering import Commander
    from kiosk.office.sending import kiosks_for, send_all

    known = known_office(settings)
    try:
        roster = _roster(file, withdraw=withdraw)
        commander = Commander.of(known.layout, os.environ.get("SUDO_USER") or getpass.getuser())
        kiosks = kiosks_for(known, kiosk or [], area)
        if out is not None and len(kiosks) != 1:
            raise OfficeError("--out is for one kiosk: each has a roster sealed for it alone")
        carried = out.open("xb") if out is not None else None
        as_owner_of(known.layout.collector)
        unsent = 0
        for one in send_all(known, commander, kiosks, roster, lasts=timedelta(hours=hours), within_s=wait):
            print(one.line)
            unsent = max(unsent, _EXIT_REFUSED if one.failed else _EXIT_SILENT if wait and not one.done else 0)
            if carried is not None and one.carried:
                with carried:
                    carried.write(one.carried)
    except OSError as error:
        print(f"kiosk: {out}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from error
    except OfficeError as error:
        raise refused(error) from error
    if unsent:
        raise typer.Exit(unsent)


@office.command("rosters")
def office_rosters(settings: OfficeFile = OFFICE_FILE) -> None:
    """List the kiosks' rosters: the day on which each was made up, how many people, how many of them are enrolled."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.sending import list_rosters

    known = known_office(settings)
    as_owner_of(known.layout.collector)
    try:
        for line in list_rosters(known):
            print(line)
    except OfficeError as error:
        raise refused(error) from error


def _roster(file: Path | None, *, withdraw: bool) -> "Roster":
    from kiosk.domain.roster import Roster
    from kiosk.office.errors import OfficeError
    from kiosk.office.rosterfile import read_roster_file

    if withdraw == (file is not None):
        raise OfficeError("name a file with people, or --withdraw")
    today = date.today()  # noqa: DTZ011 - the office's own day
    return Roster(today, ()) if file is None else read_roster_file(file, issued=today)
