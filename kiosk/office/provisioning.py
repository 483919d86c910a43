"""`kiosk office init`: authorities, certificates, keys, the broker's configuration and one bundle per kiosk.

Safe to run again at any time: what exists is kept, what is missing is made, and no key is ever overwritten. A kiosk
whose bundle has left the office, and an opening key that was moved offline, are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from kiosk.office.access import TEMPLATES, publish_access
from kiosk.office.address import LOOPBACK, settle_address
from kiosk.office.authority import SERVER_LIFE, Authority, certificate_pem, key_gone, read_certificate
from kiosk.office.broker import render_broker
from kiosk.office.bundles import issue_bundle, load_authorities, make_collectors_client, renew_bundle
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import check_adopted, governed, governed_registry, keep_registry, publish
from kiosk.office.guarded import entered
from kiosk.office.keyfile import PRIVATE_DIRECTORY_MODE, PUBLIC_MODE, make_directory, p256_in
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import KioskEntry, Registry, check_name
from kiosk.office.revoking import publish_revocations, still_revoked
from kiosk.office.sealkeys import load_or_make_office_keys
from kiosk.office.shards import checked_shards, is_collector_name
from kiosk.wire.topics import EVERYONE

FIELD_BIND = "0.0.0.0"  # noqa: S104 - kiosks come from anywhere; the certificate is the gate
DEMO_BIND = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What `init_office` made or found, and what the officer must do next."""

    layout: OfficeLayout
    registry: Registry
    new_kiosks: tuple[str, ...]
    kept_kiosks: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renewed:
    """A renewed bundle: to be installed before ``needed_before``, good until ``good_until``."""

    layout: OfficeLayout
    bundle: Path
    needed_before: datetime
    good_until: datetime


class _Wanted(NamedTuple):
    """Who is to be registered: name to commune, which of them are offices, and which are registered already."""

    places: Mapping[str, str]
    offices: frozenset[str]
    kept: tuple[str, ...]


def init_office(
    directory: Path,
    *,
    province: str,
    communes: Sequence[str] | Mapping[str, str],
    kiosks: Sequence[str] | Mapping[str, str],
    broker_host: str | None = None,
    broker_port: int | None = None,
    demo: bool = False,
    shards: Mapping[str, Sequence[str]] | None = None,
    offices: Sequence[str] | Mapping[str, str] = (),
    templates: Path = TEMPLATES,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Provisioned:
    """Make or complete an office in ``directory``.

    Args:
        directory: made if missing; see `OfficeLayout`.
        province: first topic level after ``ev1``.
        communes: commune codes, or code to name.
        kiosks: kiosk ids (all of the first commune), or kiosk id to commune code. Adds to those already known.
        broker_host: name or address under which kiosks reach the broker; joins ``localhost`` in its certificate. Fixed
            by the first init (``localhost`` where none is given; see `check_field_host`), and kept where None.
        broker_port: TLS port, as fixed as the host; 8883 where none is given.
        demo: whether simulated devices are accepted. Fixed for the life of an office.
        offices: offices of the level below that pass packages on to this one, as ``kiosks``; see docs/fleet.md.
        shards: shard to its communes; joins those already known. See `kiosk.office.shards`.
        templates: folder of ``mosquitto.conf.in`` and ``acl.in``.
        now: the clock, UTC.

    Raises:
        ProvisioningError: a name is not allowed, a kiosk is revoked, the office is of another kind, its broker has
            another address, or a file is damaged.
        BrokerError: the broker's templates are missing.
    """
    layout = OfficeLayout(directory)
    check_adopted(layout)
    names = _named(communes)
    below = _placed(offices, names)
    places = {**_placed(kiosks, names), **below}
    check_name(province, what="province")
    moment = now().astimezone(UTC).replace(microsecond=0)
    registry = _open_registry(layout, province, names, demo=demo, host=broker_host, port=broker_port)
    registry = replace(registry, shards=checked_shards(shards or {}, registry.shards, registry.communes))
    kept = _kept(registry, places)
    # After every refusal: an empty folder where the authorities belong would look like theirs.
    _make_folders(layout)
    with governed(layout):
        # Once more: a timer may have renewed a kiosk meanwhile.
        registry = _open_registry(layout, province, names, demo=demo, host=broker_host, port=broker_port)
        registry = replace(registry, shards=checked_shards(shards or {}, registry.shards, registry.communes))
        new = _complete(layout, registry, _Wanted(places, frozenset(below), kept), moment)
    with entered(layout.broker, "data", mode=PRIVATE_DIRECTORY_MODE) as folder:
        data = folder.path
    bind = DEMO_BIND if demo else FIELD_BIND
    registry = governed_registry(layout)
    render_broker(
        layout.broker, data, port=registry.broker_port, bind_address=bind, registry=registry, templates=templates
    )
    return Provisioned(layout, registry, new, kept, _advice(layout, demo=demo))


def _complete(layout: OfficeLayout, registry: Registry, wanted: _Wanted, moment: datetime) -> tuple[str, ...]:
    """Make what is missing, and a bundle for each new kiosk; the new kiosks."""
    authorities = load_authorities(layout.authority, moment)
    registry = still_revoked(layout, registry, authorities.device.certificate)
    server_certificate(layout, authorities.server, (registry.broker_host, *LOOPBACK), moment)
    for shard in ("", *registry.shards):
        make_collectors_client(layout, authorities, shard, moment)
    keys = load_or_make_office_keys(layout)
    new: list[str] = []
    for kiosk, commune in wanted.places.items():
        if kiosk in wanted.kept:
            continue
        entry = issue_bundle(layout, authorities, keys, (registry, kiosk, commune), moment)
        registry = registry.with_kiosk(replace(entry, office=kiosk in wanted.offices))
        # Each before the next: a certificate that nobody knows could not be revoked.
        registry = keep_registry(layout, registry, published=False)
        new.append(kiosk)
    registry = keep_registry(layout, registry, published=False)
    publish_revocations(layout, authorities.device, registry, moment)
    publish(layout)
    return tuple(new)


def revoke_kiosk(
    directory: Path, kiosk: str, *, at: datetime | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Stop trusting ``kiosk`` from ``at`` on (stolen, lost): its TLS certificate and what it signs.

    The broker must be restarted to end a live session; see `kiosk.office.brokerunit`.

    Raises:
        ProvisioningError: the kiosk is not registered, or the authority's key has been moved offline.
    """
    layout = OfficeLayout(directory)
    with governed(layout):
        registry = governed_registry(layout)
        entry = _registered(registry, kiosk)
        if not (layout.authority / "device-ca.key").exists():
            raise ProvisioningError("the device authority's key is offline: bring it back to revoke a kiosk")
        moment = now().astimezone(UTC).replace(microsecond=0)
        if entry.revoked_at is None:
            registry = registry.with_kiosk(replace(entry, revoked_at=(at or moment).astimezone(UTC)))
        # The master first: whatever follows is made again from it, by this command or the timer, after a power cut.
        # The collector's copy last: nothing in a folder that a service may spoil keeps the kiosk on the broker.
        device = load_authorities(layout.authority, moment).device
        registry = keep_registry(layout, still_revoked(layout, registry, device.certificate), published=False)
        publish_revocations(layout, device, registry, moment)
        publish_access(layout, registry)
        publish(layout)


def renew_kiosk(directory: Path, kiosk: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Renewed:
    """Make a new bundle for ``kiosk`` before its certificates end. What it has on it works on until it is installed.

    Raises:
        ProvisioningError: the kiosk is not registered or is revoked, an earlier bundle is still here, or the
            authorities' keys have been moved offline.
    """
    layout = OfficeLayout(directory)
    with governed(layout):
        return _renew(layout, kiosk, now)


def _renew(layout: OfficeLayout, kiosk: str, now: Callable[[], datetime]) -> Renewed:
    registry = governed_registry(layout)
    entry = _registered(registry, kiosk)
    if entry.revoked_at is not None:
        raise ProvisioningError(f"kiosk {kiosk!r} is revoked; register it under a new name with `kiosk office init`")
    if not (layout.authority / "device-ca.pem").exists():
        raise ProvisioningError(f"{layout.authority} is offline: bring it back to renew a kiosk")
    moment = now().astimezone(UTC).replace(microsecond=0)
    authorities = load_authorities(layout.authority, moment)
    make_directory(layout.commanding, mode=PRIVATE_DIRECTORY_MODE)
    renewed = renew_bundle(layout, authorities, load_or_make_office_keys(layout), (registry, entry), moment)
    return Renewed(layout, layout.bundle(kiosk), entry.tls_not_after, renewed.tls_not_after)


def _registered(registry: Registry, kiosk: str) -> KioskEntry:
    entry = registry.kiosks.get(kiosk)
    if entry is None:
        raise ProvisioningError(f"kiosk {kiosk!r} is not registered at this office")
    return entry


def _kept(registry: Registry, kiosks: Iterable[str]) -> tuple[str, ...]:
    """Those of ``kiosks`` that are registered already. A revoked one is asked for in vain, and that must be said."""
    kept = tuple(kiosk for kiosk in kiosks if kiosk in registry.kiosks)
    for kiosk in kept:
        if registry.kiosks[kiosk].revoked_at is not None:
            raise ProvisioningError(f"kiosk {kiosk!r} is revoked and stays so; register it under a new name")
    return kept


def _named(communes: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    names = dict(communes) if isinstance(communes, Mapping) else {code: code for code in communes}
    for code in names:
        check_name(code, what="commune")
    if not names:
        raise ProvisioningError("an office needs at least one commune")
    return names


def _placed(kiosks: Sequence[str] | Mapping[str, str], communes: Mapping[str, str]) -> dict[str, str]:
    first = next(iter(communes))
    places = dict(kiosks) if isinstance(kiosks, Mapping) else dict.fromkeys(kiosks, first)
    for kiosk, commune in places.items():
        check_kiosk_name(kiosk)
        if commune not in communes:
            raise ProvisioningError(f"kiosk {kiosk} stands in {commune!r}, which is not among this office's communes")
    return places


def check_kiosk_name(kiosk: str) -> None:
    """Refuse what cannot be a kiosk's name.

    Raises:
        ProvisioningError: letters that open other topics, or a name that stands for something else.
    """
    check_name(kiosk, what="kiosk")
    if is_collector_name(kiosk):
        raise ProvisioningError(f"{kiosk!r} is the name of the office's own client; choose another kiosk id")
    if kiosk == EVERYONE:
        raise ProvisioningError(f"{EVERYONE!r} stands for every kiosk in topics; choose another kiosk id")


def _make_folders(layout: OfficeLayout) -> None:
    layout.root.mkdir(parents=True, exist_ok=True)
    private = (layout.authority, layout.opening, layout.commanding, layout.governing, layout.collector)
    for folder in (*private, layout.root / "bundles"):
        make_directory(folder, mode=PRIVATE_DIRECTORY_MODE)
    make_directory(layout.broker, mode=0o750)


def _open_registry(
    layout: OfficeLayout, province: str, communes: Mapping[str, str], *, demo: bool, host: str | None, port: int | None
) -> Registry:
    if not layout.master_registry.exists():
        return Registry(province, communes, demo, *settle_address(None, host, port), {})
    if not (layout.authority / "device-ca.pem").exists():
        raise ProvisioningError(f"{layout.authority} is offline: bring it back to change this office")
    known = governed_registry(layout)
    if known.demo != demo:
        kind = "a demo" if known.demo else "a field office"
        raise ProvisioningError(f"{layout.root} is {kind} and stays so; choose another directory")
    if known.province != province:
        raise ProvisioningError(f"{layout.root} is an office of {known.province}, not of {province}")
    host, port = settle_address(known, host, port)
    return replace(known, communes={**known.communes, **communes}, broker_host=host, broker_port=port)


def server_certificate(layout: OfficeLayout, authority: Authority, hosts: Sequence[str], now: datetime) -> None:
    """The broker's certificate, renewed when a host is missing or half its life is over; the key stays."""
    wanted = list(dict.fromkeys(hosts))
    with entered(layout.broker) as folder:
        pem = folder.read("broker.pem")
        if pem is not None and folder.read("broker.key") is None:
            raise key_gone(folder.path / "broker.key")
        key = p256_in(folder, "broker.key")
        if pem is None or not _still_good(read_certificate(pem, folder.path / "broker.pem"), wanted, authority, now):
            certificate = authority.issue_server(key.public_key(), hosts[0], hosts=wanted, now=now)
            folder.replace("broker.pem", certificate_pem(certificate), mode=PUBLIC_MODE)


def _still_good(certificate: x509.Certificate, hosts: Sequence[str], by: Authority, now: datetime) -> bool:
    known = {
        str(one.value) for one in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    }
    fresh = certificate.not_valid_after_utc - now > SERVER_LIFE / 2
    return set(hosts) <= known and (fresh or by.ends_no_later(certificate))


def _advice(layout: OfficeLayout, *, demo: bool) -> tuple[str, ...]:
    if demo:
        return ("demo office: its keys protect nobody, do not use it in the field",)
    opening = f"move {layout.opening} to a medium of its own and remove it here"
    advice = [opening] if layout.opening_key.exists() else []
    advice.append(f"keep {layout.authority} offline except while kiosks are registered or revoked")
    if any((layout.root / "bundles").iterdir()):
        advice.append(f"copy each folder of {layout.root / 'bundles'} to its kiosk and remove it here")
    return tuple(advice)
