"""What keeps an office from serving is told in one line; what the broker's files look like when installed."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import threading
from pathlib import Path

import pytest

from kiosk.office.broker import FILES, find_mosquitto, install_broker
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
        with pytest.raises(OfficeError, match=f"127.0.0.1:{port}"):
            run_office(OfficeSettings(directory=make(tmp_path), page_port=port), threading.Event())


def test_an_office_that_was_never_initialised_says_what_to_run(tmp_path: Path) -> None:
    settings = OfficeSettings(directory=tmp_path, database_url="sqlite://", page_port=0)
    with pytest.raises(ProvisioningError, match="kiosk office init"):
        run_office(settings, threading.Event())


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


@pytest.mark.skipif(os.geteuid() != 0 or find_mosquitto() is None, reason="only root may give files to mosquitto")
def test_installed_broker_files_are_for_mosquitto_alone(tmp_path: Path) -> None:
    layout = OfficeSettings(directory=make(tmp_path / "office")).layout
    target = tmp_path / "etc"
    install_broker(layout.broker, target, data_directory=tmp_path / "data", port=8883, bind_address="0.0.0.0")  # noqa: S104
    group = pwd.getpwnam("mosquitto").pw_gid
    for path in (target, *(target / name for name in (*FILES, "mosquitto.conf"))):
        status = path.stat()
        assert (status.st_uid, status.st_gid) == (0, group)
        assert stat.S_IMODE(status.st_mode) & 0o027 == 0
    assert f"keyfile {target}/broker.key" in (target / "mosquitto.conf").read_text(encoding="utf-8")
