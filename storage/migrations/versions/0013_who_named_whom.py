"""Store who named an admin, and when a stored right may have been wrong

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # It is not known who named the existing admins.
    op.add_column("admins", sa.Column("named_by", sa.String(length=260), nullable=True))
    op.add_column("admins", sa.Column("named_at", sa.BigInteger(), nullable=True))
    op.add_column("members", sa.Column("misjudged_from", sa.BigInteger(), nullable=True))
    op.add_column("members", sa.Column("misjudged_until", sa.BigInteger(), nullable=True))
