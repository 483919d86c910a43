"""Which files `images/guide` holds: every picture as a loop in SVG, and its drawings side by side as a PNG.

Drawn anew by `./run prove drawings --sheets`.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, PngImagePlugin

from kiosk.domain.capture_plan import Finger
from kiosk.journey.view import FingerMark
from kiosk.ui.pictures import PICTURES, Moment
from tests.ui.svg_paper import svg_of

GUIDE: Final = Path(__file__).parents[2] / "images" / "guide"
#: Each drawing in a PNG, in pixels.
SIZE: Final = (310, 262)
#: Where a PNG says of which SVG it is.
SOURCE: Final = "Source"
_COLOURS: Final = 64


def moment_of(name: str, frame: int = 0) -> Moment:
    """Give the moment at which a picture is kept: a print's with its own finger asked and the one before it done."""
    fingers = {f"print.{finger.value}": finger for finger in Finger}
    asked = fingers.get(name)
    if asked is None:
        return Moment(frame, Finger.RIGHT_INDEX if name == "print.same" else None)
    done = Finger.LEFT_INDEX if asked is Finger.RIGHT_INDEX else Finger.RIGHT_INDEX
    return Moment(frame, asked, ((done, FingerMark.DONE),))


def svgs() -> dict[str, str]:
    """Give the text of every SVG by the name of its picture."""
    return {name: svg_of(picture, moment_of(name), name) for name, picture in PICTURES.items()}


def digest(svg: str) -> str:
    """Name an SVG by what stands in it."""
    return hashlib.sha256(svg.encode()).hexdigest()


def painted(name: str, size: tuple[int, int]) -> Iterator[Image.Image]:
    """Paint each drawing of a picture as the screen does. A window must be open."""
    from kiosk.ui import slides
    from kiosk.ui.measure import Rect

    for frame in range(PICTURES[name].frames):
        texture = slides.painted(Rect(0, 0, *size), PICTURES[name], moment_of(name, frame))
        picture = Image.frombytes("RGBA", size, texture.pixels).convert("RGB")
        yield picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def strip(drawings: list[Image.Image], svg: str) -> tuple[Image.Image, PngImagePlugin.PngInfo]:
    """Lay drawings side by side, and note of which SVG they are."""
    gap = SIZE[0] // 20
    width, height = drawings[0].size
    whole = Image.new("RGB", (width * len(drawings) + gap * (len(drawings) - 1), height), "#fafafa")
    for place, drawing in enumerate(drawings):
        whole.paste(drawing, (place * (width + gap), 0))
    note = PngImagePlugin.PngInfo()
    note.add_text(SOURCE, digest(svg))
    return whole.quantize(_COLOURS, dither=Image.Dither.NONE), note


def write() -> None:
    """Draw all files anew, and take away those of pictures that are no more. A window must be open."""
    GUIDE.mkdir(parents=True, exist_ok=True)
    for file in (*GUIDE.glob("*.svg"), *GUIDE.glob("*.png")):
        file.unlink()
    for name, svg in svgs().items():
        (GUIDE / f"{name}.svg").write_text(svg, encoding="utf-8")
        picture, note = strip(list(painted(name, SIZE)), svg)
        picture.save(GUIDE / f"{name}.png", optimize=True, pnginfo=note)
