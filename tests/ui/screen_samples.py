"""One View for every screen of the catalogue, filled with invented people and the longest texts that occur."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from kiosk.domain.capture_plan import Finger
from kiosk.journey.view import (
    Button,
    Choice,
    Fact,
    Field,
    FieldKind,
    FingerMark,
    Form,
    Layout,
    Nav,
    Progress,
    Role,
    View,
)
from kiosk.words.catalogue import Catalogue, Language, ScreenWords

ICONS: Final = {"yes": "tick", "other": "undo", "have": "tick", "none": "hand", "go_on": "tick", "start_new": "undo"}
VALUES: Final = {
    "vi": {
        "name": "Nguyễn Thị Phượng",
        "date": "1 tháng 7 năm 1950",
        "hand": "PHẢI",
        "hand_seen": "TRÁI",
        "move": "ngồi lùi ra",
    },
    "en": {
        "name": "Nguyễn Thị Phượng",
        "date": "1 July 1950",
        "hand": "RIGHT",
        "hand_seen": "LEFT",
        "move": "move back",
    },
}
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
ORDER: Final = tuple(Finger)
FULL_ADDRESS: Final = "Thôn Tân Hương, xã Thạch Khê, tỉnh Hà Tĩnh (trước đây: xã Đỉnh Bàn)"


@cache
def catalogue(language: Language) -> Catalogue:
    """Load the words once."""
    return Catalogue.load(language)


def views(language: Language) -> Iterator[View]:
    """Give a View for every screen of the catalogue."""
    words = catalogue(language)
    for key in sorted(words.screen_keys):
        yield view_of(key, language)


def view_of(key: str, language: Language, **changes: object) -> View:
    """Give the sample View of one screen."""
    words = catalogue(language)
    values = dict(VALUES[language])
    for name in words.screen_placeholders(key):
        values.setdefault(name, "…")
    screen = words.screen(key, **values)
    fields: dict[str, object] = {
        "key": key,
        "layout": layout_of(key),
        "language": language,
        "title": screen.title,
        "sentence": screen.sentence,
        "voice": screen.voice,
        "picture": screen.picture,
        "nav": Nav(words.text("nav.back"), words.text("nav.again"), words.text("nav.help")),
        "buttons": _buttons(screen),
        "progress": Progress(9, 12, words.text("progress.step", step=9, total=12)),
        "ribbon": words.text("ribbon.simulated"),
    }
    fields.update(_details(key, words))
    fields.update(changes)
    return View(**fields)  # type: ignore[arg-type]


def layout_of(key: str) -> Layout:
    """Give the layout in which a screen is sampled."""
    if key in ("identity", "home", "relatives", "review"):
        return Layout.FACTS
    if key in ("signin", "document.number") or key.startswith("edit."):
        return Layout.FORM
    if key == "portrait.look":
        return Layout.PREVIEW
    if key == "farewell":
        return Layout.CLAIM
    if key.startswith("print.") and key.removeprefix("print.") in {one.value for one in Finger}:
        return Layout.PRINT
    return Layout.MESSAGE


def _buttons(screen: ScreenWords) -> tuple[Button, ...]:
    found: list[Button] = []
    for place, (name, label) in enumerate(screen.buttons.items()):
        found.append(Button(name, label, Role.OTHER if place else Role.YES, ICONS.get(name, "tick")))
    return tuple(found)


def _details(key: str, words: Catalogue) -> dict[str, object]:  # noqa: C901 - one case a screen
    text = words.text
    if key == "identity":
        return {
            "facts": (
                Fact(text("field.name"), "Nguyễn Thị Phượng"),
                Fact(text("field.birth_date"), "01/07/1950"),
            )
        }
    if key == "home":
        return {"facts": (Fact(text("field.origin"), FULL_ADDRESS), Fact(text("field.home"), FULL_ADDRESS))}
    if key == "relatives":
        return {
            "facts": (
                Fact(text("field.father"), "Nguyễn Văn Khuyến"),
                Fact(text("field.mother"), "Trần Thị Nhường"),
                Fact(text("field.spouse"), "Đặng Nguyễn Quốc Thưởng"),
            )
        }
    if key == "review":
        prints = f"{text('review.done', count=9, total=10)}, {text('review.excepted', count=1)}"
        return {
            "photo": photo(),
            "facts": (
                Fact(text("review.name"), "Nguyễn Thị Phượng"),
                Fact(text("field.birth_date"), "01/07/1950"),
                Fact(text("review.home"), "Thôn Tân Hương, xã Thạch Khê"),
                Fact(text("review.phone"), "0912345678"),
                Fact(text("field.prints"), prints),
            ),
        }
    if key == "signin":
        return {
            "officer_line": text("trouble.saved"),
            "form": Form((Field("pin", text("signin.pin"), "", FieldKind.SECRET),)),
            "progress": None,
        }
    if key == "document.number":
        return {
            "form": Form(
                (
                    Field("number", text("field.number"), "042150001234", FieldKind.DIGITS),
                    Field("birth", text("field.birth_date"), "01/07/1950", FieldKind.DATE),
                    Field("expiry", text("field.expiry"), "", FieldKind.DATE),
                )
            )
        }
    if key == "edit.phone":
        return {"form": Form((Field("phone", text("field.phone"), "0912345678", FieldKind.DIGITS),))}
    if key == "edit.identity":
        return {
            "form": Form(
                (
                    Field("name", text("field.name"), "Nguyễn Thị Phượng", FieldKind.TEXT),
                    Field("birth", text("field.birth_date"), "01/07/1950", FieldKind.DATE),
                )
            )
        }
    if key == "edit.home":
        return {
            "form": Form(
                (
                    Field("origin", text("field.origin"), "Xã Thạch Khê, tỉnh Hà Tĩnh", FieldKind.TEXT),
                    Field("home", text("field.home"), "Thôn Tân Hương, xã Thạch Khê", FieldKind.TEXT),
                )
            )
        }
    if key == "edit.relatives":
        return {
            "form": Form(
                (
                    Field("father", text("field.father"), "Nguyễn Văn Khuyến", FieldKind.TEXT),
                    Field("mother", text("field.mother"), "Trần Thị Nhường", FieldKind.TEXT),
                    Field("spouse", text("field.spouse"), "", FieldKind.TEXT),
                )
            )
        }
    if layout_of(key) is Layout.PRINT:
        finger = Finger(key.removeprefix("print."))
        place = ORDER.index(finger)
        marks = tuple(
            (one, FingerMark.EXCEPTED if index == 1 else FingerMark.DONE) for index, one in enumerate(ORDER[:place])
        )
        return {"finger": finger, "hands": marks}
    if key == "document":
        return {"preview": True}
    if key == "portrait.look":
        return {"hint": "3", "preview": True}
    if key == "portrait.review":
        return {"photo": photo(), "layout": Layout.PHOTO}
    if key in ("document.reading", "print.busy", "sealing"):
        return {"busy": True, "percent": 60}
    if key == "farewell":
        return {"claim": CLAIM, "facts": (Fact("", text("claim.code", code="K7M2-Q4XD")),)}
    return {}


@cache
def photo() -> bytes:
    """Draw a portrait of nobody, 3 x 4, as a JPEG."""
    picture = Image.new("RGB", (300, 400), "#f4f6f7")
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((20, 290, 280, 560), fill="#9c6b9e")
    pencil.ellipse((75, 70, 225, 300), fill="#f2c6a0")
    pencil.pieslice((68, 55, 232, 240), 180, 360, fill="#d5d8db")
    data = BytesIO()
    picture.save(data, "JPEG", quality=90)
    return data.getvalue()


def _claim() -> str:
    """Draw a matrix that looks like a QR: three eyes and a calm pattern (what is in it is not this folder's matter)."""
    size = 29
    cells = [[(row * 7 + column * 11 + row * column) % 3 == 0 for column in range(size)] for row in range(size)]
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for row in range(-1, 8):
            for column in range(-1, 8):
                y, x = top + row, left + column
                if 0 <= y < size and 0 <= x < size:
                    ring = max(abs(row - 3), abs(column - 3))
                    cells[y][x] = ring in (0, 1, 3)
    return "\n".join("".join("1" if cell else "0" for cell in line) for line in cells)


CLAIM: Final = _claim()


def choice_view(language: Language, count: int) -> View:
    """Give a list of reasons, or of as many people as wanted."""
    words = catalogue(language)
    reasons = ("missing", "injured", "deformed", "worn", "refused")
    rows = [Choice(name, words.text(f"reason.{name}")) for name in reasons]
    rows += [Choice(f"person.{number}", f"Nguyễn Thị Phượng {number}") for number in range(max(0, count - len(rows)))]
    return view_of(
        "print.exception",
        language,
        layout=Layout.CHOICE,
        choices=tuple(rows[:count]),
        buttons=(Button("other", words.text("nav.back"), Role.OTHER, "undo"),),
    )
