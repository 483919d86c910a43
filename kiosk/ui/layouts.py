"""The arrangements of the screen, one function for each Layout. Every field of a View finds its place here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from kiosk.journey.view import Layout, View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import (
    Arrangement,
    Drawing,
    Modules,
    PhotoPlace,
    PreviewPlace,
    Sight,
)
from kiosk.ui.columns import picture_and_words, text_column
from kiosk.ui.compare import compare_portraits
from kiosk.ui.fact_pages import fact_pages
from kiosk.ui.form import FormState
from kiosk.ui.form_screen import arrange_form
from kiosk.ui.measure import Rect
from kiosk.ui.rows import choice_rows
from kiosk.ui.steadiness import steadily

#: Where larger titles could leave less to what stands below: letters never become smaller by a larger size.
_STEADY: Final = frozenset({Layout.CLAIM, Layout.CHOICE})
#: The smallest QR (Micro QR M1) has 11 modules a side; a claim that is no matrix is not drawn as one.
_LEAST_MODULES: Final = 11


def arrange(
    arrangement: Arrangement, view: View, *, form: FormState | None = None, page: int = 0, read: bool = True
) -> None:
    """Arrange everything of a View.

    `form` holds what is typed under way, `page` is the page of a long list; `read` says whether all pages of facts were
    shown, so that yes may be said to them.
    """
    if form is not None:
        arrange_form(arrangement, view, form)
        return
    if view.layout in _STEADY and arrangement.measures.text != 1:
        steadily(arrangement, lambda tried: _arranged(tried, view, page, read=read))
        return
    _arranged(arrangement, view, page, read=read)


def _arranged(arrangement: Arrangement, view: View, page: int, *, read: bool) -> None:
    rest = frame.strip(arrangement, view)
    if view.layout is Layout.CHOICE:
        _choice(arrangement, view, rest, page)
        return
    below = frame.bar(arrangement, view, rest)
    if view.layout is Layout.FACTS:
        fact_pages(arrangement, view, below, page, read=read)
        return
    _SIDE_BY_SIDE[view.layout](arrangement, view, below)


def _message(arrangement: Arrangement, view: View, below: Rect) -> None:
    place = picture_and_words(arrangement, view, frame.buttons(arrangement, view, below))
    if view.preview:
        gap = arrangement.measures.px(2)
        drawing, live = place.cut_left((place.width - gap) // 2, gap)
        arrangement.items.append(Drawing(drawing))
        arrangement.items.append(PreviewPlace(live, Sight.CARD))
    elif place.width:
        arrangement.items.append(Drawing(place))


def _print(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    arrangement.items.append(Drawing(picture_and_words(arrangement, view, room, most=_most(room))))


def _preview(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    place = picture_and_words(arrangement, view, room, most=_most(room))
    arrangement.items.append(PreviewPlace(place, Sight.FACE, view.arrow, view.held))


def _most(room: frame.Room) -> float:
    """Hands and the live face get a little more than half where no button stands below."""
    return 0.5 if room.shown else 0.54


def _photo(arrangement: Arrangement, view: View, below: Rect) -> None:
    place = picture_and_words(arrangement, view, frame.buttons(arrangement, view, below))
    arrangement.items.append(PhotoPlace(place))


def _claim(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    rows = tuple((view.claim or "").split())
    if len(rows) < _LEAST_MODULES or any(set(row) - {"0", "1"} for row in rows):
        arrangement.items.append(Drawing(picture_and_words(arrangement, view, room)))
        return
    if room.upright:
        place = picture_and_words(arrangement, view, room)
        side = min(place.width, place.height)
        spot = Rect(place.center_x - side / 2, place.center_y - side / 2, side, side)
    else:
        place, _ = room.split(0.5)
        side = min(place.width, place.height)
        beside = room.whole.width - side - room.gap_px
        spot = Rect(place.right - side if room.mirrored else place.x, place.center_y - side / 2, side, side)
        column = room.mirror(Rect(room.whole.right - beside, room.whole.y, beside, room.whole.height))
        text_column(arrangement, view, column)
    arrangement.items.append(Modules(spot, rows))


def _choice(arrangement: Arrangement, view: View, rest: Rect, page: int) -> None:
    """Give the rows all the room there is: on the small panel title and hint stand in the bar."""
    measures = arrangement.measures
    if not measures.large and not measures.upright:
        headed = replace(view, title="\n".join(line for line in (view.title, view.hint) if line))
        choice_rows(arrangement, view, frame.form_bar(arrangement, headed, rest, alarm=""), page)
        return
    below = frame.bar(arrangement, view, rest)
    aside = 0.0
    if view.hint and not measures.upright:
        caps = measures.sentence_cap_mm[-1:]
        aside = arrangement.lettering.fit(view.hint, (below.width / 2, below.height), cap_mm=caps, max_lines=1).width_px
        aside += measures.gap_px
    head = Rect(below.x, below.y, below.width - aside, below.height)
    title = arrangement.words(
        view.title, head, cap_mm=measures.title_cap_mm, colour=palette.NAVY, bold=True, max_lines=1
    )
    left = Rect(below.x, below.y, below.width, title.rect.y - measures.px(1) - below.y)
    if view.hint and measures.upright:
        hint = arrangement.words(view.hint, left, cap_mm=measures.sentence_cap_mm, max_lines=2)
        left = Rect(below.x, below.y, below.width, hint.rect.y - measures.px(1) - below.y)
    elif view.hint:
        used = title.paragraph.width_px + measures.gap_px
        beside = Rect(below.x + used, title.rect.y, below.width - used, title.rect.height)
        arrangement.words(view.hint, beside, cap_mm=measures.sentence_cap_mm, align=1.0, middle=True, max_lines=1)
    choice_rows(arrangement, view, left, page)


_SIDE_BY_SIDE: Final[Mapping[Layout, Callable[[Arrangement, View, Rect], None]]] = MappingProxyType(
    {
        Layout.MESSAGE: _message,
        Layout.FORM: _message,
        Layout.PRINT: _print,
        Layout.PREVIEW: _preview,
        Layout.PHOTO: _photo,
        Layout.COMPARE: compare_portraits,
        Layout.CLAIM: _claim,
    }
)
