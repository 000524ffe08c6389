"""Curves as SVG for the report: lines with bands, axes with round ticks. No script, no request."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from ahora.schemas.comparing import Curve

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 10, 30

COLORS = 8
DASHES = ("", "6 4", "2 3", "10 4 2 4", "12 3", "1 4")
"""After eight lines colours repeat with another pattern, as in the dashboard."""

Axis = Literal["step", "time", "tokens"]
X_LABELS: dict[Axis, str] = {"step": "step", "time": "training time, s", "tokens": "tokens"}


@dataclass(frozen=True)
class Line:
    """A curve and its place among the groups, which gives it its colour."""

    curve: Curve
    place: int


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)


def style(place: int) -> tuple[str, str]:
    """CSS class and dash pattern of a line."""
    return f"c{place % COLORS + 1}", DASHES[place // COLORS % len(DASHES)]


def chart(title: str, lines: Sequence[Line], axis: Axis = "step", log: bool = False) -> str:
    """The curves of one metric as an SVG element; what is not finite, or on a log axis not above 0, is a
    gap."""
    xs = {id(line): _x(line.curve, axis) for line in lines}
    shown = [
        value
        for line in lines
        for values in (line.curve.mean, line.curve.low, line.curve.high)
        for value in values
        if _drawable(value, log)
    ]
    if not shown:
        return '<p class="muted">No value to show.</p>'
    everything = [x for line in lines for x in xs[id(line)]]
    x = _Scale(*_range(min(everything), max(everything), 0.0), LEFT, WIDTH - RIGHT)
    bounds = (min(shown), max(shown)) if log else _range(min(shown), max(shown), 0.05)
    if bounds[0] == bounds[1]:
        bounds = (bounds[0] / 2, bounds[1] * 2)
    y = _Scale(*bounds, HEIGHT - BOTTOM, TOP, log)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} by '
        f'{escape(X_LABELS[axis])}">'
    ]
    for tick in _ticks(y):
        at = y(tick)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )
        parts.append(
            f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_number(tick)}</text>'
        )
    parts.extend(
        f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{_number(tick)}</text>'
        for tick in _ticks(x)
    )
    parts.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">{escape(X_LABELS[axis])}</text>'
    )
    for line in lines:
        parts.extend(_drawn(line, xs[id(line)], x, y, log))
    return "".join([*parts, "</svg>"])


def swatch(place: int) -> str:
    """A piece of a group's line."""
    name, dash = style(place)
    return (
        f'<svg class="swatch" viewBox="0 0 24 6" aria-hidden="true"><line class="line {name}" x1="0" '
        f'x2="24" y1="3" y2="3" stroke-dasharray="{dash}"/></svg>'
    )


def _drawn(line: Line, xs: Sequence[float], x: _Scale, y: _Scale, log: bool) -> list[str]:
    curve = line.curve
    name, dash = style(line.place)
    places = range(len(xs))
    parts = []
    for piece in _pieces(
        [_drawable(curve.low[i], log) and _drawable(curve.high[i], log) for i in places]
    ):
        edge = [f"{x(xs[i]):.1f} {y(curve.high[i]):.1f}" for i in piece]
        edge += [f"{x(xs[i]):.1f} {y(curve.low[i]):.1f}" for i in reversed(piece)]
        parts.append(f'<path class="band {name}" d="M{"L".join(edge)}Z"/>')
    for piece in _pieces([_drawable(curve.mean[i], log) for i in places]):
        points = [f"{x(xs[i]):.1f} {y(curve.mean[i]):.1f}" for i in piece]
        if len(points) == 1:
            points.append(points[0])  # a round cap makes a dot of it
        parts.append(
            f'<path class="line {name}" stroke-dasharray="{dash}" d="M{"L".join(points)}"/>'
        )
    return parts


def _pieces(there: Sequence[bool]) -> list[list[int]]:
    """Runs of neighbouring places that are there."""
    found: list[list[int]] = []
    for place, present in enumerate(there):
        if present and place and there[place - 1]:
            found[-1].append(place)
        elif present:
            found.append([place])
    return found


def _drawable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (not log or value > 0)


def _x(curve: Curve, axis: Axis) -> Sequence[float]:
    if axis == "step":
        return curve.steps
    return curve.elapsed if axis == "time" else curve.tokens


def _range(low: float, high: float, air: float) -> tuple[float, float]:
    span = high - low or abs(high) or 1.0
    if low == high:
        return low - span / 2, high + span / 2
    return low - span * air, high + span * air


def _ticks(scale: _Scale, wanted: int = 5) -> list[float]:
    """Round numbers within the scale; on a log axis powers of ten where there are two."""
    if scale.log:
        first, last = math.ceil(math.log10(scale.low)), math.floor(math.log10(scale.high))
        if last > first:
            return [10.0**power for power in range(first, last + 1)]
        return [scale.low, scale.high]
    rough = (scale.high - scale.low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(scale.low / step)
    return [number * step for number in range(first, math.floor(scale.high / step) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
