"""Rules, alerts, and what is known of rollouts without opening them."""

import json
import math
import struct

import sqlalchemy as sa
import zstandard
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
BATCH = 100
"""Groups opened at once."""


def upgrade() -> None:
    op.add_column("runs", sa.Column("last_report_at", TIME, nullable=True))
    op.add_column("runs", sa.Column("alerts", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "rules",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("project", sa.String(100), nullable=True),
        sa.Column("run_id", sa.String(12), nullable=True),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("condition", JSON, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["project"],
            ["projects.name"],
            name=op.f("fk_rules_project_projects"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_rules_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint("project", "key", name=op.f("uq_rules_project_key")),
        sa.UniqueConstraint("run_id", "key", name=op.f("uq_rules_run_id_key")),
    )
    op.create_table(
        "rule_memories",
        sa.Column("run_id", sa.String(12), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_rule_memories_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_rule_memories")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("run_id", sa.String(12), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("last_step", NUMBER, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("quiet_since", TIME, nullable=True),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.Column("acknowledged_at", TIME, nullable=True),
        sa.Column("acknowledged_by", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_alerts_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("run_id", "rule", name=op.f("uq_alerts_run_id_rule")),
    )
    op.create_index(op.f("ix_alerts_active_last_at"), "alerts", ["active", "last_at"])
    empty = "''" if op.get_bind().dialect.name == "postgresql" else "x''"
    op.add_column(
        "rollout_groups", sa.Column("prompt_id", sa.String(200), nullable=False, server_default="")
    )
    op.add_column(
        "rollout_groups",
        sa.Column("measures", sa.LargeBinary(), nullable=False, server_default=sa.text(empty)),
    )
    op.create_index(
        op.f("ix_rollout_groups_run_id_prompt_id"), "rollout_groups", ["run_id", "prompt_id"]
    )
    _measure()


def _measure() -> None:
    """What `backend.rollouts.measures` packs, of the groups that are stored already."""
    connection = op.get_bind()
    table = sa.table(
        "rollout_groups",
        sa.column("id", sa.BigInteger()),
        sa.column("data", sa.LargeBinary()),
        sa.column("prompt_id", sa.String()),
        sa.column("measures", sa.LargeBinary()),
    )
    decompressor = zstandard.ZstdDecompressor()
    last = 0
    while True:
        query = sa.select(table.c.id, table.c.data).where(table.c.id > last)
        rows = connection.execute(query.order_by(table.c.id).limit(BATCH)).all()
        if not rows:
            return
        changes = []
        for number, data in rows:
            group = json.loads(decompressor.decompress(data))
            packed = b"".join(_pack(one) for one in group["completions"])
            name = group["prompt_id"].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
            changes.append({"b_id": number, "b_prompt": name[:200], "b_measures": packed})
        connection.execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("b_id"))
            .values(prompt_id=sa.bindparam("b_prompt"), measures=sa.bindparam("b_measures")),
            changes,
        )
        last = rows[-1].id


def _pack(completion: dict[str, object]) -> bytes:
    reward = completion["reward"]
    flags = 1 * bool(completion["correct"]) + 2 * bool(completion["truncated"])
    tokens = completion["tokens"]
    assert isinstance(tokens, list)
    # "NaN" and "Infinity" are how such numbers stand in JSON here
    value = math.nan if reward is None else float(str(reward))
    return struct.pack("<dii", value, len(tokens), flags)


def downgrade() -> None:
    op.drop_index(op.f("ix_rollout_groups_run_id_prompt_id"), table_name="rollout_groups")
    op.drop_column("rollout_groups", "measures")
    op.drop_column("rollout_groups", "prompt_id")
    op.drop_index(op.f("ix_alerts_active_last_at"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("rule_memories")
    op.drop_table("rules")
    op.drop_column("runs", "alerts")
    op.drop_column("runs", "last_report_at")
