"""The description of the API: what FastAPI finds out, and the errors that every route may answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from backend.errors import (
    ApiError,
    BadRequest,
    BodyTooLarge,
    DatabaseUnavailable,
    HostNotAllowed,
    InternalError,
    Invalid,
    OriginNotAllowed,
    Unauthorized,
    WrongKindOfToken,
    problems,
)
from backend.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_METHODS = {"get", "put", "post", "patch", "delete"}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="Launch, watch and compare SA-AH-GRPO training runs of language models",
        description="Errors are `application/problem+json`; their `type` is stable.",
        routes=app.routes,
    )
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                _complete(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _complete(operation: dict[str, Any]) -> None:
    found: dict[str, Any] = operation["responses"]
    common = _common(operation)
    if "422" in found and "HTTPValidationError" in str(found["422"]):
        del found["422"]
    for status, entry in problems(*common).items():
        own = found.get(str(status), {}).get("description")
        words = f"{own}\n{entry['description']}" if own else entry["description"]
        found[str(status)] = {"description": words}
    for status, entry in found.items():
        if status >= "400":
            entry["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}
    operation["responses"] = dict(sorted(found.items()))


def _common(operation: dict[str, Any]) -> list[type[ApiError]]:
    errors: list[type[ApiError]] = [HostNotAllowed, OriginNotAllowed]
    if operation.get("security"):
        errors += [Unauthorized, WrongKindOfToken]
    if "requestBody" in operation:
        errors += [BadRequest, BodyTooLarge]
    if "requestBody" in operation or operation.get("parameters"):
        errors.append(Invalid)
    errors += [InternalError, DatabaseUnavailable]
    described = operation["responses"]
    return [
        error
        for error in errors
        if error.type() not in described.get(str(error.status), {}).get("description", "")
    ]
