"""Let credits return into separate grants, and store until when they can be used

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Grants that were revived earlier keep their end: it was promised, and what of them had come back is unknown.
    op.add_column("grants", sa.Column("parent_id", sa.String(length=96), nullable=True))
    op.add_column("refunds", sa.Column("usable", sa.Text(), nullable=True))
