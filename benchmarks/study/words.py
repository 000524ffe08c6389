"""What the numbers say, in sentences that follow from them by rule, whichever way they point."""

from collections.abc import Iterator

from backend.compare.seeds import Interval, Paired
from benchmarks.study.plan import BASELINE
from benchmarks.study.summary import COMPARED, Arm, Study, comparisons

CLEAR = 0.05
"""p up to which a difference is called one."""
KEPT = 0.02
"""A final Pass@1 this close to the peak counts as kept."""
PAPER_ARM, PAPER_RATIO = "SA-AH-GRPO", 3.6
"""The paper's training variance of GRPO over that of SA-AH-GRPO (3B model, GSM8K)."""


def bounds(found: Interval, digits: str) -> str:
    """`mean [low, high]`."""
    if found.low is None or found.high is None:
        return f"{found.mean:{digits}}"
    return f"{found.mean:{digits}} [{found.low:{digits}}, {found.high:{digits}}]"


def about_rate(arms: dict[str, Arm]) -> list[str]:
    """Sentences on one learning rate."""
    return [*_baseline(arms[BASELINE]), *_final(arms), *_variance(arms), *_health(arms)]


def _baseline(grpo: Arm) -> Iterator[str]:
    peak, final = grpo.over_seeds("peak"), grpo.over_seeds("final")
    before = [o.statistics.baseline_pass_at_1 for o in grpo.outcomes]
    if peak is None or final is None or before[0] is None:
        return
    lost = peak.mean - final.mean
    keeps = "keeps what it gains" if lost <= KEPT else f"loses {lost:.3f} of it again"
    yield (
        f"GRPO begins at {before[0]:.3f}, peaks at {peak.mean:.3f} on average over seeds and ends at "
        f"{final.mean:.3f}: it {keeps}."
    )


def _final(arms: dict[str, Arm]) -> Iterator[str]:
    for name, paired in comparisons(arms, "final").items():
        way = "higher" if paired.estimate.mean > 0 else "lower"
        size = bounds(paired.estimate, "+.3f")
        if paired.p <= CLEAR:
            yield f"{name} ends {way} than GRPO: {size} Pass@1 ({_p(paired)})."
        else:
            yield (
                f"{name} ends {size} Pass@1 from GRPO, which {paired.estimate.n} seeds cannot tell from "
                f"no difference ({_p(paired)})."
            )


def _variance(arms: dict[str, Arm]) -> Iterator[str]:
    for name, paired in comparisons(arms, "variance").items():
        estimate = paired.estimate
        way = "less" if estimate.mean > 1 else "more"
        claim = ""
        if name == PAPER_ARM and estimate.low is not None and estimate.high is not None:
            outside = not estimate.low <= PAPER_RATIO <= estimate.high
            claim = f"; the paper's {PAPER_RATIO} lies {'outside' if outside else 'inside'} the interval"
        verdict = (
            f"varies {way} than GRPO in training"
            if paired.p <= CLEAR
            else "does not differ from GRPO in training variance as far as these seeds can tell"
        )
        yield f"{name} {verdict}: GRPO / {name} {bounds(estimate, '.2f')} ({_p(paired)}){claim}."
        less = paired.p <= CLEAR and estimate.mean > 1
        reward, of_grpo = arms[name].over_seeds("reward"), arms[BASELINE].over_seeds("reward")
        if less and reward and of_grpo and reward.mean < of_grpo.mean - KEPT:
            yield (
                f"But {name} also earns less reward at the end ({reward.mean:.3f} against "
                f"{of_grpo.mean:.3f}): a run that learns less varies less."
            )
    shares = []
    for name, arm in arms.items():
        floor, variance = arm.over_seeds("floor"), arm.over_seeds("variance")
        if floor and variance:
            shares.append(f"{name} {floor.mean / variance.mean:.0%}")
    if shares:
        yield (
            f"So much of the training variance is the draw of prompts and rollouts alone (the sampling "
            f"floor) and says nothing about stability: {', '.join(shares)}."
        )


def _health(arms: dict[str, Arm]) -> Iterator[str]:
    collapsed = {name: arm.collapsed for name, arm in arms.items() if arm.collapsed}
    if collapsed:
        told = ", ".join(
            f"{n} of {len(arms[name].outcomes)} {name}" for name, n in collapsed.items()
        )
        yield f"Entropy collapsed in {told} runs: a collapsed run has little variance."
    else:
        yield "Entropy collapsed in no run."
    failed = {name: arm.failed for name, arm in arms.items() if arm.failed}
    if failed:
        told = ", ".join(f"{n} {name}" for name, n in failed.items())
        yield f"Ended early because loss or outputs were no numbers any more: {told}; they count as they are."


def about_tests(study: Study) -> str:
    """How many tests were made, and how many would be clear by chance."""
    made = [
        p for arms in study.values() for key in COMPARED for p in comparisons(arms, key).values()
    ]
    clear = sum(paired.p <= CLEAR for paired in made)
    return (
        f"{len(made)} comparisons were tested, {clear} of them with p of at most {CLEAR}; if there were no "
        f"difference anywhere, about {CLEAR * len(made):.1f} such would be expected."
    )


def _p(paired: Paired) -> str:
    return f"p {paired.p:.2g}"
