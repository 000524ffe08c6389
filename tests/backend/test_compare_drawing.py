"""Charts of the report: every number lands where it belongs."""

import math
import re

from ahora.schemas.comparing import Curve
from backend.compare.drawing import Line, chart, style


def curve(mean: list[float], low: list[float], high: list[float]) -> Curve:
    steps = list(range(len(mean)))
    return Curve(
        group="a", key="reward", steps=steps, mean=mean, low=low, high=high, n=[2] * len(mean),
        elapsed=[2.0 * step for step in steps], tokens=[1e6 * step for step in steps], paired=None,
    )  # fmt: skip


def paths(svg: str, kind: str) -> list[str]:
    return re.findall(rf'class="{kind} c\d"[^>]* d="([^"]+)"', svg)


def test_lines_bands_and_gaps() -> None:
    nan = math.nan
    svg = chart("reward", [Line(curve([0, 1, nan, 2], [0, 0.5, nan, 1], [0, 1.5, nan, 3]), 0)])
    first, last = paths(svg, "line")
    assert first.startswith("M62.0 ")  # the left edge
    assert first.count("L") == 1
    assert last.startswith("M548.0 ")  # a lone point is a dot at the right edge
    assert len(paths(svg, "band")) == 2
    assert svg.count("nan") == 0
    assert ">training time, s<" in chart("reward", [Line(curve([1, 2], [1, 2], [1, 2]), 0)], "time")


def test_nothing_to_draw_and_what_a_log_axis_leaves_out() -> None:
    zero = Line(curve([0.0, 0.0], [-1, -1], [0, 0]), 0)
    assert "No value to show" in chart("reward", [zero], log=True)
    assert "<svg" in chart("reward", [zero])
    some = chart("reward", [Line(curve([0, 0.01, 10], [0, 0.001, 1], [0, 0.1, 100]), 0)], log=True)
    assert len(paths(some, "line")) == 1
    for power in ("0.001", "0.01", "0.1", "1", "10", "100"):
        assert f">{power}</text>" in some
    flat = chart("reward", [Line(curve([5.0], [5], [5]), 0)], log=True)
    assert "<svg" in flat


def test_forty_lines_look_different() -> None:
    assert len({style(place) for place in range(48)}) == 48
