"""Launching, finding and changing runs, and waiting for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from ahora.client.base import Part, make_body, part
from ahora.client.errors import NotFoundError, ServerUnreachableError, WaitTimeoutError
from ahora.client.sources import Source, configuration, is_file, read_file
from ahora.client.stream import Ready, Reset, RunChanged, StreamEvent, follow
from ahora.config import RunConfig
from ahora.presets import Preset
from ahora.schemas.runs import (
    Run,
    RunClone,
    RunCreate,
    RunUpdate,
    StatusChange,
    Validated,
)
from ahora.schemas.table import RunRow
from ahora.status import FINAL, RunStatus


class RunMethods(Part):
    """The client's methods about runs."""

    @overload
    def launch(
        self,
        source: Source,
        *,
        overrides: Mapping[str, Any] | None = None,
        seeds: None = None,
        name: str | None = None,
        project: str = "default",
        tags: Sequence[str] = (),
        notes: str = "",
        priority: int = 0,
    ) -> Run: ...
    @overload
    def launch(
        self,
        source: Source,
        *,
        overrides: Mapping[str, Any] | None = None,
        seeds: Sequence[int],
        name: str | None = None,
        project: str = "default",
        tags: Sequence[str] = (),
        notes: str = "",
        priority: int = 0,
    ) -> list[Run]: ...
    def launch(
        self,
        source: Source,
        *,
        overrides: Mapping[str, Any] | None = None,
        seeds: Sequence[int] | None = None,
        name: str | None = None,
        project: str = "default",
        tags: Sequence[str] = (),
        notes: str = "",
        priority: int = 0,
    ) -> Run | list[Run]:
        """Launch a run, or one for each seed.

        All configurations are validated before the first run is launched.

        Args:
            source: A preset's name, a YAML or JSON file, or a configuration.
            overrides: Dotted path to value, such as ``{"algorithm.alpha": 0.5}``.
            seeds: One run for each; then a list is returned.
            name: Empty gets a readable one. With several seeds each name ends in its seed.
            project: Project the runs belong to.
            tags: Tags of the runs.
            notes: Free text.
            priority: -100 to 100; higher is claimed first.

        Returns:
            The run, or with `seeds` the runs in that order.

        Raises:
            NotFoundError: no preset has this name.
            InvalidInputError: with the fields that are wrong and what to do.
        """
        base, preset = self._base(source)
        bodies = []
        for seed in [None] if seeds is None else seeds:
            changes = {**(overrides or {}), **({} if seed is None else {"seed": seed})}
            several = name is not None and seeds is not None and len(seeds) > 1
            body = make_body(
                RunCreate,
                "The run cannot be launched:",
                config=configuration(base, changes),
                name=f"{name} seed {seed}" if several else name,
                project=project,
                tags=list(tags),
                notes=notes,
                priority=priority,
                preset=preset,
            )
            bodies.append(body)
        runs = [self._transport.call(Run, "POST", "/runs", body=body, once=True) for body in bodies]
        return runs[0] if seeds is None else runs

    def _base(self, source: Source) -> tuple[Mapping[str, Any], str | None]:
        """The configuration of `source` before overrides, and the preset's name."""
        if isinstance(source, RunConfig):
            return source.resolved(), None
        if isinstance(source, Mapping):
            return source, None
        if is_file(source):
            return read_file(Path(source)), None
        preset = self.preset(str(source))
        return preset.config.resolved(), preset.name

    def presets(self) -> list[Preset]:
        """The configurations the server ships."""
        return self._transport.call(list[Preset], "GET", "/config/presets")

    def preset(self, name: str) -> Preset:
        """One preset. Raises `NotFoundError` with the names there are."""
        found = self.presets()
        for preset in found:
            if preset.name == name:
                return preset
        known = ", ".join(preset.name for preset in found)
        raise NotFoundError.of(f"There is no preset {name!r}. There are: {known}.")

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a run's configuration."""
        return self._transport.call(dict[str, Any], "GET", "/config/schema")

    def validate(self, source: Source, overrides: Mapping[str, Any] | None = None) -> Validated:
        """What `source` with `overrides` would be run as, and whether a worker that is online could run it.

        Raises `InvalidInputError` as `launch` does.
        """
        config = configuration(self._base(source)[0], overrides or {})
        return self._transport.call(Validated, "POST", "/config/validate", body=config)

    def get(self, run_id: str) -> Run:
        """A run in full. Raises `NotFoundError`."""
        return self._transport.call(Run, "GET", f"/runs/{part(run_id)}")

    def runs(
        self,
        *,
        project: str | None = None,
        status: Sequence[RunStatus | str] = (),
        tags: Sequence[str] = (),
        algorithm: str | None = None,
        model: str | None = None,
        query: str | None = None,
        where: Sequence[str] = (),
        sort: str = "-created_at",
        deleted: bool = False,
        limit: int | None = None,
    ) -> Iterator[RunRow]:
        """Runs that match, read page by page as they are needed.

        Args:
            project: Only of this project.
            status: Only in one of these states.
            tags: Only with all of these tags.
            algorithm: Only of this algorithm.
            model: Only of this model.
            query: Words looked for in the name and the rest of the row.
            where: Conditions that must all hold, such as ``metric.reward.max>=0.8``
                (docs/api.md, "Columns and conditions").
            sort: Columns with commas between, a leading `-` for descending.
            deleted: The deleted runs instead.
            limit: At most so many; None gives all.
        """
        params = {
            "project": project,
            "status": [str(each) for each in status],
            "tag": list(tags),
            "algorithm": algorithm,
            "model": model,
            "q": query,
            "where": list(where),
            "sort": sort,
            "deleted": deleted or None,
        }
        return self._pages(RunRow, "/runs", params, limit)

    def update(
        self,
        run_id: str,
        *,
        name: str | None = None,
        project: str | None = None,
        tags: Sequence[str] | None = None,
        notes: str | None = None,
        priority: int | None = None,
        if_version: int | None = None,
    ) -> Run:
        """Change what is not None. With `if_version` (`Run.version`), raises `OutdatedError` when somebody
        else was faster."""
        given = {
            "name": name,
            "project": project,
            "tags": None if tags is None else list(tags),
            "notes": notes,
            "priority": priority,
        }
        changes = {key: value for key, value in given.items() if value is not None}
        body = make_body(RunUpdate, "The run cannot be changed so:", **changes)
        return self._transport.call(
            Run,
            "PATCH",
            f"/runs/{part(run_id)}",
            body=body.model_dump(mode="json", exclude_unset=True),
            headers={} if if_version is None else {"If-Match": f'"{if_version}"'},
            repeatable=if_version is None,
        )

    def clone(
        self,
        run_id: str,
        *,
        overrides: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Run:
        """Launch a new run from an old one's configuration, with changes by dotted path."""
        body = make_body(
            RunClone, "The run cannot be cloned so:", name=name, overrides=dict(overrides or {})
        )
        return self._transport.call(
            Run, "POST", f"/runs/{part(run_id)}/clone", body=body, once=True
        )

    def delete(self, run_id: str) -> None:
        """Hide a run; `restore` brings it back. Raises `ConflictError` while it is active."""
        self._transport.send("DELETE", f"/runs/{part(run_id)}")

    def restore(self, run_id: str) -> Run:
        """Bring a deleted run back."""
        return self._transport.call(Run, "POST", f"/runs/{part(run_id)}/restore")

    def timeline(self, run_id: str) -> list[StatusChange]:
        """Every change of the run's state: when, by whom, why."""
        return self._transport.call(list[StatusChange], "GET", f"/runs/{part(run_id)}/timeline")

    def watch(
        self,
        run_ids: Sequence[str] | None = None,
        *,
        after: str | None = None,
        timeout: float | None = None,
        patience: float = 120.0,
    ) -> Iterator[StreamEvent]:
        """What happens to runs, live, over disconnects and restarts of the server, without gap or
        duplicate.

        A `Ready` comes after each (re)connect: read what you show then, and apply what follows. Who was
        away for more than a week gets a `Reset` for what is not replayed any more: read that again too.

        Args:
            run_ids: Runs to watch; None watches all, but tells only `RunChanged`, without replay.
            after: `cursor` of the last event that was seen; None starts now.
            timeout: Seconds after which the iterator ends; None goes on for ever.
            patience: Seconds without any connection after which `ServerUnreachableError` is raised.
        """
        return follow(self._transport, run_ids, after=after, timeout=timeout, patience=patience)

    def catch_up(
        self, run_ids: Sequence[str], after: str, timeout: float | None = None
    ) -> Iterator[StreamEvent]:
        """What happened to runs between the event with the cursor `after` and now."""
        for event in self.watch(run_ids, after=after, timeout=timeout):
            if isinstance(event, Ready):
                return
            yield event

    def wait(
        self,
        run_id: str,
        timeout: float | None = None,
        on_event: Callable[[StreamEvent], None] | None = None,
    ) -> Run:
        """Wait on the live stream until the run is completed, failed or stopped.

        Args:
            run_id: The run.
            timeout: Seconds to wait; None waits for ever.
            on_event: Called with everything that happens to the run meanwhile.

        Returns:
            The run in its final state; whether it failed is for the caller to ask.

        Raises:
            WaitTimeoutError: it did not end in time; it goes on.
        """
        tell = on_event or (lambda event: None)
        for event in self.watch([run_id], timeout=timeout):
            tell(event)
            if self._ended(run_id, event):
                # the state may be newer than what the stream has told so far
                for late in self.catch_up([run_id], event.cursor, timeout):
                    tell(late)
                return self.get(run_id)
        raise WaitTimeoutError(f"Run {run_id} did not end within {timeout:g} s. It goes on.")

    def _ended(self, run_id: str, event: StreamEvent) -> bool:
        if isinstance(event, Ready | Reset):
            try:
                return self.get(run_id).status in FINAL
            except ServerUnreachableError:
                return False  # the stream finds out as well and says Ready again
        return isinstance(event, RunChanged) and event.run.status in FINAL
