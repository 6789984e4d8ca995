"""Keep private notes on clients, and find the sessions of a coach with one client

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=260), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("author_id", sa.String(length=260), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_notes_text")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_notes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_notes_client", "notes", ["workspace_id", "client_id", "at", "id"])
    op.create_index("ix_sessions_pair", "sessions", ["workspace_id", "coach_id", "client_id", "starts_at", "id"])
    for statement in statistics.NOTES if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
