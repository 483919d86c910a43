"""The FACTS column: what is known, in very large type, beside the photo or the picture."""

from dataclasses import dataclass

from kiosk.journey.view import Fact, View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement, Drawing, PhotoPlace
from kiosk.ui.lettering import LEADING, TIGHT, Paragraph
from kiosk.ui.measure import Rect


@dataclass(frozen=True, slots=True)
class _Try:
    """One way to arrange the facts.

    `share` is the picture's part of the width, `above` puts title and sentence over the whole width, `stacked` puts a
    label over its value instead of beside it.
    """

    share: float
    above: bool
    stacked: bool
    columns: int = 1
    sentence: bool = True


_FULL = (
    _Try(0.36, above=False, stacked=True),
    _Try(0.3, above=True, stacked=True),
    _Try(0.28, above=False, stacked=False),
    _Try(0.26, above=True, stacked=False),
    _Try(0.0, above=True, stacked=True),
    _Try(0.0, above=True, stacked=False),
    _Try(0.0, above=True, stacked=True, columns=2),
    _Try(0.0, above=True, stacked=False, columns=2),
)
#: Where even the smallest letters do not fit with it, the sentence goes (it is still said), then lines stand closer.
_BARE = (
    _Try(0.0, above=True, stacked=False, sentence=False),
    _Try(0.0, above=True, stacked=True, columns=2, sentence=False),
    _Try(0.0, above=True, stacked=False, columns=2, sentence=False),
)


@dataclass(frozen=True, slots=True)
class _Row:
    label: Paragraph
    value: Paragraph
    height_px: float


def facts_column(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Arrange title, sentence and facts with the largest letters, and a picture where they leave room for one."""
    caps = arrangement.measures.label_cap_mm
    for shrink, cap in enumerate(caps[:-1]):
        if any(_place(arrangement, view, room, attempt, shrink, (cap,)) for attempt in _FULL if attempt.share):
            return
    for shrink, cap in enumerate(caps):
        if any(_place(arrangement, view, room, attempt, shrink, (cap,)) for attempt in _FULL):
            return
    for photo in (True, False):
        for leading in (LEADING, TIGHT):
            for attempt in _BARE:
                if _place(arrangement, view, room, attempt, len(caps), caps[-1:], leading=leading, photo=photo):
                    return
    for part in (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5):
        too_small = (caps[-1] * part,)
        if _place(
            arrangement, view, room, _BARE[0], len(caps), too_small, leading=TIGHT, photo=False, force=part == 0.5
        ):
            return


def _place(
    arrangement: Arrangement,
    view: View,
    room: Rect,
    attempt: _Try,
    shrink: int,
    caps: tuple[float, ...],
    *,
    leading: float = LEADING,
    photo: bool = True,
    force: bool = False,
) -> bool:
    measures = arrangement.measures
    gap = measures.px(_gap_mm(measures.large, shrink, tight=leading < LEADING))
    share = max(attempt.share, _photo_share(view, photo, tight=leading < LEADING))
    side = min(round(room.width * share), round(room.height * 1.05))
    column = room.cut_left(side, measures.gap_px)[1] if side else room
    head = room if attempt.above else column
    title, sentence = _head(arrangement, view, head, shrink, leading)
    alarm = bool(view.hint)
    width = (column.width - (attempt.columns - 1) * measures.gap_px) / attempt.columns
    beside = 0.0 if attempt.stacked else _label_share(arrangement, view, width, caps)
    rows = [_row(arrangement, fact, width, beside, caps, leading) for fact in view.facts]
    lines = [rows[start : start + attempt.columns] for start in range(0, len(rows), attempt.columns)]
    heights = [max(row.height_px for row in line) for line in lines]
    with_sentence = attempt.sentence and bool(view.sentence) and not alarm
    head_px = title.height_px + (sentence.height_px + gap / 2 if with_sentence else 0.0)
    used = head_px + sum(height + gap for height in heights)
    fits = used <= room.height and title.fits and all(row.value.fits and row.label.fits for row in rows)
    if attempt.above and side and room.height - head_px - gap < measures.px(36 if measures.large else 24):
        fits = False
    if not (fits or force):
        return False
    top = room.top - (0.0 if attempt.above and side else max(0.0, (room.height - used) / 2))
    top = _lay(
        arrangement, title, Rect(head.x, room.y, head.width, top - room.y), palette.DANGER if alarm else palette.NAVY
    )
    if with_sentence:
        top = _lay(arrangement, sentence, Rect(head.x, room.y, head.width, top - gap / 2 - room.y), palette.INK)
    if side:
        picture = Rect(room.x, room.y, side, top - gap - room.y) if attempt.above else room.cut_left(side)[0]
        arrangement.items.append(PhotoPlace(picture) if view.photo is not None else Drawing(picture))
        if attempt.above:
            top -= max(0.0, (top - room.y - sum(height + gap for height in heights)) / 2)
    for line, height in zip(lines, heights, strict=True):
        top -= gap
        for index, row in enumerate(line):
            left = column.x + index * (width + measures.gap_px)
            _lay_row(arrangement, row, Rect(left, top - height, width, height), beside)
        top -= height
    return True


def _photo_share(view: View, photo: bool, *, tight: bool) -> float:
    if view.photo is None or not photo:
        return 0.0
    return 0.1 if tight else 0.16


def _gap_mm(large: bool, shrink: int, *, tight: bool) -> float:
    if tight:
        return 0.8 if large else 0.3
    return max(1.2, 3 - shrink * 0.5) if large else 1.2


def _head(arrangement: Arrangement, view: View, room: Rect, shrink: int, leading: float) -> tuple[Paragraph, Paragraph]:
    """Fit title and sentence; a hint, which says what is to be done first, takes their place."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    size = (room.width, room.height)
    titles, sentences = measures.instruction_cap_mm, measures.sentence_cap_mm
    caps = titles[min(shrink, len(titles) - 1) :]
    tight = leading < LEADING
    if tight:
        caps = sentences[-1:]
    if view.hint:
        caps = sentences[-2:]
    title = fit(
        view.hint or view.title,
        size,
        cap_mm=caps,
        bold=True,
        max_lines=2 if view.hint else 1,
        leading=leading,
        tight_line=tight,
    )
    sentence = fit(view.sentence, size, cap_mm=sentences[min(shrink, len(sentences) - 1) :], max_lines=2)
    return title, sentence


def _label_share(arrangement: Arrangement, view: View, width: float, caps: tuple[float, ...]) -> float:
    """Give the part of the width that labels beside their values take: what the longest asks for, 15 to 40 per cent."""
    font_px = arrangement.measures.font_px(min(caps[0], arrangement.measures.plain_cap_mm[0]))
    longest = max((arrangement.lettering.width(fact.label, font_px, False) for fact in view.facts), default=0.0)
    return min(0.4, max(0.15, (longest + 6) / width))


def _row(
    arrangement: Arrangement, fact: Fact, width: float, beside: float, caps: tuple[float, ...], leading: float
) -> _Row:
    fit = arrangement.lettering.fit
    plain = (min(caps[0], arrangement.measures.plain_cap_mm[0]),)
    tight = leading < LEADING
    label_width = width * beside if beside else width
    value_width = width * (0.97 - beside) if beside else width
    label = fit(fact.label, (label_width, 9999), cap_mm=plain, leading=leading, tight_line=tight)
    value = fit(fact.value, (value_width, 9999), cap_mm=caps[-1:], bold=True, leading=leading, tight_line=tight)
    height = max(label.height_px, value.height_px) if beside else label.height_px + value.height_px
    return _Row(label, value, height)


def _lay_row(arrangement: Arrangement, row: _Row, rect: Rect, beside: float) -> None:
    if not beside:
        top = _lay(arrangement, row.label, rect, palette.QUIET_INK)
        _lay(arrangement, row.value, Rect(rect.x, rect.y, rect.width, top - rect.y), palette.INK)
        return
    shift = max(0.0, (row.value.line_px - row.label.line_px) / 2) if len(row.label.lines) == 1 else 0.0
    left = Rect(rect.x, rect.y, rect.width * beside, rect.height - shift)
    right = rect.width * (0.97 - beside)
    _lay(arrangement, row.label, left, palette.QUIET_INK)
    _lay(arrangement, row.value, Rect(rect.right - right, rect.y, right, rect.height), palette.INK)


def _lay(arrangement: Arrangement, paragraph: Paragraph, room: Rect, colour: str) -> float:
    placed = arrangement.place(paragraph, room, colour=colour, on=palette.PAPER)
    arrangement.items.append(placed)
    return placed.rect.y
