"""Keep the secret addresses under which people subscribe to their sessions

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_addresses",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=260), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", name=op.f("pk_calendar_addresses")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_calendar_addresses_digest", "calendar_addresses", ["workspace_id", "digest"], unique=True)
    for statement in statistics.CALENDARS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
