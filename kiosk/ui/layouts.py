"""The arrangements of the screen, one function for each Layout. Every field of a View finds its place here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
    Sight,
    SpinnerPlace,
)
from kiosk.ui.compare import compare_portraits
from kiosk.ui.facts import facts_column
from kiosk.ui.form import FormState
from kiosk.ui.form_screen import arrange_form
from kiosk.ui.lettering import LEADING, TIGHT, Paragraph
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
        arrangement.items.append(PreviewPlace(live, Sight.CARD))
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
    arrangement.items.append(PreviewPlace(room.left, Sight.FACE))
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
    """Give the rows all the room there is: on the small panel title and hint stand in the bar."""
    measures = arrangement.measures
    if not measures.large:
        headed = replace(view, title="\n".join(line for line in (view.title, view.hint) if line))
        choice_rows(arrangement, view, frame.form_bar(arrangement, headed, rest, alarm=""), page)
        return
    below = frame.bar(arrangement, view, rest)
    title = arrangement.words(
        view.title, below, cap_mm=measures.instruction_cap_mm, colour=palette.NAVY, bold=True, max_lines=1
    )
    if view.hint:
        used = title.paragraph.width_px + measures.gap_px
        beside = Rect(below.x + used, title.rect.y, below.width - used, title.rect.height)
        arrangement.words(view.hint, beside, cap_mm=measures.sentence_cap_mm, align=1.0, middle=True, max_lines=1)
    used = title.rect.height + measures.px(1)
    choice_rows(arrangement, view, Rect(below.x, below.y, below.width, below.height - used), page)


def _counts(hint: str) -> bool:
    """Say whether a hint is a count-down: nothing but the number of seconds."""
    return hint.isdecimal()


@dataclass(frozen=True, slots=True)
class _Column:
    """Title, sentence, facts and hint as they fit one below the other, and the height of all with the gaps between."""

    title: Paragraph
    sentence: Paragraph | None
    facts: tuple[Paragraph, ...]
    hint: Paragraph | None
    used_px: float
    fits: bool


def text_column(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Add title, sentence, facts, hint, percent and spinner, one below the other, centred along the column.

    The sentence makes room where letters would get too small beside a hint (it is still said), and for a count-down,
    which is read from afar.
    """
    measures = arrangement.measures
    pad = measures.px(2 if measures.large else 1)
    gap = measures.px(4 if measures.large else 1.6)
    room = Rect(room.x + pad, room.y, room.width - pad, room.height)
    free = room.height - _extra_px(arrangement, view, gap)
    counting = _counts(view.hint)
    column = _column(arrangement, view, (room.width, free), gap, sentence=not counting)
    if not column.fits and view.hint and not counting:
        column = _column(arrangement, view, (room.width, free), gap, sentence=False)
    top = room.top - max(0.0, (free - column.used_px) / 2)
    rows = [(column.title, palette.NAVY, gap), *((fact, palette.INK, gap / 2) for fact in column.facts)]
    if column.sentence is not None:
        rows.insert(1, (column.sentence, palette.INK, gap))
    for paragraph, colour, after in rows:
        spot = Rect(room.x, room.y, room.width, top - room.y)
        placed = arrangement.place(paragraph, spot, colour=colour, on=palette.PAPER)
        arrangement.items.append(placed)
        top = placed.rect.y - after
    if column.hint is not None:
        height = column.hint.height_px + 2 * pad
        plate = Rect(room.x, round(top - height), room.width, height)
        arrangement.items.append(Plate(plate, palette.STAGE, measures.px(2)))
        inside = Rect(plate.x + pad, plate.y + pad, plate.width - 2 * pad, column.hint.height_px)
        align = 0.5 if counting else 0.0
        arrangement.items.append(
            arrangement.place(column.hint, inside, colour=palette.INK, on=palette.STAGE, middle=True, align=align)
        )
        top = plate.y - gap
    _work(arrangement, view, Rect(room.x, room.y, room.width, top - room.y))


def _column(
    arrangement: Arrangement, view: View, room_px: tuple[float, float], gap: float, *, sentence: bool
) -> _Column:
    """Fit the column at the largest letters: first with loose lines, then with lines that stand closer."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    width, free = room_px
    pad = measures.px(2 if measures.large else 1)
    titles, sentences = measures.instruction_cap_mm, measures.sentence_cap_mm
    texts = [f"{fact.label}: {fact.value}" if fact.label else fact.value for fact in view.facts]
    facts = tuple(fit(text, (width, free), cap_mm=sentences[-1:], bold=True) for text in texts)
    facts_px = sum(line.height_px + gap / 2 for line in facts)
    caps = measures.countdown_cap_mm if _counts(view.hint) else sentences
    for leading, shrink in ((leading, shrink) for leading in (LEADING, TIGHT) for shrink in range(len(titles))):
        title = fit(view.title, (width, free), cap_mm=titles[shrink:], bold=True, max_lines=3, leading=leading)
        hint = None
        used = title.height_px + facts_px
        if view.hint:
            # A count-down is as large as what the title leaves; any other hint grows and shrinks with the title.
            room, sizes = (free - used - 2 * pad - gap, caps) if _counts(view.hint) else (free, caps[shrink:])
            hint = fit(view.hint, (width - 2 * pad, room), cap_mm=sizes, bold=True, leading=leading)
            used += hint.height_px + 2 * pad + gap
        words = None
        if sentence and view.sentence:
            words = fit(view.sentence, (width, free - used - gap), cap_mm=sentences, leading=leading)
            used += words.height_px + gap
        fits = used <= free and title.fits and all(part is None or part.fits for part in (words, hint))
        column = _Column(title, words, facts, hint, used, fits)
        if fits:
            break
    return column


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
        Layout.COMPARE: compare_portraits,
        Layout.CLAIM: _claim,
    }
)
