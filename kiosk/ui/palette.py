"""The colours, and the arithmetic that proves them readable (WCAG 2.2 contrast)."""

from typing import Final

PAPER: Final = "#fafafa"
INK: Final = "#222222"
STAGE: Final = "#e3edf3"
STAGE_LIT: Final = "#fff2cc"
YES: Final = "#005a3c"
YES_DOWN: Final = "#00402a"
OTHER: Final = "#ffd24d"
OTHER_DOWN: Final = "#e8b41f"
OTHER_INK: Final = "#1a1a1a"
BAR: Final = "#dfe6eb"
BAR_DOWN: Final = "#bccad3"
BAR_INK: Final = "#00356b"
BLUE: Final = "#0b4f9c"
NAVY: Final = "#00356b"
DANGER: Final = "#9b1c1c"
WHITE: Final = "#ffffff"
QUIET_INK: Final = "#3b4650"
RIBBON: Final = "#4d2692"
FIELD: Final = "#ffffff"
KEY: Final = "#ffffff"
KEY_INK: Final = "#1a1a1a"
TONE_KEY: Final = "#dbe8f8"
DOT_TODO: Final = "#b3c0c9"

#: What may stand on what; every pair is 7:1 or more and a test walks them.
READABLE: Final = (
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
    (WHITE, BLUE),
    (WHITE, NAVY),
)


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
