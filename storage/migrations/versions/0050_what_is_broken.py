"""Keep who has left Slack, and find what an admin has to look after

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("left_at", sa.BigInteger(), nullable=True))
    for name, table, column, which in (
        ("ix_members_left", "members", "left_at", "left_at IS NOT NULL"),
        ("ix_members_refused", "members", "refused_address", "refused_address IS NOT NULL"),
        ("ix_notices_failed", "notices", "finished_at", "state = 'failed'"),
    ):
        some = sa.text(which)
        op.create_index(name, table, ["workspace_id", column], sqlite_where=some, postgresql_where=some)
    for statement in statistics.BUSINESS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
