"""Admitting a kiosk that made its keys itself: its request is signed here, once two people compared its fingerprint.

The kiosk's keys never come here. What leaves is certificates and public keys; whoever swaps it for something else is
found out by the office's own fingerprint, which is compared at the kiosk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from kiosk.office.access import publish_access
from kiosk.office.authority import certificate_pem
from kiosk.office.bundles import load_authorities
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, governed_registry, keep_registry
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import check_kiosk_name
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.sealkeys import load_or_make_office_keys
from kiosk.sealing.errors import SealingError
from kiosk.sealing.requests import (
    ANSWER_FILE,
    MAX_REQUEST_BYTES,
    REQUEST_FILE,
    Admission,
    KioskRequest,
    read_request,
    read_short,
    same_digits,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request on a stick: what it asks, and whether its kiosk is registered here with the same signing key."""

    request: KioskRequest
    folder: Path
    known: bool


def waiting_on(directory: Path, stick: Path) -> list[Waiting]:
    """The requests on a stick, by kiosk; each proves that its kiosk holds the keys, and not whose kiosk it is.

    Raises:
        ProvisioningError: there is none, one is damaged, or its kiosk cannot be admitted.
    """
    registry = governed_registry(OfficeLayout(directory))
    found: list[Waiting] = []
    for file in sorted(stick.glob(f"*/{REQUEST_FILE}")):
        try:
            request = read_request(read_short(file, MAX_REQUEST_BYTES))
        except SealingError as error:
            raise ProvisioningError(f"{file}: {error}") from error
        found.append(Waiting(request, file.parent, _known(registry, request)))
    if not found:
        raise ProvisioningError(f"there is no request in {stick}: `kiosk request` writes one at the kiosk")
    return found


def admit(
    directory: Path,
    waiting: Waiting,
    *,
    said: str,
    commune: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Admission:
    """Sign what a kiosk asks for, register it, and put the answer beside its request.

    Args:
        directory: the office.
        waiting: the request.
        said: the digits that the officer at the kiosk read out.
        commune: where a new kiosk stands; the office's first, if not told.
        now: the clock, UTC.

    Raises:
        ProvisioningError: other digits than those of this request, the kiosk cannot be admitted, an unknown commune,
            the authorities are offline, or the answer cannot be written.
    """
    layout, request = OfficeLayout(directory), waiting.request
    if not same_digits(said, request.fingerprint):
        raise ProvisioningError(f"these are not the digits of this request of {request.kiosk}: it is not the kiosk's")
    if not (layout.authority / "device-ca.pem").exists():
        raise ProvisioningError(f"{layout.authority} is offline: bring it back to admit a kiosk")
    moment = now().astimezone(UTC).replace(microsecond=0)
    with governed(layout):
        answer = _answer(layout, request, commune, moment)
    try:
        replace_file(waiting.folder / ANSWER_FILE, answer.to_json())
    except OSError as error:
        raise ProvisioningError(f"the answer cannot be written into {waiting.folder}: {error.strerror}") from error
    return answer


def _answer(layout: OfficeLayout, request: KioskRequest, commune: str | None, moment: datetime) -> Admission:
    registry = governed_registry(layout)
    _known(registry, request)
    authorities, keys = load_authorities(layout.authority, moment), load_or_make_office_keys(layout)
    tls = authorities.device.issue_client(request.tls, request.kiosk, now=moment)
    record_key = ed25519.Ed25519PublicKey.from_public_bytes(request.record.raw)
    record = authorities.record.issue_signer(record_key, request.kiosk, now=moment)
    entry = _entry(registry, request, _commune(registry, commune), tls, moment)
    # Before the answer leaves: a certificate that nobody knows could not be revoked.
    known = keep_registry(layout, registry.with_kiosk(entry))
    publish_access(layout, known)
    return Admission(
        kiosk=request.kiosk,
        province=registry.province,
        commune=entry.commune,
        broker_host=registry.broker_host,
        broker_port=registry.broker_port,
        demo=registry.demo,
        tls=certificate_pem(tls),
        record=certificate_pem(record),
        server_authority=certificate_pem(authorities.server.certificate),
        record_authority=certificate_pem(authorities.record.certificate),
        keys=keys,
    )


def _known(registry: Registry, request: KioskRequest) -> bool:
    """Whether it is a kiosk of this office that asks anew. Raises ProvisioningError when it may not be admitted."""
    check_kiosk_name(request.kiosk)
    entry = registry.kiosks.get(request.kiosk)
    if entry is None:
        return False
    if entry.revoked_at is not None:
        raise ProvisioningError(f"kiosk {request.kiosk!r} is revoked and stays so; give it a new name")
    if entry.record_key != request.record.raw:
        raise ProvisioningError(
            f"kiosk {request.kiosk!r} is registered with another signing key: revoke it, and give this one a new name"
        )
    return True


def _commune(registry: Registry, commune: str | None) -> str:
    chosen = commune or next(iter(registry.communes))
    if chosen not in registry.communes:
        raise ProvisioningError(f"commune {chosen!r} is not among this office's: {', '.join(registry.communes)}")
    return chosen


def _entry(registry: Registry, request: KioskRequest, commune: str, tls: x509.Certificate, now: datetime) -> KioskEntry:
    known = registry.kiosks.get(request.kiosk)
    if known is not None:
        return known.renewed(tls.serial_number, tls.not_valid_after_utc, now=now)
    return KioskEntry(
        kiosk=request.kiosk,
        province=registry.province,
        commune=commune,
        tls_serial=tls.serial_number,
        tls_not_after=tls.not_valid_after_utc,
        record_key=request.record.raw,
    )
