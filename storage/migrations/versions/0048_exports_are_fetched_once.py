"""Keep who exported what, and let each export be fetched once

Revision ID: 0048
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0048"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=260), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_exports")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.EXPORTS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
