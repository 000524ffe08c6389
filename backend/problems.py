"""Every error as `application/problem+json`."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from ahora.config.errors import describe_error
from ahora.schemas.base import Problem
from backend.errors import (
    ApiError,
    BadRequest,
    DatabaseUnavailable,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Unauthorized,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem_response(error: ApiError) -> Response:
    """The answer that tells of `error`."""
    headers = dict(error.headers)
    if isinstance(error, Unauthorized):
        headers.setdefault("WWW-Authenticate", "Bearer")
    return _response(error.problem(), headers)


def _response(problem: Problem, headers: dict[str, str]) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Make `app` answer errors this way."""

    @app.exception_handler(ApiError)
    def api_error(_request: Request, error: ApiError) -> Response:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> Response:
        return problem_response(_invalid(error))

    @app.exception_handler(OperationalError)
    def database(_request: Request, error: OperationalError) -> Response:
        logger.error("the database failed: %s", error)
        return problem_response(
            DatabaseUnavailable(
                "The database does not answer. Try again; the server's log has the cause.",
                headers={"Retry-After": "2"},
            )
        )

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, ApiError):  # FastAPI wraps what fails while a body is read
            return problem_response(error.__cause__)
        headers = dict(error.headers or {})
        if error.status_code == MethodNotAllowed.status:
            detail = f"{request.url.path} has no {request.method}."
            return problem_response(MethodNotAllowed(detail, headers=headers))
        if error.status_code == NotFound.status:
            return problem_response(NotFound(f"There is no {request.url.path} here."))
        if error.status_code == BadRequest.status:
            return problem_response(BadRequest(str(error.detail)))
        title = HTTPStatus(error.status_code).phrase
        problem = Problem(title=title, status=error.status_code, detail=str(error.detail))
        return _response(problem, headers)


_PLACES = {"body", "query", "path", "header", "cookie"}


def _invalid(error: RequestValidationError) -> ApiError:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason, where = first["ctx"]["error"], first["loc"][-1]
        return BadRequest(f"The body is not valid JSON at character {where}: {reason}.")
    errors = []
    for item in error.errors():
        inside = item["loc"][1:] if item["loc"] and item["loc"][0] in _PLACES else item["loc"]
        errors.append(describe_error({**item, "loc": inside}))
    top = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Invalid(f"{top.path or 'The body'}: {top.message}. {top.remedy}{more}", errors=errors)
