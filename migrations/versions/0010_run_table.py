"""The run table: fields of configurations as rows, summaries of metrics over attempts, saved views."""

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
POINT = np.dtype([("step", "<i8"), ("value", "<f8"), ("elapsed", "<f8"), ("tokens", "<i8")])
IGNORED = {"seed", "resources", "logging", "checkpoints", "analysis"}

meta = sa.MetaData()
runs = sa.Table(
    "runs",
    meta,
    sa.Column("id"),
    sa.Column("kind"),
    sa.Column("config", JSON),
    sa.Column("method"),
    sa.Column("config_hash"),
)
fields = sa.Table(
    "config_fields",
    meta,
    sa.Column("path", sa.String(200)),
    sa.Column("config", sa.String(16)),
    sa.Column("number", sa.Double()),
    sa.Column("text", sa.String(500)),
)
attempts = sa.Table(
    "attempts", meta, sa.Column("run_id"), sa.Column("number"), sa.Column("start_step")
)
series = sa.Table(
    "metric_series",
    meta,
    *(sa.Column(name) for name in ("id", "run_id", "key", "attempt", "last_step", "newest")),
    *(sa.Column(name) for name in ("points", "nonfinite", "last", "minimum", "maximum", "total")),
)
chunks = sa.Table(
    "metric_chunks",
    meta,
    sa.Column("series_id"),
    sa.Column("number"),
    sa.Column("data", sa.LargeBinary()),
)


def upgrade() -> None:
    op.create_table(
        "config_fields",
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("config", sa.String(16), nullable=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("text", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("path", "config", name=op.f("pk_config_fields")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("project", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("project", "name", name=op.f("uq_saved_views_project_name")),
    )
    for name in ("method", "config_hash"):
        op.add_column("runs", sa.Column(name, sa.String(16), nullable=False, server_default=""))
    op.add_column(
        "metric_series",
        sa.Column("newest", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    connection = op.get_bind()
    _fill_fields(connection)
    _sum_up_attempts(connection)
    op.create_index(
        "ix_metric_series_newest",
        "metric_series",
        ["key", "run_id"],
        postgresql_where=sa.text("newest"),
        sqlite_where=sa.text("newest = 1"),
    )


def _fill_fields(connection: sa.Connection) -> None:
    last = ""
    known: set[str] = set()
    while True:
        rows = connection.execute(
            sa.select(runs.c.id, runs.c.kind, runs.c.config)
            .where(runs.c.id > last)
            .order_by(runs.c.id)
            .limit(200)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == sa.bindparam("run"))
            .values(method=sa.bindparam("same"), config_hash=sa.bindparam("whole")),
            [
                {
                    "run": row.id,
                    "same": _hash(row.config, IGNORED),
                    "whole": _hash(row.config, {"seed"}) if row.kind == "train" else "",
                }
                for row in rows
            ],
        )
        new = {
            config: row.config
            for row in rows
            if row.kind == "train" and (config := _hash(row.config, {"seed"})) not in known
        }
        known |= set(new)
        found = [
            {"path": path, "config": config, "number": number, "text": text}
            for config, value in new.items()
            # by path: a key with a dot in it may read as another's path
            for path, (number, text) in {path: rest for path, *rest in _flatten(value)}.items()
            if path != "seed"
        ]
        if found:
            connection.execute(sa.insert(fields), found)


def _hash(config: dict[str, Any], without: set[str]) -> str:
    kept = {key: value for key, value in config.items() if key not in without}
    text = json.dumps(kept, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, float | None, str | None]]:
    parts: Any = None
    if isinstance(value, dict) and value:
        parts = value.items()
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        parts = enumerate(value)
    if parts is not None:
        for key, part in parts:
            yield from _flatten(part, f"{path}.{key}" if path else str(key))
    elif value is None or len(path) > 200:
        return
    elif isinstance(value, bool):
        yield path, float(value), "true" if value else "false"
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max):
        yield path, float(value), None
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        yield path, None, text[:500]


def _sum_up_attempts(connection: sa.Connection) -> None:
    """Of metrics that several attempts reported: the newest one's summary becomes the run's."""
    several = (
        sa.select(series.c.run_id, series.c.key)
        .group_by(series.c.run_id, series.c.key)
        .having(sa.func.count() > 1)
    )
    for run_id, key in connection.execute(several).all():
        rows = connection.execute(
            sa.select(series.c.id, series.c.attempt, series.c.last_step)
            .where(series.c.run_id == run_id, series.c.key == key)
            .order_by(series.c.attempt)
        ).all()
        starts = connection.execute(
            sa.select(attempts.c.number, attempts.c.start_step).where(attempts.c.run_id == run_id)
        ).all()
        parts = []
        for row in rows:
            points = _points(connection, row.id)
            later = [start for number, start in starts if number > row.attempt]
            if later and not key.startswith("system/"):
                points = points[points["step"] <= min(later)]
            parts.append(points)
        whole = np.concatenate(parts)
        whole = whole[np.argsort(whole["step"], kind="stable")]
        whole = whole[np.append(whole["step"][1:] != whole["step"][:-1], True)[: len(whole)]]
        connection.execute(
            sa.update(series)
            .where(series.c.run_id == run_id, series.c.key == key)
            .values(newest=False)
        )
        connection.execute(
            sa.update(series).where(series.c.id == rows[-1].id).values(newest=True, **_sum(whole))
        )


def _points(connection: sa.Connection, series_id: int) -> np.ndarray:
    data = connection.scalars(
        sa.select(chunks.c.data).where(chunks.c.series_id == series_id).order_by(chunks.c.number)
    )
    return np.frombuffer(b"".join(bytes(one) for one in data), dtype=POINT)


def _sum(points: np.ndarray) -> dict[str, Any]:
    if len(points) == 0:
        return {}
    values = points["value"]
    finite = values[np.isfinite(values)]
    last = float(values[-1])
    with np.errstate(over="ignore"):
        total = float(np.nan_to_num(finite.sum()))
    return {
        "points": len(values),
        "nonfinite": len(values) - len(finite),
        "last": None if np.isnan(last) else last,
        "last_step": int(points["step"][-1]),
        "minimum": float(finite.min()) if len(finite) else None,
        "maximum": float(finite.max()) if len(finite) else None,
        "total": total,
    }


def downgrade() -> None:
    op.drop_index("ix_metric_series_newest", table_name="metric_series")
    op.drop_column("metric_series", "newest")
    op.drop_column("runs", "config_hash")
    op.drop_column("runs", "method")
    op.drop_table("saved_views")
    op.drop_table("config_fields")
