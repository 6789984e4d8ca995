"""Keep requests for credits: for which pool, to book what, and what became of them

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_TEXTS = (("pool_id", 64), ("coach_id", 260), ("type_id", 64), ("rebooks", 64), ("passed_by", 260), ("grant_id", 96))


def upgrade() -> None:
    for name, length in _TEXTS:
        op.add_column("requests", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("requests", sa.Column("reply", sa.Text(), nullable=True))
