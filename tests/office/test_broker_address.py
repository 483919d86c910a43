"""The broker's name is told once: whatever is run later, kiosks, registry and certificate say the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from kiosk.cli import office
from kiosk.office.address import is_loopback
from kiosk.office.authority import load_certificate
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import keep_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, renew_kiosk, revoke_kiosk
from kiosk.office.registry import load_registry


def make(directory: Path, kiosk: str, host: str | None = None, port: int | None = None) -> OfficeLayout:
    return init_office(
        directory, province="ht", communes=["tk"], kiosks=[kiosk], broker_host=host, broker_port=port
    ).layout


def told(layout: OfficeLayout, kiosk: str) -> tuple[str, int]:
    bundle = json.loads((layout.bundle(kiosk) / "uplink" / "bundle.json").read_text(encoding="utf-8"))
    return bundle["broker_host"], bundle["broker_port"]


def certified(layout: OfficeLayout) -> set[str]:
    certificate = load_certificate(layout.broker / "broker.pem")
    return {
        str(name.value) for name in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    }


def typed(directory: Path, *options: str) -> tuple[int, str]:
    """What `kiosk office init` answers: exit code, and everything it says, in one line."""
    base = ["init", str(directory), "--province", "ht", "--commune", "tk", "--kiosk"]
    ran = CliRunner().invoke(office, [*base, *options])
    return ran.exit_code, " ".join(ran.output.split())


def test_a_kiosk_that_is_added_or_renewed_later_gets_the_name_that_was_told_first(tmp_path: Path) -> None:
    make(tmp_path, "k-1", "one.example", 8884)
    layout = make(tmp_path, "k-2")
    shutil.rmtree(layout.bundle("k-1"))
    renew_kiosk(tmp_path, "k-1")
    assert told(layout, "k-2") == told(layout, "k-1") == ("one.example", 8884)
    registry = load_registry(layout.registry)
    assert (registry.broker_host, registry.broker_port) == ("one.example", 8884)
    assert "\nlistener 8884 " in (layout.broker / "mosquitto.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize(("host", "port"), [("two.example", None), (None, 8884), ("two.example", 8883)])
def test_another_name_than_the_first_is_refused_and_nothing_changes(
    tmp_path: Path, host: str | None, port: int | None
) -> None:
    layout = make(tmp_path, "k-1", "one.example")
    certificate = (layout.broker / "broker.pem").read_bytes()
    with pytest.raises(ProvisioningError, match=r"broker is one\.example:8883; .* know no other name"):
        make(tmp_path, "k-2", host, port)
    assert (layout.broker / "broker.pem").read_bytes() == certificate
    assert set(load_registry(layout.registry).kiosks) == {"k-1"}
    assert not layout.bundle("k-2").exists()


def test_the_same_name_again_is_no_other_name(tmp_path: Path) -> None:
    make(tmp_path, "k-1", "one.example")
    layout = make(tmp_path, "k-2", "One.Example", 8883)
    assert told(layout, "k-2") == ("one.example", 8883)


@pytest.mark.parametrize("host", ["localhost", "LocalHost.", "127.0.0.1", "127.0.1.1", "::1", "0.0.0.0"])  # noqa: S104
def test_in_the_field_a_name_that_means_each_computer_itself_is_refused(tmp_path: Path, host: str) -> None:
    assert is_loopback(host)
    code, answer = typed(tmp_path / "office", "k-1", "--broker-host", host)
    assert (code, "means each computer itself" in answer) == (2, True)
    assert not (tmp_path / "office").exists()


def test_in_the_field_the_name_must_be_told_once(tmp_path: Path) -> None:
    code, answer = typed(tmp_path / "office", "k-1")
    assert (code, "--broker-host" in answer) == (2, True)
    assert not (tmp_path / "office").exists()
    assert typed(tmp_path / "office", "k-1", "--broker-host", "one.example")[0] == 0
    assert typed(tmp_path / "office", "k-2")[0] == 0
    layout = OfficeLayout(tmp_path / "office")
    assert told(layout, "k-2") == ("one.example", 8883)
    assert certified(layout) == {"one.example", "localhost", "127.0.0.1"}


def test_a_demo_needs_no_name(tmp_path: Path) -> None:
    assert typed(tmp_path, "k-1", "--demo")[0] == 0
    assert told(OfficeLayout(tmp_path), "k-1") == ("localhost", 8883)


def test_a_field_office_registered_under_this_computers_own_name_can_be_given_its_real_one(tmp_path: Path) -> None:
    layout = make(tmp_path, "k-1", "one.example")
    keep_registry(layout, replace(load_registry(layout.registry), broker_host="localhost"))
    code, answer = typed(tmp_path, "k-2")
    assert (code, "--broker-host" in answer) == (2, True)
    assert typed(tmp_path, "k-2", "--broker-host", "one.example")[0] == 0
    assert told(layout, "k-2") == ("one.example", 8883)


def test_with_the_authorities_offline_no_empty_folder_takes_their_place(tmp_path: Path) -> None:
    layout = make(tmp_path, "k-1", "one.example")
    shutil.rmtree(layout.bundle("k-1"))
    layout.authority.rename(tmp_path / "stick")
    with pytest.raises(ProvisioningError, match="offline"):
        make(tmp_path, "k-2")
    with pytest.raises(ProvisioningError, match="offline"):
        revoke_kiosk(tmp_path, "k-1")
    with pytest.raises(ProvisioningError, match="offline"):
        renew_kiosk(tmp_path, "k-1")
    assert not layout.authority.exists()


def test_a_kiosk_that_is_registered_already_is_named_as_kept(tmp_path: Path) -> None:
    typed(tmp_path, "k-1", "--demo")
    code, answer = typed(tmp_path, "k-1", "--kiosk", "k-2", "--demo")
    assert code == 0
    assert "kept: k-1 is registered already (tk) registered k-2: " in answer


def test_a_revoked_kiosk_is_not_taken_back_and_nothing_else_is_made(tmp_path: Path) -> None:
    layout = make(tmp_path, "k-1", "one.example")
    revoke_kiosk(tmp_path, "k-1")
    code, answer = typed(tmp_path, "k-2", "--kiosk", "k-1")
    assert (code, answer) == (2, "kiosk: kiosk 'k-1' is revoked and stays so; register it under a new name")
    assert not layout.bundle("k-2").exists()
