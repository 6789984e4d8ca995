"""Remember what the columns of other products' files mean

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_maps",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("columns_key", sa.String(length=64), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "columns_key", name=op.f("pk_file_maps")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.FILE_MAPS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
