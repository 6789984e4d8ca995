"""Keep conversations in order after a retry, and count Slack's server errors

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("server_errors", sa.Integer(), server_default="0", nullable=False))
    op.add_column("notices", sa.Column("conversation", sa.String(length=260), nullable=True))
    op.create_index(
        "ix_notices_conversation",
        "notices",
        ["workspace_id", "conversation", "due_at"],
        unique=False,
        sqlite_where=sa.text("conversation IS NOT NULL"),
        postgresql_where=sa.text("conversation IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in statistics.IN_ORDER:
            op.execute(statement)
