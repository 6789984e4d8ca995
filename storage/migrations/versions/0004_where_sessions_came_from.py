"""Store the origin of a session apart from whether it may overlap

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from storage.constraints import DROP_SLOTS, GUARDED_SLOTS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IMPORTED = """EXISTS (SELECT 1 FROM timeline t
    WHERE t.workspace_id = sessions.workspace_id AND t.session_id = sessions.id AND t.event = 'imported')"""


def upgrade() -> None:
    op.add_column("sessions", sa.Column("may_overlap", sa.Boolean(), server_default=sa.false(), nullable=False))
    dialect = op.get_bind().dialect.name
    for statement in (
        *DROP_SLOTS[dialect],
        # Until now `origin` meant both, and moving an imported session overwrote its origin, which its timeline still
        # has.
        "UPDATE sessions SET may_overlap = true WHERE origin = 'imported'",
        f"UPDATE sessions SET origin = 'imported' WHERE origin = 'booked' AND {_IMPORTED}",
        f"UPDATE sessions SET origin = 'booked' WHERE origin = 'imported' AND NOT {_IMPORTED}",
        *GUARDED_SLOTS[dialect],
    ):
        op.execute(statement)
