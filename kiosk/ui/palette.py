"""The colours by their roles, the themes, and the arithmetic that proves them readable (WCAG 2.2 contrast).

A theme gives some roles another colour when they are painted; what lies where does not change. In the black theme, for
the night and for eyes that need it, pictures and photos keep their own light ground, dimmed, and so are the brightest
of a picture's inks.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, Self

Theme = Literal["light", "black"]


class Colour(str):
    """A colour as `#rrggbb` that knows what it is for; two roles may look the same in one theme and not in another."""

    __slots__ = ("role",)
    role: str

    def __new__(cls, value: str, role: str) -> Self:
        """Make a colour of a role."""
        made = super().__new__(cls, value)
        made.role = role
        return made


PAPER: Final = Colour("#fafafa", "paper")
INK: Final = Colour("#222222", "ink")
STAGE: Final = Colour("#e3edf3", "stage")
STAGE_LIT: Final = Colour("#fff2cc", "stage_lit")
YES: Final = Colour("#005a3c", "yes")
YES_DOWN: Final = Colour("#00402a", "yes_down")
OTHER: Final = Colour("#ffd24d", "other")
OTHER_DOWN: Final = Colour("#e8b41f", "other_down")
OTHER_INK: Final = Colour("#1a1a1a", "other_ink")
BAR: Final = Colour("#dfe6eb", "bar")
BAR_DOWN: Final = Colour("#bccad3", "bar_down")
BAR_INK: Final = Colour("#00356b", "bar_ink")
BLUE: Final = Colour("#0b4f9c", "blue")
NAVY: Final = Colour("#00356b", "navy")
DANGER: Final = Colour("#9b1c1c", "danger")
WHITE: Final = Colour("#ffffff", "white")
QUIET_INK: Final = Colour("#3b4650", "quiet_ink")
RIBBON: Final = Colour("#4d2692", "ribbon")
FIELD: Final = Colour("#ffffff", "field")
ROW: Final = Colour("#ffffff", "row")
KEY: Final = Colour("#ffffff", "key")
KEY_INK: Final = Colour("#1a1a1a", "key_ink")
TONE_KEY: Final = Colour("#dbe8f8", "tone_key")
DOT_DONE: Final = Colour("#005a3c", "dot_done")
DOT_TODO: Final = Colour("#b3c0c9", "dot_todo")

#: What may stand on what; every pair is 7:1 or more and a test walks them.
READABLE: Final[tuple[tuple[Colour, Colour], ...]] = (
    (INK, PAPER),
    (INK, STAGE),
    (QUIET_INK, PAPER),
    (WHITE, YES),
    (WHITE, YES_DOWN),
    (OTHER_INK, OTHER),
    (OTHER_INK, OTHER_DOWN),
    (BAR_INK, BAR),
    (BAR_INK, BAR_DOWN),
    (NAVY, PAPER),
    (BLUE, PAPER),
    (DANGER, PAPER),
    (WHITE, RIBBON),
    (KEY_INK, KEY),
    (KEY_INK, TONE_KEY),
    (INK, FIELD),
    (NAVY, ROW),
)

THEMES: Final[Mapping[Theme, Mapping[str, str]]] = MappingProxyType(
    {
        "light": MappingProxyType(dict[str, str]()),
        "black": MappingProxyType(
            {
                "paper": "#000000",
                "ink": "#ffffff",
                "stage": "#b9c7d0",
                "bar": "#24323d",
                "bar_down": "#2f4150",
                "bar_ink": "#dcecff",
                "blue": "#8fc1ff",
                "navy": "#cfe4ff",
                "danger": "#ffb3ab",
                "quiet_ink": "#d5dde3",
                "field": "#0d1a24",
                "key": "#1d2a35",
                "key_ink": "#ffffff",
                "tone_key": "#27456b",
                "row": "#14212b",
                "dot_todo": "#5c6b76",
                "dot_done": "#5fd3a4",
                # Pictures keep their lines; what is bright in them is dimmed with their stage.
                "picture.white": "#dfe7ec",
                "picture.lit": "#e9d9a6",
                "picture.glow": "#f2d272",
                "picture.waiting": "#cdd8df",
                "picture.paper_green": "#d2e0c8",
                "picture.blue_light": "#bcd5e8",
                "picture.nail": "#efd6c0",
            }
        ),
    }
)

#: On these grounds the theme changes no ink: they stay light.
_LIGHT_GROUNDS: Final = frozenset({"stage", "stage_lit", "other", "other_down"})
_shown: list[Theme] = ["light"]


def choose(theme: Theme) -> None:
    """Paint in this theme from now on; what is drawn already is to be drawn anew."""
    _shown[0] = theme


def shown() -> Theme:
    """Say which theme is painted now."""
    return _shown[0]


def painted(colour: str, *, on: str = "", theme: Theme | None = None) -> str:
    """Give the colour that a role has in a theme, else in the one that is shown; `on` is the ground it stands on."""
    if colour_role(on) in _LIGHT_GROUNDS:
        return str(colour)
    return THEMES[theme or _shown[0]].get(colour_role(colour), str(colour))


def colour_role(colour: str) -> str:
    """Give the role of a colour, or an empty text for a colour of a picture."""
    return colour.role if isinstance(colour, Colour) else ""


def rgba(colour: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Give `#rrggbb` as four parts of 0..1."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5))
    return red, green, blue, alpha


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1..21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgba(colour)[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
