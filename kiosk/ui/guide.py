"""What the live camera's picture wears while the photo coach speaks: the oval, the ring that fills, the arrow."""

import math
from typing import Final

from kivy.graphics import InstructionGroup

from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import fill_px, stroke_px
from kiosk.ui.pen import LINE
from kiosk.ui.shapes import Point, ellipse

#: The oval for the head: its middle and its radii, as shares of the preview's height.
MIDDLE: Final = 0.49
ACROSS: Final = 0.28
ALONG: Final = 0.37
_STEPS: Final = 72
#: Directions on the screen, which is a mirror: the sitter's left is left.
_STRAIGHT: Final = {"left": 180.0, "right": 0.0, "up": 90.0, "down": 270.0}
_TURNS: Final = {"turn_left": 180.0, "turn_right": 0.0}
_CORNERS: Final = (35.0, 145.0, 215.0, 325.0)


def draw_guide(group: InstructionGroup, rect: Rect, arrow: str, held: int) -> None:
    """Draw the oval, as much of it green as the wait is over (`held`, 0..100), and the arrow that is named, if any."""
    width = max(4.0, rect.height * 0.014)
    x, y = rect.center_x, rect.y + rect.height * MIDDLE
    edge = ellipse(x, y, rect.height * ACROSS, rect.height * ALONG, _STEPS)
    stroke_px(group, edge, LINE, width * 2.0, closed=True)
    stroke_px(group, edge, palette.WHITE, width, closed=True)
    if held > 0:
        # From the top, the way a clock's hand goes.
        top = _STEPS // 4
        done = [edge[(top - step) % _STEPS] for step in range(round(_STEPS * min(held, 100) / 100) + 1)]
        stroke_px(group, done, palette.YES, width * 1.7, closed=False)
    if arrow in _STRAIGHT:
        _straight(group, rect, _STRAIGHT[arrow])
    elif arrow in _TURNS:
        _turn(group, rect, _TURNS[arrow])
    elif arrow in {"closer", "farther"}:
        for angle in _CORNERS:
            _radial(group, rect, angle, outward=arrow == "closer")


def _on(rect: Rect, angle: float, share: float) -> Point:
    """Give the point at so many times the oval's radii."""
    turn = math.radians(angle)
    return (
        rect.center_x + rect.height * ACROSS * share * math.cos(turn),
        rect.y + rect.height * MIDDLE + rect.height * ALONG * share * math.sin(turn),
    )


def _straight(group: InstructionGroup, rect: Rect, angle: float) -> None:
    """Point from the oval's edge to where the head should go."""
    upright = angle in {90.0, 270.0}
    start, end = _on(rect, angle, 0.55 if upright else 0.72), _on(rect, angle, 1.0 if upright else 1.42)
    _arrow(group, [start, end], rect.height * 0.05)


def _radial(group: InstructionGroup, rect: Rect, angle: float, *, outward: bool) -> None:
    """Point out of the oval, so that the head grows, or into it."""
    near, far = _on(rect, angle, 0.88), _on(rect, angle, 1.22)
    _arrow(group, [near, far] if outward else [far, near], rect.height * 0.036)


def _turn(group: InstructionGroup, rect: Rect, angle: float) -> None:
    """Bend around the head the way the face should turn."""
    way = 1 if angle == 0.0 else -1
    x, y = rect.center_x, rect.y + rect.height * (MIDDLE - ALONG * 0.45)
    across, along = rect.height * ACROSS * 1.05, rect.height * 0.11
    angles = [math.radians(-90 - way * 75 + way * step * 11) for step in range(13)]
    path = [(x + across * math.cos(one), y + along * math.sin(one)) for one in angles]
    _arrow(group, path, rect.height * 0.045)


def _arrow(group: InstructionGroup, path: list[Point], weight: float) -> None:
    """Draw an arrow along a path, its head at the end, with a rim that is seen on any picture."""
    (before_x, before_y), end = path[-2], path[-1]
    turn = math.atan2(end[1] - before_y, end[0] - before_x)
    size = weight * 1.9
    neck = (end[0] - size * math.cos(turn), end[1] - size * math.sin(turn))
    wings = [
        (neck[0] + size * 0.9 * math.cos(turn + side), neck[1] + size * 0.9 * math.sin(turn + side))
        for side in (math.pi / 2, -math.pi / 2)
    ]
    head, shaft = [wings[0], end, wings[1]], [*path[:-1], neck]
    rim = weight * 0.5
    stroke_px(group, shaft, LINE, weight + rim, closed=False)
    stroke_px(group, head, LINE, rim, closed=True)
    stroke_px(group, shaft, palette.OTHER, weight, closed=False)
    fill_px(group, head, palette.OTHER)
