"""What runs need that go on from checkpoints: where those lie, tries, and when a run is due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    # where the worker that saved it is known, so is the store
    op.execute(
        """
        UPDATE checkpoints SET store = COALESCE((
            SELECT workers.store FROM attempts JOIN workers ON workers.id = attempts.worker_id
            WHERE attempts.run_id = checkpoints.run_id AND attempts.number = checkpoints.attempt
        ), '')
        """
    )


def downgrade() -> None:
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> list[tuple[str, sa.Column[object]]]:
    return [
        ("checkpoints", sa.Column("store", sa.String(1000), nullable=False, server_default="")),
        ("runs", sa.Column("tries_from", sa.Integer(), nullable=False, server_default="0")),
        ("runs", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True)),
        ("runs", sa.Column("fresh_start", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("runs", sa.Column("needs_store", sa.String(1000), nullable=False, server_default="")),
        ("runs", sa.Column("from_checkpoint", JSON, nullable=True)),
    ]
