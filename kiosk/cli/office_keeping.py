"""`kiosk office backup`, `restore`, `give-back`: the copies by which kiosks may erase, and the ways back from them."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of, whoever
from kiosk.settings import OFFICE_FILE, load_office_settings

if TYPE_CHECKING:
    from kiosk.office.restoring import Restored


@office.command("backup")
def office_backup(
    directory: Annotated[
        Path | None, typer.Argument(help="A folder on another disk, which kiosk-office may write; else the settings'.")
    ] = None,
    same_disk: Annotated[
        bool, typer.Option("--same-disk", help="Settle even so when it is on the database's own file system.")
    ] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Copy the database, beside a running collector, into a new folder; read it back; settle what it holds."""
    from kiosk.office.backup import back_up
    from kiosk.office.copies import some_of
    from kiosk.office.errors import OfficeError

    known, file = known_office(settings), load_office_settings(settings)
    as_owner_of(known.layout.collector)
    try:
        made = back_up(known, directory or file.backup.directory, at=datetime.now(UTC), same_disk=same_disk)
    except OfficeError as error:
        raise refused(error) from error
    print(f"{made.folder}: {len(made.copy.packages)} packages read back, {len(made.settlement.settled)} newly settled")
    if made.copy.spoilt:
        print(
            f"kiosk: the database has lost the bytes it received in {some_of(made.copy.spoilt)}; not settled: look "
            "for them in an earlier backup, and replace the disk",
            file=sys.stderr,
        )
        raise typer.Exit(1)


@office.command("restore")
def office_restore(
    folder: Annotated[Path, typer.Argument(help="One backup: a folder that `kiosk office backup` made.")],
    to: Annotated[
        Path | None,
        typer.Option(help="A folder for office.db, without one; else the settings' database, file or server, empty."),
    ] = None,
    older: Annotated[bool, typer.Option("--older", help="Restore it although a newer backup lies beside it.")] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Verify a backup and put its database back, whichever kind it was made of. Overwrites nothing."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.restoring import folder_of, restore, restore_into_server

    at = datetime.now(UTC)
    try:
        if to is None:
            known = known_office(settings)
            to = folder_of(known)
            if to is None:
                as_owner_of(known.layout.collector)
                _say(restore_into_server(folder, known.database, at=at, older=older), "the server's database")
                return
        restored = restore(folder, to, at=at, older=older)
    except OfficeError as error:
        raise refused(error) from error
    _say(restored, str(to / "office.db"))


def _say(restored: "Restored", where: str) -> None:
    from kiosk.office.copies import some_of

    copy = restored.copy
    print(f"{where}: {len(copy.packages)} packages, from the backup {copy.manifest}")
    if copy.spoilt:
        print(f"kiosk: the office had lost the bytes of {some_of(copy.spoilt)} before this backup", file=sys.stderr)
    print(f"receipts go on from {restored.next_number}: the numbers in between may stand on citizens' slips already")
    if restored.accounts:
        print(f"may sign in again, also who was removed since: {', '.join(restored.accounts)}")
        print("next: `kiosk office user remove` whoever should not")
    print("next: systemctl restart kiosk-office; what came later, the kiosks that still hold it send again")


@office.command("give-back")
def office_give_back(
    below: Annotated[str, typer.Argument(metavar="OFFICE", help="The office below, as it is registered here.")],
    folder: Annotated[Path, typer.Argument(help="Where the medium is mounted.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what came here on this day (UTC) or later.")
    ] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Write what an office below has passed on onto a medium; there `kiosk office stick` takes in what it has lost."""
    from kiosk.custody.stick import Stick
    from kiosk.office.errors import OfficeError
    from kiosk.office.returning import give_back

    known, day = known_office(settings), None if since is None else since.replace(tzinfo=UTC)
    as_owner_of(known.layout.collector)
    try:
        given = give_back(known, below, Stick(folder), since=day, by=whoever(), at=datetime.now(UTC))
    except OfficeError as error:
        raise refused(error) from error
    print(f"{given.written} packages written, {given.there_already} were there; next, there: kiosk office stick DIR")
    if given.lost:
        numbers = ", ".join(map(str, given.lost[:5]))
        print(
            f"kiosk: {len(given.lost)} are lost here too (receipts {numbers}): see an earlier backup", file=sys.stderr
        )
        raise typer.Exit(1)
