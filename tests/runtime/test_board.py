"""How warm the computer is, as the kernel shows it."""

from __future__ import annotations

from pathlib import Path

from kiosk.runtime.board import board_temperature_c


def zone(folder: Path, n: int, text: str) -> None:
    (folder / f"thermal_zone{n}").mkdir()
    (folder / f"thermal_zone{n}" / "temp").write_text(text)


def test_the_warmest_zone_counts_and_what_is_no_temperature_does_not(tmp_path: Path) -> None:
    zone(tmp_path, 0, "48312\n")
    zone(tmp_path, 1, "51500\n")
    zone(tmp_path, 2, "-274000\n")
    zone(tmp_path, 3, "unavailable\n")
    zone(tmp_path, 4, "999000\n")
    assert board_temperature_c(tmp_path) == 51.5


def test_a_computer_that_shows_nothing_has_no_temperature(tmp_path: Path) -> None:
    assert board_temperature_c(tmp_path / "nothing") is None
