"""A folder whose user is a service, as root enters it: nothing that lies there is followed or waited for.

A captured collector or broker may put a symbolic link, a pipe or a second name of another's file anywhere in its own
folder. Each step below goes by the descriptor of a folder (openat, O_NOFOLLOW), so that none leads out of it, and what
root writes belongs at once to the user of the folder.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kiosk.office.errors import ProvisioningError

MOST_BYTES: Final = 64 * 1024 * 1024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PLAIN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class GuardedFolder:
    """One folder of a service, held by its descriptor. Made by `entered`."""

    def __init__(self, descriptor: int, path: Path, owner: tuple[int, int]) -> None:
        self._descriptor = descriptor
        self._owner = owner
        self.path = path

    def read(self, name: str, *, most: int = MOST_BYTES) -> bytes | None:
        """The bytes of a plain file, None where there is none.

        Raises:
            ProvisioningError: it is a link, a pipe or anything else than a plain file, is too large, or cannot be read.
        """
        try:
            descriptor = os.open(name, _PLAIN, dir_fd=self._descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refused(name, "read", error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ProvisioningError(f"{self.path / name} is no plain file: remove it, and see who put it there")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ProvisioningError(f"{self.path / name} is larger than {most} bytes: see who put it there")
        return data

    def replace(self, name: str, data: bytes, *, mode: int) -> None:
        """Write a file that may change, atomically and durably; a link of this name is replaced, not followed.

        Raises:
            ProvisioningError: it cannot be written.
        """
        try:
            beside = self._write_beside(name, data, mode)
            try:
                os.rename(beside, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            except OSError:
                os.unlink(beside, dir_fd=self._descriptor)
                raise
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._refused(name, "written", error) from error

    def write_new(self, name: str, data: bytes, *, mode: int) -> None:
        """Write a file that must not exist yet: durable before it is visible.

        Raises:
            ProvisioningError: something of this name exists, and is left as it was; or it cannot be written.
        """
        try:
            beside = self._write_beside(name, data, mode)
            try:
                os.link(beside, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor, follow_symlinks=False)
            finally:
                os.unlink(beside, dir_fd=self._descriptor)
            os.fsync(self._descriptor)
        except FileExistsError as error:
            raise ProvisioningError(f"{self.path / name} exists and is not overwritten; move it away first") from error
        except OSError as error:
            raise self._refused(name, "written", error) from error

    def names(self) -> list[str]:
        """What lies here. Raises ProvisioningError."""
        try:
            return sorted(os.listdir(self._descriptor))  # noqa: PTH208 - by the descriptor, not by a name
        except OSError as error:
            raise self._refused("", "read", error) from error

    def age_stamp(self, name: str) -> float | None:
        """When a file was last written (Unix seconds, by the disk); None where there is none."""
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mtime
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Take a name away, if it is there. Raises ProvisioningError."""
        try:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._descriptor)
        except OSError as error:
            raise self._refused(name, "removed", error) from error

    def give(self, name: str) -> None:
        """Give a plain file to the user of this folder; anything else, and another's file with a second name, is left.

        Raises:
            OSError: it cannot be given away.
        """
        with self._plain(name) as descriptor:
            if descriptor is not None and os.fstat(descriptor).st_nlink == 1:
                _give(descriptor, self._owner)

    def set_mode(self, name: str, mode: int) -> None:
        """Set the mode of a plain file with this one name. Raises ProvisioningError for anything else."""
        with self._plain(name) as descriptor:
            if descriptor is None or os.fstat(descriptor).st_nlink != 1:
                raise ProvisioningError(f"{self.path / name} is no plain file: remove it, and see who put it there")
            os.fchmod(descriptor, mode)

    @contextmanager
    def _plain(self, name: str) -> Iterator[int | None]:
        try:
            descriptor = os.open(name, _PLAIN, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
                raise
            yield None
            return
        try:
            yield descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        finally:
            os.close(descriptor)

    def _write_beside(self, name: str, data: bytes, mode: int) -> str:
        beside = f".{name}.{secrets.token_hex(4)}"
        descriptor = os.open(beside, _NEW, mode & 0o600, dir_fd=self._descriptor)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                _give(descriptor, self._owner)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
        except BaseException:
            os.unlink(beside, dir_fd=self._descriptor)
            raise
        return beside

    def _refused(self, name: str, what: str, error: OSError) -> ProvisioningError:
        where = self.path / name
        if error.errno == errno.ELOOP:
            return ProvisioningError(
                f"{where} is a symbolic link, which is not followed: remove it, see who put it there"
            )
        return ProvisioningError(f"{where} cannot be {what}: {error.strerror}")


@contextmanager
def entered(folder: Path, *below: str, mode: int | None = None) -> Iterator[GuardedFolder]:
    """Enter a folder of the office, and from it those ``below``, which its user could have put anything in place of.

    Args:
        folder: itself in a folder that is root's alone.
        below: names of folders, one in the other.
        mode: given to the last one exactly; what is missing ``below`` is made, for the user of ``folder``.

    Raises:
        ProvisioningError: one of them is missing, a link, or no folder.
    """
    path = folder
    try:
        descriptor = os.open(folder, _FOLDER)
    except OSError as error:
        raise ProvisioningError(f"{folder} cannot be reached: {error.strerror}") from error
    try:
        found = os.fstat(descriptor)
        owner = (found.st_uid, found.st_gid)
        for name in below:
            path = path / name
            try:
                deeper = _step(descriptor, name, make=mode is not None)
            except OSError as error:
                # O_DIRECTORY tells of a link as of any other file.
                why = "it is a symbolic link, which is not followed" if path.is_symlink() else str(error.strerror)
                raise ProvisioningError(f"{path} cannot be entered: {why}; see who put it there") from error
            os.close(descriptor)
            descriptor = deeper
            if mode is not None:
                _give(descriptor, owner)
        if mode is not None:
            os.fchmod(descriptor, mode)
        yield GuardedFolder(descriptor, path, owner)
    finally:
        os.close(descriptor)


def _step(descriptor: int, name: str, *, make: bool) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
    except FileNotFoundError:
        if not make:
            raise
    os.mkdir(name, 0o700, dir_fd=descriptor)
    return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)


def _give(descriptor: int, owner: tuple[int, int]) -> None:
    if os.geteuid() == 0:
        os.fchown(descriptor, *owner)
