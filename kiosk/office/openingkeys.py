"""New keys that open enrolments, the office's and the province's: on their medium first, and proven there, then told.

What is sealed for a key that was lost on its way to the medium opens never again. So making a key and sealing for it
are two commands: the first writes it to its medium and tells nobody; the second opens a test package with what the
medium gives back, best after it was taken out and put in again. The secret half is on no other disk.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from kiosk.domain.ids import uuid7
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, governed_registry
from kiosk.office.keyfile import KEY_MODE, PUBLIC_MODE
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.sealkeys import load_or_make_office_keys
from kiosk.sealing.errors import SealingError
from kiosk.sealing.header import NO_PREVIOUS, PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey
from kiosk.sealing.package import open_body, seal, verify
from kiosk.sealing.recipients import MAX_RECIPIENTS_BYTES
from kiosk.sealing.requests import read_short, spoken_digits
from kiosk.sealing.suites import OpeningKey, SealingKey


def make_opening_key(layout: OfficeLayout, file: Path) -> SealingKey:
    """Make the office's next opening key on its medium. No kiosk seals for it before `proven_opening_key`.

    Args:
        layout: the office; it remembers the public half of the newest key that waits, and no other.
        file: does not exist yet, on the medium where the key stays.

    Raises:
        ProvisioningError: ``file`` exists, is on the office's own disk (a demo's may be), or the medium does not give
            back what was written; then nothing waits, and nothing is left there.
    """
    with governed(layout):
        registry, keys = governed_registry(layout), load_or_make_office_keys(layout)
        _check_place(file)
        if not registry.demo and file.parent.stat().st_dev == layout.governing.stat().st_dev:
            raise ProvisioningError(f"{file} is on this computer's own disk: name a file on the key's medium")
        key = _on_medium(file, keys.recipients)
        try:
            replace_file(layout.waiting_opening_key, json.dumps(key.public.describe(), indent=2).encode() + b"\n")
        except OSError as error:
            raise ProvisioningError(f"{error.filename} cannot be written: {error.strerror}") from error
    return key.public


def proven_opening_key(layout: OfficeLayout, file: Path, recipients: Recipients) -> SealingKey:
    """The public half of the key that waits, once the one on the medium has opened a test package.

    Also of the key that kiosks seal for already, so that the second command may be given again after a power cut.

    Raises:
        ProvisioningError: no key waits, the medium holds another one, or what it holds opens nothing.
        SealingError: the medium's file cannot be read, or is no opening key.
    """
    key = _from_medium(file)
    if key.public != recipients.body:
        if not layout.waiting_opening_key.exists():
            raise ProvisioningError("no opening key waits: make one first, `kiosk office recipients --new-opening-key`")
        waiting = _read_public(layout.waiting_opening_key, what="the opening key that waits")
        if key.public != waiting:
            raise ProvisioningError(f"{file} is key {key.kid}, and {waiting.kid} waits: put its medium in")
    _prove(key, recipients)
    return key.public


def make_escrow_key(secret: Path, *, suite: str | None = None) -> SealingKey:
    """Make a key that opens enrolments, on its medium. What an office needs to seal for it comes by `prove_escrow_key`.

    Raises:
        ProvisioningError: a file of that name exists, or the medium does not give back what was written.
    """
    _check_place(secret)
    _check_place(_public_of(secret))
    try:
        return _on_medium(secret, None, suite=suite).public
    except SealingError as error:
        raise ProvisioningError(str(error)) from error


def prove_escrow_key(secret: Path) -> SealingKey:
    """Open a test package with the key on the medium, and write beside it, as ``.pub``, what an office needs.

    Raises:
        ProvisioningError: it cannot be read or opens nothing, or another key's ``.pub`` lies there.
    """
    public = _public_of(secret)
    try:
        key = _from_medium(secret)
        _prove(key, None)
        if not public.exists():
            _write_once(public, json.dumps(key.public.describe(), indent=2).encode() + b"\n", mode=PUBLIC_MODE)
    except SealingError as error:
        raise ProvisioningError(str(error)) from error
    except OSError as error:
        raise ProvisioningError(f"{error.filename} cannot be written: {error.strerror}") from error
    if read_escrow_key(public) != key.public:
        raise ProvisioningError(f"{public} is of another key than {secret}; move it away first")
    return key.public


def read_escrow_key(public: Path) -> SealingKey:
    """The public half that `prove_escrow_key` wrote.

    Raises:
        ProvisioningError: it cannot be read, or is not one.
    """
    return _read_public(public, what="the public half of an escrow key")


def digits_of(key: SealingKey) -> str:
    """The digits by which two people compare an escrow key by telephone."""
    return spoken_digits(b"can-cuoc/escrow/1" + key.raw)


def _read_public(path: Path, *, what: str) -> SealingKey:
    try:
        return SealingKey.from_description(json.loads(read_short(path, MAX_RECIPIENTS_BYTES)))
    except (SealingError, ValueError) as error:
        raise ProvisioningError(f"{path} is not {what}: {error}") from error


def _public_of(secret: Path) -> Path:
    return secret.with_name(f"{secret.name}.pub")


def _check_place(file: Path) -> None:
    if file.exists():
        raise ProvisioningError(f"{file} exists and is not overwritten; move it away first")
    if not file.parent.is_dir():
        raise ProvisioningError(f"{file.parent} is no folder: mount the medium first")


def _on_medium(file: Path, recipients: Recipients | None, *, suite: str | None = None) -> OpeningKey:
    """A new key, written and read back; what did not come back whole is taken away."""
    key = OpeningKey.generate(suite if recipients is None else recipients.suite)
    try:
        _write_once(file, key.to_pem(), mode=KEY_MODE)
        try:
            found = _from_medium(file)
            if found.public != key.public:
                raise ProvisioningError(f"{file} does not give back the key that was written: take another medium")
            _prove(found, recipients)
        except (SealingError, ProvisioningError) as error:
            file.unlink(missing_ok=True)
            raise ProvisioningError(
                f"nothing was made, the medium is not trusted with a key: {error} (FAT: mount it with umask=077)"
            ) from error
    except OSError as error:
        raise ProvisioningError(f"{error.filename or file} cannot be written: {error.strerror}") from error
    return key


def _write_once(file: Path, data: bytes, *, mode: int) -> None:
    """Write a new file durably; without a second name, which a medium's FAT does not know. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode & KEY_MODE)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _from_medium(file: Path) -> OpeningKey:
    """The key that the medium holds, not the one that memory still knows of. Raises SealingError."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ProvisioningError(f"{file} cannot be read: {error.strerror}") from error
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        raise ProvisioningError(f"{file} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    return OpeningKey.load(file)


def _prove(key: OpeningKey, recipients: Recipients | None) -> None:
    """Seal a package as a kiosk does, and open it with this key. Raises ProvisioningError when it does not open."""
    summary = OpeningKey.generate(key.suite).public if recipients is None else recipients.summary
    whom, signer, body = Recipients(summary, key.public), SigningKey.generate(), secrets.token_bytes(1024)
    now = datetime.now(UTC)
    header = PackageHeader(
        id=uuid7(now),
        kiosk="opening-key-test",
        seq=1,
        prev=NO_PREVIOUS,
        suite=whom.suite,
        summary_kid=whom.summary.kid,
        body_kid=whom.body.kid,
        boot="test",
        mono_ms=0,
        wall=now,
        clock_src="system",
        sw="test",
        drivers={},
    )
    try:
        package = verify(seal(header, summary=b"", body=body, recipients=whom, signer=signer), signer.public)
        opened = open_body(package, key)
    except SealingError as error:
        raise ProvisioningError(f"the key opens no test package: {error}") from error
    if opened != body:
        raise ProvisioningError("the key opens a test package to something else")
