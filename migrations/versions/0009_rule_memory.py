"""What rules remember of a run is with the run, whose row each batch of reports changes anyway."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("rule_memory", sa.Text(), nullable=True))
    op.drop_table("rule_memories")


def downgrade() -> None:
    op.create_table(
        "rule_memories",
        sa.Column("run_id", sa.String(12), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_rule_memories_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_rule_memories")),
    )
    op.drop_column("runs", "rule_memory")
