"""Sealed packages on a USB stick, and receipts on their way back: for a kiosk that no network reaches.

Nobody knows who made a stick: no link on it is followed, and nothing on it is opened that is not a plain file. A
package travels in the very bytes in which it waits in the outbox, so whoever finds the stick reads nothing and can
change nothing unnoticed. Being on a stick releases nothing: only the office's receipt does. Refuses to call anything
written that was not read back from the stick.
"""

from __future__ import annotations

import errno
import os
import pwd
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
_PART: Final = re.compile(r"[0-9a-f-]{36,56}\.(?:package|receipt)\.[0-9a-f]{8}\.part")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Not waiting: a pipe in the place of a file must hold nobody up.
_FILE: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_NO_LINK: Final = "there is a link or a file where a folder should be: this stick is not one of ours"
_NOT_ALLOWED: Final = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))


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
        self._root = root

    def save(self, package: Carried, data: bytes) -> bool:
        """Write a package, and read it back from the medium. False when it is there already, sound.

        Raises CustodyFault: the stick is full, read-only, pulled, or gives back other bytes. What was on it still is.
        """
        with suppress(CustodyFault):
            if self._read(package.kiosk, _package_name(package), len(data)) == data:
                return False
        self._write(package.kiosk, _package_name(package), data)
        return True

    def packages(self) -> list[Carried]:
        """The packages on the stick, by kiosk and sequence number. Raises CustodyFault."""
        return sorted(self._packages())

    def package(self, package: Carried) -> bytes:
        """The bytes of a package; more than one can have are never read. Raises CustodyFault."""
        return self._read(package.kiosk, _package_name(package), MAX_PACKAGE_BYTES)

    def answer(self, package: Carried, signed: bytes) -> None:
        """Write the office's receipt beside its package. Raises CustodyFault."""
        self._write(package.kiosk, _receipt_name(package.id), signed)

    def receipts(self, kiosk: str) -> dict[str, bytes]:
        """Per package id the receipt that the office has put on the stick. Raises CustodyFault."""
        matches = [_RECEIPT.fullmatch(name) for name in self._listed(kiosk)]
        return {match[1]: self._read(kiosk, match[0], MAX_RECEIPT_BYTES) for match in matches if match}

    def clear(self, package: Carried) -> None:
        """Take a package and its receipt off the stick. Raises CustodyFault."""
        with self._told("cleared"), self._folder(package.kiosk) as folder:
            for name in (_package_name(package), _receipt_name(package.id)):
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def _packages(self) -> Iterator[Carried]:
        for kiosk in self._kiosks():
            for name in self._listed(kiosk):
                if match := _PACKAGE.fullmatch(name):
                    yield Carried(kiosk, int(match[1]), match[2])

    def _kiosks(self) -> list[str]:
        """The folders that may be a kiosk's; a file in their place is somebody's note. Raises CustodyFault."""
        try:
            with self._told("read"), self._folder() as folder:
                named = [name for name in _names(folder) if _KIOSK.fullmatch(name)]
                modes = {name: os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode for name in named}
        except _Absent:
            return []
        if any(stat.S_ISLNK(mode) for mode in modes.values()):
            raise CustodyFault(f"{self._root}: {_NO_LINK}")
        return [name for name, mode in modes.items() if stat.S_ISDIR(mode)]

    @contextmanager
    def _folder(self, *kiosk: str, make: bool = False) -> Iterator[int]:
        """The folder for packages, or a kiosk's in it, open; step by step, so that no link leads out of the stick."""
        here = os.open(self._root, _FOLDER)
        try:
            for name in (FOLDER, *kiosk):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=here)
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    def _listed(self, kiosk: str) -> list[str]:
        try:
            with self._told("read"), self._folder(kiosk) as folder:
                return sorted(_names(folder))
        except _Absent:
            return []

    def _read(self, kiosk: str, name: str, most: int) -> bytes:
        with self._told("read"), self._folder(kiosk) as folder:
            data = _from_medium(folder, name, most + 1)
        if len(data) > most:
            raise CustodyFault(f"{name} of {kiosk} is larger than it can be: not one of ours")
        return data

    def _write(self, kiosk: str, name: str, data: bytes) -> None:
        part = f"{name}.{secrets.token_hex(4)}.part"
        with self._told("written"), self._folder(kiosk, make=True) as folder:
            for left in _names(folder):
                if _PART.fullmatch(left):
                    os.unlink(left, dir_fd=folder)
            try:
                self._write_part(folder, part, data)
                os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(part, dir_fd=folder)
                raise
            os.fsync(folder)

    def _write_part(self, folder: int, part: str, data: bytes) -> None:
        new = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, 0o644, dir_fd=folder)
        with os.fdopen(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if _from_medium(folder, part, len(data) + 1) != data:
            raise CustodyFault(f"{self._root} does not give back what was written: use another stick")

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Say in words what the system refuses. Raises CustodyFault."""
        try:
            yield
        except CustodyFault:
            raise
        except FileNotFoundError as error:
            raise _Absent(f"{self._root} cannot be {done}: {error.strerror}; is the stick still in?") from error
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                hint = _NO_LINK
            elif error.errno in _NOT_ALLOWED:
                hint = f"mount it so that user {_user()} may write on it (mount -o uid={_user()}), or use another"
            else:
                hint = "use another stick" if done == "written" else "is the stick still in?"
            raise CustodyFault(f"{self._root} cannot be {done}: {error.strerror}; {hint}") from error


class _Absent(CustodyFault):
    """It is not on the stick."""


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


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as found:
        return [one.name for one in found]


def _package_name(package: Carried) -> str:
    return f"{package.seq:08d}-{package.id}.package"


def _receipt_name(package_id: str) -> str:
    return f"{package_id}.receipt"


def _from_medium(folder: int, name: str, most: int) -> bytes:
    """The file as the medium has it, where the system allows to ask that, and not from memory. Raises OSError."""
    # Looked at first: opening a device is doing something already.
    _check_plain(os.stat(name, dir_fd=folder, follow_symlinks=False))
    with os.fdopen(os.open(name, os.O_RDONLY | _FILE, dir_fd=folder), "rb") as file:
        _check_plain(os.fstat(file.fileno()))
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read(most)


def _check_plain(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CustodyFault("there is a link, a pipe or a device where a file should be: this stick is not one of ours")


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
