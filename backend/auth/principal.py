"""The one dependency every route has: who is calling."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials

from backend.auth import service
from backend.auth.bearer import SESSION_COOKIE, USER_BEARER, WORKER_BEARER
from backend.dependencies import Db
from backend.errors import Unauthorized, WrongKindOfToken


@dataclass(frozen=True)
class Principal:
    """Who a request comes from."""

    name: str
    kind: Literal["user", "worker"]
    token_id: str | None
    secret: str = field(repr=False)

    @property
    def key(self) -> str:
        """Identifies the caller: idempotency keys are kept apart by it."""
        return self.token_id or f"session of {self.name}"


Bearer = HTTPAuthorizationCredentials | None
_HOW = "Send 'Authorization: Bearer TOKEN', or log in with the link that `ahora login-url` prints."


def current_user(
    db: Db,
    bearer: Annotated[Bearer, Depends(USER_BEARER)],
    cookie: Annotated[str | None, Depends(SESSION_COOKIE)],
) -> Principal:
    """The user: by token, else by the dashboard's session cookie. 401 without, 403 for a worker."""
    if bearer is not None:
        return _by_token(db, bearer.credentials, "user")
    if cookie is None:
        raise Unauthorized(_HOW)
    found = service.find_session(db, cookie)
    if found is None:
        raise Unauthorized(f"This browser's session has ended. {_HOW}")
    return Principal(name=found.name, kind="user", token_id=found.token_id, secret=cookie)


def current_worker(db: Db, bearer: Annotated[Bearer, Depends(WORKER_BEARER)]) -> Principal:
    """The worker, by its token. 401 without, 403 for a user."""
    if bearer is None:
        raise Unauthorized("Send a worker token as 'Authorization: Bearer TOKEN'.")
    return _by_token(db, bearer.credentials, "worker")


def _by_token(db: Db, secret: str, kind: Literal["user", "worker"]) -> Principal:
    token = service.find_token(db, secret)
    if token is None:
        raise Unauthorized("This token is unknown or was revoked.")
    if token.kind != kind:
        raise WrongKindOfToken(f"This route needs a {kind} token; {token.name!r} is not one.")
    return Principal(name=token.name, kind=kind, token_id=token.id, secret=secret)


CurrentUser = Annotated[Principal, Depends(current_user)]
CurrentWorker = Annotated[Principal, Depends(current_worker)]
