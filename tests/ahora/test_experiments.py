"""Expansion of base x grid x seeds: what is run, what drops out, what collapses and why."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ahora.config import RunConfig
from ahora.experiments import ExperimentError, expand
from ahora.schemas.experiments import Axis, ExperimentPlan
from ahora.seeds import parse_seeds

ALGORITHMS = ["grpo", "ah_grpo", "sa_ah_grpo"]


def axis(field: str, *values: Any) -> Axis:
    return Axis(field=field, values=list(values))


def test_alpha_drops_out_of_grpo_and_the_reason_is_told() -> None:
    found = expand(
        {}, [axis("algorithm.name", *ALGORITHMS), axis("algorithm.alpha", 0.5, 2)], [0, 1]
    )
    assert [each.cell.label for each in found.planned] == [
        "GRPO",
        "AH-GRPO alpha 0.5",
        "AH-GRPO alpha 2",
        "SA-AH-GRPO alpha 0.5",
        "SA-AH-GRPO alpha 2",
    ]
    assert found.planned[0].cell.values == {"algorithm.name": "grpo"}
    assert found.runs == 10
    [collapsed] = found.collapsed
    assert collapsed.values == {"algorithm.name": "grpo", "algorithm.alpha": 2}
    assert (collapsed.into, collapsed.reason) == (0, "grpo has no alpha")


def test_every_algorithm_at_alpha_0_is_grpo() -> None:
    found = expand({}, [axis("algorithm.name", *ALGORITHMS), axis("algorithm.alpha", 0, 2)], [])
    assert [each.cell.label for each in found.planned] == [
        "GRPO",
        "AH-GRPO alpha 2",
        "SA-AH-GRPO alpha 2",
    ]
    reasons = {each.values["algorithm.name"]: each.reason for each in found.collapsed}
    assert "at alpha 0 every algorithm is GRPO" in reasons["sa_ah_grpo"]


@pytest.mark.parametrize(
    ("config", "field", "values", "why"),
    [
        ({}, "algorithm.kl_estimator", ["k3", "k2"], "no KL term at beta 0"),
        ({}, "rollout.max_resample_times", [1, 2], "dynamic_sampling is off"),
        ({}, "rollout.vllm_gpu_memory_utilization", [0.2, 0.4], "the engine is not vllm"),
        (
            {"optimizer": {"lr_scheduler_type": "constant"}},
            "optimizer.warmup_steps",
            [5, 9],
            "no warm-up",
        ),
    ],
)
def test_a_field_without_effect_makes_no_runs(
    config: dict[str, Any], field: str, values: list[Any], why: str
) -> None:
    found = expand(config, [axis(field, *values)], [])
    assert len(found.planned) == 1
    assert found.planned[0].cell.values == {}
    assert why in found.collapsed[0].reason


def test_an_invalid_cell_names_its_fields_and_holds_up_no_other() -> None:
    found = expand({}, [axis("rollout.num_generations", 8, 7)], [0])
    good, bad = found.planned
    assert good.config is not None
    assert bad.config is None
    assert bad.problems[0].path == "rollout.generation_batch_size"


def test_a_base_may_be_valid_only_with_its_axes() -> None:
    model = {"model": {"model_name_or_path": "smollm2-135m"}}
    base = model | {"data": {"kind": "jsonl"}}
    found = expand(base, [axis("data.path", "a.jsonl", "b.jsonl")], [])
    assert [each.config is not None for each in found.planned] == [True, True]


@pytest.mark.parametrize(
    ("axes", "path", "words"),
    [
        ([axis("algorithm.alhpa", 1)], "axes.0.field", "no field"),
        ([axis("seed", 1, 2)], "axes.0.field", "seed"),
        ([axis("max_steps", 1), axis("max_steps", 2)], "axes.1.field", "axis already"),
        ([axis("max_steps", *range(1, 101)), axis("data.digits", *range(20))], "axes", "combin"),
    ],
)
def test_axes_that_make_no_experiment_are_refused(axes: list[Axis], path: str, words: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        expand({}, axes, [0])
    [error] = refused.value.errors
    assert error.path == path
    assert words in error.message


def test_too_many_runs_are_refused() -> None:
    with pytest.raises(ExperimentError, match="at most 500"):
        expand({}, [axis("max_steps", *range(1, 52))], range(10))


def test_seeds_are_read_as_people_write_them() -> None:
    assert ExperimentPlan.model_validate({"config": {}, "seeds": "1-3,7"}).seeds == [1, 2, 3, 7]
    for wrong in ("1,1", "x", "3-1", "0-500"):
        with pytest.raises(ValueError, match=r"seed|numbers"):
            parse_seeds(wrong, 500)


FIELDS: dict[str, list[Any]] = {
    "algorithm.name": ALGORITHMS,
    "algorithm.alpha": [0, 0.5, 2],
    "algorithm.discount": ["exponential", "linear"],
    "algorithm.beta": [0, 0.1],
    "algorithm.kl_estimator": ["k3", "k2"],
    "optimizer.learning_rate": [1e-4, 5e-4],
    "rollout.dynamic_sampling": [False, True],
    "rollout.max_resample_times": [1, 3],
}
grids = st.lists(st.sampled_from(sorted(FIELDS)), unique=True, max_size=5).flatmap(
    lambda fields: st.tuples(
        *(
            st.tuples(st.just(name), st.lists(st.sampled_from(FIELDS[name]), min_size=1))
            for name in fields
        )
    )
)


@given(grids)
def test_cells_are_distinct_and_every_combination_is_accounted_for(
    grid: tuple[tuple[str, list[Any]], ...],
) -> None:
    axes = [axis(field, *values[:3]) for field, values in grid]
    found = expand({}, axes, [3, 1])
    configs = [each.with_seed(0).resolved() for each in found.planned]
    assert all(a != b for a, b in itertools.combinations(configs, 2))
    assert len({each.cell.label for each in found.planned}) == len(found.planned)
    combinations = len(list(itertools.product(*(each.values for each in axes))))
    assert len(found.planned) + len(found.collapsed) == combinations
    assert found.runs == 2 * len(found.planned)
    for each in found.planned:
        # what a cell says is what its configuration has
        for path, value in each.cell.values.items():
            held: Any = each.with_seed(1).resolved()
            for part in path.split("."):
                held = held[part]
            assert held == value
        assert RunConfig.model_validate(each.with_seed(1).resolved()).seed == 1
    assert all(each.reason and each.into < len(found.planned) for each in found.collapsed)


@given(grids, st.permutations(ALGORITHMS))
def test_the_order_of_values_changes_no_cell(
    grid: tuple[tuple[str, list[Any]], ...], order: list[str]
) -> None:
    others = [axis(field, *values[:2]) for field, values in grid if field != "algorithm.name"]

    def methods(names: list[str]) -> set[str]:
        found = expand({}, [axis("algorithm.name", *names), *others], [])
        return {str(sorted(each.cell.values.items())) for each in found.planned if _moves(each)}

    def _moves(each: Any) -> bool:
        return bool(each.config.algorithm.alpha)  # at alpha 0 the first of the equal ones stands

    assert methods(order) == methods(ALGORITHMS)
