"""Give session types and coaches a meeting link

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("session_types", "coaches"):
        op.add_column(table, sa.Column("meeting_link", sa.Text(), nullable=True))
