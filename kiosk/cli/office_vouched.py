"""`kiosk office vouched`: from which office below a kiosk's packages are taken."""

import getpass
import os
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from kiosk.office.settings import OfficeSettings

vouched = typer.Typer(help="Kiosks of offices below: from which of them a kiosk's packages are taken.")
office.add_typer(vouched, name="vouched")

Kiosk = Annotated[str, typer.Argument(help="The kiosk's id.")]
Office = Annotated[str, typer.Argument(help="The office below, by its name here.")]
Key = Annotated[str, typer.Option(help="The beginning of the key's id, where the office has named several.")]


@vouched.callback(invoke_without_command=True)
def vouched_list(
    context: typer.Context,
    below: Annotated[str, typer.Option("--office", help="What this office alone says.")] = "",
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """List kiosks of offices below: office, key, and what its word is worth; then since when, enrolments here.

    current: taken from there. earlier: what it still has is taken, too. claimed: it waits for `move`. removed: nothing
    of it is taken from there.
    """
    if context.invoked_subcommand is not None:
        return
    from kiosk.office.deciding import list_words
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    as_owner_of(known.layout.collector)
    try:
        for one in list_words(known, below):
            word = one.word
            print(
                f"{word.kiosk}\t{word.office}\t{word.kid}\t{word.trust.value}\t{word.at:%Y-%m-%d %H:%MZ}"
                f"\t{one.enrolments} enrolments here"
            )
    except OfficeError as error:
        raise refused(error) from error


@vouched.command("move")
def vouched_move(kiosk: Kiosk, to: Office, key: Key = "", settings: OfficeFile = OFFICE_FILE) -> None:
    """Take a kiosk's packages from another office, or by another key, from now on. As root.

    What the office before still has of it is taken as well; `remove` ends that.
    """
    from kiosk.office.deciding import move_kiosk
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    try:
        word = move_kiosk(known, kiosk, to, kid=key, by=_who(known))
    except OfficeError as error:
        raise refused(error) from error
    print(f"{kiosk} is taken from {to} by key {word.kid}; {to} offers what it has within a quarter of an hour")


@vouched.command("remove")
def vouched_remove(kiosk: Kiosk, of: Office, key: Key = "", settings: OfficeFile = OFFICE_FILE) -> None:
    """Take nothing of a kiosk from this office any more, whatever it says; what is here stays. As root."""
    from kiosk.office.deciding import remove_kiosk
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    try:
        words = remove_kiosk(known, kiosk, of, kid=key, by=_who(known))
    except OfficeError as error:
        raise refused(error) from error
    keys = ", ".join(word.kid for word in words)
    print(f"nothing of {kiosk} is taken from {of} any more (key {keys}); `move` takes it back")


def _who(known: "OfficeSettings") -> str:
    """Who decides: whoever may read the command key. From here on as the collector's user. Raises OfficeError."""
    from kiosk.office.ordering import Commander

    by = Commander.of(known.layout, os.environ.get("SUDO_USER") or getpass.getuser()).by
    as_owner_of(known.layout.collector)
    return by
