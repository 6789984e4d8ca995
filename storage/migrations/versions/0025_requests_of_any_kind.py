"""Keep what clients ask for in one table, whatever its kind

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATES = "state IN ('open', 'decided', 'accepted', 'declined', 'expired', 'withdrawn')"


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=260), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=260), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decide_by", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by_admins", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("times", sa.Text(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=260), nullable=True),
        sa.CheckConstraint("kind IN ('exception', 'move', 'credits')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint(_STATES, name=op.f("ck_requests_state")),
        sa.PrimaryKeyConstraint("workspace_id", "subject_id", "kind", "number", name=op.f("pk_requests")),
        sqlite_with_rowid=False,
    )
    columns = "action_id, asked_at, asked_by, note, decide_by, state, by_admins"
    op.execute(
        f"INSERT INTO requests (workspace_id, subject_id, kind, number, {columns})"
        f" SELECT workspace_id, session_id, 'exception', cancellation_no, {columns} FROM exceptions"
    )
    op.drop_table("exceptions")
    op.create_index("ix_requests_action", "requests", ["workspace_id", "action_id"], unique=False)
    still = sa.text("state = 'open'")
    op.create_index("ix_requests_decide_by", "requests", ["decide_by"], sqlite_where=still, postgresql_where=still)
    for statement in statistics.REQUESTS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
