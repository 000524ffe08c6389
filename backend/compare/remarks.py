"""Plain words on what a comparison's data does and does not show.

The product presumes no answer: each remark is about the evidence, never about which method is
better.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ahora.naming import OF_EXPERIMENT
from ahora.status import FINAL, RunStatus
from backend.compare.statistics import Statistics
from backend.runs.method import method_of

FEW_SEEDS = 5
FEW_STEPS = 20
NEAR_FLOOR = 0.5
FLAT_HORIZON = 0.98

NEUTRAL = ("resources.", "logging.", "checkpoints.", "analysis.", "schema_version")
"""Fields that do not change what is learned."""

EVALUATION = ("evaluation.num_examples", "evaluation.threshold", "data.", "rewards.functions.0.")
"""Fields that change what Pass@1 measures."""


@dataclass(frozen=True)
class Subject:
    """A run as the remarks see it."""

    run_id: str
    name: str
    status: RunStatus
    config: Mapping[str, Any]
    statistics: Statistics
    tags: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """What has to be equal for runs to be repeats that differ only in their seed."""
        return method_of(self.config)


def remarks(subjects: Sequence[Subject], different: Mapping[str, Any]) -> list[str]:
    """The remarks on `subjects`, of which `different` holds the differing configuration paths."""
    subjects = _plainly_named(subjects)
    found: list[str] = []
    if len(subjects) < 2:
        found.append("This is one run. Choose at least two to compare.")
    for rule in (_unfinished, _collapse, _variance, _horizon):
        found.extend(rule(subjects))
    if len(subjects) > 1:
        found.extend(_design(subjects, different))
        for rule in (_low_variance, _pass_at_1):
            found.extend(rule(subjects))
    return found


def _plainly_named(subjects: Sequence[Subject]) -> Sequence[Subject]:
    """The same without the name of their experiment, with which the names of its runs end."""
    _, middle, tail = subjects[0].name.partition(OF_EXPERIMENT)
    end = middle + tail
    if len(subjects) < 2 or not all(subject.name.endswith(end) for subject in subjects):
        return subjects
    return [replace(subject, name=subject.name.removesuffix(end)) for subject in subjects]


def _names(subjects: Sequence[Subject], most: int = 4) -> str:
    names = [subject.name for subject in (subjects if len(subjects) <= most else subjects[:2])]
    shown = ("; " if any(", " in name for name in names) else ", ").join(names)
    return shown if len(subjects) <= most else f"{len(subjects)} runs, such as {shown}"


def _unfinished(subjects: Sequence[Subject]) -> Iterator[str]:
    going = [subject for subject in subjects if subject.status not in FINAL]
    if going:
        yield f"Not finished yet, so these numbers will change: {_names(going)}."
    short = [subject for subject in subjects if subject.status in FINAL - {RunStatus.COMPLETED}]
    if short:
        yield f"Ended before the last step (stopped or failed): {_names(short)}."
    silent = [subject for subject in subjects if subject.statistics.final_reward is None]
    if silent:
        yield f"No reward reported yet: {_names(silent)}."


def _collapse(subjects: Sequence[Subject]) -> Iterator[str]:
    collapsed = [subject for subject in subjects if subject.statistics.collapsed]
    if collapsed:
        yield (
            f"Entropy collapsed in {_names(collapsed)}: the policy hardly explores any more, which "
            "lowers the variance of reward by itself."
        )


def _variance(subjects: Sequence[Subject]) -> Iterator[str]:
    floor, trend, few = [], [], []
    for subject in subjects:
        numbers = subject.statistics
        if not numbers.training_variance:
            continue
        if (numbers.sampling_floor or 0.0) >= NEAR_FLOOR * numbers.training_variance:
            floor.append(subject)
        if (
            numbers.detrended_variance is not None
            and numbers.detrended_variance < 0.5 * numbers.training_variance
        ):
            trend.append(subject)
        if numbers.variance_steps < FEW_STEPS:
            few.append(subject)
    if floor:
        yield (
            "At least half of the training variance is explained by the draw of prompts and "
            f"rollouts alone (the sampling floor), so it says little about stability: {_names(floor)}."
        )
    if trend:
        yield (
            "More than half of the training variance is the trend of learning itself; look at the "
            f"detrended variance: {_names(trend)}."
        )
    if few:
        yield f"The variance is taken over fewer than {FEW_STEPS} steps and is imprecise: {_names(few)}."


def _horizon(subjects: Sequence[Subject]) -> Iterator[str]:
    flat = [
        subject
        for subject in subjects
        if subject.config.get("algorithm", {}).get("alpha")
        and (subject.statistics.effective_fraction or 0.0) > FLAT_HORIZON
    ]
    if flat:
        yield (
            "The horizon weights hardly differ from 1 (effective fraction above "
            f"{FLAT_HORIZON}), so this is nearly GRPO; raise alpha to see an effect: {_names(flat)}."
        )


def _design(subjects: Sequence[Subject], different: Mapping[str, Any]) -> Iterator[str]:
    methods: dict[str, set[Any]] = {}
    for subject in subjects:
        methods.setdefault(subject.method, set()).add(subject.config.get("seed"))
    fewest = min(len(seeds) for seeds in methods.values())
    if len(methods) > 1 and fewest < FEW_SEEDS:
        yield (
            f"Too few seeds: a configuration here has {fewest}. Runs that differ only in their seed "
            f"differ too; compare at least {FEW_SEEDS} seeds of each before concluding anything."
        )
    if len(methods) > 1 and len({frozenset(map(str, seeds)) for seeds in methods.values()}) > 1:
        common = set.intersection(*(set(map(str, seeds)) for seeds in methods.values()))
        if len(common) < 2:
            yield "The configurations were run with different seeds, so they cannot be compared in pairs."
        else:
            yield (
                f"Not every configuration was run with every seed: pairs are made of the {len(common)} "
                "or more seeds that two have in common."
            )
    beyond = [
        path
        for path in different
        if path != "seed" and not path.startswith(("algorithm.", *NEUTRAL))
    ]
    if beyond:
        shown = ", ".join(beyond[:5]) + (f" and {len(beyond) - 5} more" if len(beyond) > 5 else "")
        yield (
            f"The runs differ beyond the algorithm ({shown}): a difference in their results cannot "
            "be put down to the algorithm alone."
        )
    if any(path.startswith(EVALUATION) for path in beyond):
        yield "Their Pass@1 is not measured on the same problems in the same way."


def _low_variance(subjects: Sequence[Subject]) -> Iterator[str]:
    known = [
        (subject, subject.statistics.training_variance, subject.statistics.final_reward)
        for subject in subjects
    ]
    pairs = [(s, v, r) for s, v, r in known if v is not None and r is not None]
    if len(pairs) < 2:
        return
    calm, least, reward = min(pairs, key=lambda pair: pair[1])
    best, _, most = max(pairs, key=lambda pair: pair[2])
    if calm is not best and most - reward > 0.1 * abs(most):
        yield (
            f"{calm.name} has the lowest training variance ({least:.2g}) but less reward at the end "
            f"than {best.name} ({reward:.3g} against {most:.3g}): a run that learned little or "
            "collapsed has little variance."
        )


def _pass_at_1(subjects: Sequence[Subject]) -> Iterator[str]:
    finals = [
        (subject.statistics.final_pass_at_1, subject.config["evaluation"]["num_examples"])
        for subject in subjects
        if subject.statistics.final_pass_at_1 is not None
        and 0.0 <= subject.statistics.final_pass_at_1 <= 1.0  # a worker may report anything
        and subject.config.get("evaluation", {}).get("num_examples")
    ]
    if len(finals) < 2:
        return
    (low, n_low), (high, n_high) = min(finals), max(finals)
    # of two independent proportions; the same problems in both make it smaller, so this is careful
    error = 1.96 * math.sqrt(low * (1 - low) / n_low + high * (1 - high) / n_high)
    if high - low <= error:
        yield (
            f"Final Pass@1 differs by at most {high - low:.3f}, which {n_low} problems cannot tell "
            f"apart (95 % margin {error:.3f})."
        )
