"""What eyes make of painted pixels: contrast where words really stand, and colours as colour-blind eyes see them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from PIL import Image

from kiosk.journey.view import Role, View
from kiosk.ui import palette
from kiosk.ui.measure import Rect

if TYPE_CHECKING:
    from kiosk.ui.arrangement import Arrangement

Pixel = tuple[int, int, int]
_Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

#: Linear RGB as seen without one kind of cone: Machado, Oliveira, Fernandes 2009, severity 1.0.
EYES: Final[dict[str, _Matrix]] = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
#: How far apart in lightness (CIE L*, 0..100) the two buttons must be for every eye.
LEAST_APART: Final = 40.0


def lightness(pixel: Pixel, eyes: str) -> float:
    """Give CIE L* of a colour as these eyes see it."""
    linear = [_linear(part / 255) for part in pixel]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in EYES[eyes]]
    luminance = 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def cut(picture: Image.Image, rect: Rect) -> Image.Image:
    """Cut a rectangle of the window, whose y grows upwards, out of its picture."""
    high = picture.height
    return picture.crop((round(rect.x), round(high - rect.top), round(rect.right), round(high - rect.y)))


def colours(picture: Image.Image) -> list[tuple[int, Pixel]]:
    """Give every colour with how often it is there, the most frequent first."""
    found = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    return sorted(((count, (c[0], c[1], c[2])) for count, c in found if isinstance(c, tuple)), reverse=True)


def written(pixel: Pixel) -> str:
    """Write a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*pixel)


def contrast_of(picture: Image.Image) -> float:
    """Give the contrast of the strongest ink against the ground, which is the most frequent colour."""
    found = colours(picture)
    ground = written(found[0][1])
    return max((palette.contrast(written(colour), ground) for _, colour in found[1:]), default=1.0)


def weak_words(arrangement: "Arrangement", picture: Image.Image, *, least: float = 7.0) -> Iterator[str]:
    """Name the words, labels and icons that do not stand out from what was painted beneath them."""
    from kiosk.ui.arrangement import Icon, Target, Words

    for item in arrangement.items:
        parts = item.covers if isinstance(item, Target) else (item,)
        for part in parts:
            if isinstance(part, Words) and any(part.paragraph.lines):
                name, rect = " / ".join(part.paragraph.lines), letters(part)
            elif isinstance(part, Icon):
                name, rect = f"icon {part.name}", part.rect
            else:
                continue
            found = contrast_of(cut(picture, rect))
            if found < least:
                yield f"{name}: {found:.1f}"


def letters(words: "object") -> Rect:
    """Give the box that the letters of a paragraph fill."""
    paragraph, rect, align = words.paragraph, words.rect, words.align  # type: ignore[attr-defined]
    x = rect.x + (rect.width - paragraph.width_px) * align
    return Rect(x, rect.y, max(1.0, paragraph.width_px), paragraph.height_px)


def alike_buttons(view: View, arrangement: "Arrangement", picture: Image.Image) -> Iterator[str]:
    """Name what does not tell the two main buttons apart: their lightness for some eyes, or the drawing on them."""
    roles = {button.role: button for button in view.buttons}
    targets = arrangement.targets()
    if set(roles) != set(Role) or not all(button.id in targets for button in roles.values()):
        return
    grounds = {role: colours(cut(picture, targets[button.id]))[0][1] for role, button in roles.items()}
    for eyes in EYES:
        apart = abs(lightness(grounds[Role.YES], eyes) - lightness(grounds[Role.OTHER], eyes))
        if apart < LEAST_APART:
            yield f"{eyes}: {apart:.0f}"
    if roles[Role.YES].icon == roles[Role.OTHER].icon:
        yield f"both show {roles[Role.YES].icon}"
