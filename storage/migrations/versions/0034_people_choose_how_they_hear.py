"""Keep how people want to hear, and which notices are repeated by mail

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("repeats", sa.String(length=200), nullable=True))
    op.create_table(
        "notifications",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=260), nullable=False),
        sa.Column("ways", sa.String(length=8), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ways IN ('slack', 'both', 'mail')", name=op.f("ck_notifications_ways")),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", name=op.f("pk_notifications")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.NOTIFICATIONS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
