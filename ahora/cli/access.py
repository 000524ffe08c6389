"""token and login-url: who may use the server."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ahora.cli import context, output
from ahora.cli.launching import Json

tokens = typer.Typer(no_args_is_help=True, help="Make, list and revoke access tokens.")


class Kind(StrEnum):
    """What a token opens."""

    USER = "user"
    WORKER = "worker"


@tokens.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What or whom it is for.")],
    kind: Annotated[Kind, typer.Option(help="user, or worker for `ahora worker`.")] = Kind.USER,
    file: Annotated[
        Path | None, typer.Option(help="Write the secret to this file (0600) instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token. Its secret is shown this once."""
    with context.client() as api:
        if file is not None:
            # opened before the token is made: a secret that cannot be kept is of no use
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as target:
                os.fchmod(descriptor, 0o600)  # also of a file that was there
                secret = api.create_token(name, kind.value).secret
                target.truncate()
                target.write(secret + "\n")
            output.note(f"Wrote the token to {file}")
            return
        made = api.create_token(name, kind.value)
    if as_json:
        output.print_json(made)
    else:
        output.say(made.secret)


@tokens.command("list")
def list_(as_json: Json = False) -> None:
    """List tokens, without their secrets."""
    with context.client() as api:
        found = list(api.tokens())
    if as_json:
        output.print_json(found)
        return
    rows = [
        [each.id, each.name, each.kind, output.ago(each.created_at), output.ago(each.last_used_at)]
        for each in found
    ]
    output.print_table(["id", "name", "kind", "made", "used"], rows, "No tokens.")


@tokens.command("revoke")
def revoke(token_id: Annotated[str, typer.Argument(help="Its id (ahora token list).")]) -> None:
    """Make a token useless from now on."""
    with context.client() as api:
        api.revoke_token(token_id)
    output.say(f"{token_id}  revoked")


def login_url() -> None:
    """Print an address that logs one browser in, once."""
    with context.client() as api:
        output.say(api.login_url())


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(tokens, name="token")
    app.command("login-url")(login_url)
