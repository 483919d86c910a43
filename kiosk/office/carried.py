"""Packages in a file, from the office to the workstation where they are opened: no database there, and no network.

The packages are as sealed as they were. What the office says of them (receipt number, by which key their kiosk signs)
is signed by its receipt key, so that nobody on the way can put another kiosk in the place of one. Refuses a file that
is not whole, and any package that is not the one that was listed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from kiosk.office.errors import OpeningError
from kiosk.office.holdings import Holdings
from kiosk.office.records import Held
from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import SealingError
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.export+cbor"
# All of it is in memory at once, here and there.
MAX_BYTES: Final = 256 << 20


def pack(holdings: Holdings, wanted: Sequence[str], key: SigningKey, *, at: datetime) -> tuple[bytes, list[str]]:
    """The file for these enrolments (ids or receipt numbers) with their later visits; and the ids of all that is in it.

    Raises:
        OpeningError: one of them is not here, or together they are too large for one file.
    """
    asked: list[str] = []
    rows: dict[str, dict[str, Any]] = {}
    packages: list[bytes] = []

    def take(one: str) -> str | None:
        found = holdings.find(one)
        if found is None:
            return None
        held, data = found
        if held.id in rows:
            return held.id
        later = holdings.later(held.id)
        rows[held.id] = _row(held, data, later, holdings.record_keys(held.kiosk))
        packages.append(data)
        if sum(map(len, packages)) > MAX_BYTES:
            raise OpeningError(f"these are more than {MAX_BYTES >> 20} MB together: take fewer at a time")
        for visit in later:
            take(visit)
        return held.id

    for one in wanted:
        package_id = take(one)
        if package_id is None:
            raise OpeningError(f"no enrolment {one} is in this office's database")
        asked.append(package_id)
    listed = {"v": 1, "at": rfc3339(at), "asked": asked, "packages": list(rows.values())}
    signed = cose.sign(cbor.encode(listed), CONTENT_TYPE, key=key)
    return cbor.encode({"v": 1, "list": signed, "packages": packages}), list(rows)


def write_out(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, and read it back. Raises OpeningError; then there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise OpeningError(f"{path} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "r+b") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            if file.read() != data:
                raise OpeningError(f"{path} does not give back what was written: use another medium")
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise OpeningError(f"{path} cannot be written: {error.strerror}") from error
        raise


class CarriedHoldings:
    """What a carried file holds; verified, but not opened."""

    def __init__(self, asked: Sequence[str], rows: Sequence[dict[str, Any]], packages: Sequence[bytes]) -> None:
        self.asked = tuple(asked)
        self._rows = {row["id"]: (row, data) for row, data in zip(rows, packages, strict=True)}

    @classmethod
    def read(cls, path: Path, key: VerifyingKey) -> Self:
        """Read a file that `pack` made. `key`: the office's receipt key. Raises OpeningError."""
        try:
            with path.open("rb") as file:
                data = file.read(2 * MAX_BYTES)
        except OSError as error:
            raise OpeningError(f"{path} cannot be read: {error.strerror}") from error
        try:
            fields: Any = cbor.decode(data)
            listed: Any = cbor.decode(cose.verify(fields["list"], CONTENT_TYPE, key=key))
            if (fields["v"], listed["v"]) != (1, 1):
                raise OpeningError(f"{path} is of another program; this one knows version 1")
            rows, packages = listed["packages"], fields["packages"]
            if [row["sha256"] for row in rows] != [hashlib.sha256(data).digest() for data in packages]:
                raise OpeningError(f"{path} holds other packages than the office has listed: carry it once more")
            return cls(listed["asked"], rows, packages)
        except SealingError as error:
            raise OpeningError(f"{path} is damaged, or not from this office: {error}") from error
        except (TypeError, KeyError) as error:
            raise OpeningError(f"{path} is no file of `kiosk office export`") from error

    def find(self, wanted: str) -> tuple[Held, bytes] | None:
        """The package of this id."""
        found = self._rows.get(wanted)
        if found is None:
            return None
        row, data = found
        at = from_rfc3339(row["received_at"])
        return Held(row["number"], row["id"], row["kiosk"], at, row["simulated"]), data

    def later(self, package_id: str) -> list[str]:
        """The later visits that supplement this one, oldest first."""
        found = self._rows.get(package_id)
        return [] if found is None else list(found[0]["later"])

    def record_keys(self, kiosk: str) -> list[bytes]:
        """By which keys this kiosk signs, as the office has listed."""
        return [key for row, _ in self._rows.values() if row["kiosk"] == kiosk for key in row["keys"]]


def _row(held: Held, data: bytes, later: Sequence[str], keys: Sequence[bytes]) -> dict[str, Any]:
    return {
        "id": held.id,
        "kiosk": held.kiosk,
        "number": held.number,
        "received_at": rfc3339(held.received_at),
        "simulated": held.simulated,
        "sha256": hashlib.sha256(data).digest(),
        "later": list(later),
        "keys": list(keys),
    }
