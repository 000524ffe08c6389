"""Who may use the product: users, tokens and login codes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ahora.schemas.base import Name, Request, Schema


class Me(Schema):
    """Who the caller is."""

    name: str
    kind: Literal["user", "worker"]
    version: str
    """Version of the product."""


class TokenCreate(Request):
    """A token to make."""

    name: Name
    kind: Literal["user", "worker"] = "user"


class Token(Schema):
    """A token, without its secret."""

    id: str
    name: str
    kind: Literal["user", "worker"]
    created_at: datetime
    last_used_at: datetime | None


class TokenCreated(Token):
    """A new token; its secret is shown this once."""

    secret: str


class LoginCode(Schema):
    """A code that logs one browser in, once."""

    code: str
    path: str
    """Path to open in the browser, with the code: `/login?code=...`."""
    expires_in: float
    """Seconds."""


class Login(Request):
    """A code to exchange for a session cookie."""

    code: str = Field(max_length=200)
