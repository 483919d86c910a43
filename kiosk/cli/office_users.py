"""`kiosk office user ...`: who may look at the office's page, and as what."""

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile, as_owner_of, whoever
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.office.accounts import Accounts

user = typer.Typer(help="Who may look at the office's page, and as what.", no_args_is_help=True)
office.add_typer(user, name="user")

Name = Annotated[str, typer.Argument(help="1 to 32 of a-z, 0-9, dot, hyphen and underscore.")]


class RoleName(StrEnum):
    """A viewer sees; a reviewer also reviews and takes alarms off; an administrator also sees the audit."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


@user.command("add")
def user_add(
    name: Name,
    role: Annotated[RoleName, typer.Option(help="What the account may do.")],
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Make an account. The password is asked for twice; where no terminal is, it is one line of the input."""
    from kiosk.office.accounts import Role

    with _accounts(settings) as accounts:
        accounts.add(name, Role[role.name], _password(), at=datetime.now(UTC), by=whoever())
    print(f"{name} may sign in as {role.value}")


@user.command("change")
def user_change(
    name: Name,
    role: Annotated[RoleName | None, typer.Option(help="Another role.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Another password, asked for twice.")] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Give an account another role or password; whoever is signed in by it has to sign in again."""
    from kiosk.office.accounts import Role

    if role is None and not password:
        raise typer.BadParameter("say what is to change: --role or --password")
    with _accounts(settings) as accounts:
        accounts.change(
            name,
            role=Role[role.name] if role is not None else None,
            password=_password() if password else None,
            at=datetime.now(UTC),
            by=whoever(),
        )
    print(f"{name} is changed")


@user.command("remove")
def user_remove(name: Name, settings: OfficeFile = OFFICE_FILE) -> None:
    """End an account, and every sign-in by it at once."""
    with _accounts(settings) as accounts:
        accounts.remove(name, at=datetime.now(UTC), by=whoever())
    print(f"{name} may sign in no more")


@user.command("list")
def user_list(settings: OfficeFile = OFFICE_FILE) -> None:
    """Name every account and its role."""
    with _accounts(settings) as accounts:
        for account in accounts.all():
            print(f"{account.name:32} {account.role.name.lower()}")


@contextlib.contextmanager
def _accounts(settings: "Path") -> "Iterator[Accounts]":
    from kiosk.office.accounts import Accounts
    from kiosk.office.database import OfficeDatabase
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    # The database is the collector's: root must leave nothing beside it that it cannot read.
    as_owner_of(known.layout.collector)
    try:
        with contextlib.closing(OfficeDatabase.open(known.database)) as database:
            yield Accounts(database)
    except OfficeError as error:
        raise refused(error) from error


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
