"""The FORM screen: up to four fields and a keyboard. Owns what has been typed until YES hands it over."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.journey.view import Field, FieldKind, Form, Role, View
from kiosk.ui import frame, keyboard, palette
from kiosk.ui.arrangement import Arrangement
from kiosk.ui.keyboard import Key
from kiosk.ui.measure import Rect
from kiosk.words.keys import BACKSPACE, compose

_KEY = "ui.key."
_FIELD = "ui.field."
_LIMIT = 64
_ALLOWED = {FieldKind.DIGITS: "0123456789", FieldKind.DATE: "0123456789/"}


@dataclass(slots=True)
class FormState:
    """The values under way, the field that is written into, and the face of the keyboard."""

    form: Form
    values: dict[str, str] = field(default_factory=dict[str, str])
    active: int = 0
    shifted: bool = False
    second: bool = False

    def __post_init__(self) -> None:
        """Begin with the values that the form brings."""
        self.values = {one.id: one.value for one in self.form.fields}
        if self.form.fields:
            self._go_to(0)

    def active_field(self) -> Field | None:
        """Give the field that is written into."""
        return self.form.fields[self.active] if self.form.fields else None

    def filled(self) -> Mapping[str, str]:
        """Give all values as they are now."""
        return dict(self.values)

    def touched(self, target: str) -> bool:
        """Take a touched key or field; False when the id belongs to neither."""
        if target.startswith(_FIELD):
            self._go_to(int(target.removeprefix(_FIELD)))
        elif target.startswith(_KEY):
            self._key(target.removeprefix(_KEY))
        else:
            return False
        return True

    def _key(self, code: str) -> None:
        current = self.active_field()
        if code == keyboard.SHIFT:
            self.shifted = not self.shifted
        elif code in (keyboard.DIGITS, keyboard.LETTERS):
            self.second = code == keyboard.DIGITS
        elif code == keyboard.NEXT:
            self._go_to((self.active + 1) % max(1, len(self.form.fields)))
        elif current is not None:
            self.values[current.id] = self._typed(current, self.values[current.id], code)
            if current.kind is FieldKind.TEXT and code not in keyboard.TONE_CODES:
                self._begin_word()

    def _go_to(self, index: int) -> None:
        self.active = index
        current = self.active_field()
        self.second = current is not None and current.kind is not FieldKind.TEXT
        self.shifted = False
        self._begin_word()

    def _typed(self, current: Field, before: str, code: str) -> str:
        if code == keyboard.DELETE:
            return compose(before, BACKSPACE).applied(before) if current.kind is FieldKind.TEXT else before[:-1]
        if current.kind is not FieldKind.TEXT:
            letter = " " if code == keyboard.SPACE else code
            if len(letter) != 1 or (current.kind is not FieldKind.SECRET and letter not in _ALLOWED[current.kind]):
                return before
            return (before + (letter.upper() if self.shifted else letter))[:_LIMIT]
        letter = " " if code == keyboard.SPACE else code
        if len(letter) == 1 and self.shifted:
            letter = letter.upper()
        return compose(before, letter).applied(before)

    def _begin_word(self) -> None:
        """Names begin each word with a capital: shift goes down after a space and comes up after a letter."""
        current = self.active_field()
        if current is not None and current.kind is FieldKind.TEXT:
            value = self.values[current.id]
            self.shifted = not value or value.endswith(" ")


def arrange_form(arrangement: Arrangement, view: View, state: FormState) -> None:
    """Arrange fields, keys and the two buttons; the bar carries the title, or what is to be mended."""
    rest = frame.strip(arrangement, view)
    problem = state.form.problem
    kinds = tuple(one.kind for one in state.form.fields)
    if keyboard.is_text(kinds):
        _with_letters(arrangement, view, state, frame.form_bar(arrangement, view, rest, alarm=problem))
        return
    headed = arrangement.measures.large and len(kinds) < 3
    below = frame.bar(arrangement, view, rest) if headed else frame.form_bar(arrangement, view, rest, alarm=problem)
    _with_pad(arrangement, view, state, below, headed=headed)


def _with_letters(arrangement: Arrangement, view: View, state: FormState, below: Rect) -> None:
    measures = arrangement.measures
    current = state.active_field()
    page = keyboard.letters(large=measures.large, second=state.second)
    if current is not None and current.kind in _ALLOWED:
        page = keyboard.letters(large=measures.large, second=True)
    keys_height = len(page) * measures.key_px + (len(page) - 1) * measures.key_gap_px
    keys, top = below.cut_bottom(keys_height, measures.gap_px)
    if not measures.large:
        keys = Rect(arrangement.screen.x + 6, keys.y, arrangement.screen.width - 12, keys.height)
    _keys(arrangement, page, keys, state)
    width = measures.px(44 if measures.large else 33)
    line, _ = top.cut_top(min(top.height, measures.button_px))
    for button in sorted(view.buttons, key=lambda button: button.role is not Role.YES):
        spot, line = line.cut_right(width, measures.gap_px)
        frame.big_button(arrangement, button, spot)
    _fields_in_turn(arrangement, state, line)


def _with_pad(arrangement: Arrangement, view: View, state: FormState, below: Rect, *, headed: bool) -> None:
    measures = arrangement.measures
    current = state.active_field()
    gap = measures.gap_px
    page = keyboard.pad(current.kind if current else FieldKind.DIGITS, several=len(state.form.fields) > 1)
    key_height = min((below.height - 3 * measures.key_gap_px) // 4, measures.px(23))
    key_width = measures.across_px(25 if measures.large else 17)
    keys, left = below.cut_right(3 * key_width + 2 * measures.across_px(2.54), gap)
    keys = Rect(keys.x, keys.top - 4 * key_height - 3 * measures.key_gap_px, keys.width, 0.0)
    keys = Rect(keys.x, keys.y, keys.width, 4 * key_height + 3 * measures.key_gap_px)
    _keys(arrangement, page, keys, state)
    button_height = measures.px(20) if measures.large else measures.touch_px
    line, left = left.cut_bottom(button_height, gap)
    shown = {button.role: button for button in view.buttons}
    half = (line.width - gap) // 2
    for role, rect in ((Role.OTHER, line.cut_left(half)[0]), (Role.YES, line.cut_right(half)[0])):
        if role in shown:
            frame.big_button(arrangement, shown[role], rect)
    columns = 1 if len(state.form.fields) < 3 and (measures.large or len(state.form.fields) < 2) else 2
    lines = -(-len(state.form.fields) // columns)
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
    measures = arrangement.measures
    count = len(state.form.fields)
    gap = measures.gap_px
    lines = max(1, -(-count // columns))
    width = (room.width - gap * (columns - 1)) // columns
    height = min((room.height - gap * (lines - 1)) // lines, measures.px(24))
    for index in range(count):
        line, column = divmod(index, columns)
        wide = room.width if columns > 1 and index == count - 1 and column == 0 else width
        rect = Rect(room.x + column * (width + gap), room.top - line * (height + gap) - height, wide, height)
        _field(arrangement, state, index, rect)


def _fields_in_turn(arrangement: Arrangement, state: FormState, room: Rect) -> None:
    """Show the active field alone, with a key that goes to the next one: beside letters there is room for one."""
    measures = arrangement.measures
    count = len(state.form.fields)
    if count > 1:
        following = (state.active + 1) % count
        tab, room = room.cut_right(measures.touch_px, measures.gap_px)
        arrangement.touchable(
            f"{_FIELD}{following}",
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
        f"{_FIELD}{index}",
        rect,
        kind="field",
        colours=(palette.FIELD, palette.FIELD, palette.INK),
        cap_mm=measures.plain_cap_mm,
        edge=palette.BLUE if active else palette.QUIET_INK,
        edge_mm=1.0 if active else 0.4,
    )
    pad = measures.px(2.4 if measures.large else 1.6)
    inner = Rect(rect.x + pad, rect.y + 2, rect.width - 2 * pad, rect.height - 4)
    small = (3.5,) if measures.large else (2.6,)
    count = len(state.form.fields)
    label = arrangement.words(
        one.label if count < 2 else f"{one.label}  {index + 1}/{count}",
        inner,
        cap_mm=small,
        colour=palette.QUIET_INK,
        on=palette.FIELD,
        max_lines=1,
    )
    value = state.values[one.id]
    if one.kind is FieldKind.SECRET:
        value = "\u2022" * len(value)
    room = Rect(inner.x, inner.y, inner.width - pad, label.rect.y - inner.y + measures.px(0.8))
    caps = tuple(cap for cap in (6.1, 5.6, 5.2, 4.8, 4.2, 3.5, 3.0, 2.6) if measures.large or cap <= 4.8)
    words = arrangement.words(
        value, room, cap_mm=caps, colour=palette.INK, on=palette.FIELD, bold=True, middle=True, max_lines=1
    )
    if active:
        arrangement.caret(words)


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
        f"{_KEY}{key.code}",
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
