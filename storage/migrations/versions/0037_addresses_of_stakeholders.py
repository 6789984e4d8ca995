"""Keep whether mail addresses of stakeholders may be written to

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stakeholder_addresses",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("address_id", sa.String(length=260), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.String(length=260), nullable=True),
        sa.CheckConstraint(
            "consent IN ('waiting', 'confirmed', 'declined')", name=op.f("ck_stakeholder_addresses_consent")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "address_id", name=op.f("pk_stakeholder_addresses")),
        sqlite_with_rowid=False,
    )
    for statement in statistics.ADDRESSES if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
