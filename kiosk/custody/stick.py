"""Sealed packages on a USB stick, and receipts on their way back: for a kiosk that no network reaches.

A package travels in the very bytes in which it waits in the outbox, so whoever finds the stick reads nothing and can
change nothing unnoticed. Being on a stick releases nothing: only the office's receipt does. Refuses to call anything
written that was not read back from the stick.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.custody.entries import Status
from kiosk.custody.errors import CustodyFault, UnknownPackage
from kiosk.custody.reader import OutboxReader
from kiosk.wire.messages import MAX_PACKAGE_BYTES

FOLDER: Final = "can-cuoc-kiosk"
MAX_RECEIPT_BYTES: Final = 4096

# Names that a file system for any computer takes; no name says anything of a citizen.
_PACKAGE: Final = re.compile(r"(\d{8,19})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.package")
_RECEIPT: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.receipt")
_KIOSK: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
_PART: Final = ".part"


@dataclass(frozen=True, slots=True, order=True)
class Carried:
    """One package on a stick. All of it is from names: nothing is verified yet."""

    kiosk: str
    seq: int
    id: str


class Stick:
    """The folder for sealed packages on one mounted stick."""

    def __init__(self, root: Path) -> None:
        """`root`: where the stick is mounted. Raises CustodyFault when there is nothing."""
        if not root.is_dir():
            raise CustodyFault(f"{root} is not a folder: mount the stick first, and name where it is mounted")
        self._folder = root / FOLDER

    def save(self, package: Carried, data: bytes) -> bool:
        """Write a package, and read it back from the medium. False when it is there already, sound.

        Raises CustodyFault: the stick is full, read-only, pulled, or gives back other bytes. What was on it still is.
        """
        path = self._path(package)
        with suppress(OSError):
            if _from_medium(path, len(data) + 1) == data:
                return False
        self._write(path, data)
        return True

    def packages(self) -> list[Carried]:
        """The packages on the stick, by kiosk and sequence number. Raises CustodyFault."""
        return sorted(self._packages())

    def package(self, package: Carried) -> bytes:
        """The bytes of a package; more than one can have are never read. Raises CustodyFault."""
        return _read(self._path(package), MAX_PACKAGE_BYTES)

    def answer(self, package: Carried, signed: bytes) -> None:
        """Write the office's receipt beside its package. Raises CustodyFault."""
        self._write(self._receipt(package.kiosk, package.id), signed)

    def receipts(self, kiosk: str) -> dict[str, bytes]:
        """Per package id the receipt that the office has put on the stick. Raises CustodyFault."""
        found: dict[str, bytes] = {}
        for path in _listed(self._folder / kiosk):
            if match := _RECEIPT.fullmatch(path.name):
                found[match[1]] = _read(path, MAX_RECEIPT_BYTES)
        return found

    def clear(self, package: Carried) -> None:
        """Take a package and its receipt off the stick. Raises CustodyFault."""
        try:
            for path in (self._path(package), self._receipt(package.kiosk, package.id)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise CustodyFault(f"{self._folder} cannot be cleared: {error.strerror}") from error

    def _packages(self) -> Iterator[Carried]:
        for folder in _listed(self._folder):
            if _KIOSK.fullmatch(folder.name) and folder.is_dir():
                for path in _listed(folder):
                    if match := _PACKAGE.fullmatch(path.name):
                        yield Carried(folder.name, int(match[1]), match[2])

    def _path(self, package: Carried) -> Path:
        return self._folder / package.kiosk / f"{package.seq:08d}-{package.id}.package"

    def _receipt(self, kiosk: str, package_id: str) -> Path:
        return self._folder / kiosk / f"{package_id}.receipt"

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PART}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for left in path.parent.glob(f"*{_PART}"):
                left.unlink()
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if _from_medium(part, len(data) + 1) != data:
                raise CustodyFault(f"{path} does not give back what was written: use another stick")
            part.replace(path)
            _sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            if isinstance(error, CustodyFault):
                raise
            raise CustodyFault(f"{path.parent} cannot be written: {error.strerror}; use another stick") from error


@dataclass(frozen=True, slots=True)
class Load:
    """What became of one kiosk's packages on a stick."""

    saved: int
    there_already: int
    cleared: int


def load(stick: Stick, outbox: OutboxReader, kiosk: str) -> Load:
    """Write every package that has no receipt yet onto the stick, and clear away those whose receipt the kiosk has.

    Raises CustodyError: the outbox cannot be read, or the stick cannot be written; what was saved before stays saved.
    """
    there = {package.id: package for package in stick.packages() if package.kiosk == kiosk}
    saved = already = after_seq = 0
    waiting: set[str] = set()
    while page := outbox.unsettled(after_seq=after_seq):
        after_seq = page[-1].seq
        for entry in page:
            if entry.status is not Status.SEALED:
                continue
            waiting.add(entry.id)
            if stick.save(Carried(kiosk, entry.seq, entry.id), outbox.package(entry.id)):
                saved += 1
            else:
                already += 1
    done = [package for name, package in there.items() if name not in waiting and _is_answered(outbox, name)]
    for package in done:
        stick.clear(package)
    return Load(saved, already, len(done))


def _is_answered(outbox: OutboxReader, package_id: str) -> bool:
    try:
        return outbox.entry(package_id).status in (Status.RECEIVED, Status.SETTLED)
    except UnknownPackage:
        return False


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CustodyFault(f"{folder} cannot be read: {error.strerror}; is the stick still in?") from error


def _read(path: Path, most: int) -> bytes:
    try:
        data = _from_medium(path, most + 1)
    except OSError as error:
        raise CustodyFault(f"{path} cannot be read: {error.strerror}; is the stick still in?") from error
    if len(data) > most:
        raise CustodyFault(f"{path} is larger than it can be: not one of ours")
    return data


def _from_medium(path: Path, most: int) -> bytes:
    """The file as the medium has it, where the system allows to ask that, and not from memory. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read(most)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
