"""The CSV table: exact numbers, and no cell that a spreadsheet would run."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.export.table import cell, lines, metric, number, section
from backend.metrics.points import POINT


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\uff1d1",
        "\uff20A",
    ],
)
def test_text_that_looks_like_a_formula_is_made_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert [cell(v) for v in (-1.5, -3, 0.1, 1e-300, True, None, [1, -2])] == [
        "-1.5", "-3", "0.1", "1e-300", "true", "", "[1, -2]",
    ]  # fmt: skip
    assert [number(v) for v in (math.nan, math.inf, -math.inf)] == ["NaN", "Infinity", "-Infinity"]


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_any_text_comes_back_from_its_cell_and_none_starts_a_formula(notes: dict[str, str]) -> None:
    table = "".join(lines(section("run", {"notes": notes} if notes else {"name": "x"}), block=2))
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert rows[0] == ["section", "name", "step", "elapsed", "tokens", "value"]
    for row in rows[1:]:
        assert not any(part.lstrip(" ").startswith(tuple("=+-@\t\r\n")) for part in row)
    if notes:
        values = [row[-1] for row in rows[1:]]
        assert [v.removeprefix("'") for v in values] == [
            v.removeprefix("'") for v in notes.values()
        ]


def test_points_are_exact() -> None:
    series = np.array([(1, 0.1, 0.5, 10), (2, math.nan, 1.0, 2**50)], dtype=POINT)
    table = "".join(lines(metric("=evil", series), block=1))
    assert table.splitlines()[1:] == [
        "metric,'=evil,1,0.5,10,0.1",
        f"metric,'=evil,2,1.0,{2**50},NaN",
    ]
