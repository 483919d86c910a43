"""The picture of six screens for the documents, composed from the pictures that a played demo leaves.

Run it as `python -m kiosk.demo.pictures DEMO_OUT TARGET.png`. It takes what the kiosk drew and only makes it smaller.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

#: The screens of one journey that tell most, in its order.
SCREENS: Final = ("welcome", "document", "identity", "print.right_index", "portrait.look", "farewell")
#: The last picture of this one is taken while the machine judges the portrait; the one before it shows the count.
_BEFORE_LAST: Final = frozenset({"portrait.look"})

_WIDTH_PX: Final = 1280
_COLUMNS: Final = 3
_GAP_PX: Final = 26
_ROUND_PX: Final = 12
_FRAME_PX: Final = 7
_GROUND: Final = (235, 232, 224)
_FRAME: Final = (38, 43, 49)
_COLOURS: Final = 224


class PictureError(Exception):
    """The picture cannot be made; the message says what is missing."""


def compose(folder: Path, screens: Sequence[str] = SCREENS) -> Image.Image:
    """Compose the newest picture of each of the screens from a demo's folder; 1280 pixels wide.

    Raises PictureError when the folder has no picture of one of them.
    """
    return sheet_of([_picture(folder, screen) for screen in screens], columns=_COLUMNS, width_px=_WIDTH_PX)


def sheet_of(pictures: Sequence[Image.Image], *, columns: int, width_px: int) -> Image.Image:
    """Lay pictures of one size in frames beside and below each other, on a sheet of a width in pixels."""
    cell_px = (width_px - _GAP_PX * (columns + 1)) // columns
    shown_px = (cell_px - 2 * _FRAME_PX, round((cell_px - 2 * _FRAME_PX) * pictures[0].height / pictures[0].width))
    high_px = shown_px[1] + 2 * _FRAME_PX
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (width_px, _GAP_PX + rows * (high_px + _GAP_PX)), _GROUND)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        place = (_GAP_PX + column * (cell_px + _GAP_PX), _GAP_PX + row * (high_px + _GAP_PX))
        _lay(sheet, picture.resize(shown_px, Image.Resampling.LANCZOS), place)
    return sheet


def _picture(folder: Path, screen: str) -> Image.Image:
    found = sorted(folder.glob(f"[0-9]*-{screen}.png"))
    if not found:
        raise PictureError(f"no picture of the screen {screen} in {folder}: run kiosk demo --headless --out {folder}")
    chosen = found[-2:][0] if screen in _BEFORE_LAST else found[-1]
    with Image.open(chosen) as picture:
        return picture.convert("RGB")


def _lay(sheet: Image.Image, picture: Image.Image, place: tuple[int, int]) -> None:
    """Lay a picture in a dark frame with a soft shadow."""
    size = (picture.width + 2 * _FRAME_PX, picture.height + 2 * _FRAME_PX)
    shadow = Image.new("L", (size[0] + 40, size[1] + 40), 0)
    ImageDraw.Draw(shadow).rounded_rectangle((20, 24, size[0] + 20, size[1] + 24), _ROUND_PX, fill=70)
    soft = shadow.filter(ImageFilter.GaussianBlur(9))
    sheet.paste((0, 0, 0), (place[0] - 20, place[1] - 20), soft)
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((*place, place[0] + size[0], place[1] + size[1]), _ROUND_PX, fill=_FRAME)
    sheet.paste(picture, (place[0] + _FRAME_PX, place[1] + _FRAME_PX))


def main() -> None:
    """Compose and save; a mistake is one line and exit code 2."""
    reading = argparse.ArgumentParser(description="Compose six screens of a played demo into one picture.")
    reading.add_argument("folder", type=Path, help="where the demo left its pictures")
    reading.add_argument("target", type=Path, help="the PNG to write")
    given = reading.parse_args()
    try:
        sheet = compose(given.folder)
    except PictureError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    # Few colours are enough for drawn screens, and keep the file small.
    sheet.quantize(_COLOURS, dither=Image.Dither.FLOYDSTEINBERG).save(given.target, optimize=True)


if __name__ == "__main__":
    main()
