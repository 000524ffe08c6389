"""Which of the compared runs belong together, and what to call them. Pure functions.

Groups do not overlap. A group's id is that of its first run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ahora.naming import algorithm_name
from backend.compare.differences import differences, flatten
from backend.compare.groups import Member
from backend.compare.remarks import NEUTRAL, Subject

CONFIGURATION = "configuration"
"""Groups by hand that an experiment names: its configurations."""

BY = ("auto", "run", "seeds", "algorithm", "model", "tags", "hand")
"""Ways to group; anything else is the dotted path of a configuration field."""

MOST_WORDS = 3
"""Differing fields in a label; more are counted."""

Labelled: TypeAlias = list[tuple[str, tuple[Subject, ...]]]

NOT_SET = "not set"
REST = "Other runs"


class UnknownFieldError(ValueError):
    """No run has a configuration field of this path."""


@dataclass(frozen=True)
class Group:
    """Runs that are one line and one row."""

    label: str
    subjects: tuple[Subject, ...]

    @property
    def id(self) -> str:
        """Of the first run."""
        return self.subjects[0].run_id

    @property
    def members(self) -> list[Member]:
        """As the statistics want them."""
        return [Member(int(each.config["seed"]), each.statistics) for each in self.subjects]


@dataclass(frozen=True)
class Grouping:
    """How runs were grouped."""

    by: str
    """Never `auto`."""
    groups: tuple[Group, ...]


def group(
    subjects: Sequence[Subject], by: str = "auto", hand: Mapping[str, Sequence[str]] | None = None
) -> Grouping:
    """Group the runs; `hand` are run ids by label, for `by="hand"`. Raises `UnknownFieldError`.

    `auto` puts runs that differ only in their seed together when that gives several groups and one of
    more than one run; else each run stands for itself.
    """
    if by == "auto":
        found = _collect([(each.method, each) for each in subjects])
        by = "seeds" if 1 < len(found) < len(subjects) else "run"
    if by == "run":
        labelled: Labelled = [(each.name, (each,)) for each in subjects]
    elif by == "seeds":
        labelled = _seeds(subjects)
    else:
        labels = _labels(subjects, by, hand or {})
        labelled = list(_collect(list(zip(labels, subjects, strict=True))).items())
        if by in ("hand", CONFIGURATION):  # in the order they were written
            order = [*(hand or {}), REST]
            labelled.sort(key=lambda item: order.index(item[0]))
    return Grouping(by, tuple(Group(label, runs) for label, runs in _distinct(labelled)))


def baseline_of(groups: Sequence[Group], run_id: str | None = None) -> Group:
    """The group that `run_id` is in; without one the first of plain GRPO, else the first."""
    if run_id is not None:
        for each in groups:
            if any(subject.run_id == run_id for subject in each.subjects):
                return each
    plain = (
        each
        for each in groups
        if all(subject.config["algorithm"].get("name") == "grpo" for subject in each.subjects)
    )
    return next(plain, groups[0])


def _collect(keyed: Sequence[tuple[str, Subject]]) -> dict[str, tuple[Subject, ...]]:
    found: dict[str, tuple[Subject, ...]] = {}
    for key, subject in keyed:
        found[key] = (*found.get(key, ()), subject)
    return found


def _seeds(subjects: Sequence[Subject]) -> Labelled:
    groups = list(_collect([(each.method, each) for each in subjects]).values())
    different = differences({runs[0].run_id: runs[0].config for runs in groups})
    # a field that only some algorithms have says no more than the algorithm's name
    paths = [
        path
        for path, found in different.items()
        if path != "seed"
        and not path.startswith(NEUTRAL)
        and (path == "algorithm.name" or len({str(each) for each in found.values()}) > 1)
    ]
    return [
        (runs[0].name if len(runs) == 1 else _method_label(runs[0], paths), runs) for runs in groups
    ]


def _method_label(subject: Subject, paths: Sequence[str]) -> str:
    """The algorithm, and the other fields that set it apart from the other groups."""
    fields = dict(flatten(dict(subject.config)))
    own = {"algorithm.name", "algorithm.alpha"}
    words = [_algorithm(subject.config)] if own & set(paths) or not paths else []
    others = [path for path in paths if path not in own and path in fields]
    words += [f"{path.rpartition('.')[2]} {_text(fields[path])}" for path in others[:MOST_WORDS]]
    if len(others) > MOST_WORDS:
        words.append(f"{len(others) - MOST_WORDS} more")
    return ", ".join(words) or _algorithm(subject.config)


def _labels(subjects: Sequence[Subject], by: str, hand: Mapping[str, Sequence[str]]) -> list[str]:
    if by in ("hand", CONFIGURATION):
        label_of = {run_id: label for label, ids in hand.items() for run_id in ids}
        return [label_of.get(each.run_id, REST) for each in subjects]
    if by == "algorithm":
        return [_algorithm(each.config) for each in subjects]
    if by == "model":
        return [str(each.config["model"]["model_name_or_path"]) for each in subjects]
    if by == "tags":
        common = set.intersection(*(set(each.tags) for each in subjects))
        own = [sorted(set(each.tags) - common) or sorted(each.tags) for each in subjects]
        return [", ".join(tags) or "no tag" for tags in own]
    fields = [dict(flatten(dict(each.config))) for each in subjects]
    if not any(by in each for each in fields):
        raise UnknownFieldError(by)
    name = by.rpartition(".")[2]
    return [f"{name} {_text(each[by]) if by in each else NOT_SET}" for each in fields]


def _algorithm(config: Mapping[str, Any]) -> str:
    section = config["algorithm"]
    return algorithm_name(section["name"], section.get("alpha") or 0.0)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or "empty"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, default=str)


def _distinct(labelled: Labelled) -> Labelled:
    """The same with a number behind labels that were taken."""
    found: dict[str, tuple[Subject, ...]] = {}
    for label, runs in labelled:
        name, number = label, 1
        while name in found:
            number += 1
            name = f"{label} ({number})"
        found[name] = runs
    return list(found.items())
