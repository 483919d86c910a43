"""Battery and mains from the kernel's power supply class.

Owns the reading of `/sys/class/power_supply` and what its words mean for the kiosk. Refuses to guess: a file whose
content makes no sense is a fault that names the file, and what the kernel does not know stays None.
Source of the attributes and their words: Linux `Documentation/ABI/testing/sysfs-class-power`.
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import DeviceClosed, DeviceFault
from drivers.power.api import PowerReading

SYSFS_ROOT = Path("/sys/class/power_supply")

_BATTERY_TYPES = frozenset({"Battery", "UPS"})
_MAINS_TYPES = frozenset({"Mains", "USB", "Wireless"})
_STATUS_ON_MAINS = {"Charging": True, "Full": True, "Not charging": True, "Discharging": False, "Unknown": None}
# A driver that has no value yet answers ENODATA; a supply unplugged while it is read answers ENODEV or ENOENT.
_UNKNOWN_ERRORS = frozenset({errno.ENODATA, errno.ENODEV, errno.ENOENT})
_ATTRIBUTE_LIMIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Battery:
    """One battery: how full (0..100), how large (in its own unit, None when unknown), and what it says of mains."""

    percent: float | None
    full: int | None
    on_mains: bool | None


class SysfsPower:
    """The power supplies under one directory in the kernel's layout."""

    simulated: bool = False

    def __init__(self, root: Path = SYSFS_ROOT) -> None:
        self._root = root
        self._closed = False

    def read(self) -> PowerReading:
        """Read all supplies now and give them as one reading.

        Several batteries count by their size when every one tells it, otherwise equally. Mains is there when any
        charger is online; without a charger in the list, what the batteries say of charging decides. A kernel without
        power supplies gives None for both. Raises DeviceFault naming the file that makes no sense, DeviceClosed after
        close().
        """
        if self._closed:
            raise DeviceClosed("the power supply was closed and cannot be read any more")
        batteries: list[_Battery] = []
        chargers: list[bool] = []
        for supply in self._supplies():
            kind = _text(supply / "type")
            # Batteries of other devices (a mouse, a headset) carry the scope "Device": they do not feed the kiosk.
            if kind is None or _text(supply / "scope") == "Device":
                continue
            if kind in _BATTERY_TYPES and _whole(supply / "present", 0, 1) != 0:
                batteries.append(_battery(supply))
            elif kind in _MAINS_TYPES:
                # 2 is "online, programmable", as USB-C power delivery reports it.
                online = _whole(supply / "online", 0, 2)
                if online is not None:
                    chargers.append(online > 0)
        return PowerReading(battery_percent=_percent(batteries), on_mains=_mains(batteries, chargers))

    def close(self) -> None:
        """Nothing is held open between readings; read() is refused from now on."""
        self._closed = True

    def _supplies(self) -> list[Path]:
        try:
            return sorted(self._root.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DeviceFault(f"power: {self._root} cannot be listed ({error.strerror}); check the path") from error


def _battery(supply: Path) -> _Battery:
    status_file = supply / "status"
    status = _text(status_file)
    if status is not None and status not in _STATUS_ON_MAINS:
        raise DeviceFault(f"power: {status_file} holds no known battery status; check the battery and its driver")
    on_mains = None if status is None else _STATUS_ON_MAINS[status]
    full = now = None
    for quantity in ("energy", "charge"):
        full = _whole(supply / f"{quantity}_full", 0, None)
        now = _whole(supply / f"{quantity}_now", 0, None)
        if full is not None:
            break
    capacity = _whole(supply / "capacity", 0, 100)
    if capacity is not None:
        return _Battery(percent=float(capacity), full=full, on_mains=on_mains)
    if full and now is not None:
        # A worn or freshly calibrated gauge may report a little more than full.
        return _Battery(percent=min(100.0, 100.0 * now / full), full=full, on_mains=on_mains)
    return _Battery(percent=None, full=full, on_mains=on_mains)


def _percent(batteries: Sequence[_Battery]) -> int | None:
    known = [(battery.percent, battery.full) for battery in batteries if battery.percent is not None]
    if not known:
        return None
    sizes = [full for _, full in known if full]
    weights = sizes if len(sizes) == len(known) else [1] * len(known)
    total = sum(percent * weight for (percent, _), weight in zip(known, weights, strict=True))
    return max(0, min(100, round(total / sum(weights))))


def _mains(batteries: Sequence[_Battery], chargers: Sequence[bool]) -> bool | None:
    if chargers:
        return any(chargers)
    said = [battery.on_mains for battery in batteries if battery.on_mains is not None]
    return any(said) if said else None


def _text(path: Path) -> str | None:
    """The one line in an attribute file, or None when the supply does not know or does not have it."""
    try:
        with path.open("rb") as file:
            content = file.read(_ATTRIBUTE_LIMIT_BYTES)
    except OSError as error:
        if error.errno in _UNKNOWN_ERRORS:
            return None
        raise DeviceFault(
            f"power: {path} cannot be read ({error.strerror}); check the battery and its driver"
        ) from error
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise DeviceFault(f"power: {path} does not hold text; check the battery and its driver") from error


def _whole(path: Path, least: int, most: int | None) -> int | None:
    text = _text(path)
    if text is None:
        return None
    digits = text.removeprefix("-")
    # Not int() alone: it would also take "1_0" and " 7".
    if not (digits.isdigit() and len(digits) <= 18):
        raise DeviceFault(f"power: {path} does not hold a whole number; check the battery and its driver")
    number = int(text)
    if number < least or (most is not None and number > most):
        raise DeviceFault(f"power: {path} holds {number}, which is out of range; check the battery and its driver")
    return number
