"""What a screen is told to draw: one immutable View per turn. All words are final, NFC, in the citizen's language."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.capture_plan import Finger


class Layout(StrEnum):
    """The arrangements of the screen; each draws only the fields of View that its line names.

    MESSAGE: picture, title, sentence, buttons. FACTS: the same with facts and perhaps a photo beside them.
    PRINT: the hand with `finger` lit and `hands` marked, status in `hint`. PREVIEW: the live camera.
    PHOTO: the portrait taken. COMPARE: two portraits side by side with their captions, and facts for the officer.
    FORM: fields with a keyboard. CHOICE: a list of big rows. CLAIM: the claim slip as QR.
    """

    MESSAGE = "message"
    FACTS = "facts"
    PRINT = "print"
    PREVIEW = "preview"
    PHOTO = "photo"
    FORM = "form"
    CHOICE = "choice"
    CLAIM = "claim"
    COMPARE = "compare"


class Role(StrEnum):
    """Which of the two places a button has: YES right, blue-green, goes on; OTHER left, yellow, the other answer.

    For a left hand the two change places, so no sentence names a side.
    """

    YES = "yes"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Button:
    """A big button; touching it sends Touched(id).

    `icon` names a drawn icon (kiosk.ui.icons). A `neutral` one has neither colour: both answers to the question are as
    good, and none of them stands for going on.
    """

    id: str
    label: str
    role: Role
    icon: str
    neutral: bool = False


@dataclass(frozen=True, slots=True)
class Nav:
    """The small bar that is the same on every screen. `back` is None where there is nothing to go back to.

    `more` stands on what turns the page of a list or of facts that are too long for one.
    """

    back: str | None
    again: str
    help: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Looks:
    """The words of the page on which the citizen chooses letters, hand, ground, language and volume at any time.

    `black` names the black ground, `language` is the name of the language that a touch leads to.
    """

    title: str
    right: str
    left: str
    voice: str
    done: str
    black: str
    language: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where in the journey this is: `label` is ready to show ("Bước 3/12")."""

    step: int
    total: int
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known, shown in very large type."""

    label: str
    value: str


class FieldKind(StrEnum):
    """What a form field takes, and so which keyboard it shows."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    SECRET = "secret"  # noqa: S105 - a kind of field, not a password


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `value` is what it holds at first."""

    id: str
    label: str
    value: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Form:
    """A form for the officer; the YES button sends FormFilled with all values.

    `problem` says what to mend, or is empty.
    """

    fields: tuple[Field, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a list; touching it sends Touched(id)."""

    id: str
    label: str


class FingerMark(StrEnum):
    """What has become of a finger's slot."""

    DONE = "done"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class View:
    """One screen. `key` names it ("print.right_index"); `picture` names the drawing; `photo` is a JPEG.

    `beside` is a second photo to compare `photo` with, `captions` stand below the two, `beside` first. Photos are as
    they were captured here; whoever hands the View to the window makes JPEGs of those that are none.

    `percent` (0..100) fills a bar while something travels; `busy` shows that the machine works and hides the buttons.
    `anywhere` is what a touch beside every button means, or empty where it means nothing.
    `arrow` is the way the sitter should move (left, right, up, down, closer, farther, turn_left, turn_right; the
    sitter's own sides), `held` the share (0..100) of the time that all must hold before a portrait is taken.
    `looks` brings the button for letters and hand; it is None where no citizen is served.
    `loudness` is how loud is spoken and the most there is, (0, 0) where nothing is heard.
    `claim` holds the claim slip's QR as rows of 0 and 1 (1 = dark), one line each.
    `personal`: the voice says what only the citizen should hear; where a headset is set, it is heard there alone, and
    while that is not there `aloud` is said in its place, which tells nothing of the citizen.
    `officer_line` is the small technical strip; `ribbon` marks simulated devices and is empty in the field.
    """

    key: str
    layout: Layout
    language: str
    title: str
    sentence: str
    voice: str
    picture: str
    nav: Nav
    buttons: tuple[Button, ...] = ()
    progress: Progress | None = None
    facts: tuple[Fact, ...] = ()
    photo: bytes | None = None
    beside: bytes | None = None
    captions: tuple[str, ...] = ()
    finger: Finger | None = None
    hands: tuple[tuple[Finger, FingerMark], ...] = ()
    hint: str = ""
    percent: int | None = None
    busy: bool = False
    form: Form | None = None
    choices: tuple[Choice, ...] = ()
    claim: str | None = None
    preview: bool = False
    arrow: str = ""
    held: int = 0
    anywhere: str = ""
    looks: Looks | None = None
    loudness: tuple[int, int] = (0, 0)
    personal: bool = False
    aloud: str = ""
    officer_line: str = ""
    ribbon: str = ""
