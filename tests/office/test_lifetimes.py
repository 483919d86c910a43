"""What ends is told before it does, and an authority grows no older than half of its life where its key is at hand."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.office import authority as authority_module
from kiosk.office import upkeep
from kiosk.office.authority import AUTHORITY_LIFE, Authority, certificate_pem, load_certificate
from kiosk.office.bundles import load_authorities
from kiosk.office.doctor import Finding, examine
from kiosk.office.governing import governed_registry, keep_registry
from kiosk.office.keyfile import private_pem
from kiosk.office.layout import OfficeLayout
from kiosk.office.lifetimes import look
from kiosk.office.provisioning import init_office
from kiosk.office.renewing import sign_renewals
from kiosk.office.settings import OfficeSettings
from kiosk.office.upkeep import AT_START, keep_up
from kiosk.sealing.renewal import make_renewal, take_new_certificate
from kiosk.sealing.requests import load_tls_key, new_tls_key

KIOSK = "kiosk-tk-01"
NOW = datetime.now(UTC).replace(microsecond=0)
FOUNDED = NOW - timedelta(days=365 * 6)


def founded(folder: Path) -> OfficeLayout:
    """An office of six years, with a shard; every certificate but the authorities' has ended."""
    more = {"shards": {"north": ["vx"]}, "demo": True, "now": lambda: FOUNDED}
    made = init_office(folder, province="ht", communes=["tk", "vx"], kiosks=[KIOSK], **more)  # type: ignore[arg-type]
    return made.layout


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return founded(tmp_path / "office")


def found(layout: OfficeLayout, disk: Path, *, now: datetime, above: Path | None = None) -> dict[str, Finding]:
    settings = OfficeSettings(directory=layout.root, upstream=above)
    return {one.what: one for one in examine(settings, disk, now=now)}


def greets(layout: OfficeLayout, trusted: bytes, client: Authority, folder: Path) -> bool:
    """Whether a kiosk that trusts this authority, with a certificate by ``client``, and the broker greet each other."""
    key = ec.generate_private_key(ec.SECP256R1())
    folder.mkdir()
    (folder / "tls.key").write_bytes(private_pem(key))
    (folder / "tls.pem").write_bytes(certificate_pem(client.issue_client(key.public_key(), KIOSK, now=NOW)))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(layout.broker / "broker.pem", layout.broker / "broker.key")
    server.load_verify_locations(cafile=str(layout.broker / "device-ca.pem"))
    server.load_verify_locations(cafile=str(layout.broker / "crl.pem"))
    server.verify_mode, server.verify_flags = ssl.CERT_REQUIRED, ssl.VERIFY_CRL_CHECK_LEAF
    kiosk = ssl.create_default_context(cadata=trusted.decode())
    kiosk.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    ways = (ssl.MemoryBIO(), ssl.MemoryBIO())
    sides = (
        kiosk.wrap_bio(ways[0], ways[1], server_hostname="localhost"),
        server.wrap_bio(ways[1], ways[0], server_side=True),
    )
    for side in sides * 4:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError:
            return False
    return sides[1].getpeercert() is not None


def test_an_authority_gets_another_certificate_for_its_key_and_all_that_it_signed_stays_good(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    before = load_authorities(layout.authority, FOUNDED)
    trusted = (layout.collector / "server-ca.pem").read_bytes()
    changed = keep_up(layout, now=NOW)
    assert {"device-ca.pem", "crl.pem", "broker.pem", "tls.pem"} <= set(changed)
    assert set(AT_START) <= set(changed)
    after = load_authorities(layout.authority, NOW)
    for old, new in ((before.server, after.server), (before.device, after.device), (before.record, after.record)):
        assert new.certificate.public_key() == old.certificate.public_key()
        assert new.certificate.not_valid_after_utc == NOW + AUTHORITY_LIFE
        load_certificate(layout.authority / "record-ca.pem").verify_directly_issued_by(after.record.certificate)
    # Kiosks from before trust the old certificate, and show one by it; those from now on trust the new one.
    anew = (layout.collector / "server-ca.pem").read_bytes()
    assert anew == certificate_pem(after.server.certificate) != trusted
    assert greets(layout, trusted, before.device, tmp_path / "from-before")
    assert greets(layout, anew, after.device, tmp_path / "anew")
    stranger = Authority(ec.generate_private_key(ec.SECP256R1()), before.device.certificate)
    assert not greets(layout, trusted, stranger, tmp_path / "stranger")
    assert keep_up(layout, now=NOW + timedelta(days=1)) == ()


def test_a_kiosks_certificate_goes_on_under_the_new_certificate_of_its_authority(layout: OfficeLayout) -> None:
    folder = layout.bundle(KIOSK) / "uplink"
    device = load_authorities(layout.authority, FOUNDED).device
    own = load_tls_key(folder / "tls.key")
    old = device.issue_client(own.public_key(), KIOSK, now=NOW - timedelta(days=200))
    registry = governed_registry(layout)
    entry = replace(registry.kiosks[KIOSK], tls_serial=old.serial_number, tls_not_after=old.not_valid_after_utc)
    keep_registry(layout, registry.with_kiosk(entry))
    keep_up(layout, now=NOW)
    key = new_tls_key()
    layout.renewals.mkdir(exist_ok=True)
    (layout.renewals / f"{KIOSK}.request").write_bytes(make_renewal(KIOSK, key, old=old, old_key=own))
    (signed,) = sign_renewals(layout, load_authorities(layout.authority, NOW).device, now=NOW)
    assert signed.refused == ""
    answer = (layout.renewals / f"{KIOSK}.answer").read_bytes()
    assert take_new_certificate(answer, KIOSK, key, old=old).not_valid_after_utc > NOW + timedelta(days=364)


def test_nothing_is_signed_again_and_again_that_cannot_last_longer(
    layout: OfficeLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last year of an authority whose certificate was not renewed."""
    monkeypatch.setattr(authority_module, "AUTHORITY_LIFE", timedelta(0))
    late = load_certificate(layout.authority / "server-ca.pem").not_valid_after_utc - timedelta(days=100)
    monkeypatch.setattr(upkeep, "LIST_LIFE", timedelta(days=1))
    assert {"broker.pem", "tls.pem"} <= set(keep_up(layout, now=late))
    assert keep_up(layout, now=late + timedelta(minutes=15)) == ()


def test_what_ends_is_told_by_where_it_lies(layout: OfficeLayout, tmp_path: Path) -> None:
    keep_up(layout, now=NOW)
    above = founded(tmp_path / "above")
    seen = look(OfficeSettings(directory=layout.root, upstream=above.bundle(KIOSK)))
    assert set(seen.certificates) == {"broker.pem", "tls.pem", "shards/north/tls.pem", "upstream/uplink/tls.pem"}
    assert set(seen.authorities) == {"device-ca.pem", "server-ca.pem", "upstream/uplink/server-ca.pem"}
    assert seen.first()[0] == "upstream/uplink/tls.pem"
    well = found(layout, tmp_path, now=NOW)
    assert all(well[what].good for what in ("certificates", "authorities", "revocations"))
    # Its own of above, which the office above signs.
    assert (
        "the office above signs the next one"
        in found(layout, tmp_path, now=NOW, above=above.bundle(KIOSK))["certificates"].said
    )
    (layout.collector / "shards" / "north" / "tls.pem").write_bytes((above.collector / "tls.pem").read_bytes())
    assert "shards/north/tls.pem" in found(layout, tmp_path, now=NOW)["certificates"].said


def test_the_end_of_a_list_is_that_of_its_authority_where_that_comes_first(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    keep_up(layout, now=NOW)
    device = load_certificate(layout.broker / "device-ca.pem")
    younger = x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())
    assert younger.next_update_utc == device.not_valid_after_utc
    assert not look(OfficeSettings(directory=layout.root)).capped
    old = founded(tmp_path / "old")
    (layout.broker / "device-ca.pem").write_bytes((old.broker / "device-ca.pem").read_bytes())
    ends = load_certificate(layout.broker / "device-ca.pem").not_valid_after_utc
    seen = look(OfficeSettings(directory=layout.root))
    assert (seen.revocations, seen.capped) == (ends, True)
    late = found(layout, tmp_path, now=ends - timedelta(days=100))
    assert not late["revocations"].good
    assert f"its authority ends on {ends:%Y-%m-%d}" in late["revocations"].said
    assert "When an authority grows old" in late["authorities"].said
