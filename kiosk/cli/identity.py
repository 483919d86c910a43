"""How a kiosk joins an office: its keys are made here and stay here, a request leaves, and the answer is installed.

Everything may be done again after a power cut at any point: keys wait in a folder `joining` beside their places until
all that belongs to them is there, and each file is whole or not there.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.sealing.errors import SealingError
from kiosk.sealing.keyfiles import write_atomically
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.requests import (
    ANSWER_FILE,
    MAX_ANSWER_BYTES,
    REQUEST_FILE,
    Admission,
    KioskRequest,
    load_or_make_tls_key,
    load_tls_key,
    make_request,
    read_request,
    read_short,
    same_digits,
)

WAITING: Final = "joining"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}\Z")
#: The lines of kiosk.toml that an answer fills in, and whether they are text.
_LINES: Final = {"kiosk_id": True, "province": True, "commune": True, "broker_host": True, "broker_port": False}


class JoiningError(Exception):
    """This kiosk could not ask, or be installed as the office answered; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a kiosk's identity lies: the folders of its two users, and its settings file."""

    kiosk: Path
    uplink: Path
    settings: Path

    @property
    def waiting(self) -> tuple[Path, Path]:
        """Keys that have no certificate yet: the record-signing one, and that for TLS."""
        return self.kiosk / WAITING / "record.key", self.uplink / WAITING / "tls.key"


def ask(places: Places, kiosk: str, stick: Path) -> KioskRequest:
    """Make the keys of `kiosk`, and write the request for their certificates into `stick`.

    A kiosk that has joined before keeps the key by which it signs; it asks for a new TLS key alone.

    Raises:
        JoiningError: not a name for a kiosk, or a file cannot be read or written.
    """
    if not _NAME.match(kiosk):
        raise JoiningError(f"{kiosk!r} cannot be a kiosk's name: use 1 to 32 letters A-Z a-z, digits and hyphens")
    record_file, tls_file = places.waiting
    try:
        for file in (record_file, tls_file):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        installed = places.kiosk / "record.key"
        if not record_file.exists():
            record = SigningKey.load(installed) if installed.exists() else SigningKey.generate()
            record.save(record_file)
        signed = make_request(kiosk, SigningKey.load(record_file), load_or_make_tls_key(tls_file))
        folder = stick / kiosk
        folder.mkdir(exist_ok=True)
        write_atomically(folder / REQUEST_FILE, signed, mode=0o644)
    except OSError as error:
        raise JoiningError(f"{error.filename or stick} cannot be written: {error.strerror}") from error
    except SealingError as error:
        raise JoiningError(str(error)) from error
    return read_request(signed)


def read_answer(stick: Path, kiosk: str) -> Admission:
    """What the office answered this kiosk. Nothing in it is believed yet.

    Raises:
        JoiningError: there is none, or it is no answer.
    """
    try:
        return Admission.from_json(read_short(stick / kiosk / ANSWER_FILE, MAX_ANSWER_BYTES))
    except SealingError as error:
        raise JoiningError(f"no answer of the office for {kiosk}: {error}") from error


def install(places: Places, answer: Admission, *, said: str, field: bool) -> None:
    """Install what the office answered, once its fingerprint was compared.

    Args:
        places: where this kiosk's identity goes.
        answer: as it came.
        said: the digits that the office read out.
        field: whether this is a kiosk in the field, which no demo may take over.

    Raises:
        JoiningError: other digits, a demo's answer, not for the keys that wait here, or a file cannot be written.
    """
    if not same_digits(said, answer.office_fingerprint):
        raise JoiningError("these are not the digits of the office in this answer: somebody may have put another there")
    if answer.demo and field:
        raise JoiningError("this answer is a demo office's; a field kiosk does not take it")
    record_file, tls_file = places.waiting
    try:
        if not record_file.exists() or not tls_file.exists():
            raise JoiningError("no key waits here for a certificate: `kiosk request` first")
        record, tls = SigningKey.load(record_file), load_tls_key(tls_file)
        answer.check(answer.kiosk, record.public, tls.public_key())
        settings = settled(places.settings.read_text("utf-8"), answer)
        _put(places, answer, record_file.read_bytes(), tls_file.read_bytes())
        write_atomically(places.settings, settings.encode(), mode=0o644)
    except OSError as error:
        raise JoiningError(f"{error.filename} cannot be read or written: {error.strerror}") from error
    except SealingError as error:
        raise JoiningError(str(error)) from error
    for file in places.waiting:
        shutil.rmtree(file.parent)


def settled(text: str, answer: Admission) -> str:
    """The settings file with the lines that the office's answer fills in; everything else stays as it is.

    Raises:
        JoiningError: a value that may not stand there, or a line that is missing.
    """
    values = {"kiosk_id": answer.kiosk, "province": answer.province, "commune": answer.commune}
    values |= {"broker_host": answer.broker_host, "broker_port": str(answer.broker_port)}
    for name, is_text in _LINES.items():
        if not (_HOST if name == "broker_host" else _NAME).match(values[name]):
            raise JoiningError(f"the office's answer has a {name} that is not allowed")
        line = f'{name} = "{values[name]}"' if is_text else f"{name} = {values[name]}"
        text, count = re.subn(rf"^{name} = .*$", line, text, flags=re.MULTILINE)
        if count != 1:
            raise JoiningError(f"the settings file has {count} lines `{name} = ...` and needs one")
    return text


def _put(places: Places, answer: Admission, record: bytes, tls: bytes) -> None:
    address = {"v": 1, **{name: getattr(answer, name) for name in ("kiosk", "province", "commune", "demo")}}
    address |= {"broker_host": answer.broker_host, "broker_port": answer.broker_port}
    told = json.dumps(address, indent=2).encode() + b"\n"
    files = {
        places.kiosk: {"record.key": record, "record.pem": answer.record, "record-ca.pem": answer.record_authority},
        places.uplink: {"tls.key": tls, "tls.pem": answer.tls, "server-ca.pem": answer.server_authority},
    }
    files[places.kiosk]["office-keys.json"] = answer.keys.to_json().encode()
    for folder, content in files.items():
        # Each folder is root's, and its group is that of the user who reads it, and of nobody else.
        group = folder.stat().st_gid
        user = group_user(folder)
        for name, data in {**content, "bundle.json": told}.items():
            write_atomically(folder / name, data, mode=0o400)
            if user is not None:
                os.chown(folder / name, user, group)


def group_user(folder: Path) -> int | None:
    """The user whose own group the folder belongs to; None where this process is not root, or it is root's own."""
    if os.geteuid() != 0 or (group := folder.stat().st_gid) == 0:
        return None
    try:
        return pwd.getpwnam(grp.getgrgid(group).gr_name).pw_uid
    except KeyError:
        return None
