"""The COMPARE screen: two portraits of one size with their captions, and beside them what the officer reads."""

from kiosk.journey.view import Fact, View
from kiosk.ui import frame, palette
from kiosk.ui.arrangement import Arrangement, PhotoPlace
from kiosk.ui.lettering import TIGHT, Paragraph
from kiosk.ui.measure import Rect


def compare_portraits(arrangement: Arrangement, view: View, below: Rect) -> None:
    """Arrange both portraits and the table of the card beside or, upright, below them, above the two buttons."""
    measures = arrangement.measures
    room = frame.buttons(arrangement, view, below)
    line = room.whole
    gap = measures.px(2)
    caption_px = measures.px(9.5 if measures.large else 7)
    if measures.upright:
        gap = measures.px(8)
        width = min(round(line.height * 0.36 * 3 / 4), (line.width - gap) // 2)
        height = round(width * 4 / 3)
        start = line.center_x - width - gap / 2
    else:
        height = line.height - caption_px
        width = min(round(height * 3 / 4), round(line.width * (0.26 if measures.large else 0.24)))
        height = min(height, round(width * 4 / 3))
        start = line.right - 2 * width - gap if room.mirrored else line.x
    bottom = round(line.top - height)
    for number, beside in enumerate((True, False)):
        spot = Rect(round(start + number * (width + gap)), bottom, width, height)
        arrangement.items.append(PhotoPlace(spot, beside))
        if number < len(view.captions):
            under = Rect(spot.x - gap / 2, spot.y - caption_px, width + gap, caption_px)
            arrangement.words(
                view.captions[number], under, cap_mm=measures.plain_cap_mm, align=0.5, middle=True, max_lines=1
            )
    used = 2 * width + gap + measures.gap_px
    if measures.upright:
        words = Rect(line.x, line.y, line.width, bottom - caption_px - line.y)
    else:
        words = room.mirror(Rect(line.x + used, line.y, line.width - used, line.height))
    _words(arrangement, view, words)


def _words(arrangement: Arrangement, view: View, room: Rect) -> None:
    """Title, the table, and the question between them where there is room for it: the two buttons ask it too."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    gap = measures.px(1.5 if measures.large else 0.8)
    # Large letters are for the title first; the table takes them where there is room.
    for caps in (measures.plain_cap_mm, measures.plain_cap_mm[-1:]):
        rows = _rows(arrangement, view.facts, room.width, caps)
        rows_px = sum(height for _, _, height in rows)
        size = (room.width, room.height - rows_px - gap)
        title = fit(view.title, size, cap_mm=measures.instruction_cap_mm, bold=True, max_lines=2, leading=TIGHT)
        if title.fits:
            break
    arrangement.items.append(arrangement.place(title, room, colour=palette.NAVY, on=palette.PAPER))
    top = room.top - title.height_px - gap
    left = (room.width, top - room.y - rows_px - gap)
    sentence = fit(view.sentence, left, cap_mm=measures.sentence_cap_mm, leading=TIGHT)
    if sentence.fits and left[1] > 0:
        spot = Rect(room.x, room.y, room.width, top - room.y)
        arrangement.items.append(arrangement.place(sentence, spot, colour=palette.INK, on=palette.PAPER))
        top -= sentence.height_px + gap
    spare = max(0.0, top - room.y - rows_px) / max(1, len(rows))
    for label, value, height in rows:
        line = Rect(room.x, top - height, room.width, height)
        arrangement.items.append(arrangement.place(label, line, colour=palette.QUIET_INK, on=palette.PAPER))
        beside = line.cut_left(room.width - value[0])[1]
        arrangement.items.append(arrangement.place(value[1], beside, colour=palette.INK, on=palette.PAPER))
        top -= height + min(spare, gap)


def _rows(
    arrangement: Arrangement, facts: tuple[Fact, ...], width: float, caps: tuple[float, ...]
) -> list[tuple[Paragraph, tuple[float, Paragraph], float]]:
    """Label, the value's room and text, and the height of each line of the table."""
    measures = arrangement.measures
    fit = arrangement.lettering.fit
    labels = [fit(fact.label, (width, 9999), cap_mm=caps, leading=TIGHT) for fact in facts]
    room = width - max((label.width_px for label in labels), default=0.0) - measures.gap_px
    rows: list[tuple[Paragraph, tuple[float, Paragraph], float]] = []
    for fact, label in zip(facts, labels, strict=True):
        value = fit(fact.value, (room, 9999), cap_mm=caps, bold=True, max_lines=2, leading=TIGHT)
        rows.append((label, (room, value), max(label.height_px, value.height_px)))
    return rows
