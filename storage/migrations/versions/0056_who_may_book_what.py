"""Keep who may book sessions of a type, and how many at a time

Revision ID: 0056
Revises: 0055
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "session_types", sa.Column("bookable_by", sa.String(length=16), nullable=False, server_default="everybody")
    )
    op.add_column("session_types", sa.Column("at_most", sa.Integer(), nullable=True))
    op.create_table(
        "session_type_clients",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_type_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=260), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "session_type_id", "client_id", name=op.f("pk_session_type_clients")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.NAMED_CLIENTS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
