"""Tables for people, JSON for scripts."""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ahora.status import RunStatus

WIDE = 200
"""Columns of a table that goes to a file or a pipe."""

SHORT = 14
"""Cells up to this length are never wrapped."""

STYLES = {
    "queued": "dim",
    "starting": "cyan",
    "running": "cyan",
    "completed": "green",
    "failed": "red",
    "lost": "yellow",
    "stopped": "yellow",
    "pausing": "yellow",
    "paused": "yellow",
    "stopping": "yellow",
}


_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def harmless(text: str) -> str:
    """`text` without characters that command a terminal: logs and notes are others' words."""
    return text.translate(_CONTROLS)


@cache
def console() -> "Console":
    """The terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def say(text: str) -> None:
    """A line for people, on stdout."""
    typer.echo(harmless(text))


def note(text: str) -> None:
    """A line for people that must not mix with a command's output."""
    typer.echo(harmless(text), err=True)


def print_json(value: Any) -> None:
    """A body, or a list of bodies, as JSON."""
    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def plain(value: Any) -> Any:
    """`value` in JSON's types."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return json.loads(value.model_dump_json())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """A table; a column whose name begins with `>` is aligned right. A column without any
    value is left out. Without rows the sentence `empty`."""
    from rich.markup import escape
    from rich.table import Table

    cells = [[harmless(cell) for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    table = Table(box=None, header_style="bold")
    shown = [index for index in range(len(columns)) if any(row[index] for row in cells)]
    for index in shown:
        name, right = columns[index].removeprefix(">"), columns[index].startswith(">")
        longest = max(len(row[index]) for row in cells)
        table.add_column(
            name if len(name) <= longest else name.replace(" ", "\n"),
            justify="right" if right else "left",
            # a narrow terminal wraps long texts and leaves ids and numbers whole
            no_wrap=longest <= SHORT,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*(_styled(escape(row[index])) for index in shown))
    console().print(table)


def _styled(cell: str) -> str:
    style = STYLES.get(cell)
    return f"[{style}]{cell}[/]" if style else cell


def number(value: float | None, digits: int = 4) -> str:
    """A number to `digits` significant places; a dash for none."""
    if value is None:
        return "-"
    if not math.isfinite(value) or abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    return f"{value:.0f}" if abs(value) < 1e9 else f"{value:.{digits}g}"


def size(count: float) -> str:
    """Bytes as `1.5 GB`, with decimal steps as files are listed."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def duration(seconds: float | None) -> str:
    """Seconds as `45 s`, `3:20` or `2:05:00`; a dash for none."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def ago(time: datetime | None) -> str:
    """How long ago `time` was."""
    if time is None:
        return "-"
    seconds = max(0.0, (datetime.now(UTC) - time).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{int(seconds)} s ago"


def took(started: datetime | None, finished: datetime | None) -> float | None:
    """Seconds between two times; None while one is missing."""
    return None if started is None or finished is None else (finished - started).total_seconds()


def status_text(status: "RunStatus", phase: str) -> str:
    """The state, with the phase where it says more."""
    shows = str(status) in {"starting", "running"} and phase and phase != "training"
    return f"{status} ({phase})" if shows else str(status)
