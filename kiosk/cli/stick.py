"""`kiosk stick` and `kiosk office stick`: packages and receipts by hand, where no network reaches."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.office import known_office, office
from kiosk.cli.standing import KioskFile, OfficeFile, as_owner_of
from kiosk.settings import KIOSK_FILE, OFFICE_FILE, load_kiosk_settings

Mounted = Annotated[Path, typer.Argument(help="Where the stick is mounted.")]


def stick(folder: Mounted, settings: KioskFile = KIOSK_FILE) -> None:
    """Save what waits here onto a USB stick, and take the receipts from it that the office has put there."""
    from kiosk.custody.inbox import Inbox
    from kiosk.custody.reader import OutboxReader
    from kiosk.custody.stick import Stick, load

    known = load_kiosk_settings(settings)
    # Before anything on the stick is looked at: nobody knows who made it. The uplink may read the outbox.
    as_owner_of(known.paths.inbox)
    place, kiosk = Stick(folder), known.kiosk.kiosk_id
    receipts = place.receipts(kiosk)
    loaded = load(place, OutboxReader(known.paths.outbox / "outbox.db"), kiosk)
    os.sync()
    with Inbox.open(known.paths.inbox / "inbox.db") as inbox:
        for package_id, signed in receipts.items():
            inbox.add_receipt(package_id, signed)
    print(
        f"{loaded.saved} packages saved, {loaded.there_already} were there, {loaded.cleared} cleared away; "
        f"{len(receipts)} receipts handed to the kiosk, which verifies them"
    )


@office.command("stick")
def office_stick(folder: Mounted, settings: OfficeFile = OFFICE_FILE) -> None:
    """Take in the packages on a USB stick, and put the receipts beside them."""
    from kiosk.custody.stick import Stick
    from kiosk.office.desk import take_in_stick
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    # Before anything on the stick is looked at: nobody knows who made it.
    as_owner_of(known.layout.collector)
    new = refused = seen = 0
    try:
        for taken in take_in_stick(known, Stick(folder)):
            seen += 1
            new += taken.new and not taken.code
            if taken.code:
                refused += 1
                print(f"kiosk: {taken.package.id} of {taken.package.kiosk} is refused: {taken.code}", file=sys.stderr)
    except OfficeError as error:
        print(f"kiosk: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    print(f"{seen} packages on the stick: {new} taken in, {seen - new - refused} known already, {refused} refused")
    if refused:
        raise typer.Exit(1)
