"""Groups of runs: who belongs together, what is computed of them, and what is said, by hand."""

import math
from typing import Any

import pytest

from ahora.status import RunStatus
from backend.compare.grouping import UnknownFieldError, baseline_of, group
from backend.compare.groups import MEASURES, Measure, Member, against, summary
from backend.compare.remarks import Subject
from backend.compare.seeds import Interval
from backend.compare.statistics import Analysis, Statistics, statistics
from backend.compare.student import student_975
from backend.compare.unpaired import unpaired_difference, unpaired_ratio
from backend.compare.verdicts import Compared, verdicts

NOTHING = statistics({}, Analysis())
GRPO = {"name": "grpo", "alpha": 0.0}
SA_AH = {"name": "sa_ah_grpo", "alpha": 2.0}
MEASURE = {measure.name: measure for measure in MEASURES}


def numbers(**known: Any) -> Statistics:
    return NOTHING.model_copy(update=known)


def subject(
    run_id: str,
    algorithm: dict[str, Any],
    seed: int,
    tags: tuple[str, ...] = (),
    rate: float = 1e-4,
    **known: Any,
) -> Subject:
    config = {
        "algorithm": algorithm,
        "optimizer": {"learning_rate": rate},
        "model": {"model_name_or_path": "tiny"},
        "seed": seed,
        "resources": {"num_threads": seed},
    }
    return Subject(run_id, f"run {run_id}", RunStatus.COMPLETED, config, numbers(**known), tags)


def members(measure: str, *values: float, first: int = 0) -> list[Member]:
    return [Member(seed, numbers(**{measure: each})) for seed, each in enumerate(values, first)]


def test_quantiles_are_those_of_the_tables() -> None:
    # Abramowitz and Stegun, table 26.10
    table = {1: 12.706, 4: 2.776, 8: 2.306, 9: 2.262, 15: 2.131, 30: 2.042, 120: 1.980}
    for freedom, quantile in table.items():
        assert student_975(freedom) == pytest.approx(quantile, abs=5e-4)
    assert student_975(4.9) == student_975(4)


def test_groups_whose_seeds_differ_get_welchs_interval() -> None:
    # means 2 and 6, variances 1 and 4, 3 values each: squared error 1/3 + 4/3 = 5/3;
    # degrees of freedom (5/3)^2 / ((1/9 + 16/9) / 2) = 50/17 = 2.94, so 2: t = 4.3027
    margin = 4.3027 * math.sqrt(5 / 3)
    found = unpaired_difference([1.0, 2.0, 3.0], [4.0, 6.0, 8.0])
    assert found == Interval(-4.0, pytest.approx(-4 - margin), pytest.approx(-4 + margin), 3)
    assert unpaired_difference([1.0], [4.0, 6.0]) == Interval(-4.0, None, None, 1)
    assert unpaired_difference([], [1.0]) is None
    ratio = unpaired_ratio([1.0, 1.0], [4.0, 4.0])
    assert ratio == Interval(pytest.approx(4.0), pytest.approx(4.0), pytest.approx(4.0), 2)
    assert unpaired_ratio([0.0], [1.0]) is None
    wide = unpaired_ratio([1.0, 1e-300], [1.0, 1.0])
    assert wide is not None
    assert wide.high == math.inf
    many = unpaired_difference([float(i % 2) for i in range(10)], [2.0] * 10)
    assert many is not None
    assert many.mean == -1.5
    assert many.low is not None
    assert many.high is not None
    # standard error of ten values 0 and 1: 0.5 / sqrt(10) = 0.158, 1.96 of them 0.31
    assert (many.low, many.high) == (pytest.approx(-1.8, abs=0.02), pytest.approx(-1.2, abs=0.02))


def test_a_groups_variance_is_a_mean_of_logarithms() -> None:
    found = summary(members("training_variance", 0.01, 0.04), MEASURE["training_variance"])
    assert found is not None
    assert (found[0].mean, found[1]) == (pytest.approx(0.02), "t of logarithms")
    # a variance of 0 has no logarithm: the plain mean, without bounds
    assert summary(members("training_variance", 0.0, 0.04), MEASURE["training_variance"]) == (
        Interval(0.02, None, None, 2),
        "none",
    )
    drop = summary(
        [Member(0, numbers(entropy_start=1.0, entropy_end=0.25)), Member(1, NOTHING)],
        MEASURE["entropy_drop"],
    )
    assert drop == (Interval(0.75, None, None, 1), "none")
    assert summary([Member(0, NOTHING)], MEASURE["final_reward"]) is None


def test_five_pairs_by_hand() -> None:
    # differences .1 .1 .1 .1 .2: mean .12, sample deviation sqrt(.002), / sqrt(5) = .02; t_4 = 2.7764
    base = (0.5, 0.6, 0.7, 0.8, 0.5)
    ours = (0.6, 0.7, 0.8, 0.9, 0.7)
    found = against(
        members("final_pass_at_1", *ours),
        members("final_pass_at_1", *base),
        MEASURE["final_pass_at_1"],
    )
    assert found is not None
    assert found.estimate.mean == pytest.approx(0.12)
    assert found.estimate.low == pytest.approx(0.12 - 2.7764 * 0.02)
    assert (found.kind, found.paired, found.p, found.smallest_p) == (
        "difference",
        True,
        0.0625,
        0.0625,
    )
    assert found.verdict == "higher"
    assert found.words == "higher than the baseline; 5 pairs cannot give a p below 0.0625"


@pytest.mark.parametrize(
    ("ours", "base", "first", "verdict", "words"),
    [
        ((1.0, 2.0, 3.0), (2.0, 3.0, 4.0), 0, "few", "3 seeds: too few to tell"),
        ((1.0,), (2.0,), 0, "few", "1 seed: too few to tell"),
        ((1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 5.0), 0, "unclear", "no difference shown"),
        (
            (0.1, 0.1, 0.1, 0.1, 0.2),
            (1.0, 1.0, 1.0, 1.0, 2.0),
            0,
            "lower",
            "lower than the baseline; 5 pairs cannot give a p below 0.0625",
        ),
        (
            (0.1, 0.11, 0.1, 0.12, 0.1),
            (1.0, 1.1, 1.2, 1.0, 1.1),
            9,
            "lower",
            "lower than the baseline; seeds differ, so not compared in pairs",
        ),
    ],
)
def test_verdicts_on_a_variance(
    ours: tuple[float, ...], base: tuple[float, ...], first: int, verdict: str, words: str
) -> None:
    name = "training_variance"
    found = against(members(name, *ours, first=first), members(name, *base), MEASURE[name])
    assert found is not None
    assert (found.kind, found.verdict, found.words) == ("ratio", verdict, words)
    assert found.paired is (first == 0 and len(ours) > 1)
    assert (found.p is None) is not found.paired


def test_a_seed_that_stands_twice_makes_no_pairs() -> None:
    twice = [*members("final_reward", 1.0, 2.0), *members("final_reward", 3.0)]
    found = against(twice, members("final_reward", 1.0, 2.0), MEASURE["final_reward"])
    assert found is not None
    assert found.paired is False


STUDY = [
    *(subject(f"g{seed}", GRPO, seed, tags=("study", "plain")) for seed in range(3)),
    *(subject(f"s{seed}", SA_AH, seed, tags=("study",), rate=5e-4) for seed in range(3)),
]


def labels(by: str, **more: Any) -> list[tuple[str, int]]:
    return [(each.label, len(each.subjects)) for each in group(STUDY, by, **more).groups]


def test_runs_are_grouped_as_asked() -> None:
    assert labels("run")[0] == ("run g0", 1)
    assert labels("seeds") == [
        ("GRPO, learning_rate 0.0001", 3),
        ("SA-AH-GRPO alpha 2, learning_rate 0.0005", 3),
    ]
    assert labels("algorithm") == [("GRPO", 3), ("SA-AH-GRPO alpha 2", 3)]
    assert labels("model") == [("tiny", 6)]
    assert labels("tags") == [("plain", 3), ("study", 3)]
    assert labels("optimizer.learning_rate") == [
        ("learning_rate 0.0001", 3),
        ("learning_rate 0.0005", 3),
    ]
    assert labels("hand", hand={"B": ["s1"], "A": ["g0", "s0"]}) == [
        ("B", 1),
        ("A", 2),
        ("Other runs", 3),
    ]
    with pytest.raises(UnknownFieldError):
        group(STUDY, "optimizer.nonsense")


def test_seeds_come_together_by_themselves_when_that_says_something() -> None:
    assert group(STUDY).by == "seeds"
    assert group(STUDY[:3]).by == "run"  # one method alone
    assert group([STUDY[0], STUDY[3]]).by == "run"  # nothing to average
    assert group([STUDY[0], STUDY[1], STUDY[3]]).groups[1].label == "run s0"


def test_the_baseline_is_plain_grpo_unless_one_is_chosen() -> None:
    groups = group(STUDY[::-1], "algorithm").groups
    assert baseline_of(groups).label == "GRPO"
    assert baseline_of(groups, "s1").label == "SA-AH-GRPO alpha 2"
    assert baseline_of(groups, "gone").label == "GRPO"
    assert baseline_of(groups[:1]).label == "SA-AH-GRPO alpha 2"


def said(baseline: dict[str, list[Any]], variant: dict[str, list[Any]]) -> str:
    """What is said of a variant against plain GRPO, from their runs' numbers."""
    sides = [
        [
            subject(f"{name}{seed}", algorithm, seed, **dict(zip(known, row, strict=True)))
            for seed, row in enumerate(zip(*known.values(), strict=True))
        ]
        for name, algorithm, known in (("g", GRPO, baseline), ("s", SA_AH, variant))
    ]
    base, ours = group([*sides[0], *sides[1]], "algorithm").groups
    versus = {
        measure.name: found
        for measure in MEASURES
        if (found := against(ours.members, base.members, measure)) is not None
    }
    return "\n".join(verdicts(base, [Compared(ours, versus)]))


def test_three_seeds_are_too_few_to_tell() -> None:
    text = said({"final_reward": [0.1, 0.2, 0.1]}, {"final_reward": [0.9, 0.9, 0.8]})
    assert text.splitlines() == [
        "GRPO · SA-AH-GRPO alpha 2: 3 seeds: too few to tell.",
    ]


def test_a_clear_result_is_told_with_its_test() -> None:
    text = said(
        {"final_pass_at_1": [0.5, 0.6, 0.7, 0.8, 0.5]},
        {"final_pass_at_1": [0.6, 0.7, 0.8, 0.9, 0.7]},
    )
    assert text == (
        "Pass@1 final of SA-AH-GRPO alpha 2 is higher than that of GRPO (difference +0.120, 95 % "
        "interval 0.0645 to 0.176, 5 pairs of seeds). Paired permutation test: p = 0.0625, the "
        "smallest that 5 pairs can give."
    )


def test_a_low_variance_of_a_collapsed_reward_is_not_praised() -> None:
    base = {
        "final_reward": [0.8] * 5,
        "training_variance": [0.02, 0.021, 0.022, 0.02, 0.02],
        "sampling_floor": [0.015] * 5,
        "detrended_variance": [0.002] * 5,
    }
    ours = {
        "final_reward": [0.1, 0.1, 0.12, 0.1, 0.1],
        "training_variance": [0.002, 0.0021, 0.002, 0.0022, 0.002],
        "sampling_floor": [0.0015] * 5,
        "detrended_variance": [0.002] * 5,
    }
    text = said(base, ours)
    assert "Training variance of SA-AH-GRPO alpha 2 is lower than that of GRPO (ratio" in text
    assert "low variance because the reward collapsed or never rose (final reward 0.104" in text
    assert "Most of the variance of SA-AH-GRPO alpha 2 and of GRPO is sampling floor" in text
    less = said(base, ours | {"final_reward": [0.6] * 5})
    assert "less variance, and less reward (final reward 0.6 against 0.8)" in less
    assert "collapsed" not in less
    assert "detrended variances of SA-AH-GRPO alpha 2 and GRPO do not show the same" in text


def test_a_collapsed_entropy_explains_a_low_variance() -> None:
    base = {"training_variance": [0.02] * 5, "final_reward": [0.8] * 5, "collapsed": [False] * 5}
    ours = {"training_variance": [0.01] * 5, "final_reward": [0.8] * 5, "collapsed": [True] * 5}
    assert "low variance because the entropy collapsed in 5 of 5 runs" in said(base, ours)


def test_what_is_not_shown_is_said() -> None:
    text = said(
        {"training_variance": [1.0, 2.0, 3.0, 4.0, 5.0], "final_reward": [1.0] * 5},
        {"training_variance": [2.0, 1.0, 4.0, 3.0, 5.0], "final_reward": [1.0] * 5},
    )
    assert "Training variance of SA-AH-GRPO alpha 2 and GRPO: the data does not show" in text
    assert "Reward final of SA-AH-GRPO alpha 2 and GRPO: the data does not show" in text


def test_every_measure_is_explained() -> None:
    measure: Measure
    for measure in MEASURES:
        assert measure.help.endswith(".")
