"""`kiosk request`, `kiosk office admit`, `kiosk accept`: a kiosk that makes its own keys joins an office."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import office, refused
from kiosk.cli.standing import KioskFile, OfficeFile, say_who_is_new
from kiosk.settings import KIOSK_FILE, OFFICE_FILE, load_kiosk_settings

if TYPE_CHECKING:
    from kiosk.cli.identity import Places
    from kiosk.settings import KioskSettings

Folder = Annotated[Path, typer.Argument(help="A folder on a stick, or any other that gets to the other side.")]


def request(
    folder: Folder,
    kiosk: Annotated[str | None, typer.Option(help="The name it will have; else the one in its settings.")] = None,
    settings: KioskFile = KIOSK_FILE,
) -> None:
    """Make this kiosk's keys, which stay on it, and write the request for their certificates. As root."""
    from kiosk.cli.identity import JoiningError, ask

    known = load_kiosk_settings(settings)
    try:
        asked = ask(_places(known, settings), kiosk or known.kiosk.kiosk_id, folder)
    except JoiningError as error:
        raise refused(error) from error
    os.sync()
    print(f"request of {asked.kiosk}: {folder / asked.kiosk}")
    print(f"digits to read out to the office: {asked.fingerprint}")
    print("next: `kiosk office admit` there, then `kiosk accept` here")


def accept(
    folder: Folder,
    kiosk: Annotated[
        str | None, typer.Option(help="The name that was asked for; else the one in the settings.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="The digits that the office read out; asked for if not given.")
    ] = None,
    settings: KioskFile = KIOSK_FILE,
) -> None:
    """Install what the office answered: certificates, its keys, its broker's address. As root; may be done again."""
    from kiosk.cli.identity import JoiningError, install, read_answer

    known = load_kiosk_settings(settings)
    try:
        answer = read_answer(folder, kiosk or known.kiosk.kiosk_id)
        said = fingerprint or _ask_for("the office's digits, as it reads them out")
        install(_places(known, settings), answer, said=said, field=known.kiosk.mode == "field")
    except JoiningError as error:
        raise refused(error) from error
    print(f"this is {answer.kiosk} of {answer.commune}, {answer.province}; broker {answer.broker_host}")
    print("next: systemctl restart kiosk kiosk-uplink")


@office.command("admit")
def office_admit(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    folder: Folder,
    commune: Annotated[str | None, typer.Option(help="Where a new kiosk stands; else the office's first.")] = None,
    kiosk: Annotated[str | None, typer.Option(help="This kiosk alone; else every one that asks.")] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="The digits that the officer at the kiosk reads out; asked for if not given.")
    ] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Sign the requests of kiosks that made their keys themselves, and put the answers beside them."""
    from kiosk.cli.office_adopt import judge_unadopted
    from kiosk.cli.office_below import refuse_below
    from kiosk.office.admitting import admit, waiting_on
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.ownership import hand_over

    try:
        judge_unadopted(OfficeLayout(directory))
        waiting = [one for one in waiting_on(directory, folder) if kiosk in (None, one.request.kiosk)]
        refuse_below(OfficeLayout(directory), [one.request.kiosk for one in waiting], settings)
        admitted = False
        try:
            for one in waiting:
                name = one.request.kiosk
                print(f"{name}: {'asks for a new TLS certificate' if one.known else 'is new'}")
                said = fingerprint or _ask_for(f"the digits of {name}, as they are read out there")
                answer = admit(directory, one, said=said, commune=commune)
                admitted = True
                print(f"admitted {name} ({answer.commune}): {one.folder}")
                print(f"digits to read out to {name}: {answer.office_fingerprint}")
        finally:
            if os.geteuid() == 0:
                hand_over(OfficeLayout(directory))
            # Whatever became of the next one: a broker that is not told turns away who was admitted.
            if admitted:
                say_who_is_new()
    except OfficeError as error:
        raise refused(error) from error
    os.sync()
    if not waiting:
        print(f"kiosk: {kiosk} has no request in {folder}", file=sys.stderr)
        raise typer.Exit(2)


def _places(known: "KioskSettings", settings: Path) -> "Places":
    from kiosk.cli.identity import Places

    return Places(known.signing.key.parent, known.uplink.key.parent, settings)


def _ask_for(what: str) -> str:
    return str(typer.prompt(what))
