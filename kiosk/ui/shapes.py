"""The edges of shapes as points, in any unit; curves run counter-clockwise. Pure."""

import itertools
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


def without_repeats(points: Sequence[Point], closed: bool) -> list[Point]:
    """Leave out points that lie where the one before does."""
    kept: list[Point] = []
    for point in points:
        if not kept or math.dist(point, kept[-1]) > 0.05:
            kept.append(point)
    if closed and len(kept) > 1 and math.dist(kept[0], kept[-1]) <= 0.05:
        kept.pop()
    return kept


def normals(points: Sequence[Point], closed: bool) -> list[Point]:
    """Give for every point the direction to its left, long enough to keep the width at corners (up to twice)."""
    ways = [unit(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points)]
    if not ways:
        return [(0.0, 1.0)] * len(points)
    if closed:
        last = unit(points[0][0] - points[-1][0], points[0][1] - points[-1][1])
        arriving, leaving = [last, *ways], [*ways, last]
    else:
        arriving, leaving = [ways[0], *ways], [*ways, ways[-1]]
    found: list[Point] = []
    for (ax, ay), (bx, by) in zip(arriving, leaving, strict=True):
        mx, my = unit(ax + bx, ay + by)
        stretch = 1.0 / max(mx * ax + my * ay, 0.5)
        found.append((-my * stretch, mx * stretch))
    return found


def unit(x: float, y: float) -> Point:
    """Give the direction of a vector, one long; that of nothing is nothing."""
    length = math.hypot(x, y)
    return (x / length, y / length) if length > 1e-9 else (0.0, 0.0)


def signed_area(points: Sequence[Point]) -> float:
    """Give the area within; negative where the points run clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True)) / 2


def grown(points: Sequence[Point], by: float) -> list[Point]:
    """Give the edge of a closed shape moved outwards by so much, or inwards."""
    edge = without_repeats(points, closed=True)
    if signed_area(edge) > 0:
        edge.reverse()
    return [(x + nx * by, y + ny * by) for (x, y), (nx, ny) in zip(edge, normals(edge, closed=True), strict=True)]
