"""`kiosk office settings`: what settings are wanted of kiosks, and whether they have them."""

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from kiosk.domain.commands import Value


@office.command("settings")
def office_settings(
    kiosk: Annotated[str | None, typer.Argument(help="The kiosk's id; without one every kiosk that differs.")] = None,
    changes: Annotated[
        list[str] | None, typer.Argument(help="NAME=VALUE: wanted from now on; NAME= alone: wanted no more.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the word to a new file, to be carried there: `kiosk obey FILE`.")
    ] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Say which settings are wanted of a kiosk, whenever it comes; without changes: what is wanted, and what it has.

    A word holds until the next one, and survives the kiosk's restart. The settings are those that `configure` changes.
    """
    from kiosk.office.errors import OfficeError
    from kiosk.office.ordering import Commander
    from kiosk.office.wanting import read_changes, settings_report, want_settings

    known = known_office(settings)
    try:
        if kiosk is None or not changes:
            as_owner_of(known.layout.collector)
            for line in settings_report(known, kiosk):
                print(line)
            return
        wanted: Mapping[str, Value | None] = read_changes(changes)
        # The key is root's; everything else belongs to the collector's user.
        commander = Commander.of(known.layout, os.environ.get("SUDO_USER") or getpass.getuser())
        file = out.open("xb") if out is not None else None
        as_owner_of(known.layout.collector)
        word = want_settings(known, commander, kiosk, wanted)
        if file is not None:
            with file:
                file.write(word.signed)
    except OSError as error:
        print(f"kiosk: {out}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from error
    except OfficeError as error:
        raise refused(error) from error
    said = ", ".join(f"{name}={value}" for name, value in word.settings.items()) or "nothing"
    print(f"word {word.n} for {word.kiosk}: wanted is {said}")


def carry_desired(signed: bytes, folder: Path) -> bool:
    """Hand a word about settings to the kiosk whose inbox is in `folder`; False when it is something else."""
    from kiosk.custody.inbox import Inbox
    from kiosk.sealing.cose import take_apart
    from kiosk.sealing.desired import CONTENT_TYPE
    from kiosk.sealing.errors import BadEncoding
    from kiosk.wire.messages import MAX_DESIRED_BYTES

    try:
        take_apart(signed, CONTENT_TYPE)
    except BadEncoding:
        return False
    if len(signed) > MAX_DESIRED_BYTES:
        return False
    as_owner_of(folder)
    with Inbox.open(folder / "inbox.db") as inbox:
        inbox.add_desired(signed)
    print("wanted settings: handed over to the kiosk, which verifies them")
    return True
