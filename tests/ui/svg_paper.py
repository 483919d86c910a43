"""The guide pictures as SVG: the same pen strokes as on the screen, on another paper. Pure.

A loop is one file: what stands in every drawing is written once, the rest carries the drawings it stands in. A viewer
that moves nothing, or is asked for calm, shows the first drawing alone.
"""

import difflib
from collections.abc import Sequence
from typing import Final

from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.palette import Colour
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import FRAME_S, MARGIN, Moment, Picture
from kiosk.ui.shapes import Point, grown

#: Twenty whole steps of the file's grid to a unit of the pen.
STAGE: Final = Rect(0, 0, 2576, 2176)
_CORNER: Final = 60


class SvgPaper:
    """Collects strokes as SVG elements. `inks` are the colours that were used, by their class."""

    def __init__(self) -> None:
        """Begin with a blank sheet."""
        self.elements: list[str] = []
        self.inks: dict[str, str] = {}
        self._filled: list[Point] | None = None

    def fill(self, points: Sequence[Point], colour: str, *, grow: float = 0.0, convex: bool = False) -> None:
        """Fill a closed shape."""
        del convex
        edge = grown(points, grow) if grow else list(points)
        self.elements.append(f'<path class="{self._ink(colour, "f")}" d="{_path(edge, closed=True)}"/>')
        self._filled = None if grow else edge

    def stroke(self, points: Sequence[Point], colour: str, width: float, *, closed: bool) -> None:
        """Draw a line; the edge of the shape that was filled last becomes a part of it."""
        line = f'{self._ink(colour, "s")}" stroke-width="{width:.0f}"'
        if closed and self._filled == list(points):
            before = self.elements.pop()
            self.elements.append(before.replace('" d=', f" {line} d=", 1))
        else:
            self.elements.append(f'<path class="{line} d="{_path(points, closed=closed)}"/>')
        self._filled = None

    def disc(self, middle: Point, radius: float, colour: str, outline: str | None, width: float) -> None:
        """Draw a disc and its edge."""
        line = "" if outline is None else f' {self._ink(outline, "s")}" stroke-width="{width:.0f}'
        x, y = _place(middle)
        self.elements.append(f'<circle class="{self._ink(colour, "f")}{line}" cx="{x}" cy="{y}" r="{radius:.0f}"/>')
        self._filled = None

    def _ink(self, colour: str, kind: str) -> str:
        role = colour.role.removeprefix("picture.") if isinstance(colour, Colour) else colour.removeprefix("#")
        name = f"{kind}-{role}"
        self.inks[name] = f"{'fill' if kind == 'f' else 'stroke'}:{colour}"
        return name


def _place(point: Point) -> tuple[int, int]:
    return round(point[0]), round(STAGE.height - point[1])


def _path(points: Sequence[Point], *, closed: bool) -> str:
    """Give a path in steps from one whole place to the next."""
    at = _place(points[0])
    steps: list[str] = []
    for point in points[1:]:
        x, y = _place(point)
        if (x, y) != at:
            steps.append(f"{x - at[0]}{' ' if y >= at[1] else ''}{y - at[1]}")
            at = (x, y)
    x, y = _place(points[0])
    if not steps and not closed:
        steps = ["0 0"]
    return f"M{x} {y}l{' '.join(steps)}{'z' if closed else ''}"


def svg_of(picture: Picture, moment: Moment, title: str) -> str:
    """Give a picture with all its drawings as one SVG."""
    merged: list[tuple[str, frozenset[int]]] = []
    inks: dict[str, str] = {}
    for frame in range(picture.frames):
        paper = SvgPaper()
        picture.draw(_pen(paper), Moment(frame, moment.finger, moment.hands))
        inks |= paper.inks
        merged = _merge(merged, paper.elements, frame)
    every = frozenset(range(picture.frames))
    parts = sorted({frames for _, frames in merged} - {every}, key=sorted)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {STAGE.width:.0f} {STAGE.height:.0f}">',
        f"<title>{title}</title>",
        "<style>",
        *(f".{name}{{{value}}}" for name, value in sorted(inks.items())),
        *_rules(parts, picture.frames),
        "</style>",
        f'<rect width="{STAGE.width:.0f}" height="{STAGE.height:.0f}" rx="{_CORNER}" fill="{palette.STAGE}"/>',
        '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
        *(one if frames == every else _in_part(one, frames) for one, frames in merged),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _pen(paper: SvgPaper) -> Pen:
    return Pen.inside(paper, STAGE.inset(STAGE.height * MARGIN))


def _merge(merged: list[tuple[str, frozenset[int]]], drawn: list[str], frame: int) -> list[tuple[str, frozenset[int]]]:
    """Lay one more drawing over those before; what lies over what stays so in each of them."""
    matcher = difflib.SequenceMatcher(None, [one for one, _ in merged], drawn, autojunk=False)
    result: list[tuple[str, frozenset[int]]] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            result += [(one, frames | {frame}) for one, frames in merged[a:b]]
        else:
            result += merged[a:b]
            result += [(one, frozenset({frame})) for one in drawn[c:d]]
    return result


def _name(frames: frozenset[int]) -> str:
    return "at" + "".join(str(frame) for frame in sorted(frames))


def _in_part(element: str, frames: frozenset[int]) -> str:
    return element.replace('class="', f'class="{_name(frames)} ', 1)


def _rules(parts: list[frozenset[int]], count: int) -> list[str]:
    """Say when each part is seen: by itself only the first drawing, and where movement is welcome all in turn."""
    if not parts:
        return []
    hidden = ",".join(f".{_name(frames)}" for frames in parts if 0 not in frames)
    rules = [f"{hidden}{{visibility:hidden}}"] if hidden else []
    rules.append("@media (prefers-reduced-motion: no-preference){")
    for frames in parts:
        name, step = _name(frames), 100 / count
        seen = "".join(
            f"{frame * step:.2f}%{{visibility:{'visible' if frame in frames else 'hidden'}}}" for frame in range(count)
        )
        rules.append(f"@keyframes {name}{{{seen}}}")
        rules.append(f".{name}{{animation:{name} {count * FRAME_S:.1f}s step-end infinite}}")
    rules.append("}")
    return rules
