"""Exit codes, and how an error ends the command."""

from enum import IntEnum
from typing import NoReturn

import typer


class Exit(IntEnum):
    """What the exit code says (docs/cli.md)."""

    OK = 0
    FAILED = 1
    """A run did not complete, the server refused, or the stack could not run."""
    USAGE = 2
    """The command line or the configuration is invalid."""
    UNREACHABLE = 3
    """No server is known, or it does not answer."""
    NOT_FOUND = 4
    """No such run, preset, checkpoint or token."""
    NOT_ALLOWED = 5
    """The token is missing, wrong, or of the other kind."""
    TIMED_OUT = 124
    """`--timeout` passed. Runs go on."""
    INTERRUPTED = 130
    """Ctrl-C. Runs go on."""


class CommandError(Exception):
    """Ends the command with one clear line."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


def code_of(error: Exception) -> Exit | None:
    """The exit code of an error that is expected; None for a bug, which shows its trace."""
    if isinstance(error, CommandError):
        return error.code
    from ahora.client import errors
    from ahora.stack.redis import StackError

    codes: list[tuple[type[Exception], Exit]] = [
        (errors.InvalidInputError, Exit.USAGE),
        (errors.NotFoundError, Exit.NOT_FOUND),
        (errors.NotAllowedError, Exit.NOT_ALLOWED),
        (errors.NotConfiguredError, Exit.UNREACHABLE),
        (errors.ServerUnreachableError, Exit.UNREACHABLE),
        (errors.WaitTimeoutError, Exit.TIMED_OUT),
        (errors.AhoraError, Exit.FAILED),
        (StackError, Exit.FAILED),
        (OSError, Exit.FAILED),  # a file that was named, a folder, a disk: its text says which
    ]
    return next((code for kind, code in codes if isinstance(error, kind)), None)


def fail(error: Exception, code: Exit) -> NoReturn:
    """Print the error to stderr, and end with `code`."""
    typer.echo(f"ahora: {error}", err=True)
    raise SystemExit(int(code))
