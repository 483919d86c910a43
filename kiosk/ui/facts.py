"""The FACTS column: what is known, in very large type, beside the photo or the picture."""

from dataclasses import dataclass

from kiosk.journey.view import Fact, View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement, Drawing, PhotoPlace
from kiosk.ui.lettering import Paragraph
from kiosk.ui.measure import Rect


@dataclass(frozen=True, slots=True)
class _Try:
    """One way to arrange the facts: the picture's share, label above or beside the value, columns, and the sentence."""

    share: float
    stacked: bool
    columns: int
    sentence: bool


_TRIES = (
    _Try(0.36, stacked=True, columns=1, sentence=True),
    _Try(0.28, stacked=True, columns=1, sentence=True),
    _Try(0.28, stacked=False, columns=1, sentence=True),
    _Try(0.2, stacked=True, columns=2, sentence=True),
    _Try(0.0, stacked=True, columns=2, sentence=True),
    _Try(0.0, stacked=False, columns=1, sentence=True),
    _Try(0.28, stacked=False, columns=1, sentence=False),
    _Try(0.2, stacked=False, columns=1, sentence=False),
    _Try(0.0, stacked=False, columns=1, sentence=False),
    _Try(0.0, stacked=True, columns=2, sentence=False),
    _Try(0.0, stacked=False, columns=2, sentence=False),
)


@dataclass(frozen=True, slots=True)
class _Row:
    label: Paragraph
    value: Paragraph
    height_px: float


def facts_column(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Arrange title, sentence and facts in the first of the ways in which everything fits at full size."""
    for attempt in _TRIES:
        for shrink in range(len(arrangement.measures.label_cap_mm)):
            if _place(arrangement, view, room, attempt, arrangement.measures.label_cap_mm[shrink:], force=False):
                return
    _place(arrangement, view, room, _TRIES[-1], (2.4,), force=True)


def _place(
    arrangement: Arrangement, view: View, room: Rect, attempt: _Try, caps: tuple[float, ...], *, force: bool
) -> bool:
    measures = arrangement.measures
    gap = measures.px(3 if measures.large else 1.2)
    share = max(attempt.share, 0.16 if view.photo is not None else 0.0)
    side = min(round(room.width * share), round(room.height * 1.05))
    column = room.cut_left(side, measures.gap_px)[1] if side else room
    fit = arrangement.lettering.fit
    title = fit(view.title, (column.width, room.height), cap_mm=measures.instruction_cap_mm, bold=True, max_lines=1)
    sentence = fit(view.sentence, (column.width, room.height), cap_mm=measures.sentence_cap_mm, max_lines=2)
    width = (column.width - (attempt.columns - 1) * measures.gap_px) / attempt.columns
    rows = [_row(arrangement, fact, width, attempt.stacked, caps[0]) for fact in view.facts]
    lines = [rows[start : start + attempt.columns] for start in range(0, len(rows), attempt.columns)]
    heights = [max(row.height_px for row in line) for line in lines]
    with_sentence = attempt.sentence and bool(view.sentence)
    used = title.height_px + (sentence.height_px + gap / 2 if with_sentence else 0.0)
    used += sum(height + gap for height in heights)
    fits = used <= room.height and title.fits and all(row.value.fits and row.label.fits for row in rows)
    if not (fits or force):
        return False
    if side:
        picture = Rect(room.x, room.y, side, room.height)
        arrangement.items.append(PhotoPlace(picture) if view.photo is not None else Drawing(picture))
    top = room.top - max(0.0, (room.height - used) / 2)
    top = _lay(arrangement, title, Rect(column.x, room.y, column.width, top - room.y), palette.NAVY)
    if with_sentence:
        top = _lay(arrangement, sentence, Rect(column.x, room.y, column.width, top - gap / 2 - room.y), palette.INK)
    for line, height in zip(lines, heights, strict=True):
        top -= gap
        for index, row in enumerate(line):
            left = column.x + index * (width + measures.gap_px)
            _lay_row(arrangement, row, Rect(left, top - height, width, height), attempt.stacked)
        top -= height
    return True


def _row(arrangement: Arrangement, fact: Fact, width: float, stacked: bool, cap: float) -> _Row:
    fit = arrangement.lettering.fit
    plain = min(cap, arrangement.measures.plain_cap_mm[0])
    label_width = width if stacked else width * 0.36
    value_width = width if stacked else width * 0.62
    label = fit(fact.label, (label_width, 9999), cap_mm=(plain,))
    value = fit(fact.value, (value_width, 9999), cap_mm=(cap,), bold=True)
    height = label.height_px + value.height_px if stacked else max(label.height_px, value.height_px)
    return _Row(label, value, height)


def _lay_row(arrangement: Arrangement, row: _Row, rect: Rect, stacked: bool) -> None:
    if stacked:
        top = _lay(arrangement, row.label, rect, palette.QUIET_INK)
        _lay(arrangement, row.value, Rect(rect.x, rect.y, rect.width, top - rect.y), palette.INK)
        return
    shift = max(0.0, (row.value.line_px - row.label.line_px) / 2)
    _lay(
        arrangement,
        row.label,
        Rect(rect.x, rect.y, rect.width * 0.36, rect.height - (shift if len(row.label.lines) == 1 else 0.0)),
        palette.QUIET_INK,
    )
    _lay(arrangement, row.value, Rect(rect.x + rect.width * 0.38, rect.y, rect.width * 0.62, rect.height), palette.INK)


def _lay(arrangement: Arrangement, paragraph: Paragraph, room: Rect, colour: str) -> float:
    placed = arrangement.place(paragraph, room, colour=colour, on=palette.PAPER)
    arrangement.items.append(placed)
    return placed.rect.y
