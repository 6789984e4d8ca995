"""Let lists be counted and skipped without reading rows

Revision ID: 0018
Revises: 0017
"""

from alembic import op

from storage import statistics

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for person in ("client", "coach"):
        op.drop_index(f"ix_sessions_{person}", "sessions")
        op.create_index(
            f"ix_sessions_{person}",
            "sessions",
            ["workspace_id", f"{person}_id", "starts_at", "id", "status", "ends_at"],
            unique=False,
        )
    if op.get_bind().dialect.name == "sqlite":
        for statement in statistics.LISTED:
            op.execute(statement)
