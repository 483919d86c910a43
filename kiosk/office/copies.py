"""Is this copy of the office's database good? Its manifest, and the reading back of every package in it.

A copy is a folder with the database and a manifest of SHA-256. It refuses what is damaged or incomplete, by file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from kiosk.custody.entries import from_text, to_text
from kiosk.office.errors import BackupError

DATABASE = "office.db"
MANIFEST = "manifest.json"

_VERSION = 1
_MAX_MANIFEST_BYTES = 65_536
_BLOCK_BYTES = 1 << 20
_SHOWN = 5

# How long a writer may hold the database before it counts as stuck.
BUSY_S = 30.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy of the database consists of: when it was begun (UTC), its size in bytes and its SHA-256.

    ``last_receipt``: the highest receipt number in it, 0 in an empty one; None in a manifest from before it was kept.
    Receipts only ever count up, and a clock may have been set back.
    """

    made_at: datetime
    size: int
    sha256: bytes
    last_receipt: int | None = None

    def newer_than(self, other: Manifest) -> bool:
        """Whether this copy was made later: by what it holds, and by the clock where that does not tell."""
        if self.last_receipt is not None and other.last_receipt is not None and self.last_receipt != other.last_receipt:
            return self.last_receipt > other.last_receipt
        return self.made_at > other.made_at

    def __str__(self) -> str:
        known = "" if self.last_receipt is None else f", receipts up to {self.last_receipt}"
        return f"of {self.made_at:%Y-%m-%d %H:%MZ}{known}"

    def to_json(self) -> bytes:
        """The manifest as a file."""
        database = {"size": self.size, "sha256": self.sha256.hex()}
        content = {"version": _VERSION, "made_at": to_text(self.made_at), "files": {DATABASE: database}}
        if self.last_receipt is not None:
            content["last_receipt"] = self.last_receipt
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The manifest in `data`. Raises ValueError, which says what is wrong."""
        try:
            content: Any = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError("it is no JSON") from error
        try:
            version, made_at, database = content["version"], content["made_at"], content["files"][DATABASE]
            size, sha256, last = database["size"], database["sha256"], content.get("last_receipt")
        except (TypeError, KeyError, IndexError, AttributeError) as error:
            raise ValueError("a field is missing") from error
        if type(version) is not int or version != _VERSION:
            raise ValueError(f"this program knows version {_VERSION} alone")
        if last is not None and (type(last) is not int or last < 0):
            raise ValueError("last_receipt is no number")
        if type(size) is not int or size < 0 or not isinstance(made_at, str) or not isinstance(sha256, str):
            raise ValueError("a field is of the wrong kind")
        digest = bytes.fromhex(sha256)
        if len(digest) != hashlib.sha256().digest_size:
            raise ValueError("sha256 does not have 64 hex digits")
        return cls(from_text(made_at), size, digest, last)


class Record(NamedTuple):
    """One record with bytes: `receipt` and its number, or `kept apart` and its number."""

    kind: Literal["receipt", "kept apart"]
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class VerifiedCopy:
    """A copy that was read back whole: it is what its manifest says.

    `packages` has, per receipt number, the SHA-256 computed from the package's bytes in the copy. `spoilt` names the
    records whose bytes are not those that were received: the office's own database had lost them before.
    """

    manifest: Manifest
    packages: dict[int, bytes]
    spoilt: tuple[Record, ...] = ()


def last_receipt(database: Path) -> int:
    """The highest receipt number in this copy, 0 without any. Raises sqlite3.Error and OSError."""
    with closing(reading(database, immutable=True)) as copy:
        return int(copy.execute("SELECT max(number) FROM enrolment").fetchone()[0] or 0)


def describe(database: Path, *, made_at: datetime, last: int | None = None) -> Manifest:
    """The manifest of this file; ``last`` is its `last_receipt`. Raises OSError."""
    size, digest = 0, hashlib.sha256()
    for block in blocks(database):
        size += len(block)
        digest.update(block)
    return Manifest(made_at, size, digest.digest(), last)


def verify_copy(folder: Path) -> VerifiedCopy:
    """Read a copy back: the manifest, the file's hash, the database's own order, every package's bytes.

    One record that was spoilt before the copy was made does not make the copy of all others worthless: it is named.

    Raises:
        BackupError: a file is missing, cannot be read, or is not what it was when the copy was made; the text names it.
    """
    manifest = read_manifest(folder)
    database = folder / DATABASE
    try:
        found = describe(database, made_at=manifest.made_at)
    except OSError as error:
        raise _incomplete(database, error) from error
    if found.size != manifest.size:
        raise BackupError(f"{database} is incomplete: {found.size} bytes of {manifest.size}; use another backup")
    if found.sha256 != manifest.sha256:
        raise BackupError(f"{database} is damaged: its SHA-256 is not the one in {MANIFEST}; use another backup")
    return VerifiedCopy(manifest, *_read_packages(database))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the copy in this folder. Raises BackupError, which names the file."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_MANIFEST_BYTES)
    except OSError as error:
        raise _incomplete(path, error) from error
    try:
        return Manifest.from_json(data)
    except ValueError as error:
        raise BackupError(f"{path} is damaged: {error}; use another backup") from error


def blocks(path: Path) -> Iterator[bytes]:
    """The file from its medium, where the system allows to ask that, and not from memory. Raises OSError."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_BLOCK_BYTES):
            yield block


def spoilt_in(path: Path, *, immutable: bool = True) -> tuple[Record, ...]:
    """The records of this database whose bytes are not those that were received. Raises sqlite3.Error and OSError."""
    with closing(reading(path, immutable=immutable)) as database:
        return _hash_packages(database)[1]


def _read_packages(path: Path) -> tuple[dict[int, bytes], tuple[Record, ...]]:
    try:
        with closing(reading(path, immutable=True)) as copy:
            if copy.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                raise BackupError(f"{path} is damaged: SQLite's integrity check fails; use another backup")
            return _hash_packages(copy)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"{path} is damaged: it cannot be read as the office's database ({error})") from error


def reading(path: Path, *, immutable: bool) -> sqlite3.Connection:
    """This database for reading; `immutable`: nobody writes it. Raises sqlite3.Error."""
    # Immutable: nothing beside the file is read or made, as on a medium that cannot be written.
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if immutable else "")
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S)


def _hash_packages(database: sqlite3.Connection) -> tuple[dict[int, bytes], tuple[Record, ...]]:
    """Per receipt number the hash of what is there; and what is not as it came."""
    packages: dict[int, bytes] = {}
    spoilt: list[Record] = []
    taken_in = "SELECT number, sha256, bytes FROM enrolment LEFT JOIN package USING (number) ORDER BY number"
    for number, sha256, data in database.execute(taken_in):
        packages[number] = hashlib.sha256(data or b"").digest()
        if packages[number] != sha256:
            spoilt.append(Record("receipt", number))
    for n, sha256, data in database.execute("SELECT n, sha256, bytes FROM quarantine ORDER BY n"):
        if hashlib.sha256(data).digest() != sha256:
            spoilt.append(Record("kept apart", n))
    return packages, tuple(spoilt)


def sync(path: Path) -> None:
    """Have the system write this file or folder to its disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def some_of(records: Sequence[Record]) -> str:
    """How many, and which, as far as fits into a line."""
    named = ", ".join(map(str, records[:_SHOWN]))
    return f"{len(records)}: {named}" + (", ..." if len(records) > _SHOWN else "")


def _incomplete(path: Path, error: OSError) -> BackupError:
    return BackupError(f"{path} cannot be read ({error.strerror}): the backup is incomplete, or another user's")
