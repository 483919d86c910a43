"""Plots as SVG, drawn here: nothing runs in the browser, and a plot prints as it is seen.

Colours and letters come from the page's style sheet by class. Every plot says in words what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 400
HEIGHT: Final = 150
_LEFT: Final = 52
_RIGHT: Final = 10
_TOP: Final = 10
_BOTTOM: Final = 24


@dataclass(frozen=True, slots=True)
class Axis:
    """The value axis: from ``low`` to ``high``, with these values written beside it."""

    low: float
    high: float
    ticks: tuple[float, ...]


def axis_from_zero(values: Sequence[float], *, least: float = 1) -> Axis:
    """An axis from 0 up to a round number that none of ``values`` is above; ``least`` the smallest such number."""
    wanted, high = max([*values, least]), 1.0
    while high < wanted:
        for factor in (2, 2.5, 2):
            high *= factor
            if high >= wanted:
                break
    while high / 10 >= max(wanted, 1e-9):
        high /= 10
    half = high / 2
    # Of what is counted there is no half.
    return Axis(0, high, (0, half, high) if half == round(half) else (0, high))


def axis_around(values: Sequence[float], *, step: float) -> Axis:
    """An axis whose ends are whole multiples of ``step`` around ``values``, at least two of them apart."""
    low = step * (min(values, default=0) // step)
    high = step * -(-max(values, default=0) // step)
    if high - low < 2 * step:
        # Once, and by what makes a difference: where a step is lost in a number's last digits, adding it has no end.
        high = low + max(2 * step, abs(low) * 1e-9)
    return Axis(low, high, (low, (low + high) / 2, high))


Point = tuple[float, float | None]


def line_plot(
    points: Sequence[Point],
    *,
    axis: Axis,
    span: tuple[float, float],
    marks: Sequence[tuple[float, str]],
    gap: float,
    write: Callable[[float], str],
    about: str,
    steps: bool = False,
) -> Markup:
    """A line over time.

    Args:
        points: (time, value) in order of time; no value breaks the line.
        axis: the values' axis.
        span: the time at the left and at the right edge.
        marks: times to write below, with their texts.
        gap: two points further apart than this are not joined: nobody knows what was between them.
        write: a value in words, for the axis.
        about: what is shown, for who does not see it.
        steps: whether a value holds until the next one (counts) or moves to it.
    """

    def at(time: float, value: float) -> tuple[float, float]:
        x = _LEFT + (time - span[0]) / (span[1] - span[0]) * (WIDTH - _LEFT - _RIGHT)
        share = (value - axis.low) / (axis.high - axis.low)
        return x, _TOP + (1 - min(1.0, max(0.0, share))) * (HEIGHT - _TOP - _BOTTOM)

    runs: list[list[tuple[float, float]]] = []
    before: float | None = None
    for time, value in points:
        if value is None or not span[0] <= time <= span[1]:
            continue
        if before is None or time - before > gap:
            runs.append([])
        runs[-1].append(at(time, value))
        before = time
    base = HEIGHT - _BOTTOM
    areas = "".join(_area(run, base, steps=steps) for run in runs if len(run) > 1)
    lines = "".join(f'<path class="line" d="{_path(run, steps=steps)}"/>' for run in runs)
    below = "".join(
        f'<text class="mark" x="{at(time, axis.low)[0]:.1f}" y="{HEIGHT - 6}">{escape(text)}</text>'
        for time, text in marks
    )
    return _figure(about, _grid(axis, write) + areas + lines + below)


def day_bars(counts: Sequence[tuple[str, str, int]], *, about: str, every: int = 5) -> Markup:
    """A bar for each day: (written below each ``every``-th from the last, said of the bar, count)."""
    axis = axis_from_zero([count for _, _, count in counts], least=4)
    wide = (WIDTH - _LEFT - _RIGHT) / max(1, len(counts))
    tall = HEIGHT - _TOP - _BOTTOM
    parts = [_grid(axis, lambda value: f"{value:.0f}")]
    for index, (mark, said, count) in enumerate(counts):
        x, high = _LEFT + index * wide, count / axis.high * tall
        last = index == len(counts) - 1
        parts.append(
            f'<g class="bar{" now" if last else ""}"><title>{escape(said)}</title>'
            f'<rect class="touch" x="{x:.1f}" y="{_TOP}" width="{wide:.1f}" height="{tall}"/>'
            f'<rect class="value" x="{x + wide * 0.14:.1f}" y="{_TOP + tall - high:.1f}" width="{wide * 0.72:.1f}" '
            f'height="{high:.1f}"/></g>'
        )
        if (len(counts) - 1 - index) % every == 0:
            parts.append(f'<text class="mark" x="{x + wide / 2:.1f}" y="{HEIGHT - 6}">{escape(mark)}</text>')
    return _figure(about, "".join(parts))


def share_bar(share: float, *, about: str = "") -> Markup:
    """A bar for a share of one, as long as its place is wide."""
    label = f'role="img" aria-label="{escape(about)}"' if about else 'aria-hidden="true"'
    return Markup(  # noqa: S704 - numbers, and an escaped text
        f'<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" {label}>'
        f'<rect class="rest" width="100" height="8"/><rect class="value" width="{100 * share:.1f}" height="8"/></svg>'
    )


def before_after(before: float, after: float, *, about: str) -> Markup:
    """Two points on a scale from 0 to 100, hollow before and full after, and the way between them."""
    first, second = (8 + min(100.0, max(0.0, value)) * 1.84 for value in (before, after))
    tone = "up" if after >= before else "down"
    return Markup(  # noqa: S704 - numbers, and an escaped text
        f'<svg class="span {tone}" viewBox="0 0 200 20" role="img" aria-label="{escape(about)}">'
        '<path class="grid" d="M8 10H192M8 5v10M100 7v6M192 5v10"/>'
        f'<path class="way" d="M{first:.1f} 10H{second:.1f}"/>'
        f'<circle class="before" cx="{first:.1f}" cy="10" r="4.5"/>'
        f'<circle class="after" cx="{second:.1f}" cy="10" r="5"/></svg>'
    )


def _figure(about: str, inner: str) -> Markup:
    return Markup(  # noqa: S704 - made of numbers and escaped texts above
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(about)}">{inner}</svg>'
    )


def _grid(axis: Axis, write: Callable[[float], str]) -> str:
    parts: list[str] = []
    for value in axis.ticks:
        y = _TOP + (1 - (value - axis.low) / (axis.high - axis.low)) * (HEIGHT - _TOP - _BOTTOM)
        parts.append(
            f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}">{escape(write(value))}</text>'
        )
    return "".join(parts)


def _path(run: Sequence[tuple[float, float]], *, steps: bool) -> str:
    (x, y), *_ = run
    # A lone point is a line of no length: its round ends make it a dot.
    parts = [f"M{x:.1f} {y:.1f}", "" if len(run) > 1 else "h0"]
    for (_, y0), (x1, y1) in pairwise(run):
        parts.append(f"H{x1:.1f}V{y1:.1f}" if steps and y0 != y1 else f"L{x1:.1f} {y1:.1f}")
    return "".join(parts)


def _area(run: Sequence[tuple[float, float]], base: float, *, steps: bool) -> str:
    return f'<path class="area" d="{_path(run, steps=steps)}V{base}H{run[0][0]:.1f}Z"/>'
