"""Key and certificate files: written once, whole, with the right mode. A key file is never overwritten."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import GuardedFolder, entered
from kiosk.sealing.keyfiles import write_atomically

KEY_MODE = 0o600
PUBLIC_MODE = 0o644
PRIVATE_DIRECTORY_MODE = 0o700

SigningKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def make_directory(path: Path, *, mode: int) -> Path:
    """Make ``path`` (and its parents) and give it exactly ``mode``."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    return path


def write_new(path: Path, data: bytes, *, mode: int = KEY_MODE) -> None:
    """Write a file that must not exist yet: durable before it is visible.

    Raises:
        ProvisioningError: the file exists; it is left as it was.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    write_atomically(part, data, mode=mode)
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise ProvisioningError(f"{path} exists and is not overwritten; move it away first") from error
    finally:
        part.unlink()
    _sync_directory(path.parent)


def replace(path: Path, data: bytes, *, mode: int = PUBLIC_MODE) -> None:
    """Write a file that may change (certificate, list, configuration), atomically."""
    write_atomically(path, data, mode=mode)


def load_or_make_p256(path: Path) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in ``path``, made on first use."""
    with entered(path.parent) as folder:
        return p256_in(folder, path.name)


def p256_in(folder: GuardedFolder, name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in this file of a folder, made on first use.

    Raises:
        ProvisioningError: the file is no plain file, or holds another kind of key.
    """
    pem = folder.read(name)
    if pem is None:
        pem = private_pem(ec.generate_private_key(ec.SECP256R1()))
        folder.write_new(name, pem, mode=KEY_MODE)
    key = _private(pem, folder.path / name)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProvisioningError(f"{folder.path / name} is not an elliptic-curve key; move it away and run init again")
    return key


def load_or_make_ed25519(path: Path) -> ed25519.Ed25519PrivateKey:
    """The Ed25519 key in ``path``, made on first use."""
    if not path.exists():
        write_new(path, private_pem(ed25519.Ed25519PrivateKey.generate()))
    return load_ed25519(path)


def load_ed25519(path: Path) -> ed25519.Ed25519PrivateKey:
    """The Ed25519 key in ``path``.

    Raises:
        ProvisioningError: no such file, or another kind of key.
    """
    with entered(path.parent) as folder:
        pem = folder.read(path.name)
    if pem is None:
        raise ProvisioningError(f"key file {path} cannot be read: it does not exist")
    return read_ed25519(pem, path)


def load_key(path: Path) -> SigningKey:
    """The key in ``path``, of either kind. Raises ProvisioningError."""
    with entered(path.parent) as folder:
        pem = folder.read(path.name)
    key = None if pem is None else _private(pem, path)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        raise ProvisioningError(f"key file {path} is missing, or holds another kind of key: bring it back")
    return key


def read_ed25519(pem: bytes, path: Path) -> ed25519.Ed25519PrivateKey:
    """The Ed25519 key in these bytes of the file ``path``. Raises ProvisioningError."""
    key = _private(pem, path)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ProvisioningError(f"{path} is not an Ed25519 key")
    return key


def private_pem(key: SigningKey) -> bytes:
    """PKCS #8, PEM, without a password: the file's mode is its guard."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_raw(key: ed25519.Ed25519PublicKey) -> bytes:
    """The 32 bytes of an Ed25519 public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _private(pem: bytes, path: Path) -> object:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ProvisioningError(f"{path} is not an unencrypted PEM key; restore it from the backup") from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
