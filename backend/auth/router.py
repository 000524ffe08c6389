"""Routes of access: log in and out, tokens."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

import ahora
from ahora.schemas.access import Login, LoginCode, Me, Token, TokenCreate, TokenCreated
from ahora.schemas.base import Page
from backend.auth import repository, service
from backend.auth.bearer import COOKIE, SESSION_COOKIE
from backend.auth.principal import CurrentUser
from backend.dashboard import Dashboard
from backend.db import models
from backend.dependencies import Db
from backend.errors import TokenNotFound, Unauthorized, problems
from backend.pages import Cursor, Limit, cursor_time, decode_cursor, encode_cursor

open_router = APIRouter(prefix="/auth", tags=["access"])
router = APIRouter(tags=["access"])
page_router = APIRouter()


@open_router.post("/login", responses=problems(Unauthorized))
def login(body: Login, request: Request, response: Response, db: Db) -> Me:
    """Exchange a one-time code for the session cookie."""
    with db.write() as session:
        cookie, name = service.redeem(session, body.code)
    _set_cookie(request, response, cookie)
    return Me(name=name, kind="user", version=ahora.__version__)


@page_router.get("/login", include_in_schema=False)
def login_page(
    request: Request, db: Db, code: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """Where the printed URL leads: sets the cookie and goes on to the dashboard.

    Without a code it is the dashboard's own page, which asks for one.
    """
    if code is None:
        dashboard: Dashboard = request.app.state.dashboard
        return dashboard.page()
    try:
        with db.write() as session:
            cookie, _ = service.redeem(session, code)
    except Unauthorized as error:
        held = request.cookies.get(COOKIE)
        if held is None or service.find_session(db, held) is None:
            return HTMLResponse(_EXPIRED.format(detail=error.detail), status_code=401)
        return RedirectResponse("/", status_code=303)  # the link again, in a browser it logged in
    response = RedirectResponse("/", status_code=303)
    _set_cookie(request, response, cookie)
    return response


@router.post("/auth/logout", status_code=204)
def logout(
    _user: CurrentUser,
    cookie: Annotated[str | None, Depends(SESSION_COOKIE)],
    response: Response,
    db: Db,
) -> None:
    """End this browser's session."""
    if cookie is not None:
        with db.write() as session:
            service.end_session(session, cookie)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/auth/me")
def get_me(user: CurrentUser) -> Me:
    """Who is calling."""
    return Me(name=user.name, kind=user.kind, version=ahora.__version__)


@router.post("/auth/login-codes")
def create_login_code(user: CurrentUser, db: Db) -> LoginCode:
    """A code that logs one browser in, once."""
    with db.write() as session:
        code = service.create_login_code(session, user.name, user.token_id)
    seconds = service.CODE_LIFETIME.total_seconds()
    return LoginCode(code=code, path=f"/login?code={code}", expires_in=seconds)


@router.get("/tokens")
def list_tokens(db: Db, limit: Limit = 50, cursor: Cursor = None) -> Page[Token]:
    """Tokens, newest first, without their secrets."""
    with db.read() as session:
        found = repository.tokens(session, limit + 1, _after(cursor))
    items = [_token(token) for token in found[:limit]]
    more = len(found) > limit
    return Page(
        items=items,
        next_cursor=encode_cursor(items[-1].created_at, items[-1].id) if more else None,
    )


@router.post("/tokens", status_code=201)
def create_token(body: TokenCreate, db: Db) -> TokenCreated:
    """Make a token. Its secret is shown this once."""
    with db.write() as session:
        token, secret = service.create_token(session, body.name, body.kind)
    return TokenCreated(**_token(token).model_dump(), secret=secret)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(TokenNotFound))
def revoke_token(token_id: str, db: Db) -> None:
    """End a token at once, with the browser sessions it made."""
    with db.write() as session:
        service.revoke_token(session, token_id)


def _token(token: models.Token) -> Token:
    return Token.model_validate(
        {
            "id": token.id,
            "name": token.name,
            "kind": token.kind,
            "created_at": token.created_at,
            "last_used_at": token.last_used_at,
        }
    )


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    time, token_id = decode_cursor(cursor, 2)
    return cursor_time(time), str(token_id)


def _set_cookie(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(service.SESSION_LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


_EXPIRED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ahora: log in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>This link no longer logs in</h1><p>{detail}</p>
<p><a href="/login">Type a code instead</a></p></body></html>
"""
