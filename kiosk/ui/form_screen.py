"""The FORM screen: up to four fields, their keyboard and the two buttons."""

from kiosk.journey.view import FieldKind, Role, View
from kiosk.ui import frame, keyboard, palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.form import ALLOWED, FIELD_PREFIX, KEY_PREFIX, FormState
from kiosk.ui.keyboard import Key
from kiosk.ui.lettering import LEADING, TIGHT
from kiosk.ui.measure import Rect


def arrange_form(arrangement: Arrangement, view: View, state: FormState) -> None:
    """Arrange fields, keys and the two buttons; the bar carries the title, or what is to be mended."""
    rest = frame.strip(arrangement, view)
    kinds = tuple(one.kind for one in state.form.fields)
    if keyboard.is_text(kinds):
        _with_letters(arrangement, view, state, rest)
        return
    headed = arrangement.measures.large and len(kinds) < 3
    if headed:
        below = frame.bar(arrangement, view, rest)
    else:
        below = frame.form_bar(arrangement, view, rest, alarm=state.form.problem, small_help=True)
    _with_pad(arrangement, view, state, below, headed=headed)


def _with_letters(arrangement: Arrangement, view: View, state: FormState, rest: Rect) -> None:
    """Give the keys what they need; YES stands beside the fields, the other button in the bar."""
    measures = arrangement.measures
    shown = {button.role: button for button in view.buttons}
    main = shown.get(Role.YES) if measures.upright else None
    below = frame.form_bar(
        arrangement, view, rest, alarm=state.form.problem, small_help=True, aside=shown.get(Role.OTHER), main=main
    )
    current = state.active_field()
    digits = current is not None and current.kind in ALLOWED
    page = keyboard.letters(
        large=measures.large,
        upright=measures.upright,
        page="digits" if digits else state.page,
        method=state.method,
    )
    keys_height = len(page) * measures.key_px + (len(page) - 1) * measures.key_gap_px
    keys, top = below.cut_bottom(keys_height, measures.gap_px)
    if not measures.large:
        keys = Rect(arrangement.screen.x + 6, keys.y, arrangement.screen.width - 12, keys.height)
    _keys(arrangement, page, keys, state)
    line, _ = top.cut_top(min(top.height, measures.button_px))
    yes_mm = 44 if measures.large else 30 if Role.OTHER in shown else 40
    if Role.YES in shown and main is None:
        cut = line.cut_left if arrangement.mirrored else line.cut_right
        spot, line = cut(measures.across_px(yes_mm), measures.gap_px)
        frame.big_button(arrangement, shown[Role.YES], spot, narrow=True)
    if measures.large:
        _fields_abreast(arrangement, state, line)
    else:
        _fields_in_turn(arrangement, state, line)


def _with_pad(arrangement: Arrangement, view: View, state: FormState, below: Rect, *, headed: bool) -> None:
    measures = arrangement.measures
    current = state.active_field()
    gap = measures.gap_px
    page = keyboard.pad(current.kind if current else FieldKind.DIGITS, several=len(state.form.fields) > 1)
    button_height = measures.px(20) if measures.large else measures.touch_px
    columns = 1 if len(state.form.fields) < 3 and (measures.large or len(state.form.fields) < 2) else 2
    lines = -(-len(state.form.fields) // columns)
    if measures.upright:
        line, left = below.cut_bottom(button_height, gap)
        fields = lines * measures.touch_px + (lines + 1) * gap
        key_height = min((left.height - fields - 3 * measures.key_gap_px) // 4, measures.px(18))
        keys, left = left.cut_bottom(4 * key_height + 3 * measures.key_gap_px, gap)
    else:
        key_height = min((below.height - 3 * measures.key_gap_px) // 4, measures.px(23))
        key_width = measures.across_px(25 if measures.large else 17)
        cut = below.cut_left if arrangement.mirrored else below.cut_right
        keys, left = cut(3 * key_width + 2 * measures.across_px(2.54), gap)
        keys = keys.cut_top(4 * key_height + 3 * measures.key_gap_px)[0]
        line, left = left.cut_bottom(button_height, gap)
    _keys(arrangement, page, keys, state)
    shown = {button.role: button for button in view.buttons}
    half = (line.width - gap) // 2
    sides = (line.cut_left(half)[0], line.cut_right(half)[0])
    for role, rect in zip((Role.OTHER, Role.YES), reversed(sides) if arrangement.mirrored else sides, strict=True):
        if role in shown:
            frame.big_button(arrangement, shown[role], rect)
    field_height = min(
        measures.px(22),
        max(measures.touch_px, (left.height * (0.5 if headed else 0.8) - gap * (lines - 1)) // max(1, lines)),
    )
    needed = lines * field_height + gap * (lines - 1)
    if headed:
        _head(arrangement, view, state, Rect(left.x, left.y + needed + gap, left.width, left.height - needed - gap))
    else:
        left = Rect(left.x, left.center_y - needed / 2, left.width, needed)
    _fields(arrangement, state, Rect(left.x, left.y, left.width, needed), columns=columns)


def _head(arrangement: Arrangement, view: View, state: FormState, room: Rect) -> None:
    """Add title and sentence, or in their place, in red, what is to be mended."""
    measures = arrangement.measures
    if state.form.problem:
        arrangement.words(
            state.form.problem, room, cap_mm=measures.sentence_cap_mm, colour=palette.DANGER, bold=True, middle=True
        )
        return
    title = arrangement.words(
        view.title, room, cap_mm=measures.instruction_cap_mm, colour=palette.NAVY, bold=True, max_lines=2
    )
    free = Rect(room.x, room.y, room.width, title.rect.y - room.y - measures.px(1))
    line = arrangement.lettering.fit(view.sentence, (free.width, free.height), cap_mm=measures.sentence_cap_mm)
    if line.fits:
        arrangement.items.append(arrangement.place(line, free, colour=palette.INK, on=palette.PAPER))


def _fields(arrangement: Arrangement, state: FormState, room: Rect, *, columns: int) -> None:
    """Lay the fields in lines; where one is over, the first takes a whole line: it has the most to hold."""
    measures = arrangement.measures
    count = len(state.form.fields)
    gap = measures.gap_px
    lines = max(1, -(-count // columns))
    width = (room.width - gap * (columns - 1)) // columns
    height = min((room.height - gap * (lines - 1)) // lines, measures.px(24))
    over = lines * columns - count
    for index in range(count):
        line, column = divmod(index + over if index else 0, columns)
        wide = room.width if over and index == 0 else width
        rect = Rect(room.x + column * (width + gap), room.top - line * (height + gap) - height, wide, height)
        _field(arrangement, state, index, rect)


def _fields_abreast(arrangement: Arrangement, state: FormState, room: Rect) -> None:
    """Show all fields side by side, the active one the widest: the officer sees all that is typed."""
    measures = arrangement.measures
    gap = measures.gap_px
    count = len(state.form.fields)
    other = min(
        measures.across_px(50), (room.width * (0.44 + 0.06 * (count - 1)) - gap * (count - 1)) // max(1, count - 1)
    )
    widest = room.width - (other + gap) * (count - 1)
    for index in range(count):
        width = widest if index == state.active else other
        spot, room = room.cut_left(width, gap)
        _field(arrangement, state, index, spot)


def _fields_in_turn(arrangement: Arrangement, state: FormState, room: Rect) -> None:
    """Show the active field alone, with a key that goes to the next one: beside letters there is room for one."""
    measures = arrangement.measures
    count = len(state.form.fields)
    if count > 1:
        following = (state.active + 1) % count
        tab, room = room.cut_right(measures.touch_px, measures.gap_px)
        arrangement.touchable(
            f"{FIELD_PREFIX}{following}",
            tab,
            kind="field",
            colours=(palette.BAR, palette.BAR_DOWN, palette.BAR_INK),
            icon="next",
            cap_mm=measures.plain_cap_mm,
        )
    if count:
        _field(arrangement, state, state.active, room)


def _field(arrangement: Arrangement, state: FormState, index: int, rect: Rect) -> None:
    measures = arrangement.measures
    one = state.form.fields[index]
    active = index == state.active
    arrangement.touchable(
        f"{FIELD_PREFIX}{index}",
        rect,
        kind="field",
        colours=(palette.FIELD, palette.FIELD, palette.INK),
        cap_mm=measures.plain_cap_mm,
        edge=palette.BLUE if active else palette.QUIET_INK,
        edge_mm=1.0 if active else 0.4,
    )
    count = len(state.form.fields)
    pad = measures.px(2.0 if measures.large else 1.4)
    inner = Rect(rect.x + pad, rect.y + 2, rect.width - 2 * pad, rect.height - 4)
    shut = measures.large and not active and keyboard.is_text(tuple(field.kind for field in state.form.fields))
    label = arrangement.words(
        one.label if measures.large or count < 2 else f"{one.label}  {index + 1}/{count}",
        Rect(inner.x, inner.y + inner.height * 0.5, inner.width, inner.height * 0.5) if shut else inner,
        cap_mm=_label_caps(measures.large, active),
        colour=palette.BLUE if active else palette.QUIET_INK,
        on=palette.FIELD,
        bold=active,
        max_lines=2 if shut else 1,
        leading=TIGHT if shut else LEADING,
    )
    value = state.values[one.id]
    if one.kind is FieldKind.SECRET:
        value = "\u2022" * len(value)
    room = Rect(inner.x, inner.y, inner.width - (0.0 if shut else pad), label.rect.y - inner.y + measures.px(0.8))
    words = arrangement.words(
        value,
        room,
        cap_mm=_value_caps(measures.large, active),
        colour=palette.INK,
        on=palette.FIELD,
        bold=True,
        middle=True,
        max_lines=3 if one.kind is FieldKind.TEXT else 1,
        leading=TIGHT,
    )
    if active:
        arrangement.caret(words)


def _label_caps(large: bool, active: bool) -> tuple[float, ...]:
    if large:
        return (4.2, 3.8, 3.5) if active else (3.5, 3.0, 2.6)
    return (2.8, 2.6)


def _value_caps(large: bool, active: bool) -> tuple[float, ...]:
    if large:
        return (6.4, 5.6, 5.2, 4.8, 4.2, 3.8, 3.5, 3.2) if active else (5.6, 4.8, 4.2, 3.5, 3.0, 2.6)
    return (5.2, 4.8, 4.2, 3.8, 3.5, 3.2, 3.0, 2.8, 2.6)


def _keys(arrangement: Arrangement, page: keyboard.Page, room: Rect, state: FormState) -> None:
    measures = arrangement.measures
    gap = measures.key_gap_px
    aside = measures.across_px(2.54)
    units = max(sum(key.units for key in row) for row in page)
    width = (room.width - aside * (units - 1)) // units
    height = (room.height - gap * (len(page) - 1)) // len(page)
    for line, row in enumerate(page):
        row_width = sum(key.units * width + (key.units - 1) * aside for key in row) + aside * (len(row) - 1)
        x = round(room.x + (room.width - row_width) / 2)
        for key in row:
            wide = key.units * width + (key.units - 1) * aside
            _key(arrangement, key, Rect(x, room.top - line * (height + gap) - height, wide, height), state)
            x += wide + aside


def _key(arrangement: Arrangement, key: Key, rect: Rect, state: FormState) -> None:
    measures = arrangement.measures
    shows = key.shows.upper() if state.shifted and len(key.code) == 1 else key.shows
    lit = key.mark or (key.code == keyboard.SHIFT and state.shifted)
    caps = (7.6, 6.1, 4.8) if measures.large else (5.6, 4.8, 4.2, 3.5)
    arrangement.touchable(
        f"{KEY_PREFIX}{key.code}",
        rect,
        kind="key",
        colours=(palette.TONE_KEY if lit else palette.KEY, palette.BAR_DOWN, palette.KEY_INK),
        label=shows,
        icon=key.icon,
        cap_mm=caps,
        edge=palette.DOT_TODO,
        radius_mm=1.8,
        edge_mm=0.3,
    )
