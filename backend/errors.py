"""Errors of the API: a class each, with its status code; the docstring is the title.

All answers with a status of 400 or more are `application/problem+json` (RFC 9457,
`ahora.schemas.base.Problem`).
"""

# ruff: noqa: N818 - the class's name is the problem's public identifier

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ahora.config.errors import FieldError
from ahora.schemas.base import Problem


class ApiError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        expected_seq: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or self.title()
        self.errors = list(errors)
        self.expected_seq = expected_seq
        self.headers = dict(headers or {})

    @classmethod
    def title(cls) -> str:
        """The first line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def type(cls) -> str:
        """Stable identifier: `RunNotFound` is `/problems/run-not-found`."""
        return "/problems/" + re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def problem(self) -> Problem:
        """The body of the answer."""
        return Problem(
            type=self.type(),
            title=self.title(),
            status=self.status,
            detail=self.detail,
            errors=self.errors,
            expected_seq=self.expected_seq,
        )


class BadRequest(ApiError):
    """The request cannot be read."""

    status = 400


class Unauthorized(ApiError):
    """No valid token, login code or session."""

    status = 401


class Forbidden(ApiError):
    """This is not allowed."""

    status = 403


class WrongKindOfToken(Forbidden):
    """The token is of another kind than this route needs."""


class HostNotAllowed(Forbidden):
    """The Host of the request is not one of this server's names."""


class OriginNotAllowed(Forbidden):
    """The request comes from a page of another origin."""


class NotFound(ApiError):
    """There is nothing here."""

    status = 404


class RunNotFound(NotFound):
    """There is no such run."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"No run has the id {run_id!r}: GET /api/v1/runs lists them.")


class ProjectNotFound(NotFound):
    """There is no such project."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No project is called {name!r}: GET /api/v1/projects lists them.")


class ExperimentNotFound(NotFound):
    """There is no such experiment."""

    def __init__(self, experiment_id: str) -> None:
        super().__init__(
            f"No experiment has the id {experiment_id!r}: GET /api/v1/experiments lists them."
        )


class DatasetNotFound(NotFound):
    """There is no such dataset."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"No dataset has the id {dataset_id!r}: GET /api/v1/datasets lists them.")


class TokenNotFound(NotFound):
    """There is no such token."""


class WorkerNotFound(NotFound):
    """There is no such worker."""


class MethodNotAllowed(ApiError):
    """This path has no such method."""

    status = 405


class Conflict(ApiError):
    """This does not fit the present state."""

    status = 409


class IllegalChange(Conflict):
    """The run cannot change to this state now."""


class RunIsActive(Conflict):
    """The run has an active attempt."""


class NotATrainingRun(Conflict):
    """This works on training runs and their checkpoints only."""


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used with another body."""


class DatasetInUse(Conflict):
    """Runs that have not ended need this dataset."""


class StaleAttempt(Conflict):
    """This attempt is over: the run went on without it."""


class WrongSeq(Conflict):
    """The batch does not start where the stored events end."""


class PreconditionFailed(ApiError):
    """Somebody else changed this in the meantime."""

    status = 412


class BodyTooLarge(ApiError):
    """The body is too large."""

    status = 413


class Invalid(ApiError):
    """The request is not valid."""

    status = 422


class InternalError(ApiError):
    """The server failed; its log has the cause."""

    status = 500


class DatabaseUnavailable(ApiError):
    """The database cannot be reached at the moment."""

    status = 503


def problems(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route that may raise `errors`."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        line = f"`{error.type()}`: {error.title()}"
        entry = found.setdefault(error.status, {"model": Problem, "description": ""})
        entry["description"] = f"{entry['description']}\n{line}".strip()
    return found
