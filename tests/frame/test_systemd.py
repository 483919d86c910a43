import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

UNITS = ("kiosk.service", "kiosk-uplink.service", "kiosk-office.service")
ONE_SHOTS = ("kiosk-office-backup.service", "kiosk-office-renewals.service")
EXPOSURE_LIMIT = 1.5

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


def settings_of(unit: Path) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        settings.setdefault(name, []).append(value)
    return settings


def exposure(unit: Path) -> float:
    answer = analyze("security", "--offline=true", "--no-pager", unit)
    told = re.search(r"exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert told, answer.stderr
    return float(told[1])


@needs_systemd
@pytest.mark.parametrize("unit", [*UNITS, *ONE_SHOTS])
def test_a_unit_gives_little_away(repository: Path, unit: str) -> None:
    assert exposure(repository / "systemd" / unit) <= EXPOSURE_LIMIT


@needs_systemd
def test_the_broker_with_our_drop_in_gives_little_away(repository: Path, tmp_path: Path) -> None:
    unit = Path("/lib/systemd/system/mosquitto.service")
    if not unit.exists():
        pytest.skip("mosquitto is not installed")
    shutil.copy(unit, tmp_path)
    (tmp_path / "mosquitto.service.d").mkdir()
    shutil.copy(repository / "systemd" / "mosquitto-hardening.conf", tmp_path / "mosquitto.service.d" / "kiosk.conf")
    assert exposure(tmp_path / "mosquitto.service") <= EXPOSURE_LIMIT


@needs_systemd
@pytest.mark.parametrize("unit", [*UNITS, *ONE_SHOTS])
def test_systemd_understands_every_line_of_a_unit(repository: Path, tmp_path: Path, unit: str) -> None:
    text = (repository / "systemd" / unit).read_text()
    # The program is installed on kiosks only; everything else in the unit is looked at as it stands.
    (tmp_path / unit).write_text(re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    answer = analyze("verify", "--man=no", tmp_path / unit)
    ours = [line for line in answer.stderr.splitlines() if unit in line]
    assert ours == []


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_says_when_it_is_ready_and_is_watched(repository: Path, unit: str) -> None:
    settings = settings_of(repository / "systemd" / unit)
    assert settings["Type"] == ["notify"]
    assert 10 <= int(settings["WatchdogSec"][0]) <= 60
    assert settings["Restart"] == ["always"]
    assert settings["LimitCORE"] == ["0"]
    assert settings["MemorySwapMax"] == ["0"]


def test_the_kiosk_has_no_network_and_the_uplink_no_devices(repository: Path) -> None:
    kiosk = settings_of(repository / "systemd" / "kiosk.service")
    assert kiosk["PrivateNetwork"] == ["yes"]
    assert kiosk["IPAddressDeny"] == ["any"]
    assert "AF_INET" not in kiosk["RestrictAddressFamilies"][0]
    uplink = settings_of(repository / "systemd" / "kiosk-uplink.service")
    assert uplink["PrivateDevices"] == ["yes"]
    assert "-/var/lib/kiosk/private" in uplink["InaccessiblePaths"][0].split()
    assert kiosk["User"] != uplink["User"]


# Where keys of an office lie, and what each of its services needs of them.
KEYS_OF_AN_OFFICE = frozenset(
    ("authority", "broker", "bundles", "collector", "commanding", "governing", "opening", "upstream")
)
NEEDED = {
    "kiosk-office.service": {"broker", "collector", "upstream"},  # of the broker's: until when its certificate is good
    "kiosk-office-backup.service": {"broker", "collector"},
    "kiosk-office-renewals.service": {"authority", "broker", "collector", "governing"},
    "mosquitto-hardening.conf": {"broker"},
}


@pytest.mark.parametrize("unit", sorted(NEEDED))
def test_a_service_of_the_office_reaches_no_key_that_it_does_not_need(repository: Path, unit: str) -> None:
    closed = settings_of(repository / "systemd" / unit)["InaccessiblePaths"][0].split()
    office = "-/var/lib/kiosk-office/"
    assert {path.removeprefix(office) for path in closed if path.startswith(office)} == KEYS_OF_AN_OFFICE - NEEDED[unit]


def test_each_side_writes_its_own_directory_and_the_other_may_only_read_it(repository: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("systemd-sysusers") is None or shutil.which("systemd-tmpfiles") is None:
        pytest.skip("needs root and systemd to make users in a directory")
    for folder in ("etc", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    shutil.copy(repository / "systemd/kiosk.sysusers.conf", tmp_path / "usr/lib/sysusers.d/kiosk.conf")
    shutil.copy(repository / "systemd/kiosk.tmpfiles.conf", tmp_path / "usr/lib/tmpfiles.d/kiosk.conf")
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        made = subprocess.run([*command, f"--root={tmp_path}"], capture_output=True, text=True, timeout=60, check=True)
        assert made.stderr.count("not a valid") == 0
    users = {line.split(":")[0]: int(line.split(":")[2]) for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[0]: int(line.split(":")[2]) for line in (tmp_path / "etc/group").read_text().splitlines()}

    def made_as(path: str) -> tuple[int, int, int]:
        status = (tmp_path / path).stat()
        return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid

    assert made_as("var/lib/kiosk/private") == (0o700, users["kiosk"], groups["kiosk"])
    assert made_as("var/lib/kiosk/outbox") == (0o2750, users["kiosk"], groups["uplink"])
    assert made_as("var/lib/kiosk/inbox") == (0o2750, users["uplink"], groups["kiosk"])
    assert made_as("var/lib/kiosk/identity") == (0o700, users["uplink"], groups["uplink"])
    assert made_as("etc/kiosk/uplink") == (0o750, 0, groups["uplink"])


def test_the_directories_are_the_ones_in_the_settings(repository: Path) -> None:
    from kiosk.settings import Paths

    made = set(re.findall(r"^d (\S+)", (repository / "systemd/kiosk.tmpfiles.conf").read_text(), re.MULTILINE))
    paths = Paths()
    assert {str(paths.private), str(paths.outbox), str(paths.inbox), str(paths.identity)} <= made
    unit = settings_of(repository / "systemd" / "kiosk.service")
    assert unit["ReadWritePaths"] == [f"{paths.private} {paths.outbox}"]
    assert settings_of(repository / "systemd" / "kiosk-uplink.service")["ReadWritePaths"] == [
        f"{paths.inbox} {paths.identity}"
    ]


@needs_systemd
@pytest.mark.parametrize("unit", ONE_SHOTS)
def test_a_timer_has_a_time_that_systemd_understands(repository: Path, unit: str) -> None:
    timer = settings_of(repository / "systemd" / unit.replace(".service", ".timer"))
    answer = analyze("calendar", *timer["OnCalendar"])
    assert answer.returncode == 0, answer.stderr
    assert timer["Persistent"] == ["true"]
