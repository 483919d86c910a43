"""A kiosk whose certificates end gets a new bundle, and everything it has sealed stays good."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from kiosk.custody.entries import Status
from kiosk.office.authority import load_certificate
from kiosk.office.errors import ProvisioningError
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, renew_kiosk, revoke_kiosk
from kiosk.office.registry import load_registry
from kiosk.sealing.keys import OfficeKeys
from tests.office.conftest import Village
from tests.office.stand import KioskSide, OfficeSide, eventually, open_office

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
KIOSK = "kiosk-tk-01"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    """An office whose kiosk has taken its bundle with it."""
    made = init_office(
        tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True, now=lambda: START
    )
    shutil.move(made.layout.bundle(KIOSK), tmp_path / "kiosk")
    return made.layout


def test_a_renewed_bundle_has_a_new_tls_key_and_no_signing_key(layout: OfficeLayout, tmp_path: Path) -> None:
    old = load_certificate(tmp_path / "kiosk" / "uplink" / "tls.pem")
    later = START + timedelta(days=310)
    renewed = renew_kiosk(layout.root, KIOSK, now=lambda: later)

    assert renewed.needed_before == old.not_valid_after_utc
    tls = load_certificate(renewed.bundle / "uplink" / "tls.pem")
    assert tls.public_key() != old.public_key()
    assert renewed.good_until == tls.not_valid_after_utc == later + timedelta(days=365)
    assert {path.name for path in (renewed.bundle / "kiosk").iterdir()} == {
        "record.pem",
        "office-keys.json",
        "bundle.json",
    }
    assert {path.name for path in renewed.bundle.rglob("*.key")} == {"tls.key"}
    assert stat.S_IMODE((renewed.bundle / "uplink" / "tls.key").stat().st_mode) == 0o600
    key = serialization.load_pem_private_key((tmp_path / "kiosk" / "kiosk" / "record.key").read_bytes(), password=None)
    record = load_certificate(renewed.bundle / "kiosk" / "record.pem")
    assert record.public_key() == key.public_key()
    assert record.not_valid_after_utc > later + timedelta(days=300)
    for name in ("office-keys.json", "bundle.json"):
        assert (renewed.bundle / "kiosk" / name).read_bytes() == (tmp_path / "kiosk" / "kiosk" / name).read_bytes()
    assert load_registry(layout.registry).kiosks[KIOSK].tls_not_after == tls.not_valid_after_utc


def test_a_kiosk_lost_after_its_renewal_is_shut_out_with_every_certificate_it_had(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    folders = [tmp_path / "kiosk"]
    for year in (1, 2):
        bundle = renew_kiosk(layout.root, KIOSK, now=lambda: START + timedelta(days=300)).bundle
        folders.append(Path(shutil.move(bundle, tmp_path / f"renewed-{year}")))
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    listed = x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())
    serials = {load_certificate(folder / "uplink" / "tls.pem").serial_number for folder in folders}
    assert {item.serial_number for item in listed} == serials
    assert len(serials) == 3


def test_what_cannot_be_renewed_says_why_and_changes_nothing(layout: OfficeLayout, tmp_path: Path) -> None:
    before = layout.registry.read_bytes()
    with pytest.raises(ProvisioningError, match="not registered"):
        renew_kiosk(layout.root, "kiosk-tk-09")
    layout.authority.rename(tmp_path / "offline")
    with pytest.raises(ProvisioningError, match="offline"):
        renew_kiosk(layout.root, KIOSK)
    assert not layout.authority.exists()
    (tmp_path / "offline").rename(layout.authority)
    assert layout.registry.read_bytes() == before

    renewed = renew_kiosk(layout.root, KIOSK)
    key = (renewed.bundle / "uplink" / "tls.key").read_bytes()
    with pytest.raises(ProvisioningError, match=r"still here.*not to be used"):
        renew_kiosk(layout.root, KIOSK)
    assert (renewed.bundle / "uplink" / "tls.key").read_bytes() == key

    revoke_kiosk(layout.root, KIOSK)
    shutil.rmtree(renewed.bundle)
    with pytest.raises(ProvisioningError, match="revoked"):
        renew_kiosk(layout.root, KIOSK)
    assert not renewed.bundle.exists()


def test_a_first_bundle_that_was_never_installed_is_not_to_be_thrown_away(tmp_path: Path) -> None:
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=[KIOSK], demo=True)
    with pytest.raises(ProvisioningError, match="still here") as refused:
        renew_kiosk(tmp_path, KIOSK)
    assert "not to be used" not in str(refused.value)


@pytest.fixture
def office(village: Village, tmp_path: Path) -> Iterator[OfficeSide]:
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as side:
        yield side


def test_packages_go_on_before_and_after_a_renewed_bundle_is_installed(
    village: Village, office: OfficeSide, tmp_path: Path
) -> None:
    layout = village.layout
    office.start()
    with KioskSide(layout, KIOSK, tmp_path / "state", village.port) as kiosk:
        shutil.copytree(layout.bundle(KIOSK), tmp_path / "etc")
        shutil.rmtree(layout.bundle(KIOSK))
        first = kiosk.enrol()
        keys = OfficeKeys.load(tmp_path / "etc" / "kiosk" / "office-keys.json")

        # Renewed, and not yet installed: the old certificate still serves.
        bundle = renew_kiosk(layout.root, KIOSK).bundle
        shutil.move(bundle, tmp_path / "renewed")
        shutil.copytree(tmp_path / "etc", bundle)
        kiosk.start()
        eventually(lambda: kiosk.status(first) is Status.RECEIVED, "the old certificate serves until it ends")
        kiosk.stop()

        waiting = kiosk.enrol()
        shutil.copytree(tmp_path / "renewed", bundle, dirs_exist_ok=True)
        assert load_certificate(bundle / "uplink" / "tls.pem") != load_certificate(
            tmp_path / "etc" / "uplink" / "tls.pem"
        )
        assert OfficeKeys.load(bundle / "kiosk" / "office-keys.json") == keys
        kiosk.start()
        eventually(lambda: kiosk.status(waiting) is Status.RECEIVED, "what was sealed before is taken in after")
        after = kiosk.enrol()
        eventually(lambda: kiosk.status(after) is Status.RECEIVED, "and so is what is sealed now")
    assert office.database.alarms() == []
    assert office.database.gaps() == {}
