"""The big rows of a list and the buttons below; a list that is too long gets a row that turns the page."""

from kiosk.journey.view import Role, View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.lettering import TIGHT
from kiosk.ui.measure import Rect

#: The id of the row that turns the page; it stays inside the screen and is never sent.
TURN_PAGE = "ui.page"


def choice_rows(arrangement: Arrangement, view: View, room: Rect, page: int) -> None:
    """Add the rows of a CHOICE and its buttons as one even grid of two columns: the buttons take the last line.

    A list of a few rows stands in one column above the buttons. A list that is too long turns its pages.
    """
    measures = arrangement.measures
    gap, least = measures.gap_px, measures.touch_px
    line, above = room.cut_bottom(measures.button_px, gap)
    half = (room.width - gap) // 2
    places = [(line.cut_left(half)[0], Role.OTHER), (line.cut_right(half)[0], Role.YES)]
    shown = {button.role: button for button in view.buttons}
    free = [rect for rect, role in places if role not in shown]
    for rect, role in places:
        if role in shown:
            frame.big_button(arrangement, shown[role], rect)
    count = len(view.choices)
    if count * (least + gap) - gap <= above.height:
        spots = _grid(above, count, 1, (least, measures.px(25)), gap)
    elif len(free) == len(places) and not _fit_half(arrangement, view, half):
        spots = [*_grid(above, int((above.height + gap) // (least + gap)), 1, (least, measures.px(32)), gap), line]
    else:
        most = int((above.height + gap) // (least + gap))
        lines = min(most, max(1, -(-(count - len(free)) // 2)))
        spots = [*_grid(above, lines, 2, (least, measures.px(32)), gap), *free]
    choices = list(view.choices)
    if len(choices) > len(spots):
        size = len(spots) - 1
        start = (page % -(-len(choices) // size)) * size
        choices = choices[start : start + size]
        _row(arrangement, TURN_PAGE, "", spots[len(choices)])
    for choice, rect in zip(choices, spots, strict=False):
        _row(arrangement, choice.id, choice.label, rect)


def _fit_half(arrangement: Arrangement, view: View, width: float) -> bool:
    """Whether every label can be read in half a line: addresses are longer than that."""
    measures = arrangement.measures
    pad = measures.px(2 if measures.large else 1.5)
    room = (width - 2 * pad, measures.touch_px)
    caps = measures.label_cap_mm[1:]
    return all(
        arrangement.lettering.fit(one.label, room, cap_mm=caps, bold=True, max_lines=2, leading=TIGHT).fits
        for one in view.choices
    )


def _grid(room: Rect, lines: int, columns: int, heights: tuple[float, float], gap: float) -> list[Rect]:
    """Share a room among even rows, from its top; `heights` are the least and the most that a row takes."""
    least, most = heights
    height = max(least, min(most, (room.height + gap) // max(1, lines) - gap))
    width = (room.width - gap * (columns - 1)) // columns
    return [
        Rect(room.x + column * (width + gap), room.top - line * (height + gap) - height, width, height)
        for line in range(lines)
        for column in range(columns)
    ]


def _row(arrangement: Arrangement, name: str, label: str, rect: Rect) -> None:
    arrangement.touchable(
        name,
        rect,
        kind="row",
        colours=(palette.ROW, palette.BAR_DOWN, palette.NAVY),
        label=label,
        icon=None if label else "next",
        cap_mm=arrangement.measures.label_cap_mm[1:],
        edge=palette.BLUE,
    )
