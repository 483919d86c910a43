"""A picture and the words that belong to it: title, sentence, facts, hint, and the work that the machine does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from kiosk.journey.view import Layout, View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement, Plate, SpinnerPlace
from kiosk.ui.frame import Room
from kiosk.ui.lettering import LEADING, TIGHT, Paragraph
from kiosk.ui.measure import Rect

#: What a picture gives of its share of the room, step by step, before words are left out.
_LESS: Final = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
#: Upright it takes what large words leave over.
_MORE: Final = (0.68, 0.64, 0.6, 0.55)


@dataclass(frozen=True, slots=True)
class _Column:
    """Title, sentence, facts and hint as they fit one below the other, and the height of all with the gaps between."""

    title: Paragraph | None
    sentence: Paragraph | None
    facts: tuple[Paragraph, ...]
    hint: Paragraph | None
    used_px: float
    fits: bool

    def letters(self) -> tuple[float, ...]:
        """Give the sizes of the letters, and the lines: what must stay when a picture grows."""
        parts = [part for part in (self.title, self.sentence, self.hint) if part is not None]
        return (float(self.fits), *(part.font_px for part in parts), *(part.line_px for part in parts))


def picture_and_words(arrangement: Arrangement, view: View, room: Room, *, most: float = 0.5) -> Rect:
    """Add the words and give the place of the picture: its share is `most` at best, and less where words need more."""
    if _counts(view.hint) and view.layout is not Layout.PREVIEW:
        place = picture_and_words(arrangement, replace(view, hint=""), room, most=most)
        return _count_down(arrangement, view.hint, place)
    shares = [most * part for part in _LESS]
    found = _largest(arrangement, view, room, shares) if arrangement.measures.text > 1 else None
    share, column = found or _first(arrangement, view, room, shares)
    if not column.fits:
        share, column = _first(arrangement, view, room, shares, untitled=True)
    if room.upright and column.fits:
        larger = ((more, _fitted(arrangement, view, room.split(more)[1])) for more in _MORE)
        share, column = next(
            ((more, one) for more, one in larger if one.letters() == column.letters()), (share, column)
        )
    place, words = room.split(share)
    _lay(arrangement, view, words, column)
    return place


def _count_down(arrangement: Arrangement, seconds: str, place: Rect) -> Rect:
    """Add the seconds beside the picture, on the side of the words, and give what is left to the picture.

    There they cost no word of what is to be done, and the picture, which is less wide than its place, hardly anything.
    """
    measures = arrangement.measures
    pad, gap = _pad_px(arrangement), measures.px(2 if measures.large else 1)
    # Two digits at the least, so that nothing moves when the seconds become one.
    digits, caps = seconds.rjust(2, "0"), measures.countdown_cap_mm
    least = arrangement.lettering.width(digits, measures.font_px(caps[-1]), True) + 1
    room = (max(least, place.width * 0.3 - 2 * pad), place.height - 2 * pad)
    number = arrangement.lettering.fit(digits, room, cap_mm=caps, bold=True)
    cut = place.cut_left if arrangement.mirrored else place.cut_right
    spot, left = cut(round(number.width_px + 2 * pad), gap)
    arrangement.items.append(Plate(spot, palette.STAGE, measures.px(2)))
    number = replace(number, lines=(seconds,))
    arrangement.items.append(
        arrangement.place(number, spot, colour=palette.INK, on=palette.STAGE, middle=True, align=0.5)
    )
    return left


def _largest(arrangement: Arrangement, view: View, room: Room, shares: list[float]) -> tuple[float, _Column] | None:
    """Give the largest letters that fit at all, and the largest picture beside them: they were asked for."""
    for shrink in range(len(arrangement.measures.instruction_cap_mm)):
        for leading in (LEADING, TIGHT):
            way = (leading, shrink)
            # Below the largest picture there may be more room than beside the smallest; between them there is not.
            ends = (shares[-1], shares[0])
            if any(_fitted(arrangement, view, room.split(share)[1], way=way).fits for share in ends):
                tried = ((share, _fitted(arrangement, view, room.split(share)[1], way=way)) for share in shares)
                return next((share, column) for share, column in tried if column.fits)
    return None


def _first(
    arrangement: Arrangement, view: View, room: Room, shares: list[float], *, untitled: bool = False
) -> tuple[float, _Column]:
    """Give the largest share of the picture beside which the words fit, else the smallest."""
    tried = [(shares[0], _fitted(arrangement, view, room.split(shares[0])[1], untitled=untitled))]
    for share in shares[1:]:
        if tried[-1][1].fits:
            break
        tried.append((share, _fitted(arrangement, view, room.split(share)[1], untitled=untitled)))
    return tried[-1]


def text_column(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Add title, sentence, facts, hint, percent and spinner, one below the other, centred along the column."""
    column = _fitted(arrangement, view, room)
    _lay(arrangement, view, room, column if column.fits else _fitted(arrangement, view, room, untitled=True))


def _counts(hint: str) -> bool:
    """Say whether a hint is a count-down: nothing but the number of seconds."""
    return hint.isdecimal()


def _pad_px(arrangement: Arrangement) -> float:
    return arrangement.measures.px(2 if arrangement.measures.large else 1)


def _gap_px(arrangement: Arrangement) -> float:
    return arrangement.measures.px(4 if arrangement.measures.large else 1.6)


def _fitted(
    arrangement: Arrangement,
    view: View,
    room: Rect,
    *,
    untitled: bool = False,
    way: tuple[float, int] | None = None,
) -> _Column:
    """Fit the words into a room with the largest letters.

    A count-down before the live camera is read from afar and stands without the sentence. An `untitled` column has lost
    its title to a hint: the last resort, for what is to be done stands in sentence and hint. `way` is the one way of
    lines and letters to try.
    """
    width = room.width - (0.0 if arrangement.measures.upright else _pad_px(arrangement))
    free = room.height - _extra_px(arrangement, view)
    alone = _counts(view.hint) and view.layout is Layout.PREVIEW
    shown = (not alone, not (untitled and bool(view.hint) and not alone))
    if way is not None:
        return _at(arrangement, view, (width, free), *way, shown=shown)
    return _column(arrangement, view, (width, free), shown=shown)


def _lay(arrangement: Arrangement, view: View, room: Rect, column: _Column) -> None:
    measures = arrangement.measures
    pad, gap = _pad_px(arrangement), _gap_px(arrangement)
    if not measures.upright:
        room = Rect(room.x + (0 if arrangement.mirrored else pad), room.y, room.width - pad, room.height)
    free = room.height - _extra_px(arrangement, view)
    top = room.top - max(0.0, (free - column.used_px) / 2)
    head = [(column.title, palette.NAVY, gap), (column.sentence, palette.INK, gap)]
    for paragraph, colour, after in (*head, *((fact, palette.INK, gap / 2) for fact in column.facts)):
        if paragraph is None:
            continue
        spot = Rect(room.x, room.y, room.width, top - room.y)
        placed = arrangement.place(paragraph, spot, colour=colour, on=palette.PAPER)
        arrangement.items.append(placed)
        top = placed.rect.y - after
    if column.hint is not None:
        top = _lay_hint(arrangement, column.hint, Rect(room.x, room.y, room.width, top - room.y), _counts(view.hint))
    _work(arrangement, view, Rect(room.x, room.y, room.width, top - room.y))


def _lay_hint(arrangement: Arrangement, hint: Paragraph, room: Rect, counting: bool) -> float:
    pad = _pad_px(arrangement)
    height = hint.height_px + 2 * pad
    plate = Rect(room.x, round(room.top - height), room.width, height)
    arrangement.items.append(Plate(plate, palette.STAGE, arrangement.measures.px(2)))
    inside = Rect(plate.x + pad, plate.y + pad, plate.width - 2 * pad, hint.height_px)
    align = 0.5 if counting else 0.0
    arrangement.items.append(
        arrangement.place(hint, inside, colour=palette.INK, on=palette.STAGE, middle=True, align=align)
    )
    return plate.y - _gap_px(arrangement)


def _column(arrangement: Arrangement, view: View, room_px: tuple[float, float], *, shown: tuple[bool, bool]) -> _Column:
    """Fit the column at the largest letters: first with loose lines, then with lines that stand closer."""
    found = (_at(arrangement, view, room_px, leading, shrink, shown=shown) for leading, shrink in _ways(arrangement))
    column = next(found)
    while not column.fits and (smaller := next(found, None)) is not None:
        column = smaller
    return column


def _ways(arrangement: Arrangement) -> Iterator[tuple[float, int]]:
    for leading in (LEADING, TIGHT):
        for shrink in range(len(arrangement.measures.instruction_cap_mm)):
            yield leading, shrink


def _at(
    arrangement: Arrangement,
    view: View,
    room_px: tuple[float, float],
    leading: float,
    shrink: int,
    *,
    shown: tuple[bool, bool],
) -> _Column:
    """Fit the column one way; `shown` says whether with its sentence, and with its title."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    width, free = room_px
    pad, gap = _pad_px(arrangement), _gap_px(arrangement)
    titles, sentences = measures.instruction_cap_mm, measures.sentence_cap_mm
    after = sentences[min(shrink, len(sentences) - 1) :]
    if measures.text > 1:
        # Sentence and hint keep step with the title: so large letters were asked for.
        most = titles[shrink] * sentences[0] / titles[0] + 0.05
        least = most * 0.87 if shrink < len(titles) - 1 else 0.0
        after = tuple(cap for cap in sentences if least <= cap <= most) or sentences[-1:]
    texts = [f"{fact.label}: {fact.value}" if fact.label else fact.value for fact in view.facts]
    facts = tuple(fit(text, (width, free), cap_mm=sentences[-1:], bold=True) for text in texts)
    sentence, titled = shown
    used = sum(line.height_px + gap / 2 for line in facts)
    title = words = hint = None
    if titled:
        title = fit(view.title, (width, free), cap_mm=titles[shrink:], bold=True, max_lines=3, leading=leading)
        used += title.height_px
    # A count-down is as large as what the words leave; any other hint grows and shrinks with the title.
    counting = _counts(view.hint)
    if view.hint and not counting:
        hint = fit(view.hint, (width - 2 * pad, free), cap_mm=after, bold=True, leading=leading)
        used += hint.height_px + 2 * pad + gap
    if sentence and view.sentence:
        caps = after if counting or measures.text > 1 else sentences
        words = fit(view.sentence, (width, free - used - gap), cap_mm=caps, leading=leading)
        used += words.height_px + gap
    if counting:
        caps = measures.countdown_cap_mm[: -1 if sentence else None]
        hint = fit(view.hint, (width - 2 * pad, free - used - 2 * pad - gap), cap_mm=caps, bold=True)
        used += hint.height_px + 2 * pad + gap
    fits = used <= free and all(part is None or part.fits for part in (title, words, hint))
    return _Column(title, words, facts, hint, used, fits)


def _extra_px(arrangement: Arrangement, view: View) -> float:
    measures = arrangement.measures
    gap = _gap_px(arrangement)
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
        top = whole.y - _gap_px(arrangement)
    if view.busy:
        side = measures.px(20 if measures.large else 9)
        arrangement.items.append(SpinnerPlace(Rect(room.x, top - side, side, side)))
