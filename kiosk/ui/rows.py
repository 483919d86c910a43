"""The big rows of a list, in one or two columns; a list that is too long gets a row that turns the page."""

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.measure import Rect

#: The id of the row that turns the page; it stays inside the screen and is never sent.
TURN_PAGE = "ui.page"


def choice_rows(arrangement: Arrangement, view: View, columns: tuple[Rect, ...], page: int) -> None:
    """Add the rows of a CHOICE as large as the columns allow; a column without a button below it is longer."""
    measures = arrangement.measures
    gap, least = measures.gap_px, measures.touch_px
    if len(view.choices) * (least + gap) - gap <= min(column.height for column in columns):
        columns = (Rect(columns[0].x, columns[0].y, columns[-1].right - columns[0].x, columns[0].height),)
    lines = [int((column.height + gap) // (least + gap)) for column in columns]
    used = min(max(lines), -(-len(view.choices) // len(columns)))
    if sum(min(count, used) for count in lines) < len(view.choices):
        used = max(lines)
    shortest = min(column.height / min(count, used) for column, count in zip(columns, lines, strict=True))
    height = max(least, min(shortest - gap, measures.px(25)))
    places = [
        Rect(column.x, column.top - line * (height + gap) - height, column.width, height)
        for line in range(used)
        for column, count in zip(columns, lines, strict=True)
        if line < count
    ]
    shown = list(view.choices)
    if len(shown) > len(places):
        size = len(places) - 1
        start = (page % -(-len(shown) // size)) * size
        shown = shown[start : start + size]
        _row(arrangement, TURN_PAGE, "", places[len(shown)])
    for choice, rect in zip(shown, places, strict=False):
        _row(arrangement, choice.id, choice.label, rect)


def _row(arrangement: Arrangement, name: str, label: str, rect: Rect) -> None:
    arrangement.touchable(
        name,
        rect,
        kind="row",
        colours=(palette.WHITE, palette.BAR_DOWN, palette.NAVY),
        label=label,
        icon=None if label else "next",
        cap_mm=arrangement.measures.label_cap_mm[1:],
        edge=palette.BLUE,
    )
