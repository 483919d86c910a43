"""Key files, and what is in them.

Written so that a power cut leaves the old one or the new one, never half of one; read only when no other user can.

Also the JSON description of a public key, and key ids.
"""

import base64
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from kiosk.sealing.errors import KeyFileError


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write `data` to `path` by way of a new file beside it, flushed to the disk, then renamed over it.

    The file never exists with wider rights than `mode`. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode & 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def overwrite_and_remove(path: Path) -> None:
    """Write random bytes over a file, flush them to the disk, and remove it; one that is not there is done with.

    Raises OSError.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        left = os.fstat(descriptor).st_size
        while left > 0:
            left -= os.write(descriptor, secrets.token_bytes(min(left, 65536)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()
    _sync_directory(path.parent)


def key_id(raw_public: bytes) -> str:
    """The id of a public key: 16 hex digits."""
    return hashlib.sha256(raw_public).hexdigest()[:16]


def read_description(description: object, kind: str) -> bytes:
    """The raw key in a description of this kind, its kid checked. Raises KeyFileError."""
    if not isinstance(description, Mapping):
        raise KeyFileError(f"a {kind} key is missing")
    if description.get("kind") != kind:
        raise KeyFileError(f"the key is of another kind than {kind}")
    try:
        raw = base64.b64decode(str(description.get("key")), validate=True)
    except ValueError as error:
        raise KeyFileError(f"the {kind} key is not base64") from error
    if description.get("kid") != key_id(raw):
        raise KeyFileError(f"the {kind} key does not fit its key id: the file was changed or damaged")
    return raw


def read_secret_file(path: Path) -> bytes:
    """The content of a secret file. Raises KeyFileError when it is missing or open to others."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise KeyFileError(f"{path} can be read by other users: chmod 600 it, and think of replacing the key")
            return file.read(65536)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
