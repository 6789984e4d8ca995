"""Find the sessions of a whole workspace by their start, for an admin's list

Revision ID: 0051
Revises: 0050
"""

from alembic import op

from storage import statistics

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sessions_every", "sessions", ["workspace_id", "starts_at", "id", "status"])
    for statement in statistics.EVERY if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
