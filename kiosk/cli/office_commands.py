"""`kiosk office command` and `kiosk office commands`: ordering a kiosk, and what it said."""

import getpass
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from kiosk.office.commanding import Given

_EXIT_REFUSED = 1
_EXIT_SILENT = 3


@office.command("command")
def office_command(
    kiosk: Annotated[str, typer.Argument(help="The kiosk's id.")],
    verb: Annotated[
        str,
        typer.Argument(
            help="lock [now] | unlock | message TEXT | ring [SECONDS] | logs [LINES] | configure NAME VALUE | "
            "remedies VERDICT [FIRST,SECOND,...] | erase"
        ),
    ],
    words: Annotated[list[str] | None, typer.Argument(help="What the verb takes.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=8760, help="After so many hours it is void.")] = 24.0,
    wait: Annotated[float, typer.Option(min=0, max=3600, help="Wait so many seconds for the kiosk's answer.")] = 0.0,
    out: Annotated[
        Path | None, typer.Option(help="Also write it to a new file, to be carried there: `kiosk obey FILE`.")
    ] = None,
    sure: Annotated[bool, typer.Option("--sure", help="Needed by erase.")] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Order one kiosk: signed, with an end and a number. With --wait, exit code 1: refused, 3: no answer yet."""
    from datetime import UTC, datetime

    from kiosk.domain.commands import Erase
    from kiosk.office.errors import OfficeError
    from kiosk.office.ordering import Commander, await_answer, read_order, what_erasing_ends

    known = known_office(settings)
    try:
        order = read_order(verb, words or [])
        if isinstance(order, Erase) and not sure:
            as_owner_of(known.layout.collector)
            told = "; ".join(what_erasing_ends(known, kiosk, now=datetime.now(UTC)))
            raise OfficeError(
                "erase cannot be undone: nobody at the kiosk opens a draft after it; say so with --sure"
                + (f". Before that: {told}" if told else "")
            )
        # The key is root's; everything else belongs to the collector's user.
        commander = Commander.of(known.layout, os.environ.get("SUDO_USER") or getpass.getuser())
        if out is not None and out.exists():
            raise OfficeError(f"{out} exists and is not overwritten")
        file = out.open("xb") if out is not None else None
        as_owner_of(known.layout.collector)
        if isinstance(order, Erase):
            for line in what_erasing_ends(known, kiosk, now=datetime.now(UTC)):
                print(f"kiosk: warning: {line}", file=sys.stderr)
        given = commander.give(known, kiosk, order, lasts=timedelta(hours=hours))
        if file is not None:
            with file:
                file.write(given.signed)
        if wait:
            given = await_answer(known, given.id, within_s=wait)
    except OSError as error:
        print(f"kiosk: {out}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from error
    except OfficeError as error:
        raise refused(error) from error
    print(_line(given))
    if wait and given.state != "done":
        raise typer.Exit(_EXIT_REFUSED if given.state == "refused" else _EXIT_SILENT)


@office.command("commands")
def office_commands(
    kiosk: Annotated[str | None, typer.Argument(help="Of this kiosk alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 20,
    lines: Annotated[str | None, typer.Option(help="Print the log that came with the answer to this command.")] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """List what was ordered, newest first, and what the kiosks said to it."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.ordering import await_answer, list_commands

    known = known_office(settings)
    as_owner_of(known.layout.collector)
    try:
        if lines is not None:
            print("\n".join(await_answer(known, lines, within_s=0).lines))
            return
        for given in list_commands(known, kiosk, limit=limit):
            print(_line(given))
    except OfficeError as error:
        raise refused(error) from error


def _line(given: "Given") -> str:
    from datetime import UTC, datetime

    now, when = datetime.now(UTC), given.answered_at or given.told_at
    at = {"waits": "(not told yet)", "missed": "(never told)"}.get(given.untold(now), "")
    if when is not None:
        at = f"({'answered' if given.answered_at else 'told'} {when:%Y-%m-%d %H:%MZ})"
    said = " ".join(part for part in (given.standing(now), given.code, at) if part)
    more = f" ({len(given.lines)} lines: kiosk office commands --lines {given.id})" if given.lines else ""
    hidden = {"size", "sha256", "kid"} if given.verb == "roster" else set[str]()
    args = " ".join(f"{name}={value}" for name, value in given.args.items() if name not in hidden)
    return f"{given.id}\t{given.at:%Y-%m-%d %H:%MZ}\t{given.by}\t{given.kiosk}\t{given.verb} {args}\t{said}{more}"
