"""By which interface the kiosk reaches its office, as the kernel's table of routes says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.uplink.road import road

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"


def everywhere(name: str, metric: int) -> str:
    return f"{name}\t00000000\t0102A8C0\t0003\t0\t0\t{metric}\t00000000\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (HEAD + LAN, ""),
        (HEAD + everywhere("wwan0", 700) + everywhere("wlan0", 600) + LAN, "wlan0"),
        (HEAD + everywhere("wwan0", 700), "wwan0"),
        (HEAD + everywhere("a name!", 1), ""),
        (HEAD + "nonsense\n", ""),
        ("", ""),
    ],
)
def test_the_road_is_the_default_route_with_the_smallest_metric(tmp_path: Path, table: str, expected: str) -> None:
    (tmp_path / "route").write_text(table)
    assert road(tmp_path / "route") == expected


def test_without_a_table_no_road_is_told(tmp_path: Path) -> None:
    assert road(tmp_path / "none") == ""
