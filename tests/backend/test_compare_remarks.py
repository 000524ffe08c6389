"""What a comparison says about its own evidence."""

from typing import Any

from ahora.status import RunStatus
from backend.compare.differences import differences
from backend.compare.remarks import Subject, remarks
from backend.compare.statistics import Analysis, statistics

NOTHING = statistics({}, Analysis())


def subject(
    name: str,
    *,
    algorithm: dict[str, Any],
    seed: int = 0,
    status: RunStatus = RunStatus.COMPLETED,
    changes: dict[str, Any] | None = None,
    **numbers: Any,
) -> Subject:
    known = {
        "training_variance": 0.02,
        "detrended_variance": 0.02,
        "sampling_floor": 0.001,
        "final_reward": 0.8,
        "final_pass_at_1": None,
        "variance_window": (11, 100),
        "variance_steps": 90,
        "collapsed": False,
        "effective_fraction": 0.6,
    }
    config = {
        "algorithm": algorithm,
        "seed": seed,
        "evaluation": {"num_examples": 100},
        "resources": {"num_threads": seed + 1},
    } | (changes or {})
    filled = NOTHING.model_copy(update=known | numbers)
    return Subject(f"id-{name}", name, status, config, filled)


GRPO = {"name": "grpo"}
SA_AH = {"name": "sa_ah_grpo", "alpha": 2.0}


def said(*subjects: Subject) -> str:
    return "\n".join(remarks(subjects, differences({s.run_id: s.config for s in subjects})))


def test_one_run_is_no_comparison() -> None:
    assert "at least two" in said(subject("a", algorithm=GRPO))


def test_one_seed_each_is_too_few_and_five_are_not() -> None:
    two = said(subject("a", algorithm=GRPO), subject("b", algorithm=SA_AH))
    assert "Too few seeds: a configuration here has 1" in two
    assert "beyond the algorithm" not in two
    ten = [
        subject(f"{a['name']}-{s}", algorithm=a, seed=s) for a in (GRPO, SA_AH) for s in range(5)
    ]
    assert said(*ten) == ""


def test_unequal_seeds_are_not_pairs() -> None:
    assert "different seeds" in said(
        subject("a", algorithm=GRPO, seed=1), subject("b", algorithm=SA_AH, seed=2)
    )
    some = [subject(f"g{s}", algorithm=GRPO, seed=s) for s in range(3)]
    some += [subject(f"s{s}", algorithm=SA_AH, seed=s) for s in range(2)]
    assert "pairs are made of the 2 or more seeds" in said(*some)


def test_what_differs_beyond_the_algorithm_is_named() -> None:
    text = said(
        subject("a", algorithm=GRPO, changes={"optimizer": {"learning_rate": 1e-4}}),
        subject(
            "b",
            algorithm=SA_AH,
            changes={"optimizer": {"learning_rate": 5e-4}, "evaluation": {"num_examples": 50}},
        ),
    )
    assert "(evaluation.num_examples, optimizer.learning_rate)" in text
    assert "not measured on the same problems" in text


def test_runs_that_are_not_done_are_named() -> None:
    text = said(
        subject("going", algorithm=GRPO, status=RunStatus.RUNNING),
        subject("cut", algorithm=GRPO, seed=1, status=RunStatus.STOPPED),
    )
    assert "Not finished yet, so these numbers will change: going." in text
    assert "Ended before the last step (stopped or failed): cut." in text


def test_low_variance_without_reward_is_not_praised() -> None:
    text = said(
        subject("flat", algorithm=GRPO, training_variance=0.001, final_reward=0.1),
        subject("good", algorithm=SA_AH, training_variance=0.02, final_reward=0.8),
    )
    assert (
        "flat has the lowest training variance (0.001) but less reward at the end than good" in text
    )
    assert "collapsed" not in said(
        subject("a", algorithm=GRPO, training_variance=0.001, final_reward=0.8),
        subject("b", algorithm=SA_AH, training_variance=0.02, final_reward=0.1),
    )


def test_variance_that_is_mostly_sampling_or_trend_is_said_so() -> None:
    text = said(
        subject("noise", algorithm=GRPO, sampling_floor=0.015),
        subject("trend", algorithm=SA_AH, detrended_variance=0.004, variance_steps=9),
    )
    assert "(the sampling floor), so it says little about stability: noise." in text
    assert "trend of learning itself; look at the detrended variance: trend." in text
    assert "fewer than 20 steps and is imprecise: trend." in text


def test_collapse_and_weights_near_one_are_said() -> None:
    text = said(
        subject("a", algorithm=GRPO, collapsed=True, effective_fraction=1.0),
        subject("b", algorithm=SA_AH, effective_fraction=0.99),
    )
    assert "Entropy collapsed in a:" in text
    assert "raise alpha to see an effect: b." in text


def test_pass_at_1_within_its_margin_is_no_difference() -> None:
    # 0.80 against 0.85 on 100 problems: 1.96 sqrt(.16/100 + .1275/100) = 0.105
    close = said(
        subject("a", algorithm=GRPO, final_pass_at_1=0.80),
        subject("b", algorithm=SA_AH, final_pass_at_1=0.85),
    )
    assert (
        "differs by at most 0.050, which 100 problems cannot tell apart (95 % margin 0.105)"
        in close
    )
    strange = subject("c", algorithm=GRPO, final_pass_at_1=1.7)
    assert "0.050, which" in said(
        strange,
        subject("a", algorithm=GRPO, final_pass_at_1=0.80),
        subject("b", algorithm=SA_AH, final_pass_at_1=0.85),
    )
    far = said(
        subject("a", algorithm=GRPO, final_pass_at_1=0.50),
        subject("b", algorithm=SA_AH, final_pass_at_1=0.85),
    )
    assert "cannot tell" not in far
