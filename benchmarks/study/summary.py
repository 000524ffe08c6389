"""Numbers over the seeds of each algorithm, and of each against GRPO, with the product's statistics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.compare.seeds import (
    Interval,
    Paired,
    geometric_interval,
    interval,
    paired_difference,
    paired_ratio,
)
from benchmarks.study.plan import ARMS, BASELINE, RATES
from benchmarks.study.runs import Outcome


@dataclass(frozen=True)
class Measure:
    """A number of a run, and how it is averaged and shown."""

    title: str
    of: Callable[[Outcome], float | None]
    digits: str
    geometric: bool = False
    """Averaged as logarithms and compared as a ratio; for variances."""


MEASURES = {
    "peak": Measure("Pass@1, peak", lambda o: o.statistics.peak_pass_at_1, ".3f"),
    "final": Measure("Pass@1, final", lambda o: o.statistics.final_pass_at_1, ".3f"),
    "reward": Measure("Reward, last tenth", lambda o: o.statistics.final_reward, ".3f"),
    "variance": Measure(
        "Training variance", lambda o: o.statistics.training_variance, ".2e", geometric=True
    ),
    "detrended": Measure(
        "Training variance, detrended", lambda o: o.statistics.detrended_variance, ".2e", True
    ),
    "floor": Measure("Sampling floor", lambda o: o.statistics.sampling_floor, ".2e", True),
    "entropy_start": Measure("Entropy, start (nats)", lambda o: o.statistics.entropy_start, ".3f"),
    "entropy_end": Measure("Entropy, end (nats)", lambda o: o.statistics.entropy_end, ".3f"),
    "length": Measure("Effective horizon (tokens)", lambda o: o.effective_length, ".1f"),
    "fraction": Measure(
        "Effective horizon (share)", lambda o: o.statistics.effective_fraction, ".2f"
    ),
}

COMPARED = ("final", "peak", "variance", "detrended")
"""Measures that are tested against GRPO."""


@dataclass(frozen=True)
class Arm:
    """One algorithm at one learning rate."""

    rate: float
    name: str
    outcomes: Sequence[Outcome]

    def by_seed(self, key: str) -> dict[int, float]:
        """The measure of each seed that has it."""
        values = {each.trial.seed: MEASURES[key].of(each) for each in self.outcomes}
        return {seed: value for seed, value in values.items() if value is not None}

    def over_seeds(self, key: str) -> Interval | None:
        """Mean over seeds, with its interval."""
        values = list(self.by_seed(key).values())
        return geometric_interval(values) if MEASURES[key].geometric else interval(values)

    def against(self, baseline: "Arm", key: str) -> Paired | None:
        """Baseline / this for variances, this - baseline for the others; by seed."""
        make = paired_ratio if MEASURES[key].geometric else paired_difference
        return make(self.by_seed(key), baseline.by_seed(key))

    @property
    def collapsed(self) -> int:
        return sum(bool(each.statistics.collapsed) for each in self.outcomes)

    @property
    def failed(self) -> int:
        return sum(bool(each.failure) for each in self.outcomes)


Study = dict[float, dict[str, Arm]]


def study(outcomes: Sequence[Outcome]) -> Study:
    """Arms by learning rate and name."""
    return {
        rate: {
            name: Arm(
                rate,
                name,
                [o for o in outcomes if o.trial.rate == rate and o.trial.arm == name],
            )
            for name in ARMS
        }
        for rate in RATES
    }


def comparisons(arms: dict[str, Arm], key: str) -> dict[str, Paired]:
    """Each variant against GRPO, where it can be told."""
    found = {
        name: arm.against(arms[BASELINE], key) for name, arm in arms.items() if name != BASELINE
    }
    return {name: paired for name, paired in found.items() if paired is not None}
