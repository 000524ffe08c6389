"""The registry names every quantity a run reports."""

import pytest

from ahora.metrics import GROUPS, METRICS, describe


def test_every_metric_has_a_known_group_and_a_description() -> None:
    assert {metric.group for metric in METRICS} <= set(GROUPS)
    assert all(metric.description.endswith(".") for metric in METRICS)
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("rewards/exact_text/mean", "rewards/{name}/mean"),
        ("rewards/my-score.v2/std", "rewards/{name}/std"),
        ("rewards/unscored_frac", "rewards/unscored_frac"),
        ("eval/pass@1", "eval/pass@1"),
        ("eval/pass@16", "eval/pass@{k}"),
        ("system/cpu", "system/{name}"),
    ],
)
def test_families_are_found_and_exact_names_win(name: str, registered: str) -> None:
    assert describe(name).name == registered


def test_an_unknown_metric_is_shown_under_other() -> None:
    metric = describe("mine/own")
    assert (metric.name, metric.group) == ("mine/own", "Other")
    assert describe("rewards/a/b/mean").group == "Other"
