"""What a touch panel reports, put together: contacts with their places and widths. Pure; knows no Kivy and no file.

The words are those of the kernel's multi-touch protocol of type B, to which libmtdev brings every panel: a slot for
each contact, a tracking id for as long as it lies there, and a report that closes what changed together
(Documentation/input/multi-touch-protocol.rst of Linux).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

EV_SYN: Final = 0x00
EV_ABS: Final = 0x03
SYN_REPORT: Final = 0
SLOT: Final = 0x2F
TOUCH_MAJOR: Final = 0x30
POSITION_X: Final = 0x35
POSITION_Y: Final = 0x36
TRACKING_ID: Final = 0x39

Rotation = Literal[0, 90, 180, 270]


@dataclass(frozen=True, slots=True)
class Axes:
    """The range of a panel's places in its own units. Contacts' widths come in the same units across."""

    left: int
    right: int
    top: int
    bottom: int

    def __post_init__(self) -> None:
        """Refuse a panel without room. Raises ValueError."""
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("the touch panel names no range of places; it is no touch panel, or its driver is broken")


@dataclass(frozen=True, slots=True)
class Change:
    """A contact that has come, moved or gone.

    `x` and `y` are shares of the screen from 0 to 1, y upwards; `width` is a share of the panel's own width, 0.0 where
    the panel does not tell it.
    """

    kind: Literal["begin", "update", "end"]
    contact: int
    x: float
    y: float
    width: float


@dataclass(slots=True)
class _Slot:
    """What is known of one contact since the last report."""

    contact: int | None = None
    told: int | None = None
    x: int | None = None
    y: int | None = None
    major: int = 0
    changed: bool = False


@dataclass(slots=True)
class Contacts:
    """Puts a panel's words together. `rotation` is how far the picture is turned against the panel, in degrees."""

    axes: Axes
    rotation: Rotation = 0
    _slots: dict[int, _Slot] = field(default_factory=dict[int, _Slot])
    _slot: int = 0

    def take(self, kind: int, code: int, value: int) -> list[Change]:
        """Take one word; gives what has changed when a report is closed. What is not known is passed over."""
        if kind == EV_SYN and code == SYN_REPORT:
            return [change for slot in self._slots.values() if slot.changed for change in self._tell(slot)]
        if kind != EV_ABS:
            return []
        if code == SLOT:
            self._slot = value
            return []
        slot = self._slots.setdefault(self._slot, _Slot())
        if code == TRACKING_ID:
            slot.contact = value if value >= 0 else None
        elif code == POSITION_X:
            slot.x = value
        elif code == POSITION_Y:
            slot.y = value
        elif code == TOUCH_MAJOR:
            slot.major = value
        else:
            return []
        slot.changed = True
        return []

    def lost(self) -> list[Change]:
        """The panel is gone: every contact ends where it was."""
        ended = [self._change("end", slot, slot.told) for slot in self._slots.values() if slot.told is not None]
        self._slots.clear()
        self._slot = 0
        return ended

    def _tell(self, slot: _Slot) -> Iterator[Change]:
        slot.changed = False
        if slot.told is not None and slot.told != slot.contact:
            yield self._change("end", slot, slot.told)
            slot.told = None
        if slot.contact is None or slot.x is None or slot.y is None:
            return
        yield self._change("begin" if slot.told is None else "update", slot, slot.contact)
        slot.told = slot.contact

    def _change(self, kind: Literal["begin", "update", "end"], slot: _Slot, contact: int) -> Change:
        axes = self.axes
        across = _share((slot.x or 0) - axes.left, axes.right - axes.left)
        upwards = 1.0 - _share((slot.y or 0) - axes.top, axes.bottom - axes.top)
        x, y = {
            0: (across, upwards),
            90: (1.0 - upwards, across),
            180: (1.0 - across, 1.0 - upwards),
            270: (upwards, 1.0 - across),
        }[self.rotation]
        return Change(kind, contact, x, y, max(0, slot.major) / (axes.right - axes.left))


def _share(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole))
