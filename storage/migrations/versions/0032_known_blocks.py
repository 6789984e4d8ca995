"""Remember which newer blocks a workspace's Slack takes

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

from storage.types import WallInstant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_blocks",
        sa.Column("workspace_id", sa.String(32), primary_key=True),
        sa.Column("surface", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("taken", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("at", WallInstant, nullable=False),
        sa.CheckConstraint("surface IN ('message', 'modal', 'home')", name=op.f("ck_known_blocks_surface")),
        sqlite_with_rowid=False,
    )
