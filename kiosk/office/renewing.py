"""Renewing kiosks' TLS certificates: the collector keeps what they ask, and whoever holds the authority's key signs.

The collector holds no authority's key, and needs none to pass on what was signed. Between the two lies a folder: one
request of each kiosk at most, and the answer to its last one. `kiosk office renewals` signs what is by the still valid
certificate of a kiosk that is registered and not revoked, and half of whose life is over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from kiosk.office.authority import DEVICE_LIFE, Authority
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, governed_registry, keep_registry
from kiosk.office.guarded import GuardedFolder, entered
from kiosk.office.keyfile import KEY_MODE, make_directory
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import NAME_PATTERN, KioskEntry, Registry
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keyfiles import write_atomically
from kiosk.sealing.renewal import (
    MAX_RENEWAL_BYTES,
    Renewal,
    half_over,
    make_new_certificate,
    new_certificate_for,
    read_renewal,
)
from kiosk.sealing.requests import NOT_X509, read_short
from kiosk.wire.topics import KioskAddress

_log = logging.getLogger(__name__)

LOOK_S: Final = 2.0
#: An answer waits in the broker for a kiosk that is away; one that is lost is told again when the kiosk asks again.
ANSWER_EXPIRY_S: Final = 7 * 86_400
KEPT_S: Final = 90 * 86_400.0
#: So many requests of one kiosk are looked at in a row, and then one more in this time: as often as a timer signs.
IN_A_ROW: Final = 4
ONE_MORE_S: Final = 900.0
#: So many certificates of one kiosk may be good at a time; a sound one has two.
MOST_GOOD: Final = 6


class Publish(Protocol):
    """`kiosk.uplink.link.Link.publish`."""

    def __call__(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down."""
        ...


class Renewals:
    """Keeps requests and tells answers. Used by the collector's thread."""

    def __init__(
        self,
        folder: Path,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = make_directory(folder, mode=0o700)
        self._registry = registry
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._now = now
        self._due_s = 0.0
        self._told: dict[str, int] = {}
        self._heard: dict[str, float] = {}

    def hear(self, kiosk: str, payload: bytes) -> None:
        """Keep what a kiosk asks; if it was answered before, tell it again. Never raises for what is in it.

        A captured uplink may ask without end: what comes too often is not even looked at, and its disk stays quiet.
        """
        entry = self._registry().kiosks.get(kiosk)
        if entry is None or entry.revoked_at is not None or len(payload) > MAX_RENEWAL_BYTES or self._too_often(kiosk):
            return
        try:
            renewal = read_renewal(payload)
            if renewal.kiosk != kiosk:
                _log.warning("%s asks for a renewal in another's name", kiosk)
                return
            if not half_over(renewal.old, self._now()):
                # Its clock is years ahead, and it asks each hour: nobody is to bring the authority's keys for that.
                _log.warning("%s asks for a certificate too early: is its clock right?", kiosk)
                return
            answer = self._folder / f"{kiosk}.answer"
            if answer.exists() and new_certificate_for(answer.read_bytes()) == renewal.id:
                self._told.pop(kiosk, None)
                self._due_s = 0.0
                return
            if self._waits(kiosk) != renewal.id:
                write_atomically(self._folder / f"{kiosk}.request", payload)
        except SealingError as error:
            _log.warning("a renewal of %s is not understood: %s", kiosk, error)
        except OSError as error:
            # The kiosk asks again.
            _log.error("a renewal cannot be kept: %s", error.strerror)

    def _too_often(self, kiosk: str) -> bool:
        now_s = self._monotonic_s()
        # The time up to which its requests are spoken for: it runs ahead by one interval with each.
        until_s = max(self._heard.get(kiosk, now_s), now_s) + ONE_MORE_S
        if until_s - now_s > IN_A_ROW * ONE_MORE_S:
            return True
        self._heard[kiosk] = until_s
        return False

    def _waits(self, kiosk: str) -> str:
        """The id of the key that a kiosk waits with, since it asked for the first time; empty when it does not wait."""
        try:
            return read_renewal(read_short(self._folder / f"{kiosk}.request", MAX_RENEWAL_BYTES)).id
        except SealingError:
            return ""

    def tell(self) -> None:
        """Tell kiosks what was signed for them since the last look."""
        now_s = self._monotonic_s()
        if now_s < self._due_s:
            return
        self._due_s = now_s + LOOK_S
        with suppress(OSError):  # another look follows
            for file in sorted(self._folder.glob("*.answer")):
                kiosk, stamp = file.stem, file.stat().st_mtime_ns
                entry = self._registry().kiosks.get(kiosk)
                if entry is None or self._told.get(kiosk) == stamp:
                    continue
                topic = KioskAddress(entry.province, entry.commune, kiosk).certificate
                if self._publish(topic, file.read_bytes(), expiry_s=ANSWER_EXPIRY_S) is None:
                    return
                self._told[kiosk] = stamp


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of one request: until when the new certificate is good, or why it was refused."""

    kiosk: str
    until: datetime | None
    refused: str = ""


def waiting_renewals(layout: OfficeLayout) -> list[str]:
    """The kiosks that wait for a certificate."""
    return sorted(file.stem for file in layout.renewals.glob("*.request"))


def waiting_since(layout: OfficeLayout) -> tuple[int, datetime | None]:
    """How many kiosks wait for a certificate, and since when the first of them."""
    asked: list[float] = []
    for file in layout.renewals.glob("*.request"):
        with suppress(FileNotFoundError):  # signed in this moment
            asked.append(file.stat().st_mtime)
    return len(asked), datetime.fromtimestamp(min(asked), UTC) if asked else None


def sign_renewals(layout: OfficeLayout, device: Authority, *, now: datetime) -> Iterator[Signed]:
    """Sign what waits, one after another; what is refused is put away, and its kiosk asks again later.

    Requests and answers lie where the collector writes: a request is believed for its signatures alone.

    Raises:
        ProvisioningError: the registry cannot be read, or an answer cannot be written; its request waits on.
    """
    if not layout.renewals.is_dir():
        return
    with entered(layout.collector, layout.renewals.name) as folder:
        for name in folder.names():
            kiosk, _, kind = name.rpartition(".")
            if kind == "request":
                yield _signed(layout, folder, kiosk, device, now)
                folder.remove(name)
            elif kind == "answer" and (folder.age_stamp(name) or 0.0) < time.time() - KEPT_S:
                folder.remove(name)


def _signed(layout: OfficeLayout, folder: GuardedFolder, kiosk: str, device: Authority, now: datetime) -> Signed:
    """Judge one request; with a certificate, its answer lies in the folder afterwards."""
    try:
        renewal = read_renewal(_request(folder, kiosk))
        with governed(layout):
            registry = governed_registry(layout)
            entry = _judged(registry, kiosk, renewal, device, now)
            tls = device.issue_client(renewal.key, kiosk, now=now)
            renewed = entry.renewed(tls.serial_number, tls.not_valid_after_utc, now=now)
            # Before the answer can leave: a certificate that nobody knows could not be revoked.
            keep_registry(layout, registry.with_kiosk(renewed))
    except (SealingError, _NotSignedError) as error:
        return Signed(kiosk, None, str(error))
    folder.replace(f"{kiosk}.answer", make_new_certificate(renewal, tls, device.certificate), mode=KEY_MODE)
    return Signed(kiosk, tls.not_valid_after_utc)


def _request(folder: GuardedFolder, kiosk: str) -> bytes:
    try:
        data = folder.read(f"{kiosk}.request", most=MAX_RENEWAL_BYTES)
    except ProvisioningError as error:
        raise _NotSignedError(str(error)) from error
    if data is None:
        raise _NotSignedError("its request has gone meanwhile")
    return data


class _NotSignedError(Exception):
    """This request gets no certificate; the text says why."""


def _judged(registry: Registry, kiosk: str, renewal: Renewal, device: Authority, now: datetime) -> KioskEntry:
    """The entry of a kiosk that may be renewed."""
    entry = registry.kiosks.get(kiosk)
    if not NAME_PATTERN.match(kiosk) or renewal.kiosk != kiosk or entry is None:
        raise _NotSignedError("no such kiosk is registered at this office")
    if entry.revoked_at is not None:
        raise _NotSignedError("it is revoked")
    old = renewal.old
    try:
        old.verify_directly_issued_by(device.certificate)
    except NOT_X509 as error:
        raise _NotSignedError("its old certificate is not by this office's authority") from error
    if old.serial_number not in (entry.tls_serial, *entry.earlier_serials):
        raise _NotSignedError("its old certificate is not in the registry")
    if not old.not_valid_before_utc <= now <= old.not_valid_after_utc:
        raise _NotSignedError("its old certificate has ended: `kiosk request` on the kiosk, with a stick")
    if len(entry.still_good(now)) >= MOST_GOOD:
        raise _NotSignedError(
            f"{MOST_GOOD} of its certificates are good already, and it still comes with an old one: look at it there, "
            "and give it one by `kiosk request`, with a stick"
        )
    if device.ends_no_later(old):
        raise _NotSignedError("the device authority itself ends then: `kiosk office renewals` renews it, with its key")
    if not half_over(old, now):
        raise _NotSignedError(f"less than half of the {DEVICE_LIFE.days} days of its certificate is over")
    return entry
