"""What is typed into a form: owns the values under way until YES hands them over. Draws nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from kiosk.journey.view import Field, FieldKind, Form
from kiosk.ui import keyboard
from kiosk.words.keys import BACKSPACE, Method, compose
from kiosk.words.syllable import Placement

#: What the ids of keys and fields begin with.
KEY_PREFIX = "ui.key."
FIELD_PREFIX = "ui.field."
_LIMIT = 64
_PAGES: Final[Mapping[str, keyboard.Pages]] = {one: one for one in get_args(keyboard.Pages)}
#: What a field takes that takes no letters.
ALLOWED = {FieldKind.DIGITS: "0123456789", FieldKind.DATE: "0123456789/"}


@dataclass(slots=True)
class FormState:
    """The values under way, the field that is written into, the keyboard's page, and how letters get their marks."""

    form: Form
    language: str = ""
    values: dict[str, str] = field(default_factory=dict[str, str])
    active: int = 0
    shifted: bool = False
    page: keyboard.Pages = "letters"
    method: Method = "direct"
    placement: Placement = "new"

    def __post_init__(self) -> None:
        """Begin with the values that the form brings."""
        self.values = {one.id: one.value for one in self.form.fields}
        if self.form.fields:
            self._go_to(0)

    def asks_as(self, form: Form, language: str) -> bool:
        """Say whether this is the very form, or the same one in another language, with as much to mend."""
        if language == self.language:
            return form == self.form
        shape = [(one.id, one.kind) for one in self.form.fields]
        return shape == [(one.id, one.kind) for one in form.fields] and bool(self.form.problem) == bool(form.problem)

    def active_field(self) -> Field | None:
        """Give the field that is written into."""
        return self.form.fields[self.active] if self.form.fields else None

    def filled(self) -> Mapping[str, str]:
        """Give all values as they are now."""
        return dict(self.values)

    def touched(self, target: str) -> bool:
        """Take a touched key or field; False when the id belongs to neither."""
        if target.startswith(FIELD_PREFIX):
            self._go_to(int(target.removeprefix(FIELD_PREFIX)))
        elif target.startswith(KEY_PREFIX):
            self._key(target.removeprefix(KEY_PREFIX))
        else:
            return False
        return True

    def _key(self, code: str) -> None:
        current = self.active_field()
        if code == keyboard.SHIFT:
            self.shifted = not self.shifted
        elif code == keyboard.METHOD:
            ways = list(keyboard.METHODS)
            self.method = ways[(ways.index(self.method) + 1) % len(ways)]
        elif code in _PAGES:
            self.page = _PAGES[code]
        elif code == keyboard.NEXT:
            self._go_to((self.active + 1) % max(1, len(self.form.fields)))
        elif current is not None:
            self.values[current.id] = self._typed(current, self.values[current.id], code)
            if current.kind is FieldKind.TEXT and code not in keyboard.TONE_CODES:
                self._begin_word()

    def _go_to(self, index: int) -> None:
        self.active = index
        current = self.active_field()
        self.page = "digits" if current is not None and current.kind is not FieldKind.TEXT else "letters"
        self.shifted = False
        self._begin_word()

    def _typed(self, current: Field, before: str, code: str) -> str:
        if code == keyboard.DELETE:
            return compose(before, BACKSPACE).applied(before) if current.kind is FieldKind.TEXT else before[:-1]
        if current.kind is not FieldKind.TEXT:
            letter = " " if code == keyboard.SPACE else code
            if len(letter) != 1 or (current.kind is not FieldKind.SECRET and letter not in ALLOWED[current.kind]):
                return before
            return (before + (letter.upper() if self.shifted else letter))[:_LIMIT]
        letter = " " if code == keyboard.SPACE else code
        if len(letter) == 1 and self.shifted:
            letter = letter.upper()
        return compose(before, letter, method=self.method, placement=self.placement).applied(before)

    def _begin_word(self) -> None:
        """Names begin each word with a capital: shift goes down after a space and comes up after a letter."""
        current = self.active_field()
        if current is not None and current.kind is FieldKind.TEXT:
            value = self.values[current.id]
            self.shifted = not value or value.endswith(" ")
