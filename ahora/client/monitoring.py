"""Metrics, rollouts, logs, checkpoints, comparisons, workers and tokens."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import httpx

from ahora.client.base import Part, make_body, part
from ahora.client.errors import ApiError, DownloadError, NotFoundError
from ahora.client.transport import API, RETRIED, check
from ahora.events import CheckpointFile
from ahora.schemas.access import LoginCode, Me, Token, TokenCreate, TokenCreated
from ahora.schemas.base import Page
from ahora.schemas.comparing import Comparison
from ahora.schemas.monitoring import (
    Checkpoint,
    LogLine,
    MetricRegistry,
    MetricSummary,
    RunMetrics,
    Series,
    SeriesQuery,
    SeriesResult,
)
from ahora.schemas.projects import DiskUsage, ProjectDetail, Retention
from ahora.schemas.rollouts import (
    PromptHistory,
    PromptSummary,
    RolloutDistributions,
    RolloutGroups,
    RolloutStep,
)
from ahora.schemas.runs import Project
from ahora.schemas.workers import DrainRequest, QueueState, Worker


class MonitoringMethods(Part):
    """The client's methods about what runs report, about workers and about access."""

    def metrics(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str] = (),
        *,
        max_points: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> list[Series]:
        """One series for each run and key that has points, downsampled to about `max_points`.

        No keys ask for all. Each bucket's minimum and maximum and the last point are kept.
        """
        body = make_body(
            SeriesQuery,
            "No such series can be asked for:",
            runs=list(run_ids),
            keys=list(keys),
            max_points=max_points,
            min_step=min_step,
            max_step=max_step,
        )
        return self._transport.call(SeriesResult, "POST", "/metrics/query", body=body).series

    def summaries(self, run_id: str) -> list[MetricSummary]:
        """Last, minimum, maximum, mean and count of each metric of a run."""
        path = f"/runs/{part(run_id)}/metrics"
        return self._transport.call(RunMetrics, "GET", path).metrics

    def registry(self) -> MetricRegistry:
        """Unit, meaning, direction and group of every metric."""
        return self._transport.call(MetricRegistry, "GET", "/metrics/registry")

    def compare(
        self,
        run_ids: Sequence[str],
        *,
        group_by: str = "auto",
        groups: Mapping[str, Sequence[str]] | None = None,
        baseline: str | None = None,
    ) -> Comparison:
        """Runs and groups of runs side by side: results, variances with intervals over seeds,
        differences of configuration, remarks.

        Args:
            run_ids: the runs.
            group_by: `auto`, `run`, `seeds`, `algorithm`, `model`, `tags` or a configuration field.
            groups: run ids by label; then `group_by` does not count.
            baseline: a run of the group that the others are compared with; default plain GRPO.
        """
        params = _comparison(run_ids, group_by, groups, baseline)
        return self._transport.call(Comparison, "GET", "/compare", params=params)

    def export_comparison(
        self,
        run_ids: Sequence[str],
        format: Literal["html", "csv", "json"] = "html",
        *,
        group_by: str = "auto",
        groups: Mapping[str, Sequence[str]] | None = None,
        baseline: str | None = None,
    ) -> bytes:
        """A comparison as a file: an HTML report that needs nothing else, a CSV table or JSON."""
        params = _comparison(run_ids, group_by, groups, baseline) | {"format": format}
        return self._transport.send("GET", "/compare/export", params=params).content

    def logs(
        self,
        run_id: str,
        *,
        after: int | None = None,
        level: str | None = None,
        query: str | None = None,
        limit: int = 500,
    ) -> list[LogLine]:
        """The newest lines of the log in their order, or with `after` (a line's id) those behind it."""
        params = {"after": after, "level": level, "q": query, "limit": limit}
        path = f"/runs/{part(run_id)}/logs"
        page = self._transport.call(Page[LogLine], "GET", path, params=params)
        return list(page.items)

    def rollouts(self, run_id: str) -> list[RolloutStep]:
        """The steps whose rollouts were kept."""
        return self._transport.call(list[RolloutStep], "GET", f"/runs/{part(run_id)}/rollouts")

    def rollout_groups(self, run_id: str, step: int) -> RolloutGroups:
        """The groups of a step: prompts and completions, token by token."""
        return self._transport.call(RolloutGroups, "GET", f"/runs/{part(run_id)}/rollouts/{step}")

    def rollout_distributions(self, run_id: str, columns: int = 200) -> RolloutDistributions:
        """How rewards and lengths are distributed over all steps; beyond `columns` steps neighbouring
        ones are taken together."""
        path = f"/runs/{part(run_id)}/rollout-distributions"
        return self._transport.call(RolloutDistributions, "GET", path, params={"columns": columns})

    def prompts(self, run_id: str, limit: int = 200) -> list[PromptSummary]:
        """The prompts whose rollouts were kept, those of most steps first."""
        path = f"/runs/{part(run_id)}/prompts"
        return self._transport.call(list[PromptSummary], "GET", path, params={"limit": limit})

    def prompt_history(self, run_id: str, prompt_id: str) -> PromptHistory:
        """One prompt through a run's training: each of its groups, without the tokens."""
        path = f"/runs/{part(run_id)}/prompts/history"
        return self._transport.call(PromptHistory, "GET", path, params={"prompt_id": prompt_id})

    def checkpoints(self, run_id: str) -> list[Checkpoint]:
        """The run's checkpoints."""
        return self._transport.call(list[Checkpoint], "GET", f"/runs/{part(run_id)}/checkpoints")

    def find_checkpoint(
        self, run_id: str, checkpoint_id: str | None = None, step: int | None = None
    ) -> Checkpoint:
        """A checkpoint of a run: by its id, by its step, or the newest. Raises `NotFoundError`."""
        found = self.checkpoints(run_id)
        wanted = [
            each for each in found if checkpoint_id in (None, each.id) and step in (None, each.step)
        ]
        if not wanted:
            which = f"no checkpoint {checkpoint_id!r}" if checkpoint_id else "no checkpoint yet"
            if step is not None and found:
                has = ", ".join(str(each.step) for each in found)
                which = f"no checkpoint of step {step}; it has those of {has}"
            raise NotFoundError.of(f"Run {run_id} has {which}.")
        return max(wanted, key=lambda each: (each.attempt, each.step))

    def download(self, run_id: str, folder: Path | str, checkpoint_id: str | None = None) -> Path:
        """Download a checkpoint (the newest unless one is named) into `folder`; its files' hashes are
        checked.

        Returns:
            The folder, which holds the checkpoint's files.

        Raises:
            NotFoundError: the run has no such checkpoint.
            DownloadError: a file is not what was announced.
        """
        checkpoint = self.find_checkpoint(run_id, checkpoint_id)
        target = Path(folder)
        for file in checkpoint.files:
            self._download_file(checkpoint, file, target)
        return target

    def _download_file(self, checkpoint: Checkpoint, file: CheckpointFile, folder: Path) -> None:
        relative = PurePosixPath(file.path)
        if relative.is_absolute() or ".." in relative.parts:
            raise DownloadError(
                f"The server named the file {file.path!r}, which leaves the folder."
            )
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        for attempt in range(self._transport.retries + 1):
            last = attempt == self._transport.retries
            try:
                digest = self._stream_to(partial, checkpoint, file)
                break
            except httpx.TransportError as error:
                if last:
                    raise self._transport.unreachable(error) from error
            except ApiError as error:
                if last or error.status not in RETRIED:
                    raise
            self._transport.wait(attempt)
        if digest != file.sha256:
            partial.unlink()
            raise DownloadError(f"{file.path} arrived damaged: download it again.")
        partial.replace(path)

    def _stream_to(self, partial: Path, checkpoint: Checkpoint, file: CheckpointFile) -> str:
        """Write the file's content and return its SHA-256."""
        url = (
            f"{API}/runs/{part(checkpoint.run_id)}/checkpoints/{part(checkpoint.id)}/files/"
            + "/".join(part(each) for each in PurePosixPath(file.path).parts)
        )
        digest = hashlib.sha256()
        with self._transport.http.stream("GET", url) as response, partial.open("wb") as output:
            if not response.is_success:
                response.read()
                check(response)
            for chunk in response.iter_bytes():
                digest.update(chunk)
                output.write(chunk)
        return digest.hexdigest()

    def export(self, run_id: str, format: Literal["json", "csv"] = "json") -> bytes:
        """Run, configuration, provenance and all metric points, as one JSON or CSV document."""
        path = f"/runs/{part(run_id)}/export"
        return self._transport.send("GET", path, params={"format": format}).content

    def points_csv(self, run_id: str, keys: Sequence[str]) -> bytes:
        """Every point of some metrics as CSV: step, elapsed seconds, tokens and a column a metric."""
        path = f"/runs/{part(run_id)}/points.csv"
        return self._transport.send("GET", path, params={"key": list(keys)}).content

    def projects(self) -> list[Project]:
        """Projects and how many runs each has."""
        return self._transport.call(list[Project], "GET", "/projects")

    def project(self, name: str) -> ProjectDetail:
        """A project: what is kept of its runs, and how much disk they hold."""
        return self._transport.call(ProjectDetail, "GET", f"/projects/{part(name)}")

    def set_retention(self, name: str, retention: Retention) -> ProjectDetail:
        """What is kept of the project's runs once they have ended."""
        path = f"/projects/{part(name)}/retention"
        return self._transport.call(ProjectDetail, "PUT", path, body=retention)

    def usage(self, run_id: str) -> DiskUsage:
        """How much disk a run holds."""
        return self._transport.call(DiskUsage, "GET", f"/runs/{part(run_id)}/usage")

    def workers(self) -> list[Worker]:
        """Workers, online and not."""
        return self._transport.call(list[Worker], "GET", "/workers")

    def drain_worker(self, worker_id: str, reason: str = "", *, pause: bool = False) -> Worker:
        """Let a worker take no more runs; it finishes those it has, or pauses them."""
        runs = "pause" if pause else "finish"
        body = make_body(DrainRequest, "It cannot be drained:", reason=reason, runs=runs)
        path = f"/workers/{part(worker_id)}/drain"
        return self._transport.call(Worker, "POST", path, body=body)

    def undrain_worker(self, worker_id: str) -> Worker:
        """Let a drained worker take runs again."""
        return self._transport.call(Worker, "POST", f"/workers/{part(worker_id)}/undrain")

    def queue(self) -> list[QueueState]:
        """How many runs wait and how many slots there are, by queue."""
        return self._transport.call(list[QueueState], "GET", "/queue")

    def me(self) -> Me:
        """Who this token belongs to, and the server's version."""
        return self._transport.call(Me, "GET", "/auth/me")

    def tokens(self) -> Iterator[Token]:
        """All tokens, without their secrets."""
        return self._pages(Token, "/tokens", {}, None)

    def create_token(self, name: str, kind: Literal["user", "worker"] = "user") -> TokenCreated:
        """Make a token; its secret is in the answer and nowhere else."""
        body = make_body(TokenCreate, "No such token can be made:", name=name, kind=kind)
        return self._transport.call(TokenCreated, "POST", "/tokens", body=body, repeatable=False)

    def revoke_token(self, token_id: str) -> None:
        """Make a token useless from now on."""
        self._transport.send("DELETE", f"/tokens/{part(token_id)}")

    def login_code(self) -> LoginCode:
        """A code that logs one browser in, once."""
        return self._transport.call(LoginCode, "POST", "/auth/login-codes")

    def login_url(self) -> str:
        """The dashboard's address with such a code."""
        return self._transport.connection.url + self.login_code().path


def _comparison(
    run_ids: Sequence[str],
    group_by: str,
    groups: Mapping[str, Sequence[str]] | None,
    baseline: str | None,
) -> dict[str, Any]:
    """The query of a comparison."""
    hand = [f"{label}:{','.join(ids)}" for label, ids in (groups or {}).items()]
    return {
        "runs": ",".join(run_ids),
        "group_by": "hand" if hand else group_by,
        "group": hand,
        "baseline": baseline,
    }
