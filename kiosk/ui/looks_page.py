"""The page on which a citizen, or the officer for them, chooses letters, hand, ground, language and volume.

Letters, hand and ground are the window's own; language and volume are told to whoever runs the session. All of it is
for this citizen: the next one finds the kiosk as it is set.
"""

from dataclasses import dataclass, replace
from typing import Final

from kiosk.journey.view import Button, Looks, Role, View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import Arrangement, Drawing, Icon, Plate, Target
from kiosk.ui.measure import Rect
from kiosk.ui.palette import Theme
from kiosk.ui.settings import TEXT_SIZES, DisplaySettings, TextSize

#: What the ids of the page begin with; they stay inside the screen and are never sent.
_SIZE: Final = "ui.text."
_HAND: Final = "ui.hand."
_BLACK: Final = "ui.black"
DONE: Final = "ui.looks.done"
#: These are sent, as touches of the citizen.
_LANGUAGE: Final = "language"
_QUIETER: Final = "quieter"
_LOUDER: Final = "louder"
#: Cap heights of the four letters to choose from, against the smallest.
_GROWTH: Final = (1.0, 1.4, 1.9, 2.5)


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen now; without a `theme` the settings and the hour decide."""

    text_size: TextSize
    left_handed: bool
    theme: Theme | None = None

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
        if target == _BLACK:
            return replace(self, theme="light" if palette.shown() == "black" else "black")
        return None


def arrange_looks(arrangement: Arrangement, view: View, chosen: Choices) -> None:
    """Arrange the sizes as letters of themselves, the hands as screens, ground, language, volume, and what ends it.

    Help and what says it again stand where they stand on every screen.
    """
    words = view.looks
    if words is None:
        raise ValueError(f"the screen {view.key} has no page for letters and hand")
    measures = arrangement.measures
    gap = measures.gap_px
    below = frame.page_bar(arrangement, view, frame.strip(arrangement, view), words.title)
    places, above = frame.button_places(arrangement, below)
    frame.big_button(arrangement, Button(DONE, words.done, Role.YES, "tick"), places[Role.YES])
    # Upright there is height for a line more, and beside the button no room for the level.
    rows = 4 if measures.upright else 2
    height = min((above.height - (rows - 1) * gap) // rows, measures.px(48))
    lines = [Rect(above.x, above.top - (row + 1) * height - row * gap, above.width, height) for row in range(rows)]
    smallest = 4.6 if measures.large else 3.4
    for (size, spot), growth in zip(zip(TEXT_SIZES, _abreast(lines[0], 4, gap), strict=True), _GROWTH, strict=True):
        _tile(arrangement, _SIZE + size, spot, "A", None, size == chosen.text_size, (smallest * growth,))
    tiles = lines[1:3] if measures.upright else lines[1:]
    below_sizes = [spot for line in tiles for spot in _abreast(line, 4 // len(tiles), gap)]
    for (name, label, icon, on), spot in zip(_others(words, chosen), below_sizes, strict=True):
        _tile(arrangement, name, spot, label, icon, on, measures.label_cap_mm[2:])
    if measures.upright:
        arrangement.items.append(Drawing(places[Role.OTHER], picture="looks"))
    _volume(arrangement, view.loudness, lines[3] if measures.upright else places[Role.OTHER])


def _others(words: Looks, chosen: Choices) -> tuple[tuple[str, str, str, bool], ...]:
    """Give the tiles below the sizes: id, label, icon, and whether it is chosen."""
    return (
        (f"{_HAND}left", words.left, "side_left", chosen.left_handed),
        (f"{_HAND}right", words.right, "side_right", not chosen.left_handed),
        (_BLACK, words.black, "moon", palette.shown() == "black"),
        (_LANGUAGE, words.language, "language", False),
    )


def _volume(arrangement: Arrangement, loudness: tuple[int, int], place: Rect) -> None:
    """Add quieter, the level as bars, and louder; a picture where nothing is heard."""
    measures = arrangement.measures
    level, most = loudness
    if not most:
        if not measures.upright:
            arrangement.items.append(Drawing(place, picture="looks"))
        return
    side, gap = max(measures.across_px(17), measures.touch_px), measures.gap_px
    for name, spot in ((_QUIETER, place.cut_left(side)[0]), (_LOUDER, place.cut_right(side)[0])):
        colours = (palette.BAR, palette.BAR_DOWN, palette.BAR_INK)
        arrangement.touchable(name, spot, kind="nav", colours=colours, icon=name, cap_mm=measures.plain_cap_mm)
    middle = Rect(place.x + side + gap, place.y, place.width - 2 * (side + gap), place.height)
    for number, spot in enumerate(_abreast(middle, most, measures.px(1.4)), start=1):
        bar = spot.cut_bottom(round(spot.height * (0.35 + 0.65 * number / most)))[0]
        loud = number <= level
        ground = palette.DOT_DONE if loud else palette.PAPER
        edge = palette.DOT_DONE if loud else palette.QUIET_INK
        arrangement.items.append(Plate(bar, ground, measures.px(1), edge, measures.px(0.5)))


def _abreast(line: Rect, count: int, gap: float) -> list[Rect]:
    width = (line.width - (count - 1) * gap) // count
    return [Rect(line.x + number * (width + gap), line.y, width, line.height) for number in range(count)]


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
