"""The edges of shapes as points, in any unit; curves run counter-clockwise. Pure."""

import math
from collections.abc import Sequence

Point = tuple[float, float]


def ellipse(x: float, y: float, across: float, along: float, steps: int = 48) -> list[Point]:
    """Give the edge of an ellipse with the two radii."""
    return [
        (x + across * math.cos(2 * math.pi * step / steps), y + along * math.sin(2 * math.pi * step / steps))
        for step in range(steps)
    ]


def steps_for(radius_px: float) -> int:
    """Give how many corners make a circle of that radius look round: none is further off than a tenth of a pixel."""
    return max(12, min(64, int(7.1 * math.sqrt(max(0.0, radius_px))) + 1))


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    """Give the edge of a box with round corners."""
    radius = min(radius, width / 2, height / 2)
    points: list[Point] = []
    corners = ((x + width - radius, y + height - radius), (x + radius, y + height - radius))
    corners += ((x + radius, y + radius), (x + width - radius, y + radius))
    for corner, (cx, cy) in enumerate(corners):
        points += arc(cx, cy, radius, start=90.0 * corner, end=90.0 * corner + 90.0, steps=8)
    return points


def arc(x: float, y: float, radius: float, *, start: float, end: float, steps: int = 24) -> list[Point]:
    """Give points along a circle between two angles in degrees, counter-clockwise from the right."""
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def capsule(start: Point, end: Point, radius: float, end_radius: float | None = None) -> list[Point]:
    """Give the edge of a finger-like shape between two points; it may narrow towards its end."""
    tip = radius if end_radius is None else end_radius
    turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    return arc(*start, radius, start=turn + 90, end=turn + 270, steps=14) + arc(
        *end, tip, start=turn - 90, end=turn + 90, steps=14
    )


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 8) -> list[Point]:
    """Give a soft curve through the points (Catmull-Rom)."""
    count = len(points)
    result: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(index + offset) % count] for offset in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(index + offset, 0), count - 1)] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            result.append(tuple(_catmull(p0[axis], p1[axis], p2[axis], p3[axis], t) for axis in (0, 1)))  # type: ignore[arg-type]
    if not closed:
        result.append(points[-1])
    return result


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)
