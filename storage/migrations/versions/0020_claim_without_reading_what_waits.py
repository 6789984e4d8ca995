"""Give an index of its own to notices that can be claimed, and to each reason to wait

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# The conditions name the kinds that go to coaches: a release with one more makes these indexes anew (0020, 0026, 0029).
_TO_COACHES = "('coach_alert', 'coach_booked', 'coach_moved', 'exception', 'nudge')"
_FREE = "state = 'pending' AND conversation IS NULL AND retry_at IS NULL"
_REACHABLE = f"(substr(recipient, 1, 5) != 'mail:' OR kind IN {_TO_COACHES})"
_INDEXES = (
    (
        "ix_notices_due",
        ["workspace_id", "due_at"],
        f"{_FREE} AND {_REACHABLE}",
    ),
    (
        "ix_notices_unreachable",
        ["workspace_id", "expires_at"],
        f"{_FREE} AND substr(recipient, 1, 5) = 'mail:' AND (kind NOT IN {_TO_COACHES})",
    ),
    (
        "ix_notices_line",
        ["workspace_id", "conversation", "due_at"],
        "state = 'pending' AND conversation IS NOT NULL",
    ),
    ("ix_notices_retry", ["retry_at"], "state = 'pending' AND retry_at IS NOT NULL"),
    (
        "ix_notices_waiting",
        ["due_at", "workspace_id"],
        f"state = 'pending' AND (conversation IS NOT NULL OR retry_at IS NOT NULL) AND {_REACHABLE}",
    ),
    ("ix_notices_under_way", ["workspace_id", "conversation"], "state = 'leased'"),
)


def upgrade() -> None:
    op.drop_index("ix_notices_due", table_name="notices")
    op.drop_index("ix_notices_conversation", table_name="notices")
    for name, columns, which in _INDEXES:
        op.create_index(name, "notices", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    if op.get_bind().dialect.name == "sqlite":
        for statement in statistics.FLAT:
            op.execute(statement)
