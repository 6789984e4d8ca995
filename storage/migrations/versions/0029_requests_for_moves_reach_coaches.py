"""Find requests for moves among what goes to coaches: the indexes name the kinds

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# The conditions name the kinds that go to coaches: a release with one more makes these indexes anew (0020, 0026, 0029).
_TO_COACHES = "('coach_alert', 'coach_booked', 'coach_link', 'coach_moved', 'exception', 'move_asked', 'nudge')"
_FREE = "state = 'pending' AND conversation IS NULL AND retry_at IS NULL"
_REACHABLE = f"(substr(recipient, 1, 5) != 'mail:' OR kind IN {_TO_COACHES})"
_INDEXES = (
    ("ix_notices_due", ["workspace_id", "due_at"], f"{_FREE} AND {_REACHABLE}"),
    (
        "ix_notices_unreachable",
        ["workspace_id", "expires_at"],
        f"{_FREE} AND substr(recipient, 1, 5) = 'mail:' AND (kind NOT IN {_TO_COACHES})",
    ),
    (
        "ix_notices_waiting",
        ["due_at", "workspace_id"],
        f"state = 'pending' AND (conversation IS NOT NULL OR retry_at IS NOT NULL) AND {_REACHABLE}",
    ),
)


def upgrade() -> None:
    for name, columns, which in _INDEXES:
        op.drop_index(name, table_name="notices")
        op.create_index(name, "notices", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    for statement in statistics.WISHES if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
