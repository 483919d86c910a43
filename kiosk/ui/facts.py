"""The FACTS column: what is known, in very large type, beside the photo or the picture."""

from dataclasses import dataclass, replace

from kiosk.journey.view import Fact, View
from kiosk.ui import palette
from kiosk.ui.arrangement import Arrangement, Drawing, PhotoPlace
from kiosk.ui.frame import Room
from kiosk.ui.lettering import LEADING, TIGHT, Paragraph
from kiosk.ui.measure import Rect


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to arrange the facts.

    `share` is the picture's part of the width, or of the height of an upright panel; `above` puts the head over the
    whole width, `stacked` puts a label over its value instead of beside it. The head is title, hint and sentence.
    Upright a `strip` keeps a photo over the words, not beside the head.
    """

    share: float
    above: bool
    stacked: bool
    columns: int = 1
    sentence: bool = True
    title: bool = True
    strip: bool = False


_FULL = (
    Attempt(0.36, above=False, stacked=True),
    Attempt(0.3, above=True, stacked=True),
    Attempt(0.28, above=False, stacked=False),
    Attempt(0.26, above=True, stacked=False),
    Attempt(0.0, above=True, stacked=True),
    Attempt(0.0, above=True, stacked=False),
    Attempt(0.0, above=True, stacked=True, columns=2),
    Attempt(0.0, above=True, stacked=False, columns=2),
)
_FULL_UPRIGHT = (
    Attempt(0.36, above=True, stacked=True),
    Attempt(0.3, above=True, stacked=False),
    Attempt(0.22, above=True, stacked=True),
    Attempt(0.22, above=True, stacked=False),
    Attempt(0.0, above=True, stacked=True),
    Attempt(0.0, above=True, stacked=False),
)
#: Where even the smallest letters do not fit with it, the sentence goes (it is still said), then lines stand closer,
#: and last of all a hint, which says what is to be done first, takes the place of the title.
_BARE = (
    Attempt(0.0, above=True, stacked=False, sentence=False),
    Attempt(0.0, above=True, stacked=True, columns=2, sentence=False),
    Attempt(0.0, above=True, stacked=False, columns=2, sentence=False),
)
_BARE_UPRIGHT = (
    Attempt(0.3, above=True, stacked=False, sentence=False),
    Attempt(0.22, above=True, stacked=False, sentence=False),
    Attempt(0.0, above=True, stacked=True, sentence=False),
    Attempt(0.0, above=True, stacked=False, sentence=False),
)


@dataclass(frozen=True, slots=True)
class _Row:
    label: Paragraph
    value: Paragraph
    height_px: float


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where head, facts and picture go: `area` bounds all words; the head takes `least_px` at least."""

    area: Rect
    head: Rect
    column: Rect
    picture: Rect | None
    least_px: float = 0.0


def bare_column(arrangement: Arrangement, view: View, room: Room, *, force: bool = False) -> bool:
    """Arrange all facts without the sentence, which is said all the same; say whether they fitted.

    By `force` the letters get as small as they must.
    """
    caps = arrangement.measures.label_cap_mm
    bare = _BARE_UPRIGHT if room.upright else _BARE
    last = len(caps)
    every = (*bare, *(replace(attempt, title=False) for attempt in bare)) if view.hint else bare
    for photo in (True, False):
        for leading in (LEADING, TIGHT):
            for attempt in every:
                if place_facts(arrangement, view, room, attempt, last, caps[-1:], leading=leading, photo=photo):
                    return True
    attempt = replace(bare[0], title=not view.hint)
    for part in (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5) if force else ():
        small = (caps[-1] * part,)
        if place_facts(arrangement, view, room, attempt, last, small, leading=TIGHT, photo=False, force=part == 0.5):
            return True
    return False


def full_column(arrangement: Arrangement, view: View, room: Room, *, least_mm: float = 0.0) -> bool:
    """Arrange all of it with letters of `least_mm` at least; say whether it fitted, and leave nothing where not."""
    caps = arrangement.measures.label_cap_mm
    full = _FULL_UPRIGHT if room.upright else _FULL
    # Where large letters were asked for, a picture is not kept at their cost.
    for shrink, cap in enumerate(caps[:-1] if arrangement.measures.text <= 1 else ()):
        if cap >= least_mm and any(
            place_facts(arrangement, view, room, attempt, shrink, (cap,)) for attempt in full if attempt.share
        ):
            return True
    return any(
        place_facts(arrangement, view, room, attempt, shrink, (cap,))
        for shrink, cap in enumerate(caps)
        if cap >= least_mm
        for attempt in full
    )


def _ground(view: View, room: Room, attempt: Attempt, *, photo: bool, tight: bool) -> _Ground:
    whole, gap = room.whole, room.gap_px
    share = max(attempt.share, _photo_share(view, photo, tight=tight))
    if not share:
        return _Ground(whole, whole, whole, None)
    if not room.upright:
        side = min(round(whole.width * share), round(whole.height * 1.05))
        picture, column = (room.mirror(part) for part in whole.cut_left(side, gap))
        return _Ground(whole, whole if attempt.above else column, column, picture)
    if view.photo is not None and not attempt.strip:
        side = round(whole.width * min(share, 0.3))
        high = round(side * 4 / 3)
        picture, head = (room.mirror(part) for part in whole.cut_left(side, gap))
        return _Ground(whole, head, whole, picture.cut_top(high)[0], high)
    picture, rest = whole.cut_top(round(whole.height * share), gap)
    return _Ground(rest, rest, rest, picture)


def place_facts(
    arrangement: Arrangement,
    view: View,
    room: Room,
    attempt: Attempt,
    shrink: int,
    caps: tuple[float, ...],
    *,
    leading: float = LEADING,
    photo: bool = True,
    force: bool = False,
) -> bool:
    """Arrange the facts in one way, with letters of `caps`; say whether they fitted, and leave nothing where not."""
    measures = arrangement.measures
    tight = leading < LEADING
    gap = measures.px(_gap_mm(measures.large, shrink, tight=tight))
    ground = _ground(view, room, attempt, photo=photo, tight=tight)
    head = _head(arrangement, view, ground.head, attempt, shrink, leading)
    width = (ground.column.width - (attempt.columns - 1) * measures.gap_px) / attempt.columns
    beside = 0.0 if attempt.stacked else _label_share(arrangement, view, width, caps)
    rows = [_row(arrangement, fact, width, beside, caps, leading) for fact in view.facts]
    lines = [rows[start : start + attempt.columns] for start in range(0, len(rows), attempt.columns)]
    rows_px = sum(max(row.height_px for row in line) + gap for line in lines)
    head_px = max(ground.least_px, sum(one.height_px for one, _ in head) + (len(head) - 1) * gap / 2)
    fits = head_px + rows_px <= ground.area.height and all(one.fits for one, _ in head)
    fits = fits and all(row.value.fits and row.label.fits for row in rows)
    below = attempt.above and not room.upright and ground.picture is not None
    if below and ground.area.height - head_px - gap < measures.px(36 if measures.large else 24):
        fits = False
    if not (fits or force):
        return False
    spare = max(0.0, ground.area.height - head_px - rows_px) / 2
    if room.upright:
        wider = min(measures.px(2.5), spare / max(1, len(lines)))
        gap, spare = gap + wider, spare - wider * len(lines) / 2
    top = ground.area.top - (0.0 if below or ground.least_px else spare)
    start = top
    for paragraph, colour in head:
        top = _lay(arrangement, paragraph, _under(ground.head, top), colour) - gap / 2
    top = start - head_px
    if ground.picture is not None:
        picture = _under(ground.picture, top - gap) if below else ground.picture
        arrangement.items.append(PhotoPlace(picture) if view.photo is not None else Drawing(picture))
        if below or ground.least_px:
            top -= spare
    _lay_rows(arrangement, lines, _under(ground.column, top), beside, gap)
    return True


def _under(room: Rect, top: float) -> Rect:
    return Rect(room.x, room.y, room.width, top - room.y)


def _lay_rows(arrangement: Arrangement, lines: list[list[_Row]], room: Rect, beside: float, gap: float) -> None:
    columns = max((len(line) for line in lines), default=1)
    width = (room.width - (columns - 1) * arrangement.measures.gap_px) / columns
    top = room.top
    for line in lines:
        height = max(row.height_px for row in line)
        top -= gap
        for index, row in enumerate(line):
            left = room.x + index * (width + arrangement.measures.gap_px)
            _lay_row(arrangement, row, Rect(left, top - height, width, height), beside)
        top -= height


def _photo_share(view: View, photo: bool, *, tight: bool) -> float:
    if view.photo is None or not photo:
        return 0.0
    return 0.1 if tight else 0.16


def _gap_mm(large: bool, shrink: int, *, tight: bool) -> float:
    if tight:
        return 0.8 if large else 0.3
    return max(1.2, 3 - shrink * 0.5) if large else 1.2


def _head(
    arrangement: Arrangement, view: View, room: Rect, attempt: Attempt, shrink: int, leading: float
) -> list[tuple[Paragraph, str]]:
    """Fit title, hint and sentence with their colours; a hint is to be seen first and makes the title smaller."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    size = (room.width, room.height)
    titles, sentences = measures.instruction_cap_mm, measures.sentence_cap_mm
    tight = leading < LEADING
    most = 2 if measures.upright else 1
    head: list[tuple[Paragraph, str]] = []
    if attempt.title:
        caps = sentences[-1:] if tight else sentences[-2:] if view.hint else titles[min(shrink, len(titles) - 1) :]
        title = fit(view.title, size, cap_mm=caps, bold=True, max_lines=most, leading=leading, tight_line=tight)
        head.append((title, palette.NAVY))
    if view.hint:
        caps = sentences[-1:] if tight else sentences[-2:]
        hint = fit(view.hint, size, cap_mm=caps, bold=True, max_lines=3, leading=leading, tight_line=tight)
        head.append((hint, palette.DANGER))
    if attempt.sentence and view.sentence:
        caps = sentences[min(shrink, len(sentences) - 1) :]
        head.append((fit(view.sentence, size, cap_mm=caps, max_lines=most + 1, leading=leading), palette.INK))
    return head


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
