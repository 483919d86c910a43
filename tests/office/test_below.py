"""No kiosk is registered under an id that an office below has vouched for."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.office import below
from kiosk.office.database import OfficeDatabase
from kiosk.office.governing import governed_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.settings import OfficeSettings
from kiosk.office.vouching import Vouching
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.requests import REQUEST_FILE, make_request, new_tls_key, read_request
from kiosk.sealing.vouching import Vouch, sign_vouch

BELOW, TAKEN, FREE = "office-tk", "kiosk-tk-01", "kiosk-tk-02"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def layout() -> Iterator[OfficeLayout]:
    """An office with one below that has vouched for a kiosk; where another user may pass."""
    with tempfile.TemporaryDirectory(prefix="kiosk-below-") as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "office"
        layout = init_office(
            root, province="ht", communes=["tk"], kiosks=[], offices=[BELOW], demo=True, broker_host="x.example"
        ).layout
        key = SigningKey.load(layout.bundle(BELOW) / "kiosk" / "record.key")
        with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as database:
            vouching = Vouching(database, registry=lambda: governed_registry(layout), now=lambda: NOW)
            vouching.hear(BELOW, TAKEN, sign_vouch(Vouch(BELOW, TAKEN, SigningKey.generate().public.raw), key))
        yield layout


def typed(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["office", *words])
    return ran.exit_code, " ".join(ran.output.split())


def init(layout: OfficeLayout, kiosk: str) -> tuple[int, str]:
    return typed("init", str(layout.root), "--province", "ht", "--commune", "tk", "--demo", "--kiosk", kiosk)


def test_a_kiosk_of_an_office_below_is_not_registered_a_second_time(layout: OfficeLayout, tmp_path: Path) -> None:
    code, answer = init(layout, TAKEN)
    assert (code, f"{BELOW} below passes on the packages of a kiosk '{TAKEN}'" in answer) == (2, True)
    assert not layout.bundle(TAKEN).exists()
    for kiosk in (TAKEN, FREE):
        folder = tmp_path / kiosk
        folder.mkdir()
        request = make_request(kiosk, SigningKey.generate(), new_tls_key())
        (folder / REQUEST_FILE).write_bytes(request)
        digits = read_request(request).fingerprint
        code, answer = typed("admit", str(layout.root), str(tmp_path), "--kiosk", kiosk, "--fingerprint", digits)
        assert (code, "choose another one" in answer) == ((2, True) if kiosk == TAKEN else (0, False))
    assert set(governed_registry(layout).kiosks) == {BELOW, FREE}
    # Who is registered already may come again.
    assert init(layout, FREE)[0] == 0


def test_without_an_answer_by_the_database_it_is_said_and_the_kiosk_registered(layout: OfficeLayout) -> None:
    layout.database.write_bytes(b"no database")
    code, answer = init(layout, TAKEN)
    assert (code, "the database does not answer" in answer) == (0, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can go on as another user")
def test_root_asks_as_the_user_whose_database_it_is(layout: OfficeLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    other = pwd.getpwnam("nobody")
    for path in (layout.collector, *layout.collector.iterdir()):
        os.chown(path, other.pw_uid, other.pw_gid)
    code, answer = init(layout, TAKEN)
    assert (code, "choose another one" in answer) == (2, True)
    assert {path.stat().st_uid for path in layout.collector.glob("office.db*")} == {other.pw_uid}

    def who_asks(_known: OfficeSettings, kiosks: list[str]) -> Mapping[str, str]:
        return dict.fromkeys(kiosks, BELOW) if os.geteuid() == os.getuid() == other.pw_uid else {}

    monkeypatch.setattr(below, "held_below", who_asks)
    assert init(layout, "kiosk-tk-03")[0] == 2
    assert os.geteuid() == 0
