"""What can go wrong between a client and the server."""

from collections.abc import Sequence

from ahora.config.errors import FieldError
from ahora.schemas.base import Problem


class AhoraError(Exception):
    """Base of everything the client raises on purpose; `str()` says what is wrong and what to do."""


class NotConfiguredError(AhoraError):
    """No server address or no token is known."""


class ServerUnreachableError(AhoraError):
    """No answer, after all retries."""


class WaitTimeoutError(AhoraError, TimeoutError):
    """A run did not end in time. It goes on."""


class DownloadError(AhoraError):
    """A file arrived that is not the one that was announced."""


class ApiError(AhoraError):
    """The server refused or failed."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail or problem.title)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def errors(self) -> Sequence[FieldError]:
        """The invalid fields, each with a remedy; empty unless the input was invalid."""
        return self.problem.errors


class NotAllowedError(ApiError):
    """401 or 403: no token, a wrong one, or one of the other kind."""


class NotFoundError(ApiError):
    """404."""

    @staticmethod
    def of(detail: str) -> "NotFoundError":
        """The error for something the server answered, but without what was asked for."""
        return NotFoundError(Problem(title="Not found", status=404, detail=detail))


class ConflictError(ApiError):
    """409: the state of the thing does not allow it."""


class OutdatedError(ApiError):
    """412: somebody else edited it first."""


class InvalidInputError(ApiError):
    """400 or 422; also raised before anything is sent, when a configuration is invalid."""

    def __str__(self) -> str:
        said = super().__str__()  # of a single field the server tells all of it
        lines = [
            f"  {error.path}: {error.message}. {error.remedy}"
            for error in self.errors
            if not (error.message in said and error.remedy in said)
        ]
        return "\n".join([said, *lines])

    @staticmethod
    def of(detail: str, errors: Sequence[FieldError] = ()) -> "InvalidInputError":
        """The error of an input that was found invalid on this side."""
        return InvalidInputError(
            Problem(title="Invalid input", status=422, detail=detail, errors=list(errors))
        )


_CLASSES: dict[int, type[ApiError]] = {
    400: InvalidInputError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    412: OutdatedError,
    422: InvalidInputError,
}


def api_error(problem: Problem) -> ApiError:
    """The error of the class that fits the problem's status."""
    return _CLASSES.get(problem.status, ApiError)(problem)
