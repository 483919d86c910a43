"""Two ways in which a portrait goes wrong that one person alone cannot show: somebody else in the picture, and a photo.

Owns both scenes; the people in them are drawn, nobody's face.
"""

import math
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from kiosk.demo.drawing_look import Look
from kiosk.demo.drawing_portrait import HEIGHT_PX, WHITE, WIDTH_PX
from kiosk.demo.sitting import LivePortrait

#: Whoever looks over the shoulder stands this much farther away, and so far to the side.
_FARTHER: Final = 0.62
_ASIDE_PX: Final = 330
_HIGHER_PX: Final = 256
_ROOM: Final = (206, 203, 196, 255)
_UNLIKE_THE_WALL: Final = [255 * (value > 3) for value in range(256)]
_PAPER: Final = (250, 249, 246, 255)
_BORDER_PX: Final = 30
#: A hand that holds a photo turns it to and fro: so far, in so many steps, and once in so many seconds.
_TILT: Final = 0.22
_STEPS: Final = 8
_TURN_S: Final = 4.0


class TwoPeople:
    """A scene for a camera: the citizen sits there, and somebody else looks over their shoulder."""

    def __init__(self, sitter: LivePortrait, other: Look) -> None:
        self._sitter = sitter
        self._behind = _standing_behind(other)
        self._seen = b""
        self._rgba = b""

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        width, height, seen = self._sitter(seconds)
        if seen is not self._seen:
            self._seen = seen
            sitter = Image.frombytes("RGBA", (width, height), seen)
            wall = Image.new("RGB", sitter.size, WHITE)
            differs = ImageChops.difference(sitter.convert("RGB"), wall).convert("L").point(_UNLIKE_THE_WALL)
            # White clothes are the wall's colour, and hide nobody behind them unless holes in them are closed.
            whole = differs.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(9))
            picture = self._behind.copy()
            picture.paste(sitter, (0, 0), whole)
            self._rgba = picture.tobytes()
        return width, height, self._rgba


class HeldPhoto:
    """A scene for a camera: a printed photo of somebody, held close to the lens and turned to and fro."""

    def __init__(self, look: Look) -> None:
        _, _, still = LivePortrait(look)(0.0)
        photo = Image.frombytes("RGBA", (WIDTH_PX, HEIGHT_PX), still)
        paper = Image.new("RGBA", photo.size, _PAPER)
        inner = (WIDTH_PX - 2 * _BORDER_PX, HEIGHT_PX - 2 * _BORDER_PX)
        paper.paste(photo.resize(inner), (_BORDER_PX, _BORDER_PX))
        self._paper = paper
        self._shown: int | None = None
        self._rgba = b""

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        step = round(_STEPS * math.sin(2 * math.pi * seconds / _TURN_S))
        if step != self._shown:
            self._shown, self._rgba = step, _turned(self._paper, _TILT * step / _STEPS).tobytes()
        return WIDTH_PX, HEIGHT_PX, self._rgba


def _standing_behind(look: Look) -> Image.Image:
    _, _, still = LivePortrait(look)(0.0)
    size = (round(WIDTH_PX * _FARTHER), round(HEIGHT_PX * _FARTHER))
    room = Image.new("RGBA", (WIDTH_PX, HEIGHT_PX), (*WHITE, 255))
    other = Image.frombytes("RGBA", (WIDTH_PX, HEIGHT_PX), still).resize(size)
    left, top = (WIDTH_PX - size[0]) // 2 + _ASIDE_PX, HEIGHT_PX - size[1] - _HIGHER_PX
    room.paste(other, (left, top))
    # Below the shoulders, down to the frame's edge, the clothes go on.
    hem = other.crop((0, size[1] - 1, size[0], size[1])).resize((size[0], _HIGHER_PX))
    room.paste(hem, (left, HEIGHT_PX - _HIGHER_PX))
    return room


def _turned(paper: Image.Image, share: float) -> Image.Image:
    """Turn a flat picture about its upright middle: one side comes nearer, the other goes away, all gets narrower."""
    near, far = 1 + share / 2, 1 - share / 2
    half_wide, half_high = WIDTH_PX / 2 * math.cos(share * 2), HEIGHT_PX / 2
    middle_x, middle_y = WIDTH_PX / 2, HEIGHT_PX / 2
    # Where each corner of the frame lies on the paper: Pillow asks the other way round.
    seen = [
        (middle_x - half_wide, middle_y - half_high * near),
        (middle_x - half_wide, middle_y + half_high * near),
        (middle_x + half_wide, middle_y + half_high * far),
        (middle_x + half_wide, middle_y - half_high * far),
    ]
    corners = [(0.0, 0.0), (0.0, float(HEIGHT_PX)), (float(WIDTH_PX), float(HEIGHT_PX)), (float(WIDTH_PX), 0.0)]
    return paper.transform(
        (WIDTH_PX, HEIGHT_PX),
        Image.Transform.PERSPECTIVE,
        _perspective(seen, corners),
        Image.Resampling.BILINEAR,
        fillcolor=_ROOM,
    )


def _perspective(seen: list[tuple[float, float]], paper: list[tuple[float, float]]) -> tuple[float, ...]:
    """Give the eight numbers by which a place that is seen tells its place on the paper."""
    import numpy as np

    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, paper, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    wanted = [one for place in paper for one in place]
    return tuple(float(one) for one in np.linalg.solve(np.asarray(rows), np.asarray(wanted)))
