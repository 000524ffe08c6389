"""Conditions as folds: by hand, and cut into batches in any way."""

import json
import math
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahora.schemas.rules import CONDITION, NotFinite, Shift, Silence, Stalled, Threshold
from backend.rules.builtin import BUILT_IN
from backend.rules.conditions import Episode, Watches, watch_of
from backend.rules.words import alert_words, condition_words

Report = tuple[int, dict[str, float]]


def found(condition: Any, *values: float) -> Episode:
    """What a rule found after a metric `m` was reported at steps 1, 2, ..."""
    watch = watch_of(condition)
    assert watch is not None
    seeing = Watches({"rule": watch})
    for step, value in enumerate(values, 1):
        seeing.see(step, {"m": value})
    return watch.episode


def test_a_threshold_wants_reports_in_a_row_and_ends_by_itself() -> None:
    rule = Threshold(metric="m", op=">=", value=1.0, reports=2)
    assert not found(rule, 1, 0.5, 1).active
    holds = found(rule, 0, 1, 2, 3)
    assert (holds.active, holds.step, holds.last_step, holds.value) == (True, 3, 4, 3.0)
    again = found(rule, 1, 1, 0, 1, 1, 0)
    assert (again.active, again.occurrences, again.step, again.last_step) == (False, 2, 5, 5)
    assert found(rule, 1, math.nan, 1).active, "what is no number neither counts nor breaks the row"


@pytest.mark.parametrize(
    ("op", "beyond", "fine"), [(">", 2.1, 2), (">=", 2, 1.9), ("<", 1.9, 2), ("<=", 2, 2.1)]
)
def test_each_comparison(op: str, beyond: float, fine: float) -> None:
    rule = Threshold.model_validate({"metric": "m", "op": op, "value": 2.0})
    assert found(rule, beyond).active
    assert not found(rule, fine).active


def test_a_shift_is_measured_against_the_start_or_against_what_came_before() -> None:
    rule = {"metric": "m", "direction": "drops", "by": 0.9, "baseline_reports": 4, "reports": 2}
    start = Shift.model_validate(rule | {"baseline": "start"})
    assert not found(start, 2, 2, 2, 2, 0.1, 0.3, 0.1).active
    assert found(start, 2, 2, 2, 2, 0.1, 0.19).step == 6
    assert found(start, -2, -2, -2, -2, -3.9, -3.9).step == 6, "also below zero"
    running = Shift(metric="m", direction="rises", by=1.0, baseline_reports=2, reports=1)
    assert not found(running, *(10 * 1.2**n for n in range(20))).active, "slow growth is followed"
    jump = found(running, 10, 10, 10, 21, 21, 21, 10)
    assert (jump.occurrences, jump.step, jump.last_step, jump.active) == (1, 4, 6, False)


def test_stalled_counts_steps_since_the_smoothed_value_was_best() -> None:
    rule = Stalled(metric="m", steps=3, smoothing=1, min_delta=0.01)
    assert not found(rule, 0.1, 0.2, 0.3, 0.4, 0.5).active
    assert found(rule, 0.1, 0.5, 0.5, 0.505, 0.4).step == 5
    assert not found(rule, 0.1, 0.5, 0.5, 0.5, 0.5, 0.6).active, "a new best ends it"
    enough = rule.model_copy(update={"enough": 0.45})
    assert not found(enough, 0.1, 0.5, 0.5, 0.5, 0.5).active
    lower = rule.model_copy(update={"better": "lower"})
    assert found(lower, 1, 2, 3, 4).step == 4


def test_what_is_no_number_is_an_alert_until_the_same_metric_is_one_again() -> None:
    watch = watch_of(NotFinite())
    assert watch is not None
    seeing = Watches({"rule": watch})
    seeing.see(1, {"a": 1e308, "b": 1e308})  # their sum overflows
    assert watch.episode == Episode()
    seeing.see(2, {"a": math.inf, "b": 1.0})
    seeing.see(3, {"b": 1.0})
    assert watch.episode == Episode(True, 2, 2, None, "a", 1)
    seeing.see(4, {"a": 1.0})
    assert not watch.episode.active
    seeing.see_over_time(9, {"system/x": math.nan})
    assert not watch.episode.active


def test_late_reports_are_passed_over() -> None:
    watch = watch_of(Threshold(metric="m", op=">", value=1.0))
    assert watch is not None
    watch.see(5, 0.0)
    watch.see(4, 9.0)
    assert watch.episode == Episode()


values = st.one_of(
    st.floats(-2, 2), st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf, 1e308, -1e308])
)
reports = st.lists(
    st.tuples(st.integers(0, 40), st.dictionaries(st.sampled_from(["m", "n"]), values, min_size=1)),
    max_size=60,
)
conditions = st.one_of(
    st.builds(
        Threshold,
        metric=st.just("m"),
        op=st.sampled_from([">", ">=", "<", "<="]),
        value=st.floats(-2, 2),
        reports=st.integers(1, 4),
    ),
    st.builds(
        Shift,
        metric=st.just("m"),
        direction=st.sampled_from(["rises", "drops"]),
        by=st.floats(0.1, 2),
        baseline=st.sampled_from(["running", "start"]),
        baseline_reports=st.integers(1, 5),
        reports=st.integers(1, 3),
    ),
    st.builds(
        Stalled,
        metric=st.just("m"),
        better=st.sampled_from(["higher", "lower"]),
        steps=st.integers(1, 10),
        min_delta=st.floats(0, 1),
        smoothing=st.integers(1, 5),
        enough=st.none() | st.floats(-2, 2),
    ),
    st.builds(NotFinite, metric=st.sampled_from(["m", "*"])),
)


@given(conditions, reports, st.lists(st.integers(0, 60), max_size=10))
def test_any_split_into_batches_gives_the_same_alert(
    condition: Any, reports: list[Report], cuts: list[int]
) -> None:
    whole = watch_of(condition)
    assert whole is not None
    seeing = Watches({"rule": whole})
    for step, one in reports:
        seeing.see(step, one)
    edges = [0, *sorted(cut for cut in cuts if cut < len(reports)), len(reports)]
    fresh = watch_of(condition)
    assert fresh is not None
    memory: dict[str, Any] = fresh.dump()
    for first, last in pairwise(edges):
        part = watch_of(condition)
        assert part is not None
        part.load(json.loads(json.dumps(memory)))
        seeing = Watches({"rule": part})
        for step, one in reports[first:last]:
            seeing.see(step, one)
        memory = part.dump()
    assert json.dumps(memory) == json.dumps(whole.dump())
    assert memory["episode"] == asdict(whole.episode)
    words = alert_words(condition, whole.episode) + condition_words(condition)
    assert words.endswith(".")
    assert CONDITION.validate_python(condition.model_dump(mode="json")) == condition


def test_every_built_in_rule_says_what_it_waits_for_and_what_to_try() -> None:
    for rule in BUILT_IN.values():
        assert condition_words(rule.condition)[0].isalnum()
        assert len(rule.advice) > 40
        assert rule.enabled
        assert rule.action == "notify"
    assert condition_words(Silence(minutes=1)).count("1 minute,") == 1
