"""Multiplication with a scratchpad: the problems, their worked solutions, and a sloppy teacher.

A problem is `48271*6=`; its solution works through the digits from the right, each step being
digit*digit+carry=value, then gives the answer:

    1*6+0=6,7*6+0=42,2*6+4=16,8*6+1=49,4*6+4=28>289626

The `tiny` model is pre-trained on the sloppy teacher's solutions, which forget a carry now and then,
so that reinforcement learning has something to put right.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd

ALPHABET = "0123456789+*= >,"
"""Every character of a prompt or a solution."""

_MULTIPLIERS = range(2, 10)
_HELD_OUT_SHARE = 5  # one in five problems is held out


@dataclass(frozen=True)
class Multiplication:
    """One problem: `factor` times a one-digit `multiplier`."""

    factor: int
    multiplier: int

    @property
    def question(self) -> str:
        """The prompt, of the same width for all problems of as many digits."""
        return f"{self.factor}*{self.multiplier}="

    @property
    def answer(self) -> str:
        """The product."""
        return str(self.factor * self.multiplier)

    def solution(self) -> str:
        """The scratchpad and the answer, without a mistake."""
        return self._work(lambda carry: carry)

    def sloppy_solution(self, rng: random.Random) -> str:
        """The scratchpad of a teacher who drops a carry c > 0 with probability 0.07 (2 + c)."""
        return self._work(lambda carry: 0 if carry and rng.random() < 0.07 * (2 + carry) else carry)

    def _work(self, remember: Callable[[int], int]) -> str:
        steps: list[str] = []
        digits: list[str] = []
        carry = 0
        for digit in reversed(str(self.factor)):
            carry = remember(carry)
            value = int(digit) * self.multiplier + carry
            steps.append(f"{digit}*{self.multiplier}+{carry}={value}")
            carry, last = divmod(value, 10)
            digits.append(str(last))
        if carry:
            digits.append(str(carry))
        return ",".join(steps) + ">" + "".join(reversed(digits))


class MultiplicationProblems(Sequence[Multiplication]):
    """All problems of one side of the split, made when asked for.

    One fifth of all problems of `digits` digits is held out; which fifth does not depend on any seed,
    so that pre-training of `tiny` (which draws from the training side) never saw a held-out problem,
    whatever the run's `data_seed`.
    """

    def __init__(self, digits: int, held_out: bool) -> None:
        self._lowest = 10 ** (digits - 1)
        self._total = 9 * self._lowest * len(_MULTIPLIERS)
        # a step near the golden ratio, coprime to the total, walks all problems once and evenly, so
        # that a run of its positions is a fair sample of them
        self._stride = int(self._total * 0.6180339887) | 1
        while gcd(self._stride, self._total) != 1:
            self._stride += 2
        boundary = self._total // _HELD_OUT_SHARE
        self._positions = range(boundary) if held_out else range(boundary, self._total)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, index: int) -> Multiplication:  # type: ignore[override]
        factor, multiplier = divmod(
            self._positions[index] * self._stride % self._total, len(_MULTIPLIERS)
        )
        return Multiplication(self._lowest + factor, _MULTIPLIERS[multiplier])
