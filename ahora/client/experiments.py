"""Experiments: many runs launched, watched and stopped as one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ahora.client.base import make_body, part
from ahora.client.errors import InvalidInputError
from ahora.client.runs import RunMethods
from ahora.client.sources import Source, override_base, read_mapping
from ahora.schemas.experiments import (
    Experiment,
    ExperimentAct,
    ExperimentAnswer,
    ExperimentCreate,
    ExperimentPlan,
    ExperimentPreview,
    ExperimentSummary,
)

_REFUSED = "No experiment can be made of this:"


class ExperimentMethods(RunMethods):
    """The client's methods about experiments."""

    def experiment_fields(
        self,
        source: Source,
        *,
        grid: Mapping[str, Sequence[Any]] | None = None,
        seeds: Sequence[int] | str = (),
        overrides: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The fields of an `ExperimentPlan`: configuration, axes, seeds, and `preset`.

        Args:
            source: The base: a preset's name, a YAML or JSON file, or a configuration.
            grid: Dotted path to the values it takes.
            seeds: One run for each; a text such as `0-4` is taken too.
            overrides: Changes to the base, by dotted path.
        """
        base, preset = self._base(source)
        axes = [{"field": field, "values": list(values)} for field, values in (grid or {}).items()]
        given = seeds if isinstance(seeds, str) else list(seeds)
        config = override_base(base, overrides or {})
        return {"config": config, "axes": axes, "seeds": given, "preset": preset}

    def read_experiment(self, path: Path | str) -> dict[str, Any]:
        """The fields of an experiment's YAML or JSON file (docs/experiments.md), its `preset` or `config`
        and `set` made the configuration. `launch_experiment(**fields)` takes them, and more.

        Raises:
            InvalidInputError: the file has other keys, or not one base.
        """
        file = read_mapping(Path(path))
        unknown = sorted(set(file) - _KEYS)
        if unknown:
            raise InvalidInputError.of(
                f"{path} has {', '.join(unknown)}, which an experiment does not; it has "
                f"{', '.join(sorted(_KEYS))}."
            )
        if ("preset" in file) == ("config" in file):
            raise InvalidInputError.of(
                f"{path} must have either `preset` (a name) or `config` (sections, or a file beside it)."
            )
        base: Any = file.pop("preset", None) or file.pop("config")
        if isinstance(base, str) and Path(base).suffix:
            base = Path(path).parent / base
        file["source"] = base
        file["overrides"] = file.pop("set", None)
        return file

    def preview_experiment(
        self,
        source: Source,
        *,
        grid: Mapping[str, Sequence[Any]] | None = None,
        seeds: Sequence[int] | str = (),
        overrides: Mapping[str, Any] | None = None,
    ) -> ExperimentPreview:
        """The exact runs that `launch_experiment` would make. What is wrong with it is in the answer."""
        fields = self.experiment_fields(source, grid=grid, seeds=seeds, overrides=overrides)
        fields.pop("preset")
        body = make_body(ExperimentPlan, _REFUSED, **fields)
        return self._transport.call(ExperimentPreview, "POST", "/experiments/preview", body=body)

    def launch_experiment(
        self,
        source: Source,
        name: str,
        *,
        grid: Mapping[str, Sequence[Any]] | None = None,
        seeds: Sequence[int] | str = (),
        overrides: Mapping[str, Any] | None = None,
        **about: Any,
    ) -> Experiment:
        """Launch every combination of the grid's values with every seed, or nothing.

        `about` may have `project`, `tags`, `notes` and `priority`.

        Raises:
            InvalidInputError: with the axes and fields that are wrong.
        """
        fields = self.experiment_fields(source, grid=grid, seeds=seeds, overrides=overrides)
        body = make_body(ExperimentCreate, _REFUSED, name=name, **fields, **about)
        return self._transport.call(Experiment, "POST", "/experiments", body=body, once=True)

    def experiments(
        self,
        *,
        project: str | None = None,
        query: str | None = None,
        deleted: bool = False,
        limit: int | None = None,
    ) -> Iterator[ExperimentSummary]:
        """Experiments, newest first."""
        params = {"project": project, "q": query, "deleted": deleted or None}
        return self._pages(ExperimentSummary, "/experiments", params, limit)

    def experiment(self, experiment_id: str) -> Experiment:
        """An experiment with each of its configurations and runs. Raises `NotFoundError`."""
        return self._transport.call(Experiment, "GET", f"/experiments/{part(experiment_id)}")

    def act_on_experiment(
        self, experiment_id: str, action: str, reason: str = ""
    ) -> ExperimentAnswer:
        """Do `stop`, `pause`, `resume`, `retry` or `restore` with all of its runs; the answer says what
        became of each."""
        body = make_body(ExperimentAct, "That cannot be done:", reason=reason)
        path = f"/experiments/{part(experiment_id)}/{part(action)}"
        return self._transport.call(ExperimentAnswer, "POST", path, body=body)

    def delete_experiment(self, experiment_id: str) -> ExperimentAnswer:
        """Put the experiment and its runs into the bin; active runs stay, and so then does it."""
        path = f"/experiments/{part(experiment_id)}"
        return self._transport.call(ExperimentAnswer, "DELETE", path)


_KEYS = {
    "name",
    "preset",
    "config",
    "set",
    "grid",
    "seeds",
    "project",
    "tags",
    "notes",
    "priority",
}
