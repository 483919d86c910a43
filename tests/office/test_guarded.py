"""Root in a folder whose user is a service: what lies there leads it nowhere, and holds it up nowhere."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.office.authority import load_certificate
from kiosk.office.bundles import load_authorities
from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import entered
from kiosk.office.layout import OfficeLayout
from kiosk.office.ownership import hand_over
from kiosk.office.provisioning import init_office
from kiosk.office.renewing import sign_renewals
from kiosk.office.upkeep import keep_up

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HALF = START + timedelta(days=190)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "office"
    init_office(
        folder,
        province="ht",
        communes=["tk", "th"],
        kiosks=["k-1"],
        demo=True,
        shards={"north": ["tk"]},
        now=lambda: START,
    )
    return folder


@pytest.fixture
def layout(made: Path, tmp_path: Path) -> OfficeLayout:
    return OfficeLayout(shutil.copytree(made, tmp_path / "office"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that is root's, with a file in it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)
    (folder / "file").write_text("root's", "utf-8")
    return folder


def content(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.name: (stat.S_IMODE(path.stat().st_mode), path.read_text("utf-8") if path.is_file() else "")
        for path in (folder, *folder.iterdir())
    }


def shard_is_a_link(layout: OfficeLayout, elsewhere: Path) -> None:
    away(layout.shard("north")).symlink_to(elsewhere)


def all_shards_are_a_link(layout: OfficeLayout, elsewhere: Path) -> None:
    (elsewhere / "north").mkdir()
    away(layout.shard("north").parent).symlink_to(elsewhere)


def key_is_a_link(layout: OfficeLayout, elsewhere: Path) -> None:
    away(layout.shard("north") / "tls.key").symlink_to(elsewhere / "file")


def key_is_a_pipe(layout: OfficeLayout, _elsewhere: Path) -> None:
    os.mkfifo(away(layout.collector / "tls.key"))


def summary_is_a_pipe(layout: OfficeLayout, _elsewhere: Path) -> None:
    os.mkfifo(away(layout.collector / "summary.key"))


def brokers_data_is_a_link(layout: OfficeLayout, elsewhere: Path) -> None:
    away(layout.broker / "data").symlink_to(elsewhere)


def brokers_certificate_is_a_pipe(layout: OfficeLayout, _elsewhere: Path) -> None:
    os.mkfifo(away(layout.broker / "broker.pem"))


def away(path: Path) -> Path:
    path.rename(path.with_name(f"{path.name}.away"))
    return path


@pytest.mark.parametrize(
    "trap",
    [
        shard_is_a_link,
        all_shards_are_a_link,
        key_is_a_link,
        key_is_a_pipe,
        summary_is_a_pipe,
        brokers_data_is_a_link,
        brokers_certificate_is_a_pipe,
    ],
)
def test_what_a_service_puts_in_roots_way_is_refused_by_name(
    layout: OfficeLayout, elsewhere: Path, trap: Callable[[OfficeLayout, Path], None]
) -> None:
    trap(layout, elsewhere)
    before = content(elsewhere)
    with pytest.raises(ProvisioningError, match=r"(symbolic link, which is not followed|no plain file).*who put it"):
        init_office(layout.root, province="ht", communes=["tk"], kiosks=["k-2"], demo=True, now=lambda: HALF)
    assert content(elsewhere) == before


@pytest.mark.parametrize("name", ["server-ca.pem", "registry.json", "office-keys.json"])
def test_a_link_in_place_of_a_file_that_root_writes_is_replaced_and_its_target_left(
    layout: OfficeLayout, elsewhere: Path, name: str
) -> None:
    away(layout.collector / name).symlink_to(elsewhere / "file")
    before = content(elsewhere)
    keep_up(layout, now=HALF)
    assert not (layout.collector / name).is_symlink()
    assert content(elsewhere) == before


def request_is_a_link(layout: OfficeLayout, elsewhere: Path) -> None:
    layout.renewals.mkdir()
    (layout.renewals / "k-1.request").symlink_to(elsewhere / "file")


def request_is_a_pipe(layout: OfficeLayout, _elsewhere: Path) -> None:
    layout.renewals.mkdir()
    os.mkfifo(layout.renewals / "k-1.request")


def request_is_endless(layout: OfficeLayout, _elsewhere: Path) -> None:
    layout.renewals.mkdir()
    with (layout.renewals / "k-1.request").open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize("trap", [request_is_a_link, request_is_a_pipe, request_is_endless])
def test_whoever_signs_renewals_is_not_led_away_and_not_held_up(
    layout: OfficeLayout, elsewhere: Path, trap: Callable[[OfficeLayout, Path], None]
) -> None:
    trap(layout, elsewhere)
    before = content(elsewhere)
    device = load_authorities(layout.authority, HALF).device
    (signed,) = sign_renewals(layout, device, now=HALF)
    assert signed.until is None
    assert not list(layout.renewals.iterdir())
    assert content(elsewhere) == before


def test_requests_are_not_looked_for_where_a_link_leads(layout: OfficeLayout, elsewhere: Path) -> None:
    (elsewhere / "k-1.request").write_bytes(b"x")
    layout.renewals.symlink_to(elsewhere)
    device = load_authorities(layout.authority, HALF).device
    with pytest.raises(ProvisioningError, match="symbolic link"):
        list(sign_renewals(layout, device, now=HALF))
    assert (elsewhere / "k-1.request").exists()


def test_a_shards_folder_is_made_and_its_certificate_renewed_for_the_same_key(layout: OfficeLayout) -> None:
    folder = layout.shard("north")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "tls.key").stat().st_mode) == 0o600
    key, first = (folder / "tls.key").read_bytes(), load_certificate(folder / "tls.pem")
    keep_up(layout, now=HALF)
    second = load_certificate(folder / "tls.pem")
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert ((folder / "tls.key").read_bytes(), second.public_key()) == (key, first.public_key())


def test_a_file_that_must_be_new_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    with entered(tmp_path) as folder:
        for _ in range(2):
            with pytest.raises(ProvisioningError, match="not overwritten"):
                folder.write_new("a", b"x", mode=0o600)
        folder.write_new("c", b"x", mode=0o600)
        assert folder.read("c") == b"x"
        assert folder.names() == ["a", "c"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_leaves_in_a_services_folder_is_the_services_and_a_strangers_mode_stays(
    layout: OfficeLayout, elsewhere: Path
) -> None:
    os.chown(layout.collector, 4002, 4003)
    init_office(
        layout.root,
        province="ht",
        communes=["tk", "th"],
        kiosks=[],
        demo=True,
        shards={"south": ["th"]},
        now=lambda: START,
    )
    made = [layout.shard("south"), *layout.shard("south").iterdir()]
    assert len(made) == 4
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(4002, 4003)}
    away(layout.broker / "acl").symlink_to(elsewhere / "file")
    (elsewhere / "file").chmod(0o600)
    with pytest.raises(ProvisioningError, match="no plain file"):
        hand_over(layout)
    assert stat.S_IMODE((elsewhere / "file").stat().st_mode) == 0o600
