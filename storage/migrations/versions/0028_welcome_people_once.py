"""Welcome each person once

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("greeted", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Who is here already knows the app. Those known by e-mail only have never opened it.
    op.execute("UPDATE members SET greeted = true WHERE id NOT LIKE 'mail:%'")
