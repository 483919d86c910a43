"""A reading as one tree of plain values: what `kiosk check card --json` prints. It holds the citizen's data."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any, Final

from kiosk.chip.details import CardDetails, parse_dg11, parse_dg12, parse_dg13
from kiosk.chip.errors import BadAnswer, CardLost, ChipError, WrongKey
from kiosk.chip.face import JPEG, Portrait
from kiosk.chip.files import CardFile
from kiosk.chip.findings import Findings
from kiosk.chip.mrz import Mrz
from kiosk.chip.proof import Proof
from kiosk.chip.results import ChipRead
from kiosk.chip.stages import Effort
from kiosk.chip.verdict import Check
from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.dates import PartialDate

_MILLIS: Final = 4


def report(read: ChipRead, found: Findings, *, today: date) -> dict[str, Any]:
    """Give everything that was read and proven. Bytes are hexadecimal, dates as papers write them."""
    access = read.access
    return {
        "dg1": _mrz(read.dg1, today),
        "dg2": _portrait(read.portrait),
        "dg11": _parsed(read, CardFile.DG11, parse_dg11),
        "dg12": _parsed(read, CardFile.DG12, parse_dg12),
        "dg13": _parsed(read, CardFile.DG13, parse_dg13),
        "access": None
        if access is None
        else {
            "protocol": access.protocol,
            "key": access.key,
            "method": access.method,
            "parameters": access.parameters or None,
        },
        "passive_authentication": {
            "groups": {name: _check(check) for name, check in found.groups.items()},
            "unmodified": _check(found.unmodified),
            "signature": _check(found.signed),
            "chain": _check(found.trusted),
            "signer": found.signer or None,
            "digest": found.digest or None,
        },
        "active_authentication": _proof(read.active_authentication),
        "chip_authentication": _proof(read.chip_authentication),
        "table": {name: _check(check) for name, check in found.rows()},
        "listed": list(read.listed),
        "refused": {name: f"{status:04X}" for name, status in read.refused.items()},
        "not_asked_for": [name for name in read.listed if name not in read.files and name not in read.refused],
        "unreadable": dict(read.unreadable),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in read.files.items()
        },
        **effort(read.effort),
    }


def effort(spent: Effort) -> dict[str, Any]:
    """Give what a reading cost: commands, seconds, and both by stage."""
    stages = {
        name: {
            "apdus": stage.apdus,
            "seconds": round(stage.seconds, _MILLIS),
            "card_seconds": round(stage.card_seconds, _MILLIS),
        }
        for name, stage in spent.stages.items()
    }
    return {"apdus": spent.apdus, "seconds": round(spent.seconds, _MILLIS), "stages": stages}


def failure(error: Exception) -> dict[str, Any]:
    """Give an error as an object: its kind, the stage and the status word it came with, and what to do."""
    stage, status = (error.stage, error.status) if isinstance(error, ChipError) else ("", None)
    found: dict[str, Any] = {
        "kind": type(error).__name__,
        "stage": stage or None,
        "status": None if status is None else f"{status:04X}",
        "message": str(error),
    }
    if isinstance(error, WrongKey):
        found["tries_left"] = error.tries_left
    if isinstance(error, CardLost | BadAnswer):
        found["in_hand"] = sorted(error.so_far.files) if error.so_far is not None else []
    return {"error": found}


def _mrz(mrz: Mrz, today: date) -> dict[str, Any]:
    number = mrz.personal_number
    born, expires = mrz.birth_date(not_after_year=today.year), mrz.expires
    own = {one.name: _plain(getattr(mrz, one.name)) for one in fields(mrz)}
    return own | {
        "personal_number": number.digits if number is not None else None,
        "birth_date": born.written() if born is not None else None,
        "expiry_date": expires.written() if expires is not None else None,
        "doubts": list(number.doubts(born=born, sex=mrz.sex)) if number is not None and born is not None else [],
    }


def _portrait(portrait: Portrait | None) -> dict[str, Any] | None:
    if portrait is None:
        return None
    return {
        "format": "jpeg" if portrait.mime == JPEG else "jpeg2000",
        "bytes": len(portrait.data),
        "sha256": hashlib.sha256(portrait.data).hexdigest(),
        "mime": portrait.mime,
        "width_px": portrait.width_px,
        "height_px": portrait.height_px,
        "record": portrait.record,
    }


def _parsed(
    read: ChipRead, file: CardFile, parse: Callable[[bytes], Mapping[str, str] | CardDetails]
) -> dict[str, Any] | None:
    data = read.files.get(file)
    if data is None:
        return None
    try:
        found = parse(data)
    except BadAnswer as error:
        return {"error": str(error)}
    if isinstance(found, CardDetails):
        return {one.name: _plain(getattr(found, one.name)) for one in fields(found)}
    return dict(found)


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON knows
    if isinstance(value, PersonalNumber):
        return value.digits
    if isinstance(value, PartialDate):
        return value.written()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, tuple):
        return [_plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _check(check: Check) -> dict[str, str]:
    return {"verdict": check.verdict.value, "reason": check.reason}


def _proof(proof: Proof) -> dict[str, str | None]:
    return {
        "verdict": proof.verdict.value,
        "reason": proof.reason,
        "method": proof.method or None,
        "key_file": proof.key_file or None,
    }
