"""Queries on tokens, login codes and browser sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from backend.db.models import LoginCode, LoginSession, Token


def token_by_hash(session: Session, digest: str) -> Token | None:
    """The token with this hash."""
    return session.scalars(select(Token).where(Token.hash == digest)).one_or_none()


def tokens(session: Session, limit: int, after: tuple[datetime, str] | None) -> Sequence[Token]:
    """Tokens, newest first, after the one with this time and id."""
    query = select(Token).order_by(Token.created_at.desc(), Token.id.desc()).limit(limit)
    if after is not None:
        time, token_id = after
        older = (Token.created_at == time) & (Token.id < token_id)
        query = query.where(or_(Token.created_at < time, older))
    return session.scalars(query).all()


def mark_used(session: Session, token_id: str, now: datetime, unless_since: datetime) -> None:
    """Note that a token was used, unless that was noted since `unless_since`."""
    stale = or_(Token.last_used_at.is_(None), Token.last_used_at < unless_since)
    session.execute(update(Token).where(Token.id == token_id, stale).values(last_used_at=now))


def session_by_hash(session: Session, digest: str, now: datetime) -> LoginSession | None:
    """The browser session with this hash, unless it has expired."""
    query = select(LoginSession).where(LoginSession.hash == digest, LoginSession.expires_at > now)
    return session.scalars(query).one_or_none()


def take_code(session: Session, digest: str, now: datetime) -> LoginCode | None:
    """Use up a login code. Of two transactions that try, one gets it."""
    query = select(LoginCode).where(LoginCode.hash == digest, LoginCode.expires_at > now)
    code = session.scalars(query.with_for_update()).one_or_none()
    if code is not None:
        session.delete(code)
    return code


def delete_session(session: Session, digest: str) -> None:
    """End a browser session."""
    session.execute(delete(LoginSession).where(LoginSession.hash == digest))


def delete_expired(session: Session, now: datetime) -> None:
    """Forget codes and sessions that have expired."""
    session.execute(delete(LoginCode).where(LoginCode.expires_at <= now))
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
