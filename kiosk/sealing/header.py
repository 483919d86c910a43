"""The clear header of a package: says which kiosk, which place in its sequence, which keys — and names no person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from kiosk.sealing import cbor
from kiosk.sealing.errors import BadEncoding

NO_PREVIOUS = bytes(32)
_KIOSK = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_KID = re.compile(r"[0-9a-f]{16}\Z")
_FIELDS = frozenset(
    (
        "v",
        "id",
        "kiosk",
        "seq",
        "prev",
        "type",
        "schema",
        "suite",
        "summary_kid",
        "body_kid",
        "boot",
        "mono_ms",
        "wall",
        "clock_src",
        "earliest",
        "latest",
        "audit_n",
        "audit_head",
        "sw",
        "drivers",
        "simulated",
    )
)
# Version 2 is a package with a second recipient of the body.
_FIELDS_OF = {1: _FIELDS, 2: _FIELDS | {"escrow_kid"}}


@dataclass(frozen=True, slots=True)
class DriverNote:
    """Which driver served a device, and whether it was a simulated one."""

    driver: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class PackageHeader:
    """The header.

    `prev` is SHA-256 of the previous package of this kiosk (NO_PREVIOUS for the first), `mono_ms` the monotonic clock
    since `boot`, `wall` an aware time, `clock_src` what set the clock: `ntp`, or `system` where nothing vouches for
    it. `escrow_kid` names a second key that opens the body; empty where there is none.
    The true time of sealing was not before `earliest` and not after `latest` (None: not known), whatever `wall`
    says: both follow from the office's signed words and the monotonic clock. `audit_n` and `audit_head` witness the
    end of the kiosk's audit chain. `sw` is the version of the kiosk's software. `simulated` follows from `drivers`.
    """

    id: str
    kiosk: str
    seq: int
    prev: bytes
    suite: str
    summary_kid: str
    body_kid: str
    boot: str
    mono_ms: int
    wall: datetime
    clock_src: str
    sw: str
    drivers: Mapping[str, DriverNote]
    type: str = "enrolment"
    schema: str = "enrolment/1"
    earliest: datetime | None = None
    latest: datetime | None = None
    audit_n: int = 0
    audit_head: bytes = NO_PREVIOUS
    escrow_kid: str = ""

    def __post_init__(self) -> None:
        if not _is_uuid7(self.id):
            raise BadEncoding("the package id is not a UUIDv7 in lower case")
        if not _KIOSK.match(self.kiosk):
            raise BadEncoding("the kiosk id must be 1 to 32 of A-Z a-z 0-9 -")
        if self.seq < 1 or self.seq >= 1 << 63:
            raise BadEncoding("the sequence number must be 1 or more")
        if len(self.prev) != 32 or (self.seq == 1) != (self.prev == NO_PREVIOUS):
            raise BadEncoding("the previous hash must have 32 bytes, and be zero in the first package alone")
        if not (_KID.match(self.summary_kid) and _KID.match(self.body_kid)):
            raise BadEncoding("a key id has 16 hex digits")
        if self.escrow_kid and (not _KID.match(self.escrow_kid) or self.escrow_kid == self.body_kid):
            raise BadEncoding("the key id of the escrow key has 16 hex digits, and is another than the opening key's")
        if self.mono_ms < 0 or self.mono_ms >= 1 << 63:
            raise BadEncoding("the monotonic time must be 0 or more")
        if any(moment is not None and moment.tzinfo is None for moment in (self.wall, self.earliest, self.latest)):
            raise BadEncoding("a time in the header needs its time zone")
        if self.earliest is not None and self.latest is not None and self.latest < self.earliest:
            raise BadEncoding("the latest possible time of sealing is before the earliest")
        if not 0 <= self.audit_n < 1 << 63 or len(self.audit_head) != 32:
            raise BadEncoding("the witness of the audit chain is a number and 32 bytes")

    @property
    def simulated(self) -> bool:
        """Whether any driver was a simulated one: such a package is refused outside a demo."""
        return any(note.simulated for note in self.drivers.values())

    @property
    def version(self) -> int:
        """The version of the package's form: 2 with an escrow key, else 1."""
        return 2 if self.escrow_kid else 1

    @property
    def opening_kids(self) -> tuple[str, ...]:
        """The ids of the keys that open the body."""
        return (self.body_kid, self.escrow_kid) if self.escrow_kid else (self.body_kid,)

    def to_cbor(self) -> bytes:
        """The bytes that go into the package."""
        drivers = {name: {"driver": note.driver, "simulated": note.simulated} for name, note in self.drivers.items()}
        fields: dict[str, Any] = {
            "v": self.version,
            "id": self.id,
            "kiosk": self.kiosk,
            "seq": self.seq,
            "prev": self.prev,
            "type": self.type,
            "schema": self.schema,
            "suite": self.suite,
            "summary_kid": self.summary_kid,
            "body_kid": self.body_kid,
            "boot": self.boot,
            "mono_ms": self.mono_ms,
            "wall": rfc3339(self.wall),
            "clock_src": self.clock_src,
            "earliest": None if self.earliest is None else rfc3339(self.earliest),
            "latest": None if self.latest is None else rfc3339(self.latest),
            "audit_n": self.audit_n,
            "audit_head": self.audit_head,
            "sw": self.sw,
            "drivers": drivers,
            "simulated": self.simulated,
        }
        if self.escrow_kid:
            fields["escrow_kid"] = self.escrow_kid
        return cbor.encode(fields)

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The header in `data`. Raises BadEncoding for a missing, unknown or wrong field."""
        fields = cbor.decode(data)
        version = fields.pop("v", None) if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or type(version) is not int or version not in _FIELDS_OF:
            raise BadEncoding("the package header is of another version than 1 and 2")
        if fields.keys() | {"v"} != _FIELDS_OF[version]:
            raise BadEncoding(f"the package header does not have exactly the fields of version {version}")
        simulated = fields.pop("simulated")
        texts = ["id", "kiosk", "type", "schema", "suite", "summary_kid", "body_kid", "boot", "wall", "clock_src", "sw"]
        if version > 1:
            texts.append("escrow_kid")
        if not all(isinstance(fields[name], str) for name in texts):
            raise BadEncoding("a text field of the package header is not text")
        if any(type(fields[name]) is not int for name in ("seq", "mono_ms", "audit_n")):
            raise BadEncoding("seq, mono_ms and audit_n must be whole numbers")
        if not (isinstance(fields["prev"], bytes) and isinstance(fields["audit_head"], bytes)):
            raise BadEncoding("prev and audit_head must be byte strings")
        fields["wall"] = from_rfc3339(fields["wall"])
        for name in ("earliest", "latest"):
            fields[name] = _moment_or_none(fields[name])
        fields["drivers"] = _drivers(fields["drivers"])
        header = cls(**fields)
        if header.version != version:
            raise BadEncoding("the package header names no escrow key, and is of the version of one that does")
        if simulated is not header.simulated:
            raise BadEncoding("the package header contradicts itself on simulated drivers")
        return header


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC with microseconds: one single form for one moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def from_rfc3339(text: str) -> datetime:
    """The time that `rfc3339` wrote. Raises BadEncoding."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadEncoding("a time is not RFC 3339 in UTC with microseconds") from error
    if rfc3339(moment) != text:
        raise BadEncoding("a time is not RFC 3339 in UTC with microseconds")
    return moment


def _moment_or_none(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadEncoding("a bound of the time of sealing is a time or nothing")
    return from_rfc3339(value)


def _drivers(value: object) -> dict[str, DriverNote]:
    if not isinstance(value, dict):
        raise BadEncoding("drivers must be a map")
    notes: dict[str, DriverNote] = {}
    for name, note in value.items():
        match note:
            case {"driver": str(driver), "simulated": bool(simulated), **rest} if not rest and isinstance(name, str):
                notes[name] = DriverNote(driver, simulated)
            case _:
                raise BadEncoding("a driver is noted by its name and whether it is simulated")
    return notes


def _is_uuid7(text: str) -> bool:
    try:
        uuid = UUID(text)
    except ValueError:
        return False
    return str(uuid) == text and uuid.version == 7
