"""Record calls before they leave, and count crashes apart from Slack's silence

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("crashes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("notices", sa.Column("begun_at", sa.BigInteger(), nullable=True))
    # The previous release did not record whether the call for a leased notice had left: it may have.
    op.execute("UPDATE notices SET begun_at = lease_until WHERE state = 'leased'")
