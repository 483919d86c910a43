"""What `kiosk office init` makes, and what it never does again."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from kiosk.office.authority import load_certificate
from kiosk.office.errors import ProvisioningError
from kiosk.office.keyfile import load_ed25519, public_raw, write_new
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import Provisioned, init_office, revoke_kiosk
from kiosk.office.registry import check_name, load_registry
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.suites import OpeningKey

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def make(directory: Path, kiosks: tuple[str, ...] = ("kiosk-tk-01",), *, demo: bool = True) -> Provisioned:
    return init_office(
        directory, province="ht", communes={"tk": "Thạch Kênh"}, kiosks=kiosks, demo=demo, now=lambda: NOW
    )


def content(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_every_secret_file_is_its_owners_alone(tmp_path: Path) -> None:
    make(tmp_path / "office")
    keys = list((tmp_path / "office").rglob("*.key"))
    assert len(keys) == 3 + 1 + 3 + 1 + 1 + 1 + 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    for folder in ("authority", "opening", "collector", "bundles"):
        assert stat.S_IMODE((tmp_path / "office" / folder).stat().st_mode) == 0o700


def test_a_second_init_changes_no_key_and_no_certificate(tmp_path: Path) -> None:
    make(tmp_path)
    before = content(tmp_path)
    make(tmp_path)
    after = content(tmp_path)
    assert {name for name in before if before[name] != after.get(name)} <= {"broker/crl.pem"}


def test_a_new_kiosk_joins_without_touching_the_others(tmp_path: Path) -> None:
    make(tmp_path)
    before = content(tmp_path / "bundles")
    made = make(tmp_path, ("kiosk-tk-02",))
    assert made.new_kiosks == ("kiosk-tk-02",)
    assert set(made.registry.kiosks) == {"kiosk-tk-01", "kiosk-tk-02"}
    after = content(tmp_path / "bundles")
    assert {name: after[name] for name in before} == before


def test_a_bundle_that_was_handed_out_is_not_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    bundle = OfficeLayout(tmp_path).bundle("kiosk-tk-01")
    bundle.rename(tmp_path / "away")
    make(tmp_path)
    assert not bundle.exists()


def test_an_opening_key_moved_offline_is_not_made_again(tmp_path: Path) -> None:
    layout = make(tmp_path).layout
    layout.opening_key.rename(tmp_path / "stick.key")
    make(tmp_path, ("kiosk-tk-02",))
    assert not layout.opening_key.exists()
    keys = OfficeKeys.load(layout.bundle("kiosk-tk-02") / "kiosk" / "office-keys.json")
    assert keys.recipients.body == OpeningKey.load(tmp_path / "stick.key").public


@pytest.mark.parametrize(
    "gone", ["authority/device-ca.key", "authority", "broker/broker.key", "collector/tls.key", "collector/summary.key"]
)
def test_a_key_that_is_kept_elsewhere_is_asked_for_and_not_made_anew(tmp_path: Path, gone: str) -> None:
    make(tmp_path)
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    with pytest.raises(ProvisioningError):
        make(tmp_path, ("kiosk-tk-02",))
    assert not (tmp_path / "bundles" / "kiosk-tk-02").exists()
    if (tmp_path / gone).is_dir():
        assert not any((tmp_path / gone).iterdir())
    else:
        assert not (tmp_path / gone).exists()


def test_the_two_halves_of_a_bundle_share_no_secret(tmp_path: Path) -> None:
    bundle = make(tmp_path).layout.bundle("kiosk-tk-01")
    assert {path.name for path in (bundle / "uplink").iterdir()} == {
        "tls.key",
        "tls.pem",
        "server-ca.pem",
        "bundle.json",
    }
    assert {path.name for path in (bundle / "kiosk").iterdir()} == {
        "record.key",
        "record.pem",
        "office-keys.json",
        "bundle.json",
    }


def test_certificates_name_the_kiosk_and_have_one_use_each(tmp_path: Path) -> None:
    made = make(tmp_path)
    bundle = made.layout.bundle("kiosk-tk-01")
    tls = load_certificate(bundle / "uplink" / "tls.pem")
    record = load_certificate(bundle / "kiosk" / "record.pem")
    for certificate in (tls, record):
        assert certificate.subject.rfc4514_string() == "CN=kiosk-tk-01"
    usage = tls.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert isinstance(tls.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(record.public_key(), ed25519.Ed25519PublicKey)
    with pytest.raises(x509.ExtensionNotFound):
        record.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert tls.issuer != record.issuer
    key = load_ed25519(bundle / "kiosk" / "record.key")
    assert made.registry.kiosks["kiosk-tk-01"].record_key == public_raw(key.public_key())


def test_the_broker_certificate_covers_the_loopback_and_the_host_that_was_told(tmp_path: Path) -> None:
    init_office(
        tmp_path, province="ht", communes=["tk"], kiosks=[], broker_host="mqtt.example", demo=True, now=lambda: NOW
    )
    names = load_certificate(tmp_path / "broker" / "broker.pem").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert {str(name.value) for name in names.value} == {"mqtt.example", "localhost", "127.0.0.1"}


def test_the_collectors_certificate_is_renewed_for_the_same_key_when_half_its_life_is_over(tmp_path: Path) -> None:
    make(tmp_path)
    folder = tmp_path / "collector"
    key, first = (folder / "tls.key").read_bytes(), load_certificate(folder / "tls.pem")
    later = NOW + timedelta(days=200)
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=[], demo=True, now=lambda: later)
    second = load_certificate(folder / "tls.pem")
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert (folder / "tls.key").read_bytes() == key
    assert second.public_key() == first.public_key()


def test_a_demo_never_becomes_a_field_office(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(ProvisioningError, match="demo"):
        make(tmp_path, demo=False)


def test_a_revoked_kiosk_is_on_the_list_and_in_the_registry(tmp_path: Path) -> None:
    layout = make(tmp_path).layout
    revoke_kiosk(tmp_path, "kiosk-tk-01", at=NOW, now=lambda: NOW)
    entry = load_registry(layout.registry).kiosks["kiosk-tk-01"]
    assert entry.revoked_at == NOW
    listed = x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())
    assert [item.serial_number for item in listed] == [entry.tls_serial]


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "a.key", b"first")
    with pytest.raises(ProvisioningError, match="not overwritten"):
        write_new(tmp_path / "a.key", b"second")
    assert (tmp_path / "a.key").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_the_collectors_name_is_not_for_a_kiosk(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="collector"):
        make(tmp_path, ("collector",))


@given(st.text(max_size=40))
def test_only_names_that_stay_inside_one_topic_level_are_allowed(name: str) -> None:
    if set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") and 1 <= len(name) <= 32:
        assert check_name(name, what="kiosk") == name
    else:
        with pytest.raises(ProvisioningError):
            check_name(name, what="kiosk")


def test_the_command_key_is_in_no_folder_of_a_service_and_kiosks_know_its_public_half(tmp_path: Path) -> None:
    layout = make(tmp_path).layout
    assert stat.S_IMODE(layout.commanding.stat().st_mode) == 0o700
    known = OfficeKeys.load(layout.bundle("kiosk-tk-01") / "kiosk" / "office-keys.json").command
    assert known == SigningKey.load(layout.command_key).public
    secret = layout.command_key.read_bytes()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == secret] == [
        layout.command_key
    ]


def test_an_office_from_before_there_were_commands_gets_a_key_for_them(tmp_path: Path) -> None:
    layout = make(tmp_path).layout
    public = layout.master_keys
    before = replace(OfficeKeys.load(public), command=None)
    before.save(public)
    layout.command_key.unlink()
    make(tmp_path, ("kiosk-tk-02",))
    known = OfficeKeys.load(layout.bundle("kiosk-tk-02") / "kiosk" / "office-keys.json")
    assert known.command == SigningKey.load(layout.command_key).public
    assert replace(known, command=None) == before


def test_a_command_key_moved_offline_is_not_made_again_and_another_is_refused(tmp_path: Path) -> None:
    layout = make(tmp_path).layout
    layout.command_key.rename(tmp_path / "stick.key")
    make(tmp_path, ("kiosk-tk-02",))
    assert not layout.command_key.exists()
    SigningKey.generate().save(layout.command_key)
    with pytest.raises(ProvisioningError, match="is not the key that kiosks were given"):
        make(tmp_path, ("kiosk-tk-03",))
