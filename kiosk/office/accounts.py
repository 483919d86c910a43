"""Who may look at the office's page, and as what. Owns the table of accounts and how passwords are kept.

A password is kept as scrypt (RFC 7914) with a salt of its own; the figures stand beside it, so that later ones may be
dearer. Nothing here gives a password or its hash out again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.auditing import by_hand, keep_entry
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import AccountError

NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}\Z")
SHORTEST: Final = 10
LONGEST: Final = 200

# OWASP's password storage cheat sheet: N=2^15, r=8, p=3 is one of its equal choices, and takes 32 MB.
_N, _R, _P = 1 << 15, 8, 3
_ROOM: Final = 1 << 26
# One at a time: sixty-four sign-ins at once must not take two gigabytes.
_ONE = threading.Lock()


class Role(IntEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = 1
    REVIEWER = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. ``made_at`` changes with the password or the role: what was open before ends then."""

    name: str
    role: Role
    made_at: str


class Accounts:
    """The table of accounts. May be used from several threads. Methods raise sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase) -> None:
        self._database = database
        self._nobody = _hashed(secrets.token_hex())

    def find(self, name: str) -> Account | None:
        """The account of this name."""
        table = tables.account
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.name == name)).first()
        return None if row is None else Account(row.name, Role(row.role), row.made_at)

    def all(self) -> list[Account]:
        """Every account, by name."""
        table = tables.account
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.name)).all()
        return [Account(row.name, Role(row.role), row.made_at) for row in rows]

    def check(self, name: str, password: str) -> Account | None:
        """The account, if this is its password. Takes as long for a name that does not exist."""
        table = tables.account
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.name == name)).first()
        fits = _fits(password[:LONGEST], self._nobody if row is None else row.password)
        return Account(row.name, Role(row.role), row.made_at) if fits and row is not None else None

    def add(self, name: str, role: Role, password: str, *, at: datetime, by: str = "") -> None:
        """Make an account; ``by``: who does it by command, which then stands in the audit.

        Raises:
            AccountError: the name is taken or not allowed, or the password too short.
        """
        if not NAME_PATTERN.match(name):
            raise AccountError(f"the name {name!r} is not allowed: 1 to 32 of a-z, 0-9, dot, hyphen and underscore")
        _check_password(name, password)
        if self.find(name) is not None:
            raise AccountError(f"{name} has an account: `kiosk office user change {name}` changes it")
        row = {"name": name, "role": int(role), "password": _hashed(password), "made_at": to_text(at)}
        with self._database.transaction() as connection:
            connection.execute(insert(tables.account).values(**row))
            _keep(connection, "account_made", name, by=by, at=at)

    def change(self, name: str, *, role: Role | None, password: str | None, at: datetime, by: str = "") -> None:
        """Give an account another role or password; who is signed in by it has to sign in again. ``by`` as `add`.

        Raises:
            AccountError: there is no such account, or the password is too short.
        """
        values: dict[str, object] = {"made_at": to_text(at)}
        if role is not None:
            values["role"] = int(role)
        if password is not None:
            _check_password(name, password)
            values["password"] = _hashed(password)
        table = tables.account
        with self._database.transaction() as connection:
            if connection.execute(update(table).where(table.c.name == name).values(**values)).rowcount == 0:
                raise AccountError(f"there is no account {name}; `kiosk office user list` names them")
            _keep(connection, "account_changed", name, by=by, at=at)

    def remove(self, name: str, *, at: datetime, by: str = "") -> None:
        """End an account and every sign-in by it; ``by`` as `add`. Raises AccountError when there is none."""
        table = tables.account
        with self._database.transaction() as connection:
            if connection.execute(delete(table).where(table.c.name == name)).rowcount == 0:
                raise AccountError(f"there is no account {name}; `kiosk office user list` names them")
            _keep(connection, "account_removed", name, by=by, at=at)


def _keep(connection: Connection, did: str, name: str, *, by: str, at: datetime) -> None:
    if by:
        keep_entry(connection, by_hand(did, name, by=by, at=at))


def _check_password(name: str, password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(f"a password has {SHORTEST} to {LONGEST} characters: a few words make a good one")
    if name in password.casefold() or len(set(password)) < 5:
        raise AccountError("this password is too easy: not the name in it, and not a few characters repeated")


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_derived(password, salt, _N, _R, _P).hex()}"


def _fits(password: str, kept: str) -> bool:
    _, n, r, p, salt, expected = kept.split("$")
    found = _derived(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(expected))


def _derived(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with _ONE:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_ROOM, dklen=32)
