"""Keep since when a mail address is refused, so that it is tried again some time

Revision ID: 0039
Revises: 0037
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("refused_at", sa.BigInteger(), nullable=True))
    members = sa.table("members", sa.column("refused_address"), sa.column("refused_at"))
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    op.execute(members.update().where(members.c.refused_address.is_not(None)).values(refused_at=now))
    some = sa.text("refused_at IS NOT NULL")
    op.create_index("ix_members_refused_at", "members", ["refused_at"], sqlite_where=some, postgresql_where=some)
    for statement in statistics.REFUSED if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
