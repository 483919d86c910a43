"""What keeps an office from serving is told in one line; what the broker's files look like when installed."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import DatabaseError, OfficeError, ProvisioningError
from kiosk.office.provisioning import init_office
from kiosk.office.serving import run_office
from kiosk.office.settings import OfficeSettings


def make(directory: Path) -> Path:
    init_office(directory, province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True)
    return directory


def test_a_page_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OfficeError, match=f"127.0.0.1:{port} is in use; ") as refused:
            run_office(OfficeSettings(directory=make(tmp_path), page_port=port), threading.Event())
    assert str(refused.value).count(str(port)) == str(refused.value).count(" in use") == 1


def test_an_office_that_was_never_initialised_says_what_to_run(tmp_path: Path) -> None:
    settings = OfficeSettings(directory=tmp_path, database_url="sqlite://", page_port=0)
    with pytest.raises(ProvisioningError, match="kiosk office init"):
        run_office(settings, threading.Event())


def test_a_directory_that_does_not_exist_is_named_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "no" / "office"
    with pytest.raises(OfficeError, match=f"{missing}.*kiosk office init"):
        run_office(OfficeSettings(directory=missing, page_port=0), threading.Event())
    with pytest.raises(DatabaseError, match=f"{missing} does not exist"):
        OfficeDatabase.open(f"sqlite:///{missing / 'office.db'}")
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("url", ["office.db", "postgresql+none://u:geheim@h/d"])
def test_a_database_that_cannot_be_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError, match="database_url") as refused:
        OfficeDatabase.open(url)
    assert "geheim" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    settings = OfficeSettings(directory=make(tmp_path), page_port=0)
    settings.layout.database.write_bytes(b"this is a shopping list, and long enough to be taken for a file header" * 20)
    before = settings.layout.database.read_bytes()
    with pytest.raises(DatabaseError):
        run_office(settings, threading.Event())
    assert settings.layout.database.read_bytes() == before


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    settings = OfficeSettings(directory=make(tmp_path), page_port=0)
    (settings.layout.collector / "receipt.key").chmod(0o644)
    with pytest.raises(OfficeError, match=r"receipt\.key"):
        run_office(settings, threading.Event())


def test_a_damaged_registry_is_named(tmp_path: Path) -> None:
    settings = OfficeSettings(directory=make(tmp_path), page_port=0)
    settings.layout.registry.write_text("{", encoding="utf-8")
    with pytest.raises(ProvisioningError, match="damaged"):
        run_office(settings, threading.Event())
