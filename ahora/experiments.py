"""What an experiment runs: base configuration x axes, without what would be run twice. Pure.

A combination drops the axes that do not apply to it: fields that its variant does not have (GRPO has no
alpha), and fields without effect beside its other values (a KL estimator at beta 0). Combinations that
are then the same configuration collapse into the first of them, and so do all algorithms at alpha 0,
which is GRPO (METHOD: definition 4).
"""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ahora.config import RunConfig
from ahora.config.errors import VARIANTS, FieldError, field_errors
from ahora.config.overrides import TAGS, OverrideError, apply_overrides
from ahora.naming import algorithm_name
from ahora.schemas.experiments import MOST_RUNS, Axis, Cell, Collapsed

MOST_COMBINATIONS = 1000
"""Combinations that are looked at; far fewer may be left."""


class ExperimentError(ValueError):
    """Axes that make no experiment; `errors` name them and the remedy."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{each.path} {each.message}" for each in errors))
        self.errors = list(errors)


@dataclass(frozen=True)
class Planned:
    """A configuration that an experiment runs."""

    cell: Cell
    config: RunConfig | None
    """None when it is invalid."""
    problems: tuple[FieldError, ...]

    def with_seed(self, seed: int) -> RunConfig:
        """The configuration of one run."""
        assert self.config is not None
        return self.config.model_copy(update={"seed": seed})


@dataclass(frozen=True)
class Expansion:
    """All configurations of an experiment, and what became of the other combinations."""

    planned: tuple[Planned, ...]
    seeds: tuple[int, ...]
    collapsed: tuple[Collapsed, ...]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.planned) * len(self.seeds)


def expand(config: Mapping[str, Any], axes: Sequence[Axis], seeds: Sequence[int]) -> Expansion:
    """The distinct configurations of `config` with every combination of the axes' values, in the order of
    the axes (the last one changes fastest).

    Raises:
        ExperimentError: two axes over one field, one over no field or over the seed, or too many runs.
    """
    _check_axes(axes)
    base = _complete(config)
    fields = [axis.field for axis in axes]
    found: dict[str, _Combination] = {}
    order: list[_Combination] = []
    collapsed: list[Collapsed] = []
    used: set[str] = set()
    for values in itertools.product(*(axis.values for axis in axes)):
        wanted = dict(zip(fields, values, strict=True))
        made = _combine(base, wanted)
        used |= made.known
        first = found.setdefault(made.key, made)
        if first is made:
            order.append(made)
        else:
            into = order.index(first)
            collapsed.append(Collapsed(values=wanted, into=into, reason=made.why(first)))
    unknown = [place for place, field in enumerate(fields) if field not in used]
    if unknown:
        raise ExperimentError(*(_no_field(place, fields[place]) for place in unknown))
    chosen = tuple(seeds) or (_seed_of(base),)
    if len(order) * len(chosen) > MOST_RUNS:
        raise ExperimentError(
            FieldError(
                path="axes",
                message=f"make {len(order)} configurations, with {len(chosen)} seeds "
                f"{len(order) * len(chosen)} runs; an experiment has at most {MOST_RUNS}",
                remedy="Take out values or seeds, or make several experiments.",
            )
        )
    labels = _labels(order)
    planned = tuple(
        Planned(
            Cell(index=index, label=labels[index], values=made.applied),
            made.config,
            tuple(made.problems),
        )
        for index, made in enumerate(order)
    )
    return Expansion(planned, chosen, tuple(collapsed))


@dataclass(frozen=True, eq=False)
class _Combination:
    """One combination of the axes' values, without those that do not apply."""

    applied: dict[str, Any]
    dropped: dict[str, str]
    """Field to why it does not apply."""
    known: set[str]
    """Fields that some variant has."""
    config: RunConfig | None
    problems: list[FieldError]
    key: str
    """The same of combinations that are the same."""

    def why(self, first: "_Combination") -> str:
        """Why it equals `first`."""
        reasons = list(dict.fromkeys([*self.dropped.values(), *first.dropped.values()]))
        if self.config is not None and first.config is not None and self.config != first.config:
            reasons.append("at alpha 0 every algorithm is GRPO")
        return "; ".join(reasons) or "the same values occur twice"


def _check_axes(axes: Sequence[Axis]) -> None:
    seen: set[str] = set()
    for place, axis in enumerate(axes):
        path = f"axes.{place}.field"
        if axis.field == "seed":
            message, remedy = "cannot be 'seed'", "List the seeds under `seeds`."
        elif axis.field in seen:
            message, remedy = f"{axis.field!r} has an axis already", "Put all values into one axis."
        else:
            seen.add(axis.field)
            continue
        raise ExperimentError(FieldError(path=path, message=message, remedy=remedy))
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_COMBINATIONS:
        raise ExperimentError(
            FieldError(
                path="axes",
                message=f"have {count} combinations, more than {MOST_COMBINATIONS}",
                remedy="Take out an axis or some of its values.",
            )
        )


def _no_field(place: int, field: str) -> FieldError:
    return FieldError(
        path=f"axes.{place}.field",
        message=f"{field!r} is no field of the configuration",
        remedy="Write it like optimizer.learning_rate; the form and `ahora presets NAME` show them.",
    )


def _complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with its defaults; as it is when it is valid only with some axis."""
    try:
        return RunConfig.model_validate(config).resolved()
    except ValidationError:
        return dict(config)


def _seed_of(base: Mapping[str, Any]) -> int:
    seed = base.get("seed", 0)
    return seed if isinstance(seed, int) else 0


def _combine(base: Mapping[str, Any], wanted: Mapping[str, Any]) -> _Combination:
    tags = {path: value for path, value in wanted.items() if path.rpartition(".")[2] in TAGS}
    dropped: dict[str, str] = {}
    known: set[str] = set()
    try:
        variant = apply_overrides(base, tags)
    except OverrideError as error:
        return _invalid(wanted, {}, set(wanted), error.errors)
    for path in wanted:
        here, anywhere, why = _reach(variant, path)
        if anywhere:
            known.add(path)
        if not here:
            dropped[path] = why
    applied = {path: value for path, value in wanted.items() if path not in dropped}
    try:
        config = RunConfig.model_validate(apply_overrides(base, applied))
        idle = {path: idly for path in applied if (idly := _without_effect(config, path))}
        if idle:
            dropped |= idle
            applied = {path: value for path, value in applied.items() if path not in idle}
            config = RunConfig.model_validate(apply_overrides(base, applied))
    except OverrideError as error:
        return _invalid(applied, dropped, known, error.errors)
    except ValidationError as error:
        return _invalid(applied, dropped, known, field_errors(error))
    return _Combination(applied, dropped, known, config, [], _key(config))


def _invalid(
    applied: Mapping[str, Any], dropped: dict[str, str], known: set[str], errors: list[FieldError]
) -> _Combination:
    key = "invalid " + json.dumps(applied, sort_keys=True)
    return _Combination(dict(applied), dropped, known, None, errors, key)


def _key(config: RunConfig) -> str:
    resolved = config.model_dump(mode="json", exclude={"seed"})
    if config.algorithm.alpha == 0:
        algorithm = resolved["algorithm"] | {"name": "grpo"}
        resolved["algorithm"] = {
            name: value
            for name, value in algorithm.items()
            if name not in ("alpha", "discount", "inclusive")
        }
    return json.dumps(resolved, sort_keys=True)


_IDLE: tuple[tuple[str, Callable[[RunConfig], bool], str], ...] = (
    ("algorithm.discount", lambda c: c.algorithm.alpha == 0, "alpha 0 discounts nothing"),
    ("algorithm.inclusive", lambda c: c.algorithm.alpha == 0, "alpha 0 discounts nothing"),
    ("algorithm.kl_estimator", lambda c: c.algorithm.beta == 0, "there is no KL term at beta 0"),
    (
        "rollout.max_resample_times",
        lambda c: not c.rollout.dynamic_sampling,
        "dynamic_sampling is off",
    ),
    ("rollout.vllm_", lambda c: c.rollout.engine != "vllm", "the engine is not vllm"),
    (
        "optimizer.warmup_steps",
        lambda c: c.optimizer.lr_scheduler_type == "constant",
        "the schedule `constant` has no warm-up",
    ),
)
"""Beginning of a path, when it has no effect, and why."""


def _without_effect(config: RunConfig, path: str) -> str | None:
    for begins, idle, why in _IDLE:
        if path.startswith(begins) and idle(config):
            return f"{path.rpartition('.')[2]} has no effect: {why}"
    return None


def _reach(config: Mapping[str, Any], path: str) -> tuple[bool, bool, str]:
    """Whether the configuration's variants have the field, whether any variant has, and why not."""
    here: list[Any] = [RunConfig]
    anywhere: list[Any] = [RunConfig]
    value: Any = config
    why = ""
    for part in path.split("."):
        below = [each for one in here for each in _below(one, part, value)]
        if here and not below:
            why = f"{_tag(value)} has no {part}"
        here = below
        anywhere = [each for one in anywhere for each in _below(one, part, None)]
        value = _get(value, part)
    return bool(here), bool(anywhere), why


def _below(annotation: Any, part: str, value: Any) -> Iterator[Any]:
    """Types of what lies under `part`; a known tag in `value` leaves only its variant."""
    tag = _tag(value)
    for kind in _alternatives(annotation):
        if kind is Any:
            yield Any
        elif get_origin(kind) is list and part.isdecimal():
            yield get_args(kind)[0]
        elif get_origin(kind) is dict:
            yield Any
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            chosen = VARIANTS.get(tag)
            other = chosen is not None and kind in VARIANTS.values() and kind is not chosen
            if part in kind.model_fields and not other:
                yield kind.model_fields[part].annotation


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin is Union or type(annotation).__name__ == "UnionType":
        for each in get_args(annotation):
            yield from _alternatives(each)
    else:
        yield annotation


def _tag(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "it"
    found = (value.get(tag) for tag in TAGS)
    return next((tag for tag in found if isinstance(tag, str) and tag in VARIANTS), "it")


def _get(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None


def _labels(combinations: Sequence[_Combination]) -> list[str]:
    labels: list[str] = []
    for each in combinations:
        words = []
        algorithm = {"algorithm", "algorithm.name", "algorithm.alpha"}
        if each.config is not None and (algorithm & set(each.applied) or not each.applied):
            section = each.config.algorithm
            words.append(algorithm_name(section.name, section.alpha))
        shown = {
            path: value
            for path, value in each.applied.items()
            if path not in algorithm or each.config is None
        }
        words += [f"{path.rpartition('.')[2]} {_text(value)}" for path, value in shown.items()]
        label, number = ", ".join(words)[:180] or "base", 1
        while label in labels:
            number += 1
            label = f"{', '.join(words)[:180]} ({number})"
        labels.append(label)
    return labels


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) and value else json.dumps(value)
