"""Which touches count. Pure: positions, times and contacts in, ids of targets out.

The rules and where their numbers come from; every touch that does not count is counted by its reason:

- a touch begins and ends on the same target (VVSG 2.0 7.2-H) and is not drawn along it; beside every target it belongs
  to the nearest within `snap_mm`, as the old miss by 3.4 mm on average (Sultana and Moffatt 2019, 10.1145/3300178),
  unless two are alike;
- a trembling finger that leaves the glass for a moment is still the same touch (`tremor_mm`, `merge_s`);
- a touch shorter than `press_s` is a brush of the sleeve; a second one on the same target, or within `repeat_mm` of the
  same place of the next screen, is the tail of a double tap until the place was left alone for `repeat_s` (one in fifty
  taps of a trembling hand comes down more than 8 mm beside the one before); anything within `settle_s` after another
  screen came is one too. Within `edge_mm` of the glass's edge a tap of that tail may come down beside the glass, where
  nobody sees it: there the place of another screen is left alone for `unseen_s` longer;
- the first finger wins; three contacts, two within `together_s`, or one wider than `palm_mm`, are a palm: nothing
  counts until it is lifted.

Keys of the keyboard are the officer's: they may be tapped as fast as anybody types. Only the same key within `bounce_s`
after it was left is the same touch: a finger that leaves the glass without meaning to is back within an eighth of a
second (assumed, as nobody has measured it for touch panels), and who types a letter twice takes a sixth and more.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import hypot
from typing import Final

from kiosk.ui.measure import Rect

#: Targets that an officer taps quickly and again: exempt from `press_s` and `repeat_s`.
QUICK_PREFIXES: Final = ("ui.key.", "ui.field.")
#: Two targets whose distances differ by less than this are alike near: neither is taken.
_SURE_MM: Final = 1.0
#: A touch that ends so far from its beginning is drawn across the glass; on a wide button both may lie inside.
_SWIPE_MM: Final = 25.0
#: A contact that lasts longer than this, in seconds, has ended without a word of the panel's.
_LOST_S: Final = 20.0


class Reject(StrEnum):
    """Why a touch did not count."""

    SETTLING = "settling"
    BESIDE = "beside"
    UNSURE = "unsure"
    SLID = "slid"
    SHORT = "short"
    REPEATED = "repeated"
    BOUNCED = "bounced"
    SECOND_FINGER = "second_finger"
    PALM = "palm"


@dataclass(frozen=True, slots=True)
class TouchSettings:
    """The limits of the filter; the module says what each is for. Raises ValueError for what cannot be."""

    settle_s: float = 0.4
    repeat_s: float = 0.7
    press_s: float = 0.08
    merge_s: float = 0.15
    bounce_s: float = 0.12
    tremor_mm: float = 8.0
    repeat_mm: float = 16.0
    edge_mm: float = 6.0
    unseen_s: float = 0.6
    snap_mm: float = 4.0
    palm_mm: float = 20.0
    palm_contacts: int = 3
    together_s: float = 0.06

    def __post_init__(self) -> None:
        """Refuse limits with which no touch could count, or a wrong one could."""
        for name in ("settle_s", "repeat_s", "press_s", "merge_s", "bounce_s", "together_s", "unseen_s"):
            if not 0 <= getattr(self, name) <= 3:
                raise ValueError(f"touch.{name} is {getattr(self, name)}; give 0 to 3 seconds")
        if not 0 <= self.snap_mm <= 8:
            raise ValueError(f"touch.snap_mm is {self.snap_mm}; give 0 to 8")
        if not 0 <= self.tremor_mm <= 15:
            raise ValueError(f"touch.tremor_mm is {self.tremor_mm}; give 0 to 15")
        if not 0 <= self.repeat_mm <= 40:
            raise ValueError(f"touch.repeat_mm is {self.repeat_mm}; give 0 to 40")
        if not 0 <= self.edge_mm <= 15:
            raise ValueError(f"touch.edge_mm is {self.edge_mm}; give 0 to 15")
        if self.palm_mm < 12:
            raise ValueError(f"touch.palm_mm is {self.palm_mm}; a thumb alone is 12 wide, so give 12 or more")
        if self.palm_contacts < 2:
            raise ValueError(f"touch.palm_contacts is {self.palm_contacts}; one contact is a finger, so give 2 or more")


@dataclass(frozen=True, slots=True)
class _Touch:
    """A finger on the glass, or the one that has just left it."""

    finger: object
    x: float
    y: float
    began_s: float
    target: str | None
    ended_s: float = 0.0


@dataclass(slots=True)
class TouchFilter:
    """Decides about each touch. Places are window pixels, y upwards; times are monotonic seconds.

    `background` is the id of a target that lies under all others: whatever is near another belongs to that one.
    `glass` is where the panel sees a hand; None where that is not known.
    """

    settings: TouchSettings = field(default_factory=TouchSettings)
    glass: Rect | None = None
    across_px_per_mm: float = 1.0
    along_px_per_mm: float = 1.0
    background: str = ""
    rejects: Counter[Reject] = field(default_factory=Counter[Reject])
    counted: int = 0
    #: Touches that counted and that did not, of those who have left.
    earlier: tuple[int, int] = (0, 0)
    _targets: Mapping[str, Rect] = field(default_factory=dict[str, Rect])
    _changed_s: float = float("-inf")
    _now: _Touch | None = None
    _last: _Touch | None = None
    _fired: _Touch | None = None
    _contacts: dict[object, float] = field(default_factory=dict[object, float])
    _palm: bool = False

    def change(self, targets: Mapping[str, Rect], now_s: float) -> None:
        """Tell that another screen is shown now; a touch that began on the old one fires nothing."""
        self._targets = targets
        self._changed_s = now_s
        self._last = None
        if self._fired is not None:
            # The target is gone, and what lies in its place now must not be hit by the same hand going on.
            self._fired = replace(self._fired, target=None)
        if self._now is not None and self._now.target is not None:
            self.rejects[Reject.SETTLING] += 1
            self._now = _Touch(self._now.finger, self._now.x, self._now.y, now_s, None)

    def keep(self, targets: Mapping[str, Rect]) -> None:
        """Tell that the same screen was drawn again (a letter typed, a percent more); held touches stay good."""
        self._targets = targets

    def down(self, finger: object, x: float, y: float, *, now_s: float, width_mm: float = 0.0) -> str | None:
        """Begin a touch; gives the id of the target that is held now, if any. `width_mm` is 0 where it is not known."""
        self._forget_lost(now_s)
        self._contacts[finger] = now_s
        if self._is_palm(width_mm, now_s):
            return None
        if self._now is not None:
            self.rejects[Reject.SECOND_FINGER] += 1
            return None
        target, began_s = None, now_s
        if now_s - self._changed_s < self.settings.settle_s:
            self.rejects[Reject.SETTLING] += 1
        else:
            target = self._near(x, y, tell=True)
            if self._last is not None and self._continues(self._last, x, y, now_s=now_s):
                began_s = self._last.began_s
        self._last = None
        self._now = _Touch(finger, x, y, began_s, target)
        return target

    def up(self, finger: object, x: float, y: float, *, now_s: float) -> str | None:
        """End a touch; gives the id of the target that fires, if any."""
        self._contacts.pop(finger, None)
        if not self._contacts:
            self._palm = False
        touch = self._now
        if touch is None or finger != touch.finger:
            return None
        self._now = None
        since_s = touch.began_s - self._fired.ended_s if self._fired is not None else float("inf")
        goes_on = self._goes_on(touch, since_s, now_s)
        if touch.target is None:
            return None
        reason = self._objection(touch, touch.target, (x, y), now_s=now_s, goes_on=goes_on, since_s=since_s)
        if reason is not None:
            self.rejects[reason] += 1
            return None
        self.counted += 1
        self._fired = replace(touch, x=x, y=y, ended_s=now_s)
        return touch.target

    def summary(self) -> str:
        """How many touches counted and how many did not, by reason: for the log, about nobody."""
        reasons = ", ".join(f"{reason.value} {self.rejects[reason]}" for reason in Reject if self.rejects[reason])
        return f"{self.counted} touches counted, not counted: {reasons or 'none'}"

    def totals(self) -> tuple[int, int]:
        """Give how many touches have counted, and how many have not, since the window was opened."""
        return self.earlier[0] + self.counted, self.earlier[1] + self.rejects.total()

    def forget(self) -> None:
        """Count anew: another citizen comes."""
        self.earlier = self.totals()
        self.counted = 0
        self.rejects.clear()

    def _objection(
        self, touch: _Touch, target: str, place: tuple[float, float], *, now_s: float, goes_on: bool, since_s: float
    ) -> Reject | None:
        """Say why a touch does not count. `since_s` is how long before it the one ended that counted last."""
        limits = self.settings
        swiped = self._mm(touch.x - place[0], touch.y - place[1]) > _SWIPE_MM
        if swiped or target not in self._targets or self._near(*place) != target:
            return Reject.SLID
        if target.startswith(QUICK_PREFIXES):
            # A key is typed as fast as anybody types, but not by the tail of a touch on the screen before.
            if goes_on and self._fired is not None and self._fired.target is None:
                return Reject.REPEATED
            same = goes_on and self._fired is not None and self._fired.target == target
            return Reject.BOUNCED if same and since_s < limits.bounce_s else None
        if goes_on:
            return Reject.REPEATED
        if now_s - touch.began_s < limits.press_s:
            # It may be a trembling finger that comes back at once.
            self._last = _Touch(touch.finger, *place, touch.began_s, target, ended_s=now_s)
            return Reject.SHORT
        return None

    def _goes_on(self, touch: _Touch, since_s: float, now_s: float) -> bool:
        """Say whether a touch is the tail of the last one that counted; then the place has to be left alone anew."""
        last = self._fired
        if last is None or since_s >= self.settings.repeat_s + self._unseen_s(last):
            return False
        same = touch.target is not None and touch.target == last.target
        if not same and self._mm(touch.x - last.x, touch.y - last.y) > self.settings.repeat_mm:
            return False
        self._fired = replace(last, ended_s=now_s)
        return True

    def _unseen_s(self, last: _Touch) -> float:
        """Give how long a tail may be out of sight: at the edge of the glass, once another screen was shown."""
        glass = self.glass
        if last.target is not None or glass is None:
            return 0.0
        across_mm = self._mm(min(last.x - glass.x, glass.right - last.x), 0.0)
        along_mm = self._mm(0.0, min(last.y - glass.y, glass.top - last.y))
        return self.settings.unseen_s if min(across_mm, along_mm) <= self.settings.edge_mm else 0.0

    def _forget_lost(self, now_s: float) -> None:
        """Forget contacts that never ended: a panel that was unplugged says no more of them, and would stay deaf."""
        for finger in [one for one, began_s in self._contacts.items() if now_s - began_s > _LOST_S]:
            del self._contacts[finger]
            if self._now is not None and self._now.finger == finger:
                self._now = None
        if not self._contacts:
            self._palm = False

    def _is_palm(self, width_mm: float, now_s: float) -> bool:
        limits = self.settings
        # Nobody taps with two fingers at the same moment: the side of a hand has come down.
        together = sum(now_s - began_s < limits.together_s for began_s in self._contacts.values()) > 1
        many = len(self._contacts) >= limits.palm_contacts
        if not self._palm and (width_mm > limits.palm_mm or many or together):
            self._palm = True
            self._now = self._last = None
            self.rejects[Reject.PALM] += 1
        return self._palm

    def _continues(self, last: _Touch, x: float, y: float, *, now_s: float) -> bool:
        return now_s - last.ended_s <= self.settings.merge_s and self._mm(x - last.x, y - last.y) <= (
            self.settings.tremor_mm
        )

    def _near(self, x: float, y: float, *, tell: bool = False) -> str | None:
        above = {name: rect for name, rect in self._targets.items() if name != self.background}
        inside = next((name for name, rect in above.items() if rect.contains(x, y)), None)
        if inside is not None:
            return inside
        distances = sorted((self._distance_mm(rect, x, y), name) for name, rect in above.items())
        close = [one for one in distances if one[0] <= self.settings.snap_mm]
        if len(close) > 1 and close[1][0] - close[0][0] < _SURE_MM:
            if tell:
                self.rejects[Reject.UNSURE] += 1
            return None
        if close:
            return close[0][1]
        ground = self._targets.get(self.background)
        if ground is not None and ground.contains(x, y):
            return self.background
        if tell:
            self.rejects[Reject.BESIDE] += 1
        return None

    def _distance_mm(self, rect: Rect, x: float, y: float) -> float:
        return self._mm(max(rect.x - x, 0.0, x - rect.right), max(rect.y - y, 0.0, y - rect.top))

    def _mm(self, across_px: float, along_px: float) -> float:
        return hypot(across_px / self.across_px_per_mm, along_px / self.along_px_per_mm)
