"""Draining and use of workers, measured step times, retention of projects, size of rollouts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    op.execute(
        """
        UPDATE runs SET rollout_bytes = COALESCE((
            SELECT SUM(LENGTH(data)) FROM rollout_groups WHERE rollout_groups.run_id = runs.id
        ), 0)
        """
    )


def downgrade() -> None:
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> list[tuple[str, sa.Column[object]]]:
    return [
        ("workers", sa.Column("draining", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("workers", sa.Column("drained_by", sa.String(200), nullable=False, server_default="")),
        ("workers", sa.Column("drain_reason", sa.Text(), nullable=False, server_default="")),
        ("workers", sa.Column("use", JSON, nullable=True)),
        ("runs", sa.Column("step_seconds", sa.Double(), nullable=True)),
        ("runs", sa.Column("rollout_bytes", NUMBER, nullable=False, server_default="0")),
        ("projects", sa.Column("keep_checkpoints", sa.Integer(), nullable=True)),
        ("projects", sa.Column("checkpoint_days", sa.Integer(), nullable=True)),
        ("projects", sa.Column("rollout_days", sa.Integer(), nullable=True)),
    ]
