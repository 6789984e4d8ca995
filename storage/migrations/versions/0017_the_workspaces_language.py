"""Let a workspace have a language

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Null: US English, which everyone had until now.
    op.add_column("workspaces", sa.Column("language", sa.String(length=16), nullable=True))
