"""Mark refunds of late cancellations that their terms forgive

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("forgiven", sa.Boolean(), nullable=False, server_default=sa.false()))
    some = sa.column("forgiven", sa.Boolean())
    op.create_index("ix_refunds_forgiven", "refunds", ["workspace_id", "at"], sqlite_where=some, postgresql_where=some)
    for statement in statistics.FORGIVEN if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
