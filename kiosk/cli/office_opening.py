"""`kiosk office open` and `export`: one enrolment in clear, at the office or on a workstation of its own."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, acting_as_owner_of, whoever
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.office.opening import Opened


@office.command("open")
def office_open(
    enrolment: Annotated[str, typer.Argument(help="An enrolment's id or receipt number; or a file from `export`.")],
    key: Annotated[Path, typer.Option(help="The opening key, or the key in escrow.")],
    out: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    settings: OfficeFile = OFFICE_FILE,
    office_keys: Annotated[
        Path | None, typer.Option(help="With a file: the office's public keys; else office-keys.json beside the key.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="With a file: where it is written down; else opened.log beside the key.")
    ] = None,
) -> None:
    """Open an enrolment with the opening key, into a folder: its data as JSON and its images. Written down first.

    A file from `kiosk office export` is opened without the office: no database, no settings, no network.
    """
    from kiosk.office.errors import OfficeError
    from kiosk.sealing.hardening import harden_process

    # From here on this process holds an enrolment in clear.
    harden_process()
    file = Path(enrolment)
    try:
        if file.is_file():
            keys, place = office_keys or key.with_name("office-keys.json"), log or key.with_name("opened.log")
            for opened in _from_file(file, keys, place, key, out):
                _say(opened)
        else:
            _say(_at_office(enrolment, settings, key, out))
    except OfficeError as error:
        raise refused(error) from error


@office.command("export")
def office_export(
    file: Annotated[Path, typer.Argument(help="The file to make, on a medium for the opening workstation.")],
    enrolments: Annotated[list[str], typer.Argument(help="Ids or receipt numbers; later visits come along.")],
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Put enrolments, as sealed as they are, into a file that `kiosk office open FILE` opens without the office."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.exporting import export

    known = known_office(settings)
    try:
        acting = partial(acting_as_owner_of, known.layout.collector)
        taken = export(known, file, enrolments, by=whoever(), at=datetime.now(UTC), acting=acting)
    except OfficeError as error:
        raise refused(error) from error
    print(f"{file}: {len(taken)} packages, sealed as they came")
    print(f"next: on the opening workstation, kiosk office open {file.name} --key OPENING.KEY --out DIR")


def _at_office(enrolment: str, settings: Path, key: Path, out: Path) -> "Opened":
    from contextlib import closing

    from kiosk.office.database import OfficeDatabase
    from kiosk.office.governing import governed_registry
    from kiosk.office.holdings import OfficeHoldings
    from kiosk.office.opening import open_enrolment
    from kiosk.office.openlog import note_at_office

    known = known_office(settings)
    # The key and the registry are for this user; the database knows the collector's, at a server perhaps nobody else.
    registry, acting = governed_registry(known.layout), partial(acting_as_owner_of, known.layout.collector)
    with acting():
        opened = OfficeDatabase.open(known.database)
    with closing(opened) as database:
        holdings = OfficeHoldings(database, registry, acting=acting)
        note = note_at_office(database, by=whoever(), now=lambda: datetime.now(UTC), acting=acting)
        return open_enrolment(holdings, enrolment, key_file=key, out_dir=out, note=note)


def _from_file(file: Path, office_keys: Path, log: Path, key: Path, out: Path) -> "Iterator[Opened]":
    from kiosk.office.carried import CarriedHoldings
    from kiosk.office.errors import OpeningError
    from kiosk.office.opening import open_enrolment
    from kiosk.office.openlog import note_in_file
    from kiosk.sealing.errors import SealingError
    from kiosk.sealing.keys import OfficeKeys

    try:
        receipt_key = OfficeKeys.load(office_keys).receipt
    except SealingError as error:
        raise OpeningError(
            f"{error}; bring office-keys.json from the office's folder `governing` and put it beside the key, once"
        ) from error
    carried = CarriedHoldings.read(file, receipt_key)
    note = note_in_file(log, by=whoever(), now=lambda: datetime.now(UTC))
    for package_id in carried.asked:
        place = out if len(carried.asked) == 1 else out / package_id
        yield open_enrolment(carried, package_id, key_file=key, out_dir=place, note=note)


def _say(opened: "Opened") -> None:
    print(opened.enrolment_file)
    for image in opened.image_files:
        print(image)
