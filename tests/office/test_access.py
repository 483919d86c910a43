"""The broker's access list follows from the registry: each of root's commands that changes the one writes the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.office.access import publish_access
from kiosk.office.admitting import admit, waiting_on
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, revoke_kiosk
from kiosk.office.upkeep import keep_up
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.requests import REQUEST_FILE, make_request, new_tls_key

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    kiosks = {"kiosk-tk-01": "tk", "kiosk-vx-01": "vx"}
    made = init_office(tmp_path / "office", province="ht", communes=["tk", "vx"], kiosks=kiosks, demo=True)
    return made.layout


def allowed(layout: OfficeLayout) -> dict[str, list[str]]:
    """User to what stands below that name."""
    users: dict[str, list[str]] = {}
    for line in (layout.broker / "acl").read_text("utf-8").splitlines():
        if line.startswith("user "):
            lines = users.setdefault(line.removeprefix("user "), [])
        elif line.startswith("topic "):
            lines.append(line.removeprefix("topic "))
    return users


def test_a_kiosk_is_in_the_list_from_its_registration_to_its_revocation(layout: OfficeLayout, tmp_path: Path) -> None:
    assert set(allowed(layout)) == {"collector", "kiosk-tk-01", "kiosk-vx-01"}
    folder = tmp_path / "stick" / "kiosk-vx-02"
    folder.mkdir(parents=True)
    (folder / REQUEST_FILE).write_bytes(make_request("kiosk-vx-02", SigningKey.generate(), new_tls_key()))
    (waiting,) = waiting_on(layout.root, tmp_path / "stick")
    admit(layout.root, waiting, said=waiting.request.fingerprint, commune="vx")
    lines = allowed(layout)["kiosk-vx-02"]
    assert len(lines) == 13
    assert all(line.split()[1].startswith("ev1/ht/vx/kiosk-vx-02/") for line in lines)
    revoke_kiosk(layout.root, "kiosk-vx-02")
    assert "kiosk-vx-02" not in allowed(layout)
    assert "write ev1/ht/vx/kiosk-vx-02/#" in allowed(layout)["collector"]


def test_the_timer_puts_a_list_right_that_is_not_as_the_registry_says(layout: OfficeLayout) -> None:
    before = (layout.broker / "acl").read_bytes()
    (layout.broker / "acl").write_text("user kiosk-tk-01\ntopic readwrite #\n", "utf-8")
    assert keep_up(layout, now=datetime.now(UTC)) == ("acl",)
    assert (layout.broker / "acl").read_bytes() == before
    assert keep_up(layout, now=datetime.now(UTC) + timedelta(hours=1)) == ()


def test_a_template_that_is_not_there_is_named(layout: OfficeLayout, tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match=r"acl\.in cannot be read: install config/mosquitto/"):
        publish_access(layout, governed_registry(layout), tmp_path)
