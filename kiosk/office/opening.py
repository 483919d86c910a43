"""`kiosk office open`: one enrolment, opened with the opening key under its holder's own user, into files.

Collector and page never do this: they do not have the key. Verifies the kiosk's signature again before it opens, and
opens nothing that could not be written down first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.domain.enrolment import Enrolment
from kiosk.office.errors import OpeningError
from kiosk.office.holdings import Holdings
from kiosk.office.keyfile import make_directory, write_new
from kiosk.office.openlog import Note
from kiosk.office.records import Held
from kiosk.office.supplementing import OpenedVisit, SealedVisit, left_out, slots_table
from kiosk.sealing.errors import SealingError, WrongKey
from kiosk.sealing.keyfiles import read_secret_file
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.package import VerifiedPackage, open_body, verify
from kiosk.sealing.suites import OpeningKey
from kiosk.wire.enrolment import decode_enrolment, encode_answers
from kiosk.wire.errors import BadMessage

SUFFIXES: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/jp2": "jp2",
    "image/j2c": "j2c",
    "image/webp": "webp",
    "image/x-portable-graymap": "pgm",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What was written."""

    directory: Path
    enrolment_file: Path
    image_files: tuple[Path, ...]


def open_enrolment(holdings: Holdings, enrolment_id: str, *, key_file: Path, out_dir: Path, note: Note) -> Opened:
    """Write an enrolment as ``enrolment.json`` and its captures as the image files they are.

    Where later visits took weak prints again, theirs are opened too, and ``slots`` names for each slot the better print
    and the visit that it is from. A later visit that cannot be opened stops nothing: ``supplemented_by`` says why.

    Args:
        holdings: where the package is kept, and whose signature counts.
        enrolment_id: the package's id, or its receipt number.
        key_file: the opening key or the key in escrow, mode 0600.
        out_dir: made with mode 0700; must be empty or missing.
        note: writes down which package is opened by which key, before it is.

    Raises:
        OpeningError: unknown id, wrong or damaged key, damaged package, ``out_dir`` in use, it cannot be written down,
            or a disk that does not take all of it. Nothing of the enrolment is left in ``out_dir`` then.
    """
    key = _key(key_file)
    found = holdings.find(enrolment_id)
    if found is None:
        raise OpeningError(f"no enrolment {enrolment_id} is in this office's database")
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise OpeningError(f"{out_dir} is in use; name an empty or new directory")
    stored, data = found
    enrolment = _opened(holdings, stored, data, key, note)
    if enrolment.id != stored.id:
        raise OpeningError("the sealed enrolment carries another id than its package; call the technician")
    first = OpenedVisit(stored, enrolment, _file_names(enrolment, ""))
    later, sealed = _later_visits(holdings, first, key, note)
    visits = (first, *later)
    names = [name.casefold() for visit in visits for name in visit.names.values()]
    if len(set(names)) < len(names):
        raise OpeningError("two captures of this enrolment would be written to one file; call the technician")
    files = {
        out_dir / visit.names[key]: capture.data
        for visit in visits
        for key, capture in sorted(visit.enrolment.captures.items())
    }
    table = {**_as_json(first), "supplemented_by": _supplements(later, sealed), "slots": slots_table(first, later)}
    text = json.dumps(table, ensure_ascii=False, indent=2)
    _write_all(out_dir, {**files, out_dir / "enrolment.json": text.encode() + b"\n"})
    return Opened(out_dir, out_dir / "enrolment.json", tuple(files))


def _later_visits(
    holdings: Holdings, first: OpenedVisit, key: OpeningKey, note: Note
) -> tuple[list[OpenedVisit], list[SealedVisit]]:
    """Open the visits that supplement this one, oldest first, and name those that cannot be."""
    opened, sealed = list[OpenedVisit](), list[SealedVisit]()
    for package_id in holdings.later(first.stored.id):
        found = holdings.find(package_id)
        if found is None:
            sealed.append(SealedVisit(package_id, "its package is not here"))
            continue
        stored, data = found
        try:
            enrolment = _opened(holdings, stored, data, key, note)
        except OpeningError as error:
            sealed.append(SealedVisit(package_id, str(error)))
            continue
        why = "" if enrolment.id == package_id else "the sealed enrolment carries another id than its package"
        why = why or left_out(first.enrolment, enrolment)
        if why:
            sealed.append(SealedVisit(package_id, why))
        else:
            opened.append(OpenedVisit(stored, enrolment, _file_names(enrolment, f"visit-{stored.number}.")))
    return opened, sealed


def _supplements(later: Sequence[OpenedVisit], sealed: Sequence[SealedVisit]) -> list[dict[str, Any]]:
    rows = [{**_as_json(visit), "opened": True} for visit in later]
    return [*rows, *({"id": visit.id, "opened": False, "why": visit.why} for visit in sealed)]


def _file_names(enrolment: Enrolment, prefix: str) -> dict[str, str]:
    return {key: prefix + _file_name(key, capture.media_type) for key, capture in enrolment.captures.items()}


def _key(path: Path) -> OpeningKey:
    try:
        read_secret_file(path)
    except SealingError as error:
        raise OpeningError(str(error)) from error
    try:
        return OpeningKey.load(path)
    except SealingError as error:
        raise OpeningError(f"{path} is not an opening key") from error


def _opened(holdings: Holdings, stored: Held, data: bytes, key: OpeningKey, note: Note) -> Enrolment:
    try:
        package = _verified(holdings.record_keys(stored.kiosk), stored, data)
        needed = " or ".join(package.header.opening_kids)
        if key.kid == package.header.summary_kid:
            raise OpeningError(f"this is the office's summary key, which opens no enrolment; needed is {needed}")
        if key.kid not in package.header.opening_kids:
            raise OpeningError(f"this is another opening key ({key.kid}); needed is {needed}")
        note(stored.id, key.kid)
        return decode_enrolment(open_body(package, key))
    except SealingError as error:
        raise OpeningError(f"enrolment {stored.id} cannot be opened: {error}") from error
    except BadMessage as error:
        raise OpeningError(f"enrolment {stored.id} was opened but is not readable: {error}") from error


def _verified(record_keys: Sequence[bytes], stored: Held, data: bytes) -> VerifiedPackage:
    """The package, by whichever of its kiosk's keys it is signed with. Raises SealingError, OpeningError."""
    wrong: WrongKey | None = None
    for record_key in record_keys:
        try:
            return verify(data, VerifyingKey(record_key))
        except WrongKey as error:
            wrong = error
    raise wrong or OpeningError(
        f"kiosk {stored.kiosk} is not in the registry, and no office below vouches for it: its signature cannot be "
        "checked"
    )


def _as_json(visit: OpenedVisit) -> dict[str, Any]:
    enrolment, stored = visit.enrolment, visit.stored
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
                "file": visit.names[key],
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


def _write_all(directory: Path, files: Mapping[Path, bytes]) -> None:
    """Write all files or leave none: half an enrolment would lie about in clear."""
    try:
        make_directory(directory, mode=0o700)
        for path, data in files.items():
            write_new(path, data)
    except OSError as error:
        for path in files:
            path.unlink(missing_ok=True)
        raise OpeningError(f"cannot write into {directory}: {error.strerror}") from error
