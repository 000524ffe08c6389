"""Following runs to their end: progress bars in a terminal, lines elsewhere."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ahora.cli.exits import CommandError, Exit
from ahora.cli.output import console, duration, number, plain, say

if TYPE_CHECKING:
    from ahora.client import Client, StreamEvent
    from ahora.schemas.runs import Run, RunSummary


class View(Protocol):
    """Shows the progress of runs."""

    def __enter__(self) -> "View": ...

    def __exit__(self, *error: object) -> None: ...

    def show(self, run: "RunSummary") -> None:
        """A run as it is now."""
        ...

    def points(self, run_id: str, step: int, reward: float | None) -> None:
        """A run reached a step."""
        ...

    def event(self, event: "StreamEvent") -> None:
        """Everything that happens, before it is shown."""
        ...


def follow(
    api: "Client",
    runs: Sequence["RunSummary"],
    *,
    timeout: float | None = None,
    as_json: bool = False,
) -> list["Run"]:
    """Show the progress of `runs` until all have ended; returns them in their final state.

    Raises:
        WaitTimeoutError: they did not end in time; they go on.
    """
    with _view(runs, as_json) as view:
        return _follow(api, [run.id for run in runs], view, timeout)


def follow_or_leave(
    api: "Client",
    runs: Sequence["RunSummary"],
    *,
    timeout: float | None = None,
    as_json: bool = False,
) -> list["Run"]:
    """`follow`, for runs that do not depend on this command: Ctrl-C leaves them running.

    Raises:
        CommandError: interrupted.
    """
    try:
        return follow(api, runs, timeout=timeout, as_json=as_json)
    except KeyboardInterrupt:
        names = " ".join(run.id for run in runs)
        raise CommandError(
            f"Interrupted. The runs go on: `ahora watch {names}` shows them again.",
            Exit.INTERRUPTED,
        ) from None


def _follow(api: "Client", ids: list[str], view: View, timeout: float | None) -> list["Run"]:
    from ahora.client import Ready, Reset, RunChanged, WaitTimeoutError
    from ahora.status import FINAL

    open_ids = set(ids)
    for event in api.watch(ids, timeout=timeout):
        _tell(view, event)
        changed: list[RunSummary] = []
        if isinstance(event, Ready | Reset):
            changed = [api.get(run_id) for run_id in ids]
        elif isinstance(event, RunChanged):
            changed = [event.run]
        for run in changed:
            view.show(run)
            if run.status in FINAL:
                open_ids.discard(run.id)
        if not open_ids:
            # their state may be newer than what the stream has told so far
            for late in api.catch_up(ids, event.cursor, timeout):
                _tell(view, late)
            return [api.get(run_id) for run_id in ids]
    raise WaitTimeoutError(f"{len(open_ids)} of {len(ids)} runs did not end in time. They go on.")


def _tell(view: View, event: "StreamEvent") -> None:
    from ahora.client import MetricsArrived

    view.event(event)
    if isinstance(event, MetricsArrived):
        for point in event.points:
            view.points(event.run_id, point.step, point.values.get("reward"))


def _view(runs: Sequence["RunSummary"], as_json: bool) -> View:
    if as_json:
        return JsonView()
    return BarsView(runs) if sys.stdout.isatty() else LinesView(runs)


def activity(run: "RunSummary") -> str:
    """What a run does now, in a few words."""
    if run.status == "queued":
        return "waits for a worker"
    if str(run.status) in {"starting", "running"}:
        words = {"setup": "setting up", "pretraining": "pre-training the tiny model"}
        return run.phase_message or words.get(run.phase, run.phase) or str(run.status)
    return str(run.status)


class JsonView:
    """One JSON object a line for each event."""

    def __enter__(self) -> "JsonView":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def show(self, run: "RunSummary") -> None:
        """Part of the events."""

    def points(self, run_id: str, step: int, reward: float | None) -> None:
        """Part of the events."""

    def event(self, event: "StreamEvent") -> None:
        """Print it."""
        import json

        say(json.dumps(plain(event), ensure_ascii=False))


class LinesView:
    """A line when something happened that a log should have: a new state, a phase before training, each
    tenth of the steps."""

    def __init__(self, runs: Sequence["RunSummary"]) -> None:
        self._runs = {run.id: run for run in runs}
        self._width = max(len(run.name) for run in runs)
        self._last: dict[str, str] = {}
        self._tenth: dict[str, int] = {}

    def __enter__(self) -> "LinesView":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def show(self, run: "RunSummary") -> None:
        """Print the run's state when it changed."""
        self._runs[run.id] = run
        phase = run.phase if run.step == 0 and run.phase != "training" else ""
        doing = f"{run.status} {phase}"
        if self._last.get(run.id) == doing:
            return
        self._last[run.id] = doing
        reason = f": {run.status_reason}" if run.status_reason and run.status != "queued" else ""
        self._print(run, f"{activity(run)}{reason}")

    def points(self, run_id: str, step: int, reward: float | None) -> None:
        """Print the step when another tenth is done."""
        run = self._runs[run_id]
        tenth = step * 10 // run.max_steps
        if reward is not None and self._tenth.get(run_id, 0) < tenth:
            self._tenth[run_id] = tenth
            eta = f"  ETA {duration(run.eta_seconds)}" if run.eta_seconds else ""
            self._print(run, f"step {step}/{run.max_steps}  reward {number(reward, 3)}{eta}")

    def event(self, event: "StreamEvent") -> None:
        """What it says comes through the other methods."""

    def _print(self, run: "RunSummary", text: str) -> None:
        say(f"{run.name:{self._width}}  {text}")
        sys.stdout.flush()


class BarsView:
    """A progress bar for each run."""

    def __init__(self, runs: Sequence["RunSummary"]) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[reward]}", markup=False),
            TextColumn("{task.fields[doing]}", markup=False, style="dim"),
            console=console(),
        )
        self._runs = {run.id: run for run in runs}
        self._tasks = {
            run.id: self._progress.add_task(run.name, total=run.max_steps, reward="", doing="")
            for run in runs
        }

    def __enter__(self) -> "BarsView":
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def show(self, run: "RunSummary") -> None:
        """Redraw the run's line."""
        self._runs[run.id] = run
        task = self._tasks[run.id]
        known = self._progress.tasks[task].completed
        step = run.step if run.phase != "pretraining" else 0
        self._progress.update(task, completed=max(step, known), doing=self._doing(run))
        if run.last_reward is not None:
            self._progress.update(task, reward=f"reward {number(run.last_reward, 3)}")

    def points(self, run_id: str, step: int, reward: float | None) -> None:
        """Move the bar."""
        task = self._tasks[run_id]
        self._progress.update(task, completed=step)
        if reward is not None:
            self._progress.update(task, reward=f"reward {number(reward, 3)}")

    def event(self, event: "StreamEvent") -> None:
        """What it says comes through the other methods."""

    def _doing(self, run: "RunSummary") -> str:
        if run.status == "running" and run.phase == "training" and run.eta_seconds is not None:
            return f"{duration(run.eta_seconds)} left"
        return activity(run)
