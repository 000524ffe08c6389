"""Statistics of groups of runs, and of a group against a baseline (METHOD.md). Pure functions.

A group's numbers are means over its runs with 95 % intervals; variances, which differ by factors, are
averaged and compared as logarithms. Against the baseline stand the difference, or for a variance the
ratio baseline / variant. Where both groups have the same seeds they are compared in pairs, with a
permutation test and the smallest p it could give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from backend.compare.seeds import (
    BOOTSTRAP_FROM,
    Interval,
    geometric_interval,
    interval,
    paired_difference,
    paired_ratio,
)
from backend.compare.statistics import Statistics
from backend.compare.unpaired import unpaired_difference, unpaired_ratio

FEW_SEEDS = 5
"""With fewer seeds nothing is concluded."""

LEAST_P = 0.05

Scale = Literal["linear", "log"]
Verdict = Literal["few", "unclear", "higher", "lower"]
Method = Literal["none", "t", "t of logarithms", "bootstrap", "bootstrap of logarithms"]


@dataclass(frozen=True)
class Measure:
    """A number that each run has, and what it means."""

    name: str
    label: str
    unit: str
    help: str
    scale: Scale = "linear"


MEASURES = (
    Measure("final_pass_at_1", "Pass@1 final", "share",
            "Share of held-out problems solved with greedy decoding in the last evaluation."),
    Measure("peak_pass_at_1", "Pass@1 peak", "share",
            "Best evaluation of a run. The best of many noisy evaluations is flattered by chance: "
            "compare the final one first."),
    Measure("final_reward", "Reward final", "",
            "Mean reward over the last tenth of the steps."),
    Measure("training_variance", "Training variance", "reward²",
            "Sample variance of the step's mean reward over the window. A run that learns faster has "
            "more of it, one that has collapsed has little.", "log"),
    Measure("detrended_variance", "Detrended", "reward²",
            "The same variance around a straight line through the rewards, so that steady learning "
            "does not count as instability.", "log"),
    Measure("sampling_floor", "Sampling floor", "reward²",
            "The part of the variance that the draw of prompts and rollouts alone explains. A "
            "variance near it says nothing about stability.", "log"),
    Measure("entropy_start", "Entropy start", "nats",
            "Mean token entropy of the policy over the first steps."),
    Measure("entropy_end", "Entropy end", "nats",
            "Mean token entropy of the policy over the last steps."),
    Measure("entropy_drop", "Entropy drop", "nats", "Entropy at the start minus entropy at the end."),
    Measure("effective_fraction", "Effective fraction", "share",
            "How much of a rollout with negative advantage still counts after the horizon's discount. "
            "1 is plain GRPO."),
)  # fmt: skip
"""What is averaged over a group's runs and compared with the baseline."""


@dataclass(frozen=True)
class Member:
    """A run of a group."""

    seed: int
    statistics: Statistics


@dataclass(frozen=True)
class Versus:
    """A group against the baseline in one measure."""

    kind: Literal["difference", "ratio"]
    """variant - baseline, or baseline / variant."""
    estimate: Interval
    method: Method
    paired: bool
    p: float | None
    """Two-sided, of the paired permutation test; None where seeds do not match."""
    smallest_p: float | None
    verdict: Verdict
    """Of the measure itself: a ratio above 1 is a variance that is lower than the baseline's."""
    words: str


def value(numbers: Statistics, measure: str) -> float | None:
    """A run's value of a measure; None where it has none."""
    if measure == "entropy_drop":
        start, end = numbers.entropy_start, numbers.entropy_end
        return None if start is None or end is None else start - end
    found: float | None = getattr(numbers, measure)
    return found


def values(members: Sequence[Member], measure: str) -> list[float]:
    """The values of the members that have one."""
    found = (value(member.statistics, measure) for member in members)
    return [each for each in found if each is not None]


def summary(members: Sequence[Member], measure: Measure) -> tuple[Interval, Method] | None:
    """A group's mean with its interval; None when no member has a value.

    A variance of exactly 0 has no logarithm: then the plain mean stands alone.
    """
    found = values(members, measure.name)
    logs = geometric_interval(found) if measure.scale == "log" else None
    if logs is not None:
        return logs, _method(logs, measure.scale)
    plain = interval(found)
    if plain is None:
        return None
    if measure.scale == "log":
        return Interval(plain.mean, None, None, plain.n), "none"
    return plain, _method(plain, measure.scale)


def matched(variant: Sequence[int], baseline: Sequence[int]) -> bool:
    """Whether runs of these seeds can be compared in pairs: each seed once in its group, and two or more
    in common."""
    unique = all(len(set(each)) == len(each) for each in (variant, baseline))
    return unique and len(set(variant) & set(baseline)) >= 2


def against(
    variant: Sequence[Member], baseline: Sequence[Member], measure: Measure
) -> Versus | None:
    """A group against the baseline; None where they have no values to compare."""
    log = measure.scale == "log"
    found, p, smallest = None, None, None
    a, b = _by_seed(variant, measure.name), _by_seed(baseline, measure.name)
    seeds = [[member.seed for member in group] for group in (variant, baseline)]
    paired = matched(seeds[0], seeds[1]) and len(a.keys() & b.keys()) >= 2
    if paired:
        both = paired_ratio(a, b) if log else paired_difference(a, b)
        if both is not None:
            found, p, smallest = both.estimate, both.p, both.smallest_p
    else:
        ours, theirs = values(variant, measure.name), values(baseline, measure.name)
        found = unpaired_ratio(ours, theirs) if log else unpaired_difference(ours, theirs)
    if found is None:
        return None
    verdict = _verdict(found, log)
    return Versus(
        kind="ratio" if log else "difference",
        estimate=found,
        method=_method(found, measure.scale),
        paired=paired,
        p=p,
        smallest_p=smallest,
        verdict=verdict,
        words=_words(found.n, verdict, paired, smallest),
    )


def _by_seed(members: Sequence[Member], measure: str) -> Mapping[int, float]:
    found = ((member.seed, value(member.statistics, measure)) for member in members)
    return {seed: each for seed, each in found if each is not None}


def _method(found: Interval, scale: Scale) -> Method:
    if found.low is None:
        return "none"
    if found.n < BOOTSTRAP_FROM:
        return "t of logarithms" if scale == "log" else "t"
    return "bootstrap of logarithms" if scale == "log" else "bootstrap"


def _verdict(found: Interval, log: bool) -> Verdict:
    null = 1.0 if log else 0.0
    if found.low is None or found.high is None or found.n < FEW_SEEDS:
        return "few"
    if found.low <= null <= found.high:
        return "unclear"
    # a ratio has the baseline on top
    return "higher" if (found.mean > null) is not log else "lower"


def _words(n: int, verdict: Verdict, paired: bool, smallest: float | None) -> str:
    if verdict == "few":
        return f"{n} seed{'' if n == 1 else 's'}: too few to tell"
    if verdict == "unclear":
        return "no difference shown"
    words = f"{verdict} than the baseline"
    if not paired:
        return f"{words}; seeds differ, so not compared in pairs"
    if smallest is not None and smallest > LEAST_P:
        return f"{words}; {n} pairs cannot give a p below {smallest:.3g}"
    return words
