"""Plain words on groups of runs against their baseline.

As in `remarks`, each is about the evidence: an interval that holds zero is "no difference shown", never
"equal"; a variance that is low for another reason than stability is said to be so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.compare.grouping import Group
from backend.compare.groups import FEW_SEEDS, MEASURES, Member, Versus, values
from backend.compare.remarks import NEAR_FLOOR

LESS_REWARD = 0.9
"""A variant with less than this share of the baseline's final reward has learned less."""

LITTLE_REWARD = 0.5
"""With less than this one it has collapsed, or never learned."""

MOST_NAMED = 4

MANY_COMPARISONS = 20
"""Of so many 95 % intervals of nothing one misses."""


@dataclass(frozen=True)
class Compared:
    """A group and how it stands against the baseline, by measure."""

    group: Group
    versus: Mapping[str, Versus]


def verdicts(baseline: Group, variants: Sequence[Compared]) -> list[str]:
    """What the data does and does not show of each variant."""
    found = [*_few([baseline, *(each.group for each in variants)])]
    for variant in variants:
        found.extend(_result(baseline, variant))
        found.extend(_variance(baseline, variant))
    told = sum(
        versus.verdict != "few" for variant in variants for versus in variant.versus.values()
    )
    if told >= MANY_COMPARISONS:
        found.append(
            f"{told} comparisons are made here: of {MANY_COMPARISONS} that mean nothing about one "
            "falls outside its 95 % interval by chance."
        )
    return found


def _few(groups: Sequence[Group]) -> Iterator[str]:
    labels: dict[int, list[str]] = {}
    for each in groups:
        n = len({subject.config.get("seed") for subject in each.subjects})
        if n < FEW_SEEDS and len(each.subjects) > 1:
            labels.setdefault(n, []).append(each.label)
    for n, alike in labels.items():
        shown = " · ".join(alike[:MOST_NAMED])
        more = f" and {len(alike) - MOST_NAMED} more" if len(alike) > MOST_NAMED else ""
        yield f"{shown}{more}: {n} seed{'' if n == 1 else 's'}: too few to tell."


def _result(baseline: Group, variant: Compared) -> Iterator[str]:
    name = next((m for m in ("final_pass_at_1", "final_reward") if m in variant.versus), None)
    if name is None:
        return
    versus = variant.versus[name]
    label = next(measure.label for measure in MEASURES if measure.name == name)
    if versus.verdict == "few":
        return
    pair = f"of {variant.group.label} and {baseline.label}"
    estimate = versus.estimate
    numbers = f"difference {estimate.mean:+.3f}, {_bounds(versus)}"
    if versus.verdict == "unclear":
        yield f"{label} {pair}: the data does not show a difference ({numbers})."
        return
    yield (
        f"{label} of {variant.group.label} is {versus.verdict} than that of {baseline.label} "
        f"({numbers}).{_test(versus)}"
    )


def _variance(baseline: Group, variant: Compared) -> Iterator[str]:
    versus = variant.versus.get("training_variance")
    if versus is None:
        return
    name, against = variant.group.label, baseline.label
    lower = versus.estimate.mean > 1.0
    if versus.verdict == "unclear":
        yield (
            f"Training variance of {name} and {against}: the data does not show a difference "
            f"(ratio {versus.estimate.mean:.3g}, {_bounds(versus)}, holds 1)."
        )
    elif versus.verdict != "few":
        yield (
            f"Training variance of {name} is {versus.verdict} than that of {against} (ratio "
            f"{against} / {name} {versus.estimate.mean:.3g}, {_bounds(versus)}).{_test(versus)}"
        )
        detrended = variant.versus.get("detrended_variance")
        if detrended is not None and detrended.verdict != versus.verdict:
            yield (
                f"The detrended variances of {name} and {against} do not show the same, so the trend "
                "of learning is part of that difference."
            )
        if _near_floor(variant.group.members) and _near_floor(baseline.members):
            yield (
                f"Most of the variance of {name} and of {against} is sampling floor: their ratio says "
                "little about stability."
            )
    if lower:
        yield from _collapsed(baseline, variant.group)


def _collapsed(baseline: Group, variant: Group) -> Iterator[str]:
    """Why a variance may be low without the training being stable."""
    ours, theirs = _mean(variant.members, "final_reward"), _mean(baseline.members, "final_reward")
    entropy = sum(bool(member.statistics.collapsed) for member in variant.members)
    if ours is not None and theirs is not None and theirs > 0 and ours < LESS_REWARD * theirs:
        numbers = f"final reward {ours:.3g} against {theirs:.3g}"
        if ours < LITTLE_REWARD * theirs:
            yield (
                f"{variant.label}: low variance because the reward collapsed or never rose "
                f"({numbers}), not because training is stable."
            )
        else:
            yield (
                f"{variant.label}: less variance, and less reward ({numbers}): a run that learns less "
                "varies less, so this is no sign of stability by itself."
            )
    elif entropy > len(variant.subjects) / 2:
        yield (
            f"{variant.label}: low variance because the entropy collapsed in {entropy} of "
            f"{len(variant.subjects)} runs: a policy that hardly samples has little of it."
        )


def _near_floor(members: Sequence[Member]) -> bool:
    floor, raw = _mean(members, "sampling_floor"), _mean(members, "training_variance")
    return floor is not None and raw is not None and floor >= NEAR_FLOOR * raw


def _mean(members: Sequence[Member], measure: str) -> float | None:
    found = values(members, measure)
    return sum(found) / len(found) if found else None


def _bounds(versus: Versus) -> str:
    low, high = versus.estimate.low, versus.estimate.high
    n = versus.estimate.n
    return f"95 % interval {low:.3g} to {high:.3g}, {n} {'pairs of ' if versus.paired else ''}seeds"


def _test(versus: Versus) -> str:
    if versus.p is None or versus.smallest_p is None:
        return " Their seeds differ, so there is no paired test."
    words = f" Paired permutation test: p = {versus.p:.3g}"
    if versus.p <= versus.smallest_p:
        words += f", the smallest that {versus.estimate.n} pairs can give"
    return words + "."
