"""The arrangements of the screen, one function for each Layout. Every field of a View finds its place here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kiosk.journey.view import Layout, View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import (
    Arrangement,
    Drawing,
    Modules,
    PhotoPlace,
    Plate,
    PreviewPlace,
    SpinnerPlace,
)
from kiosk.ui.facts import facts_column
from kiosk.ui.form import FormState, arrange_form
from kiosk.ui.lettering import LEADING, TIGHT
from kiosk.ui.measure import Rect
from kiosk.ui.rows import choice_rows

#: The smallest QR (Micro QR M1) has 11 modules a side; a claim that is no matrix is not drawn as one.
_LEAST_MODULES: Final = 11


def arrange(arrangement: Arrangement, view: View, *, form: FormState | None = None, page: int = 0) -> None:
    """Arrange everything of a View. `form` holds what is typed under way, `page` is the page of a long list."""
    if form is not None:
        arrange_form(arrangement, view, form)
        return
    rest = frame.strip(arrangement, view)
    if view.layout is Layout.CHOICE:
        _choice(arrangement, view, rest, page)
        return
    below = frame.bar(arrangement, view, rest)
    _SIDE_BY_SIDE[view.layout](arrangement, view, below)


def _message(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    if view.preview:
        gap = arrangement.measures.px(2)
        drawing, live = room.left.cut_left((room.left.width - gap) // 2, gap)
        arrangement.items.append(Drawing(drawing))
        arrangement.items.append(PreviewPlace(live, marks=False))
    else:
        arrangement.items.append(Drawing(room.left))
    text_column(arrangement, view, room.right)


def _print(arrangement: Arrangement, view: View, below: Rect) -> None:
    share = 0.5 if view.buttons and not view.busy else 0.54
    room = frame.buttons(arrangement, view, below, left_share=share)
    arrangement.items.append(Drawing(room.left))
    text_column(arrangement, view, room.right)


def _preview(arrangement: Arrangement, view: View, below: Rect) -> None:
    share = 0.5 if view.buttons and not view.busy else 0.54
    room = frame.buttons(arrangement, view, below, left_share=share)
    arrangement.items.append(PreviewPlace(room.left))
    text_column(arrangement, view, room.right)


def _photo(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    arrangement.items.append(PhotoPlace(room.left))
    text_column(arrangement, view, room.right)


def _facts(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    facts_column(arrangement, view, room.whole)


def _claim(arrangement: Arrangement, view: View, below: Rect) -> None:
    room = frame.buttons(arrangement, view, below)
    rows = tuple((view.claim or "").split())
    if len(rows) < _LEAST_MODULES or any(set(row) - {"0", "1"} for row in rows):
        rows = ()
    side = min(room.left.width, room.left.height)
    place = Rect(room.left.x, room.left.center_y - side / 2, side, side)
    if rows:
        arrangement.items.append(Modules(place, rows))
    else:
        arrangement.items.append(Drawing(room.left))
        place = room.left
    _, beside = below.cut_left(place.width, arrangement.measures.gap_px)
    column = Rect(beside.x, room.right.y, beside.width, room.right.height)
    text_column(arrangement, view, column)


def _choice(arrangement: Arrangement, view: View, rest: Rect, page: int) -> None:
    """Give the rows all the room there is: on the small panel the title stands in the bar."""
    measures = arrangement.measures
    if not measures.large:
        room = frame.buttons(arrangement, view, frame.form_bar(arrangement, view, rest, alarm=""))
        choice_rows(arrangement, view, (room.left, room.right), page)
        return
    below = frame.bar(arrangement, view, rest)
    title = arrangement.words(
        view.title, below, cap_mm=measures.instruction_cap_mm, colour=palette.NAVY, bold=True, max_lines=1
    )
    used = title.rect.height + measures.px(1)
    room = frame.buttons(arrangement, view, Rect(below.x, below.y, below.width, below.height - used))
    choice_rows(arrangement, view, (room.left, room.right), page)


def text_column(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Add title, sentence, facts, hint, percent and spinner, one below the other, centred along the column."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    pad = measures.px(2 if measures.large else 1)
    room = Rect(room.x + pad, room.y, room.width - pad, room.height)
    gap = measures.px(4 if measures.large else 1.6)
    extra = _extra_px(arrangement, view, gap)
    free = room.height - extra
    titles, sentences = measures.instruction_cap_mm, measures.sentence_cap_mm
    counting = 0 < len(view.hint) < 3
    facts = [f"{fact.label}: {fact.value}" if fact.label else fact.value for fact in view.facts]
    lines = [fit(text, (room.width, free), cap_mm=sentences[-1:], bold=True) for text in facts]
    facts_px = sum(line.height_px + gap / 2 for line in lines)
    for leading, shrink in ((leading, shrink) for leading in (LEADING, TIGHT) for shrink in range(len(titles))):
        title = fit(view.title, (room.width, free), cap_mm=titles[shrink:], bold=True, max_lines=3, leading=leading)
        hint_caps = measures.countdown_cap_mm[shrink:] if counting else sentences[shrink:]
        hint = fit(view.hint, (room.width - 2 * pad, free), cap_mm=hint_caps, bold=True, leading=leading)
        hint_px = hint.height_px + gap + 2 * pad if view.hint else 0.0
        left_px = free - hint_px - facts_px - title.height_px - gap
        sentence = fit(view.sentence, (room.width, left_px), cap_mm=sentences, leading=leading)
        if sentence.fits:
            break
    sentence_px = sentence.height_px + gap if view.sentence else 0.0
    used = title.height_px + sentence_px + facts_px + hint_px + extra
    top = room.top - max(0.0, (room.height - used) / 2)
    for paragraph, colour in ((title, palette.NAVY), (sentence, palette.INK)):
        if paragraph.lines != ("",):
            spot = Rect(room.x, room.y, room.width, top - room.y)
            placed = arrangement.place(paragraph, spot, colour=colour, on=palette.PAPER)
            arrangement.items.append(placed)
            top = placed.rect.y - gap
    for line in lines:
        placed = arrangement.place(
            line, Rect(room.x, room.y, room.width, top - room.y), colour=palette.INK, on=palette.PAPER
        )
        arrangement.items.append(placed)
        top = placed.rect.y - gap / 2
    if view.hint:
        height = hint.height_px + 2 * pad
        plate = Rect(room.x, round(top - height), room.width, height)
        arrangement.items.append(Plate(plate, palette.STAGE, measures.px(2)))
        inside = Rect(plate.x + pad, plate.y + pad, plate.width - 2 * pad, hint.height_px)
        arrangement.items.append(
            arrangement.place(
                hint, inside, colour=palette.INK, on=palette.STAGE, middle=True, align=0.5 if counting else 0.0
            )
        )
        top = plate.y - gap
    _work(arrangement, view, Rect(room.x, room.y, room.width, top - room.y))


def _extra_px(arrangement: Arrangement, view: View, gap: float) -> float:
    measures = arrangement.measures
    extra = measures.px(6 if measures.large else 4) + gap if view.percent is not None else 0.0
    if view.busy:
        extra += measures.px(20 if measures.large else 9) + gap
    return extra


def _work(arrangement: Arrangement, view: View, room: Rect) -> None:
    measures = arrangement.measures
    top = room.top
    if view.percent is not None:
        height = measures.px(6 if measures.large else 4)
        whole = Rect(room.x, top - height, room.width, height)
        part = Rect(whole.x, whole.y, max(height, whole.width * min(100, max(0, view.percent)) / 100), height)
        arrangement.items.append(Plate(whole, palette.BAR, height / 2))
        arrangement.items.append(Plate(part, palette.YES, height / 2))
        top = whole.y - measures.px(4 if measures.large else 1.6)
    if view.busy:
        side = measures.px(20 if measures.large else 9)
        arrangement.items.append(SpinnerPlace(Rect(room.x, top - side, side, side)))


_SIDE_BY_SIDE: Final[Mapping[Layout, Callable[[Arrangement, View, Rect], None]]] = MappingProxyType(
    {
        Layout.MESSAGE: _message,
        Layout.FORM: _message,
        Layout.FACTS: _facts,
        Layout.PRINT: _print,
        Layout.PREVIEW: _preview,
        Layout.PHOTO: _photo,
        Layout.CLAIM: _claim,
    }
)
