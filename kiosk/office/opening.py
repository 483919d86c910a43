"""`kiosk office open`: one enrolment, opened with the opening key under its holder's own user, into files.

Collector and page never do this: they do not have the key. Verifies the kiosk's signature again before it opens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.domain.enrolment import Enrolment
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OpeningError
from kiosk.office.keyfile import make_directory, write_new
from kiosk.office.records import StoredEnrolment
from kiosk.office.registry import Registry
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.package import open_body, verify
from kiosk.sealing.suites import OpeningKey
from kiosk.wire.enrolment import decode_enrolment, encode_answers
from kiosk.wire.errors import BadMessage

SUFFIXES: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/jp2": "jp2",
    "image/webp": "webp",
    "image/x-portable-graymap": "pgm",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What was written."""

    directory: Path
    enrolment_file: Path
    image_files: tuple[Path, ...]


def open_enrolment(
    database: OfficeDatabase, registry: Registry, enrolment_id: str, *, key_file: Path, out_dir: Path
) -> Opened:
    """Write an enrolment as ``enrolment.json`` and its captures as the image files they are.

    Args:
        database: where the package is kept.
        registry: whose signature counts.
        enrolment_id: the package's id, lower case.
        key_file: the opening key, mode 0600.
        out_dir: made with mode 0700; must be empty or missing.

    Raises:
        OpeningError: unknown id, wrong or damaged key, damaged package, or ``out_dir`` in use. Nothing was written.
    """
    found = database.package(enrolment_id)
    if found is None:
        raise OpeningError(f"no enrolment {enrolment_id} is in this office's database")
    stored, data = found
    enrolment = _opened(registry, stored, data, key_file)
    if enrolment.id != stored.id:
        raise OpeningError("the sealed enrolment carries another id than its package; call the technician")
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise OpeningError(f"{out_dir} is in use; name an empty or new directory")
    try:
        make_directory(out_dir, mode=0o700)
        names = {key: _file_name(key, capture.media_type) for key, capture in enrolment.captures.items()}
        images = tuple(_write(out_dir / names[key], enrolment.captures[key].data) for key in sorted(names))
        text = json.dumps(_as_json(enrolment, stored, names), ensure_ascii=False, indent=2)
        return Opened(out_dir, _write(out_dir / "enrolment.json", text.encode() + b"\n"), images)
    except OSError as error:
        raise OpeningError(f"cannot write into {out_dir}: {error.strerror}") from error


def _opened(registry: Registry, stored: StoredEnrolment, data: bytes, key_file: Path) -> Enrolment:
    entry = registry.kiosks.get(stored.kiosk)
    if entry is None:
        raise OpeningError(f"kiosk {stored.kiosk} is not in the registry: its signature cannot be checked")
    try:
        package = verify(data, VerifyingKey(entry.record_key))
        return decode_enrolment(open_body(package, OpeningKey.load(key_file)))
    except SealingError as error:
        raise OpeningError(f"enrolment {stored.id} cannot be opened: {error}") from error
    except BadMessage as error:
        raise OpeningError(f"enrolment {stored.id} was opened but is not readable: {error}") from error


def _as_json(enrolment: Enrolment, stored: StoredEnrolment, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": enrolment.id,
        "receipt": stored.number,
        "received_at": stored.received_at.isoformat(),
        "kiosk": enrolment.kiosk,
        "simulated": stored.simulated,
        "officer": enrolment.officer,
        "plan_source": enrolment.plan_source,
        "started_at": enrolment.started_at.isoformat(),
        "finished_at": enrolment.finished_at.isoformat(),
        "answers": encode_answers(enrolment.answers),
        "captures": {
            key: {
                "file": names[key],
                "media_type": capture.media_type,
                "width_px": capture.width_px,
                "height_px": capture.height_px,
                "dpi": capture.dpi,
            }
            for key, capture in sorted(enrolment.captures.items())
        },
    }


def _file_name(key: str, media_type: str) -> str:
    # Capture ids come from outside: nothing in one may leave the directory.
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in key)
    return f"{safe.strip('.')[:100] or 'capture'}.{SUFFIXES.get(media_type, 'bin')}"


def _write(path: Path, data: bytes) -> Path:
    if os.path.lexists(path):
        raise OpeningError(f"two captures would be written to {path.name}")
    write_new(path, data)
    return path
