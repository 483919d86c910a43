"""The big rows of a list and the buttons below; a list that is too long gets a row that turns the page."""

from kiosk.journey.view import View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.frame import TURN_PAGE
from kiosk.ui.lettering import TIGHT
from kiosk.ui.measure import Rect


def choice_rows(arrangement: Arrangement, view: View, room: Rect, page: int) -> None:
    """Add the rows of a CHOICE and its buttons as one even grid of two columns: the buttons take the last line.

    A list of a few rows stands in one column above the buttons. A list that is too long turns its pages.
    """
    shown = {button.role: button for button in view.buttons}
    places, _ = frame.button_places(arrangement, room)
    free = [rect for role, rect in sorted(places.items(), key=lambda place: place[1].x) if role not in shown]
    for role, rect in places.items():
        if role in shown:
            frame.big_button(arrangement, shown[role], rect)
    spots, turn = _spots(arrangement, view, room, free)
    choices = list(view.choices)
    if len(choices) > len(spots):
        turn = turn or spots.pop()
        start = (page % -(-len(choices) // len(spots))) * len(spots)
        choices = choices[start : start + len(spots)]
        _row(arrangement, TURN_PAGE, view.nav.more, turn, turns=True)
    for choice, rect in zip(choices, spots, strict=False):
        _row(arrangement, choice.id, choice.label, rect)


def _spots(arrangement: Arrangement, view: View, room: Rect, free: list[Rect]) -> tuple[list[Rect], Rect | None]:
    """Give the places of rows, those beside the buttons being `free`, and perhaps a place for the row that turns.

    Where none is given for turning, the last of the places takes it.
    """
    measures = arrangement.measures
    gap, count = measures.gap_px, len(view.choices)
    above = room.cut_bottom(measures.button_px, gap)[1]
    abreast = _fit_half(arrangement, view, (room.width - gap) // 2)
    if measures.upright and not abreast:
        # A long label takes three lines where there is only one narrow column.
        least = measures.px(20)
        column = room if len(free) == 2 else above
        most = int((column.height + gap) // (least + gap))
        return _grid(column, min(count, most), 1, (least, measures.px(25)), gap), free[0] if len(free) == 1 else None
    least = measures.touch_px
    if len(free) == 2:
        # No button stands below: the rows share the whole room, and none of them lies apart.
        most = int((room.height + gap) // (least + gap))
        columns = 2 if count > most and abreast else 1
        lines = min(most, -(-count // columns))
        return _grid(room, lines, columns, (least, measures.px(32 if columns == 2 else 25)), gap), None
    most = int((above.height + gap) // (least + gap))
    if count <= most:
        return _grid(above, count, 1, (least, measures.px(25)), gap), None
    lines = min(most, max(1, -(-(count - len(free)) // 2)))
    return [*_grid(above, lines, 2, (least, measures.px(40)), gap), *free], None


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


def _row(arrangement: Arrangement, name: str, label: str, rect: Rect, *, turns: bool = False) -> None:
    caps = arrangement.measures.label_cap_mm[1:]
    arrangement.touchable(
        name,
        rect,
        kind="row",
        colours=(palette.ROW, palette.BAR_DOWN, palette.NAVY),
        label=label,
        icon="next" if turns else None,
        # Addresses, which only the officer reads, may be a little smaller on a narrow panel.
        cap_mm=(*caps, 3.2) if arrangement.measures.upright else caps,
        edge=palette.BLUE,
    )
