"""The audit chain: an append-only file of events, each one holding the hash of the one before.

Names events and machine words only, never a person: the values it takes cannot hold a name. A shortened file is found
out by a witness, the head that was sent with a package or with telemetry earlier.
"""

import errno
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from kiosk.sealing.errors import BadEncoding, ChainBroken
from kiosk.sealing.header import from_rfc3339, rfc3339

GENESIS = bytes(32)
_EVENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*\Z")
_WORD = re.compile(r"[A-Za-z0-9._:/+-]{0,128}\Z")
Detail = str | int | bool


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event: its number from 1, when, what, the details, and the hashes before and after it."""

    n: int
    at: datetime
    event: str
    details: dict[str, Detail]
    prev: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many entries and the last hash."""

    n: int = 0
    hash: bytes = GENESIS


class AuditChain:
    """The file, open for appending."""

    def __init__(self, path: Path, head: Head, now: Callable[[], datetime]) -> None:
        self._path = path
        self._head = head
        self._now = now

    @classmethod
    def open(cls, path: Path, now: Callable[[], datetime]) -> Self:
        """Open or create the file, checking the whole chain.

        A last line that a power cut left half written is put aside in `<name>.torn` first: it was never confirmed.
        Raises ChainBroken.
        """
        _put_torn_line_aside(path)
        return cls(path, verify_chain(path), now)

    @property
    def head(self) -> Head:
        """The chain's end, to be sent as witness."""
        return self._head

    def append(self, event: str, **details: Detail) -> AuditEntry:
        """Write one event down; it is on the disk when this returns.

        Raises BadEncoding for a value that is no machine word, OSError when the disk does not take it; then the file
        is as it was.
        """
        if len(event) > 64 or not _EVENT.match(event):
            raise BadEncoding("an event is named by at most 64 of a-z 0-9 _, in words with points between them")
        for name, value in details.items():
            if isinstance(value, str) and not _WORD.match(value):
                raise BadEncoding(f"the detail {name} must be a machine word, never free text")
        line = _line(self._head, rfc3339(self._now()), event, details=details)
        entry = _entry(line, self._head)
        _append_durably(self._path, line + b"\n")
        self._head = Head(entry.n, entry.hash)
        return entry


def read_chain(path: Path) -> Iterator[AuditEntry]:
    """The entries in order, each one checked. Raises ChainBroken at the first bad one."""
    head = Head()
    if not path.exists():
        return
    with path.open("rb") as file:
        for raw in file:
            entry = _entry(raw.removesuffix(b"\n"), head)
            head = Head(entry.n, entry.hash)
            yield entry


def verify_chain(path: Path, *, witness: Head | None = None) -> Head:
    """Check the whole file and return its end; `witness` must be one of its entries. Raises ChainBroken."""
    head = Head()
    seen = witness is None or witness == head
    for entry in read_chain(path):
        head = Head(entry.n, entry.hash)
        seen = seen or head == witness
    if not seen and witness is not None:
        raise ChainBroken("the chain does not hold the entry that was witnessed", min(witness.n, head.n + 1))
    return head


def _line(head: Head, at: str, event: str, *, details: dict[str, Detail]) -> bytes:
    fields = {"n": head.n + 1, "at": at, "event": event, "details": details, "prev": head.hash.hex()}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _entry(line: bytes, head: Head) -> AuditEntry:
    n = head.n + 1
    try:
        fields: Any = json.loads(line)
        if fields["n"] != n or fields["prev"] != head.hash.hex():
            raise ChainBroken(f"entry {n} of the audit chain does not follow the one before", n)
        if _line(head, fields["at"], fields["event"], details=fields["details"]) != line:
            raise ChainBroken(f"entry {n} of the audit chain is not written as it should be", n)
        at = from_rfc3339(fields["at"])
    except (ValueError, TypeError, KeyError, AttributeError, BadEncoding) as error:
        raise ChainBroken(f"entry {n} of the audit chain makes no sense", n) from error
    return AuditEntry(n, at, fields["event"], fields["details"], head.hash, hashlib.sha256(line).digest())


def _append_durably(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            # A disk that is just getting full takes a part of the line and says nothing.
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(descriptor)
        except OSError:
            # Half a line would break the chain with the next one.
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _put_torn_line_aside(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole, torn = content[: content.rfind(b"\n") + 1], content[content.rfind(b"\n") + 1 :]
    if not torn:
        return
    with path.with_name(path.name + ".torn").open("ab") as aside:
        aside.write(torn + b"\n")
        aside.flush()
        os.fsync(aside.fileno())
    with path.open("r+b") as file:
        file.truncate(len(whole))
        os.fsync(file.fileno())
