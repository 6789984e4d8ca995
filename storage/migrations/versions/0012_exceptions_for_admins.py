"""Let admins decide on exceptions whose coach has left

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exceptions", sa.Column("by_admins", sa.Boolean(), server_default=sa.false(), nullable=False))
