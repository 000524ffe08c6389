"""Experiments, and which of them a run belongs to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("project", sa.String(100), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("preset", sa.String(100), nullable=True),
        sa.Column("parent_run_id", sa.String(12), nullable=True),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("config", JSON, nullable=False),
        sa.Column("axes", JSON, nullable=False),
        sa.Column("cells", JSON, nullable=False),
        sa.Column("seeds", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["project"], ["projects.name"], name=op.f("fk_experiments_project_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_index(op.f("ix_experiments_created_at_id"), "experiments", ["created_at", "id"])
    op.add_column("runs", sa.Column("experiment_id", sa.String(12), nullable=True))
    op.add_column("runs", sa.Column("cell", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_runs_experiment_id"), "runs", ["experiment_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_experiment_id"), table_name="runs")
    op.drop_column("runs", "cell")
    op.drop_column("runs", "experiment_id")
    op.drop_table("experiments")
