"""Battery and mains from a made-up directory tree in the kernel's layout.

Owns the tree and the hands that change it (`PowerTree`: drain, charge, unplug, spoil); it is read by the very class
that reads the kernel. The hands may sit in another process: they and the reader share only the directory.
"""

import os
from pathlib import Path

from drivers.power.real import SysfsPower

_FULL_UWH = 48_000_000


class SimulatedPower(SysfsPower):
    """Reads a made-up tree exactly as the kernel's own; `root` must be named, it never falls back to the kernel's."""

    simulated = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)


class PowerTree:
    """One battery (`BAT0`) and one mains adapter (`AC`) under `root`, and the hands that change them.

    The state is kept in the files alone, so that several processes may each hold a PowerTree over the same directory.
    """

    def __init__(self, root: Path) -> None:
        self._battery = root / "BAT0"
        self._mains = root / "AC"

    def lay(self, *, battery_percent: int = 100, on_mains: bool = True) -> None:
        """Write the tree, or write it again over whatever is there."""
        for supply, kind in ((self._battery, "Battery"), (self._mains, "Mains")):
            supply.mkdir(parents=True, exist_ok=True)
            _write(supply / "type", kind)
        _write(self._battery / "present", "1")
        _write(self._battery / "energy_full", str(_FULL_UWH))
        self._set(battery_percent=battery_percent, on_mains=on_mains)

    def drain(self, percent: int) -> None:
        """Take that many percent out of the battery; it stops at empty."""
        self._set(battery_percent=max(0, self._percent() - percent), on_mains=self._online())

    def charge(self, percent: int) -> None:
        """Put that many percent into the battery; it stops at full."""
        self._set(battery_percent=min(100, self._percent() + percent), on_mains=self._online())

    def plug_mains(self) -> None:
        """Mains is there."""
        self._set(battery_percent=self._percent(), on_mains=True)

    def unplug_mains(self) -> None:
        """Mains is gone; the battery feeds the kiosk."""
        self._set(battery_percent=self._percent(), on_mains=False)

    def spoil(self) -> None:
        """Let the battery gauge say nonsense, as a broken wire does; lay() mends it."""
        _write(self._battery / "capacity", "\x00?!")

    def _set(self, *, battery_percent: int, on_mains: bool) -> None:
        if not 0 <= battery_percent <= 100:
            raise ValueError(f"battery_percent is {battery_percent}; give 0 to 100")
        full = battery_percent == 100
        _write(self._battery / "capacity", str(battery_percent))
        _write(self._battery / "energy_now", str(_FULL_UWH * battery_percent // 100))
        _write(self._battery / "status", ("Full" if full else "Charging") if on_mains else "Discharging")
        _write(self._mains / "online", "1" if on_mains else "0")

    def _percent(self) -> int:
        return int((self._battery / "capacity").read_text())

    def _online(self) -> bool:
        return (self._mains / "online").read_text().strip() == "1"


def _write(path: Path, content: str) -> None:
    # By rename, so that a reader sees the old value or the new one and never half of one, as in the kernel.
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(f"{content}\n")
    fresh.replace(path)
