"""The next run of a queue is found by an index in the very order in which runs are handed out."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OLD = "ix_runs_status_queue_priority_created_at"
NEW = "ix_runs_handed_out"


def upgrade() -> None:
    op.create_index(
        NEW, "runs", ["status", "queue", sa.text("priority DESC"), "created_at", "id"], unique=False
    )
    op.drop_index(op.f(OLD), table_name="runs")


def downgrade() -> None:
    op.create_index(op.f(OLD), "runs", ["status", "queue", "priority", "created_at"], unique=False)
    op.drop_index(NEW, table_name="runs")
