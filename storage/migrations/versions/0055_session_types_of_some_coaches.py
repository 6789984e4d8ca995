"""Keep which coaches give sessions of a type

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_type_coaches",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_type_id", sa.String(length=64), nullable=False),
        sa.Column("coach_id", sa.String(length=260), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "session_type_id", "coach_id", name=op.f("pk_session_type_coaches")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.GIVERS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
