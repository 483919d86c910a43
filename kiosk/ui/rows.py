"""The big rows of a list, in one or two columns; a list that is too long gets a row that turns the page."""

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.measure import Rect

#: The id of the row that turns the page; it stays inside the screen and is never sent.
TURN_PAGE = "ui.page"


def choice_rows(arrangement: Arrangement, view: View, room: Rect, page: int) -> None:
    """Add the rows of a CHOICE as large as the room allows."""
    measures = arrangement.measures
    gap, least = measures.gap_px, measures.touch_px
    per_column = max(1, int((room.height + gap) // (least + gap)))
    count = len(view.choices)
    columns = 1 if count <= per_column and count <= 4 else 2
    places = per_column * columns
    shown = list(view.choices)
    paged = count > places
    if paged:
        size = places - 1
        pages = (count + size - 1) // size
        start = (page % pages) * size
        shown = shown[start : start + size]
    lines = -(-(len(shown) + paged) // columns)
    height = min((room.height - gap * (lines - 1)) // lines, measures.px(25))
    width = (room.width - gap * (columns - 1)) // columns
    for index in range(len(shown) + paged):
        line, column = divmod(index, columns)
        rect = Rect(
            room.x + column * (width + gap), room.top - line * (height + gap) - height, width, max(height, least)
        )
        is_turn = index == len(shown)
        arrangement.touchable(
            TURN_PAGE if is_turn else shown[index].id,
            rect,
            kind="row",
            colours=(palette.WHITE, palette.BAR_DOWN, palette.NAVY),
            label="" if is_turn else shown[index].label,
            icon="next" if is_turn else None,
            cap_mm=measures.label_cap_mm[1:],
            edge=palette.BLUE,
        )
