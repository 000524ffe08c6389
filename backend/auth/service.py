"""Making, checking and ending tokens, login codes and browser sessions."""

import secrets
from datetime import timedelta

from sqlalchemy.orm import Session

from backend.auth import repository
from backend.auth.secrets import digest, new_secret
from backend.db import Database, utcnow
from backend.db.models import LoginCode, LoginSession, Token
from backend.errors import TokenNotFound, Unauthorized

CODE_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(days=30)
_USED_RESOLUTION = timedelta(minutes=5)  # or every request would write


def find_token(db: Database, secret: str) -> Token | None:
    """The token with this secret, and note that it was used."""
    now = utcnow()
    with db.read() as session:
        token = repository.token_by_hash(session, digest(secret))
    since = now - _USED_RESOLUTION
    if token is not None and (token.last_used_at is None or token.last_used_at < since):
        with db.write() as session:
            repository.mark_used(session, token.id, now, since)
    return token


def find_session(db: Database, cookie: str) -> LoginSession | None:
    """The browser session of this cookie, unless it has expired."""
    with db.read() as session:
        return repository.session_by_hash(session, digest(cookie), utcnow())


def create_token(session: Session, name: str, kind: str) -> tuple[Token, str]:
    """A new token and its secret, which is stored nowhere."""
    secret = new_secret(kind)
    token = Token(name=name, kind=kind, hash=digest(secret))
    session.add(token)
    session.flush()
    return token, secret


def revoke_token(session: Session, token_id: str) -> None:
    """End a token, and the login codes and browser sessions that came from it."""
    token = session.get(Token, token_id)
    if token is None:
        raise TokenNotFound(f"No token has the id {token_id!r}.")
    session.delete(token)


def create_login_code(session: Session, name: str, token_id: str | None) -> str:
    """A code that logs one browser in as `name`."""
    code = secrets.token_urlsafe(24)
    expires = utcnow() + CODE_LIFETIME
    session.add(LoginCode(hash=digest(code), name=name, token_id=token_id, expires_at=expires))
    return code


def redeem(session: Session, code: str) -> tuple[str, str]:
    """Exchange a login code for a session: its secret, for the cookie, and the name of its user."""
    now = utcnow()
    found = repository.take_code(session, digest(code), now)
    if found is None:
        raise Unauthorized(
            "This login link was used already or has expired. `ahora login-url` prints a new one."
        )
    cookie = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            hash=digest(cookie),
            name=found.name,
            token_id=found.token_id,
            expires_at=now + SESSION_LIFETIME,
        )
    )
    return cookie, found.name


def end_session(session: Session, cookie: str) -> None:
    """Log a browser out."""
    repository.delete_session(session, digest(cookie))
