"""Keep hours off as what clocks show, so that they follow new zone rules

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Hours off from before stay the instants that they are: nobody knows any more what was meant.
    for name in ("opens", "closes"):
        op.add_column("time_off", sa.Column(name, sa.String(5), nullable=True))
