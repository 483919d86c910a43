"""Facts that are too many for one page: they turn like the pages of a list, and neither letters nor sentence shrink.

Nobody agrees to what was not shown: until the last page was, the main button is the one that turns to the next page.
"""

from collections.abc import Iterable
from dataclasses import replace

from kiosk.journey.view import Fact, View
from kiosk.ui import frame
from kiosk.ui.arrangement import Arrangement, Drawing, PhotoPlace
from kiosk.ui.fact_picture import next_instead, parts_of, pictured, placed_alone
from kiosk.ui.facts import bare_column, full_column
from kiosk.ui.frame import Room
from kiosk.ui.measure import Rect
from kiosk.ui.settings import TEXT_SIZES

#: The part of the width that the column with the picture and the turning row takes.
_ASIDE = 0.25
#: More pages than these are turned only where large letters were asked for, or where else they would be too small.
_MOST = 3


def fact_pages(arrangement: Arrangement, view: View, below: Rect, page: int, *, read: bool = True) -> None:
    """Arrange facts and buttons on as few pages as keep title, sentence, and a quarter of the page for the picture.

    Where large letters were asked for, the facts take as many pages as make their letters large. `read`: the last page
    was shown, and what is asked may be answered with yes.
    """
    usual = arrangement.measures.text <= 1
    if usual and pictured(arrangement, view, below, page, read=read):
        return
    room = frame.buttons(arrangement, view, below)
    if usual or len(view.facts) < 2:
        _usual(arrangement, view, room, page, read)
        return
    measures = arrangement.measures
    # Larger titles may leave less to the facts than smaller ones do: the largest facts win, then the largest titles.
    factors = sorted((one for one in TEXT_SIZES.values() if 1 <= one <= measures.text), reverse=True)
    tried = [replace(arrangement, measures=replace(measures, text=factor)) for factor in factors]
    found = [(way, one) for one in tried if (way := _largest(one, view, room)) is not None]
    if not found:
        _usual(tried[-1], view, room, page, read)
        arrangement.page, arrangement.pages = tried[-1].page, tried[-1].pages
        return
    (cap, parts), chosen = max(found, key=lambda one: one[0][0])
    _laid(chosen, view, room, parts, cap, page, read)
    arrangement.page, arrangement.pages = chosen.page, chosen.pages


_Way = tuple[float, tuple[tuple[Fact, ...], ...]]


def _usual(arrangement: Arrangement, view: View, room: Room, page: int, read: bool) -> None:
    """Arrange them on one page, else on few, else without the sentence, else on many."""
    if full_column(arrangement, view, room):
        return
    found = _fewest(arrangement, view, room, range(2, _MOST + 1))
    if found is None and bare_column(arrangement, view, room):
        return
    found = found or _fewest(arrangement, view, room, range(_MOST + 1, len(view.facts) + 1))
    if found is None:
        bare_column(arrangement, view, room, force=True)
        return
    _laid(arrangement, view, room, found[1], found[0], page, read)


def _laid(
    arrangement: Arrangement,
    view: View,
    room: Room,
    parts: tuple[tuple[Fact, ...], ...],
    cap: float,
    page: int,
    read: bool,
) -> None:
    if len(parts) == 1:
        full_column(arrangement, view, room, least_mm=cap)
        return
    number = page % len(parts)
    label = f"{view.nav.more} {number + 1}/{len(parts)}"
    arrangement.page, arrangement.pages = number, len(parts)
    unread = not read and number < len(parts) - 1 and next_instead(arrangement, label)
    words = _aside(arrangement, view, room, "" if unread else label)
    placed_alone(arrangement, replace(view, facts=parts[number]), words, cap)


def _fewest(arrangement: Arrangement, view: View, room: Room, counts: range) -> _Way | None:
    pairs = ((cap, count) for count in counts for cap in arrangement.measures.label_cap_mm)
    return _first(arrangement, view, room, pairs)


def _largest(arrangement: Arrangement, view: View, room: Room) -> _Way | None:
    counts = range(1, len(view.facts) + 1)
    pairs = ((cap, count) for cap in arrangement.measures.label_cap_mm for count in counts)
    return _first(arrangement, view, room, pairs)


def _first(arrangement: Arrangement, view: View, room: Room, pairs: Iterable[tuple[float, int]]) -> _Way | None:
    """Give the first of these cap heights and numbers of pages that fit, with the pages."""
    narrow = _split(arrangement, room)[1]
    empty = replace(arrangement, items=[])
    for cap, count in pairs:
        parts = parts_of(view.facts, count)
        if len(parts) == 1:
            fits = full_column(empty, view, room, least_mm=cap)
        else:
            fits = all(placed_alone(empty, replace(view, facts=part), narrow, cap) for part in parts)
        if fits:
            return cap, parts
    return None


def _split(arrangement: Arrangement, room: Room) -> tuple[Rect, Room]:
    """Give the column for picture and turning row, upright a strip below, and the room of the words."""
    measures = arrangement.measures
    if room.upright:
        aside, words = room.whole.cut_bottom(measures.touch_px, room.gap_px)
    else:
        width = max(round(room.whole.width * _ASIDE), measures.across_px(34))
        aside, words = (room.mirror(part) for part in room.whole.cut_left(width, room.gap_px))
    return aside, replace(room, whole=words, below=words)


def _aside(arrangement: Arrangement, view: View, room: Room, label: str) -> Room:
    """Add the row that turns the page, and above it the picture where there is room; give the room of the words.

    Without a label there is no row: the main button turns the page, and the picture has all of it.
    """
    measures = arrangement.measures
    aside, words = _split(arrangement, room)
    if not label:
        if aside.height >= measures.px(16) * (2 if room.upright else 1):
            arrangement.items.append(PhotoPlace(aside) if view.photo is not None else Drawing(aside))
        return words
    turn, above = (aside, None) if room.upright else aside.cut_bottom(measures.touch_px, room.gap_px)
    if above is not None and above.height < measures.px(16):
        turn, above = aside, None
    frame.turning_row(arrangement, turn, label)
    if above is not None:
        arrangement.items.append(PhotoPlace(above) if view.photo is not None else Drawing(above))
    return words
