"""One-line arithmetic, split by unordered pair so that 3+5 in training does not leak 5+3."""

import random
from math import isqrt

from ahora.config import ArithmeticData
from worker.trainer.data.problem import Row

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}
_MAX_PAIRS = 20_000
"""Of wider ranges so many pairs are drawn."""


def arithmetic_rows(config: ArithmeticData) -> tuple[list[Row], list[Row]]:
    """Training and held-out problems, each in an order drawn from `data_seed`."""
    rng = random.Random(config.data_seed)  # noqa: S311 (draws problems, not secrets)
    operands = config.max_operand - config.min_operand + 1
    possible = operands * (operands + 1) // 2
    pairs = rng.sample(range(possible), min(possible, _MAX_PAIRS))
    held_out = min(max(round(len(pairs) * config.held_out_fraction), 1), len(pairs) - 1)
    return (
        _rows(config, pairs[held_out:], rng),
        _rows(config, pairs[:held_out], rng),
    )


def _rows(config: ArithmeticData, pairs: list[int], rng: random.Random) -> list[Row]:
    rows: list[Row] = []
    for index in pairs:
        small, large = (operand + config.min_operand for operand in unordered_pair(index))
        orders = {(small, large), (large, small)}
        rows.extend(_row(config.operation, *order) for order in sorted(orders))
    rng.shuffle(rows)
    return rows


def unordered_pair(index: int) -> tuple[int, int]:
    """The pair (i, j) with i <= j at this place of (0,0), (0,1), (1,1), (0,2), (1,2), ..."""
    large = (isqrt(8 * index + 1) - 1) // 2
    return index - large * (large + 1) // 2, large


def _row(operation: str, left: int, right: int) -> Row:
    results = {"add": left + right, "subtract": left - right, "multiply": left * right}
    return Row(f"{left} {_SIGNS[operation]} {right}", str(results[operation]))
