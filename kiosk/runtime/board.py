"""The computer itself: how warm it is. What the kernel shows, and nothing where it shows nothing."""

from pathlib import Path
from typing import Final

_ZONES: Final = Path("/sys/class/thermal")
# Sensors that are not connected answer with values far outside of these.
_COLDEST_C: Final = -60.0
_HOTTEST_C: Final = 200.0


def board_temperature_c(zones: Path = _ZONES) -> float | None:
    """The warmest of the kernel's thermal zones, in degrees Celsius; None where there is none that can be read."""
    found: list[float] = []
    for file in sorted(zones.glob("thermal_zone*/temp")):
        try:
            degrees = int(file.read_text(encoding="ascii")) / 1000
        except (OSError, ValueError):
            continue
        if _COLDEST_C <= degrees <= _HOTTEST_C:
            found.append(degrees)
    return max(found, default=None)
