"""The office in a storm: a broker that forgets, commands given while its database comes and goes, and the settling."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.domain.commands import Ring
from kiosk.office import tables
from kiosk.office.broker import Broker
from kiosk.office.commanding import give
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry
from kiosk.office.settling import settle
from kiosk.sealing.keys import SigningKey


class ForgetfulBroker(Broker):
    """Mosquitto that keeps nothing on disk: what it held is gone with it."""

    @staticmethod
    def _spawn(program: Path, directory: Path, output: IO[bytes], account: object) -> subprocess.Popen[bytes]:
        file = directory / "mosquitto.conf"
        text = file.read_text("utf-8")
        file.write_text(text.replace("persistence true", "persistence false"), "utf-8")
        return Broker._spawn(program, directory, output, account)  # type: ignore[arg-type]


def order_ring(layout: OfficeLayout, url: str, kiosk: str, seconds: int, *, now: datetime) -> bool:
    """Give a command to ring; False where the database cannot take it just now."""
    try:
        with closing(OfficeDatabase.open(url)) as database:
            give(
                database,
                load_registry(layout.registry),
                SigningKey.load(layout.command_key),
                kiosk=kiosk,
                order=Ring(seconds),
                by="storm",
                now=now,
                lasts=timedelta(days=1),
            )
    except (OfficeError, SQLAlchemyError):
        return False
    return True


def settle_all(layout: OfficeLayout, url: str, *, now: datetime) -> None:
    """Sign for every package that it is kept twice, by a copy made now."""
    key = SigningKey.load(layout.collector / "receipt.key")
    with closing(OfficeDatabase.open(url)) as database:
        with database.reading() as connection:
            rows = connection.execute(select(tables.package.c.number, tables.package.c.bytes)).all()
        copy = {int(number): hashlib.sha256(bytes(data)).digest() for number, data in rows}
        settle(database, key, copy, at=now)
