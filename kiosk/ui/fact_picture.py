"""Facts beside a picture: it keeps a quarter of the page between bar and buttons, and the facts take pages for it."""

from dataclasses import dataclass, replace
from typing import Final

from kiosk.journey.view import Button, Fact, Role, View
from kiosk.ui import frame
from kiosk.ui.arrangement import Arrangement, Drawing, PhotoPlace, Target
from kiosk.ui.facts import Attempt, place_facts
from kiosk.ui.frame import Room
from kiosk.ui.lettering import LEADING, TIGHT
from kiosk.ui.measure import Rect

#: What the picture has of the page: a little more than a quarter, for it carries the step for who does not read.
_SHARE: Final = 0.26
#: How wide the turning row is beside an upright picture.
_TURN_MM: Final = 24
#: One page: the picture's part of the width, upright of the height.
_BESIDE: Final = tuple(
    Attempt(share, above=False, stacked=stacked) for share in (0.36, 0.3, 0.27) for stacked in (True, False)
)
_BELOW: Final = tuple(
    Attempt(share, above=True, stacked=stacked, strip=True) for share in (0.36, 0.3, 0.27) for stacked in (True, False)
)


@dataclass(frozen=True, slots=True)
class _Pages:
    """How facts turn: where the row that turns goes, if not among the buttons; and where picture and words go.

    Without a place of its own (one page) the `picture` is arranged with the words. `aside` is the place of picture and
    row together, for a picture that needs no row.
    """

    turn: Rect | None
    picture: Rect | None
    words: Room
    aside: Rect | None = None


def pictured(arrangement: Arrangement, view: View, below: Rect, page: int, *, read: bool) -> bool:
    """Arrange buttons, picture and facts on as few pages as keep the picture; say whether that can be done.

    Until they were `read` the main button turns the page.
    """
    return any(_headed(arrangement, view, below, page, head, read=read) for head in heads_of(view))


def _headed(
    arrangement: Arrangement, view: View, below: Rect, page: int, head: tuple[bool, bool], *, read: bool
) -> bool:
    empty = replace(arrangement, items=[])
    room = frame.buttons(empty, view, below)
    whole = _Pages(None, None, room)
    caps = arrangement.measures.label_cap_mm
    for cap in caps:
        if _one(empty, view, whole, cap, head):
            frame.buttons(arrangement, view, below)
            return _one(arrangement, view, whole, cap, head)
    pages = _pages(arrangement, room)
    ways = [(cap, parts) for cap in caps if (parts := _packed(empty, view, pages, cap, head))]
    if not ways:
        return False
    # Fewer pages first: who must turn may overlook one. Then the larger letters.
    cap, parts = min(ways, key=lambda way: len(way[1]))
    if len(parts) == 1:
        pages = replace(pages, turn=None, picture=pages.aside)
        frame.buttons(arrangement, view, below)
        return _one(arrangement, view, pages, cap, head)
    number = page % len(parts)
    label = f"{view.nav.more} {number + 1}/{len(parts)}"
    arrangement.page, arrangement.pages = number, len(parts)
    unread = not read and number < len(parts) - 1 and Role.YES in room.shown
    frame.buttons(arrangement, view, below, turn="" if unread or pages.turn is not None else label)
    if unread:
        next_instead(arrangement, label)
        pages = replace(pages, picture=pages.aside)
    elif pages.turn is not None:
        frame.turning_row(arrangement, pages.turn, label)
    return _one(arrangement, replace(view, facts=parts[number]), pages, cap, head)


def _packed(
    empty: Arrangement, view: View, pages: _Pages, cap: float, head: tuple[bool, bool]
) -> list[tuple[Fact, ...]]:
    """Put as many facts on each page as fit, in their order; nothing where one does not fit alone."""
    parts: list[tuple[Fact, ...]] = []
    left = view.facts
    while left:
        counts = range(len(left), 0, -1)
        fits = (count for count in counts if _one(empty, replace(view, facts=left[:count]), pages, cap, head))
        count = next(fits, 0)
        if not count:
            return []
        parts.append(left[:count])
        left = left[count:]
    return parts


def next_instead(arrangement: Arrangement, label: str) -> bool:
    """Put the button that turns to the next page in the place of yes; False where there is no yes to be said."""
    yes = next((item for item in arrangement.items if isinstance(item, Target) and item.id == Role.YES), None)
    if yes is None:
        return False
    arrangement.items.remove(yes)
    frame.big_button(arrangement, Button(frame.TURN_PAGE, label, Role.YES, "next"), yes.rect)
    return True


def parts_of(facts: tuple[Fact, ...], count: int) -> tuple[tuple[Fact, ...], ...]:
    """Share facts among pages, in their order."""
    size = -(-len(facts) // count)
    return tuple(facts[start : start + size] for start in range(0, len(facts), size))


def heads_of(view: View) -> tuple[tuple[bool, bool], ...]:
    """Say what of title and sentence stands, in turn: a hint, which says what is to be done first, may take a place."""
    return ((True, True), (False, True), (False, False)) if view.hint else ((True, True),)


def placed_alone(
    arrangement: Arrangement,
    view: View,
    room: Room,
    cap_mm: float,
    heads: tuple[tuple[bool, bool], ...] | None = None,
) -> bool:
    """Arrange title, sentence and facts in these letters without a picture; say whether they fitted."""
    measures = arrangement.measures
    caps, usual = measures.label_cap_mm, measures.text <= 1
    shrink = caps.index(cap_mm)
    # Large facts may have a title that is less so, but never one that is smaller than usual.
    shrinks = [shrink] if usual else sorted({shrink, *range(shrink, len(measures.instruction_cap_mm) - 3)})
    leadings = (LEADING, TIGHT) if usual and cap_mm == caps[-1] else (LEADING,)
    bare = replace(view, photo=None)
    return any(
        place_facts(arrangement, bare, room, attempt, less, (cap_mm,), leading=leading)
        for leading in leadings
        for less in shrinks
        for title, sentence in heads or heads_of(view)
        for attempt in (Attempt(0.0, above=True, stacked=one, sentence=sentence, title=title) for one in (True, False))
    )


def _one(arrangement: Arrangement, view: View, pages: _Pages, cap: float, head: tuple[bool, bool]) -> bool:
    """Arrange one page; the picture may be larger than a quarter, and is never less."""
    room, picture = pages.words, pages.picture
    if picture is not None:
        if not placed_alone(arrangement, view, room, cap, (head,)):
            return False
        arrangement.items.append(PhotoPlace(picture) if view.photo is not None else Drawing(picture))
        return True
    shrink = arrangement.measures.label_cap_mm.index(cap)
    ways = _BELOW if room.upright else _BESIDE
    headed = (replace(way, title=head[0], sentence=head[1]) for way in ways)
    return any(place_facts(arrangement, view, room, way, shrink, (cap,)) for way in headed)


def _pages(arrangement: Arrangement, room: Room) -> _Pages:
    """Find the places for facts that turn.

    On the small panel the turning row stands between the two buttons, or in the place of one that is not shown; on a
    large one below the picture, and upright beside it.
    """
    measures, whole, gap = arrangement.measures, room.whole, room.gap_px
    if room.upright:
        across = measures.across_px(_TURN_MM)
        picture_px = whole.width - across - gap
        strip, words = whole.cut_top(round(whole.height * _SHARE * whole.width / picture_px), gap)
        picture, turn = (room.mirror(part) for part in strip.cut_left(picture_px, gap))
        return _Pages(turn, picture, replace(room, whole=words, below=words), strip)
    among = not measures.large or Role.OTHER not in room.shown
    high = whole.height if among else whole.height - measures.touch_px - gap
    width = round(whole.width * _SHARE * whole.height / high)
    picture, words = (room.mirror(part) for part in whole.cut_left(width, gap))
    aside, turn = picture, None
    if not among:
        turn, picture = picture.cut_bottom(measures.touch_px, gap)
    return _Pages(turn, picture, replace(room, whole=words, below=words), aside)
