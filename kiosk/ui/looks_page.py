"""The page on which a citizen, or the officer for them, chooses the size of the letters and the hand that touches."""

from dataclasses import dataclass, replace
from typing import Final

from kiosk.journey.view import Button, Looks, Role
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import Arrangement, Drawing, Icon, Target
from kiosk.ui.measure import Rect
from kiosk.ui.settings import TEXT_SIZES, DisplaySettings, TextSize

#: What the ids of the page begin with; they stay inside the screen and are never sent.
_SIZE: Final = "ui.text."
_HAND: Final = "ui.hand."
DONE: Final = "ui.looks.done"
#: Cap heights of the four letters to choose from, against the smallest.
_GROWTH: Final = (1.0, 1.4, 1.9, 2.5)


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen now."""

    text_size: TextSize
    left_handed: bool

    @classmethod
    def of(cls, display: DisplaySettings) -> "Choices":
        """Give what the settings say: every citizen begins with it."""
        return cls(display.text_size, display.left_handed)

    def touched(self, target: str) -> "Choices | None":
        """Give what is chosen after a touch; None when the target is none of the page's."""
        for size in TEXT_SIZES:
            if target == _SIZE + size:
                return replace(self, text_size=size)
        if target in {f"{_HAND}left", f"{_HAND}right"}:
            return replace(self, left_handed=target.endswith("left"))
        return None


def arrange_looks(arrangement: Arrangement, words: Looks, chosen: Choices) -> None:
    """Arrange the four sizes as letters of themselves, the two hands as screens, and the button that ends it."""
    measures = arrangement.measures
    gap = measures.gap_px
    room = arrangement.screen.inset(max(measures.margin_px, measures.px(2)))
    places, above = frame.button_places(arrangement, room)
    arrangement.items.append(Drawing(places[Role.OTHER], picture="looks"))
    frame.big_button(arrangement, Button(DONE, words.done, Role.YES, "tick"), places[Role.YES])
    title = arrangement.words(
        words.title, above, cap_mm=measures.title_cap_mm, colour=palette.NAVY, bold=True, align=0.5, max_lines=1
    )
    free = title.rect.y - above.y - gap
    height = min((free - gap) // 2, measures.px(48))
    sizes = Rect(above.x, title.rect.y - gap - height, above.width, height)
    hands = Rect(above.x, above.y, above.width, height)
    smallest = 4.6 if measures.large else 3.4
    for (size, spot), growth in zip(zip(TEXT_SIZES, _abreast(sizes, 4, gap), strict=True), _GROWTH, strict=True):
        _tile(arrangement, _SIZE + size, spot, "A", None, size == chosen.text_size, (smallest * growth,))
    sides = ((f"{_HAND}left", words.left, "side_left", True), (f"{_HAND}right", words.right, "side_right", False))
    for (name, label, icon, left), spot in zip(sides, _abreast(hands, 2, gap), strict=True):
        _tile(arrangement, name, spot, label, icon, left == chosen.left_handed, measures.label_cap_mm)


def _abreast(room: Rect, count: int, gap: float) -> list[Rect]:
    width = (room.width - gap * (count - 1)) // count
    return [Rect(room.x + place * (width + gap), room.y, width, room.height) for place in range(count)]


def _tile(
    arrangement: Arrangement,
    name: str,
    spot: Rect,
    label: str,
    icon: str | None,
    chosen: bool,
    caps: tuple[float, ...],
) -> None:
    """Add one choice; the chosen one shows by its ground, its thick edge and a tick."""
    measures = arrangement.measures
    arrangement.touchable(
        name,
        spot,
        kind="row",
        colours=(palette.TONE_KEY if chosen else palette.ROW, palette.BAR_DOWN, palette.KEY_INK),
        label=label,
        icon=icon,
        cap_mm=caps,
        edge=palette.BLUE if chosen else palette.QUIET_INK,
        edge_mm=1.2 if chosen else 0.4,
        icon_above=icon is not None,
    )
    tile = arrangement.items[-1]
    if chosen and isinstance(tile, Target):
        side = measures.px(5)
        corner = Rect(spot.right - side - measures.px(2.2), spot.top - side - measures.px(2.2), side, side)
        arrangement.items[-1] = replace(tile, covers=(*tile.covers, Icon("tick", corner, palette.KEY_INK)))
