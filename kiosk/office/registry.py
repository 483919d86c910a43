"""Which kiosks the office knows: place, certificates, record-signing key, and since when one is no longer trusted.

One JSON file, written by root's commands alone; what the collector reads is a copy (`kiosk.office.governing`).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from kiosk.office.errors import ProvisioningError
from kiosk.office.keyfile import replace as replace_file

_log = logging.getLogger(__name__)

NAME_PATTERN = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
COLLECTOR = "collector"
LAYOUT = 1
# How long one change may wait for another.
STILL_S = 60.0
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KioskEntry:
    """One registered kiosk. ``record_key`` is the raw Ed25519 public key; times are aware, in UTC.

    ``office``: not a kiosk but an office of the level below, which passes on the packages of its own kiosks.
    ``earlier_serials``: its TLS certificates that were renewed and may be good for a while yet; ``earlier_until``:
    until when, where the first ones lack theirs if they were renewed before it was kept. ``place``: latitude and
    longitude in degrees (WGS 84), for the map alone.
    """

    kiosk: str
    province: str
    commune: str
    tls_serial: int
    tls_not_after: datetime
    record_key: bytes
    revoked_at: datetime | None = None
    earlier_serials: tuple[int, ...] = ()
    office: bool = False
    place: tuple[float, float] | None = None
    earlier_until: tuple[datetime, ...] = ()

    @property
    def serials(self) -> tuple[int, ...]:
        """Of all its TLS certificates that may still be good."""
        return (self.tls_serial, *self.earlier_serials)

    def still_good(self, now: datetime) -> tuple[tuple[int, datetime], ...]:
        """Serial and end of each of its TLS certificates that has not ended, the newest last."""
        # One whose end was not kept ends no later than the one that followed.
        unknown = (self.tls_not_after,) * (len(self.earlier_serials) - len(self.earlier_until))
        known = (*zip(self.earlier_serials, (*unknown, *self.earlier_until), strict=True),)
        # A day longer: clocks differ.
        return tuple(one for one in (*known, (self.tls_serial, self.tls_not_after)) if one[1] + A_DAY > now)

    def renewed(self, serial: int, until: datetime, *, now: datetime) -> KioskEntry:
        """With another TLS certificate; those before it that are still good stay known, the others are forgotten."""
        before = self.still_good(now)
        return replace(
            self,
            tls_serial=serial,
            tls_not_after=until,
            earlier_serials=tuple(one for one, _ in before),
            earlier_until=tuple(end for _, end in before),
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything public that provisioning knows about its office.

    ``shards``: see `kiosk.office.shards`. ``revision``: higher with each change, 0 in one from before there were any.
    """

    province: str
    communes: Mapping[str, str]
    demo: bool
    broker_host: str
    broker_port: int
    kiosks: Mapping[str, KioskEntry]
    shards: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    revision: int = 0

    def with_kiosk(self, entry: KioskEntry) -> Registry:
        """A copy that knows ``entry`` too."""
        return replace(self, kiosks={**self.kiosks, entry.kiosk: entry})


def check_name(value: str, *, what: str) -> str:
    """Return ``value`` if it may be a topic level and a certificate name.

    Raises:
        ProvisioningError: other characters (``+``, ``#`` and ``/`` would open other kiosks' topics) or length.
    """
    if not NAME_PATTERN.match(value):
        raise ProvisioningError(f"{what} {value!r} is not allowed: use 1 to 32 letters A-Z a-z, digits and hyphens")
    return value


def load_registry(path: Path) -> Registry:
    """Read the registry.

    Raises:
        ProvisioningError: missing, unreadable or of an unknown layout.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ProvisioningError(f"{path} does not exist; run `kiosk office init` first") from error
    except OSError as error:
        raise ProvisioningError(f"{path} cannot be read: {error.strerror}") from error
    return read_registry(raw, name=str(path))


def read_registry(data: bytes, *, name: str) -> Registry:
    """The registry in these bytes of the file ``name``.

    Raises:
        ProvisioningError: damaged, or of an unknown layout.
    """
    try:
        raw = json.loads(data)
        if raw["v"] != LAYOUT:
            raise ProvisioningError(f"{name} has layout {raw['v']}, this program knows {LAYOUT}")
        kiosks = {item["kiosk"]: _entry(item) for item in raw["kiosks"]}
        return Registry(
            province=raw["province"],
            communes=dict(raw["communes"]),
            demo=bool(raw["demo"]),
            broker_host=raw["broker_host"],
            broker_port=int(raw["broker_port"]),
            kiosks=kiosks,
            # Registries that were written before there were shards do not have them, nor earlier ones a revision.
            shards={str(name): tuple(parts) for name, parts in raw.get("shards", {}).items()},
            revision=_revision(raw.get("revision", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProvisioningError(f"{name} is damaged ({type(error).__name__}); restore it from the backup") from error


def save_registry(path: Path, registry: Registry) -> None:
    """Write the registry as it is, atomically. An office's own is changed by `kiosk.office.governing` alone."""
    replace_file(path, json.dumps(plain_registry(registry), ensure_ascii=False, indent=2).encode() + b"\n")


def plain_registry(registry: Registry) -> dict[str, object]:
    """The registry as it is written in JSON."""
    return {
        "v": LAYOUT,
        "revision": registry.revision,
        "province": registry.province,
        "communes": dict(registry.communes),
        "demo": registry.demo,
        "broker_host": registry.broker_host,
        "broker_port": registry.broker_port,
        "shards": {name: list(parts) for name, parts in registry.shards.items()},
        "kiosks": [_plain(registry.kiosks[kiosk]) for kiosk in sorted(registry.kiosks)],
    }


def _revision(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a revision is a whole number from 0 on")
    return value


def _plain(entry: KioskEntry) -> dict[str, object]:
    plain = asdict(entry)
    plain["tls_serial"] = f"{entry.tls_serial:x}"
    plain["tls_not_after"] = entry.tls_not_after.isoformat()
    plain["record_key"] = entry.record_key.hex()
    plain["revoked_at"] = entry.revoked_at.isoformat() if entry.revoked_at else None
    plain["earlier_serials"] = [f"{serial:x}" for serial in entry.earlier_serials]
    plain["earlier_until"] = [until.isoformat() for until in entry.earlier_until]
    return plain


def _entry(item: Mapping[str, object]) -> KioskEntry:
    revoked_at = item["revoked_at"]
    record_key = bytes.fromhex(cast(str, item["record_key"]))
    if len(record_key) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return KioskEntry(
        kiosk=cast(str, item["kiosk"]),
        province=cast(str, item["province"]),
        commune=cast(str, item["commune"]),
        tls_serial=int(cast(str, item["tls_serial"]), 16),
        tls_not_after=datetime.fromisoformat(cast(str, item["tls_not_after"])),
        record_key=record_key,
        revoked_at=datetime.fromisoformat(cast(str, revoked_at)) if revoked_at else None,
        # Registries that were written before anything was renewed do not have it.
        earlier_serials=tuple(int(serial, 16) for serial in cast("list[str]", item.get("earlier_serials", []))),
        earlier_until=_ends(item),
        office=bool(item.get("office", False)),
        place=_place(item.get("place")),
    )


def _ends(item: Mapping[str, object]) -> tuple[datetime, ...]:
    ends = tuple(datetime.fromisoformat(until) for until in cast("list[str]", item.get("earlier_until", [])))
    if len(ends) > len(cast("list[str]", item.get("earlier_serials", []))):
        raise ValueError("a certificate without a serial has an end")
    return ends


def _place(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    lat, lon = cast("list[float]", value)
    return float(lat), float(lon)


@contextmanager
def registry_kept_still(path: Path) -> Iterator[None]:
    """Nobody else changes the registry meanwhile: what one process reads and writes would undo another's revocation.

    Raises:
        ProvisioningError: somebody else is at it for a minute already, or its folder cannot be reached.
    """
    until_s = time.monotonic() + STILL_S
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ProvisioningError(f"{path.parent} cannot be reached; run `kiosk office init` first") from error
    try:
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until_s:
                    raise ProvisioningError(f"another `kiosk office` command is changing {path}; try again") from error
                time.sleep(0.02)
        yield
    finally:
        os.close(folder)


class CurrentRegistry:
    """The registry as it is on the disk now: kiosks are added and revoked while the collector runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # The time first: a kiosk revoked between the two is then read once more, not overlooked.
        self._stamp = self._path.stat().st_mtime_ns if self._path.exists() else 0
        self._registry = load_registry(self._path)

    def __call__(self) -> Registry:
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._registry, self._stamp = load_registry(self._path), stamp
        except (OSError, ProvisioningError) as error:
            _log.error("the registry cannot be read, the last one stays in use: %s", error)
        return self._registry
