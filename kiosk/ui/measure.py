"""Millimetres into pixels, and rectangles. Everything on the screen is laid out through `Measures.px`."""

from dataclasses import dataclass

from kiosk.ui.settings import TEXT_SIZES, DisplaySettings, TextSize

#: Cap height of Noto Sans in em (measured in the font file).
CAP_HEIGHT_EM = 0.714
#: From this width on a panel is read and touched at arm's length, and from this height on it has room for large keys.
_LARGE_MM = 200
_HIGH_MM = 130


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in window pixels; y grows upwards, as in Kivy."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y + self.height

    @property
    def center_x(self) -> float:
        """The middle across."""
        return self.x + self.width / 2

    @property
    def center_y(self) -> float:
        """The middle along."""
        return self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Say whether a point lies inside."""
        return self.x <= x <= self.right and self.y <= y <= self.top

    def inset(self, by: float) -> "Rect":
        """Give the rectangle made smaller on all sides."""
        return Rect(self.x + by, self.y + by, max(0.0, self.width - 2 * by), max(0.0, self.height - 2 * by))

    def cut_top(self, height: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Cut a strip off the top: (strip, rest below a gap)."""
        strip = Rect(self.x, self.top - height, self.width, height)
        return strip, Rect(self.x, self.y, self.width, max(0.0, self.height - height - gap))

    def cut_bottom(self, height: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Cut a strip off the bottom: (strip, rest above a gap)."""
        strip = Rect(self.x, self.y, self.width, height)
        return strip, Rect(self.x, self.y + height + gap, self.width, max(0.0, self.height - height - gap))

    def cut_left(self, width: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Cut a column off the left: (column, rest to the right of a gap)."""
        column = Rect(self.x, self.y, width, self.height)
        return column, Rect(self.x + width + gap, self.y, max(0.0, self.width - width - gap), self.height)

    def cut_right(self, width: float, gap: float = 0.0) -> tuple["Rect", "Rect"]:
        """Cut a column off the right: (column, rest to the left of a gap)."""
        column = Rect(self.right - width, self.y, width, self.height)
        return column, Rect(self.x, self.y, max(0.0, self.width - width - gap), self.height)


@dataclass(frozen=True, slots=True)
class Measures:
    """The sizes of one panel, all in mm; `px` makes pixels of them.

    On a panel 200 mm wide or more: main buttons 25 mm high, gaps 5 mm, instruction line 6.1 mm cap height (0.7 degrees
    at 50 cm, EN 301 549 5.1.4), all else 4.8 mm (VVSG 2.0 7.1-G default). A smaller panel is held nearer: main buttons
    18 mm (upright 27 mm, with the icon above the label), gaps 2.54 mm (VVSG 7.2-I), instruction line 4.8 mm, all else
    3.5 mm (the lower end of VVSG's small size). Nothing that can be touched is under 16 mm high, but for keyboard keys:
    14 mm on a large panel that is low, and 12.7 mm on a small one (VVSG 7.2-I). A panel that is higher than wide is
    `upright`: picture and words lie one below the other.
    """

    px_per_mm: float
    px_per_mm_across: float
    width_mm: float
    height_mm: float
    large: bool
    upright: bool
    text: float = 1.0

    @classmethod
    def of(cls, display: DisplaySettings, text_size: TextSize | None = None) -> "Measures":
        """Give the measures of a panel with letters of a size, else of the one that is set."""
        width, height = display.panel_width_mm, display.panel_height_mm
        along, across = display.height_px / height, display.width_px / width
        text = TEXT_SIZES[text_size or display.text_size]
        return cls(along, across, width, height, width >= _LARGE_MM, height > width, text)

    def _scaled(self, caps: tuple[float, ...]) -> tuple[float, ...]:
        """Make cap heights larger or smaller; the least stays, and after larger ones follow the usual ones."""
        if self.text > 1:
            # All that the next smaller size could take is among them, so that a larger choice is never the smaller one.
            factors = [factor for factor in TEXT_SIZES.values() if 1 < factor <= self.text]
            larger = {round(cap * factor, 1) for cap in caps for factor in factors}
            return (*sorted((cap for cap in larger if cap > caps[0]), reverse=True), *caps)
        smaller = (max(caps[-1], round(cap * self.text, 1)) for cap in caps)
        return tuple(dict.fromkeys(smaller)) if self.text < 1 else caps

    def px(self, millimetres: float) -> float:
        """Give a height in whole pixels; good for widths too where a little more does no harm."""
        return float(round(millimetres * self.px_per_mm))

    def across_px(self, millimetres: float) -> float:
        """Give a width in whole pixels (a 7" panel has pixels that are wider than high)."""
        return float(int(millimetres * self.px_per_mm_across) + 1)

    def font_px(self, cap_mm: float) -> float:
        """Give the font size whose capitals are `cap_mm` high."""
        return round(cap_mm * self.px_per_mm / CAP_HEIGHT_EM, 1)

    @property
    def touch_px(self) -> float:
        """The least height of anything that can be touched, rounded up."""
        return float(int(16 * self.px_per_mm) + 1)

    @property
    def key_px(self) -> float:
        """The least height of a keyboard key."""
        least_mm = 12.7 if not self.large else 16 if self.height_mm >= _HIGH_MM else 14
        return float(int(least_mm * self.px_per_mm) + 1)

    @property
    def gap_px(self) -> float:
        """The least gap between things that can be touched."""
        return float(int((5 if self.large else 2.54) * max(self.px_per_mm, self.px_per_mm_across)) + 1)

    @property
    def key_gap_px(self) -> float:
        """The gap between rows of keys; across, `across_px(2.54)` does."""
        return float(int(2.54 * self.px_per_mm) + 1)

    @property
    def button_px(self) -> float:
        """The height of the two main buttons."""
        return float(int((25 if self.large else 27 if self.upright else 18) * self.px_per_mm) + 1)

    @property
    def margin_px(self) -> float:
        """The free edge of the screen."""
        return self.px(5 if self.large else 1.6)

    @property
    def instruction_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for the instruction line, best first; the last is the least allowed."""
        return self._scaled((7.6, 7.0, 6.5, 6.1) if self.large else (6.4, 6.1, 5.6, 5.2, 4.8))

    @property
    def title_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for a title that is to stand in one line, over the rows of a list."""
        return (*self.instruction_cap_mm, 4.4, 4.0) if self.upright else self.instruction_cap_mm

    @property
    def sentence_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for the sentence, best first."""
        return self._scaled((6.4, 6.1, 5.6, 5.2, 4.8) if self.large else (4.8, 4.4, 4.0, 3.7, 3.5))

    @property
    def plain_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for all other text, best first."""
        return self._scaled((4.8,) if self.large else (3.5,))

    @property
    def label_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for the labels of the main buttons."""
        return self._scaled((7.0, 6.1, 5.6, 5.2, 4.8) if self.large else (5.2, 4.8, 4.4, 4.0, 3.5))

    @property
    def bar_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for the title of a form in the bar, then for what is to be mended there."""
        small = (4.8, 4.4, 4.0, 3.5, 3.0, 2.6)
        return (6.5, 6.1, 5.6, 5.2, 4.8, 4.2, 3.9) if self.large else (*small, 2.5) if self.upright else small

    @property
    def countdown_cap_mm(self) -> tuple[float, ...]:
        """Cap heights for a count-down, read from afar; the last only where it stands without a sentence."""
        return (22.0, 16.0, 10.0, 6.1) if self.large else (13.0, 10.0, 7.0, 5.0, 3.5)
