"""Write down by which medium each notice goes out, and give mail indexes of its own

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TO_COACHES = "('coach_alert', 'coach_booked', 'coach_link', 'coach_moved', 'exception', 'move_asked', 'nudge')"
_REACHABLE = f"(substr(recipient, 1, 5) != 'mail:' OR kind IN {_TO_COACHES})"
_BY_SLACK = f"medium = 'slack' AND {_REACHABLE}"
_BY_MAIL = f"(medium = 'mail' OR substr(recipient, 1, 5) = 'mail:' AND (kind NOT IN {_TO_COACHES}))"
_FREE = "state = 'pending' AND conversation IS NULL AND retry_at IS NULL"
_WAITING = "state = 'pending' AND (conversation IS NOT NULL OR retry_at IS NOT NULL)"
_DROPPED = ("ix_notices_due", "ix_notices_unreachable", "ix_notices_line", "ix_notices_retry", "ix_notices_waiting")
_LINE, _WAITS = ["workspace_id", "conversation", "due_at"], ["due_at", "workspace_id"]
_INDEXES = (
    ("ix_notices_due", ["workspace_id", "due_at"], f"{_FREE} AND {_BY_SLACK}"),
    ("ix_notices_unreachable", ["workspace_id", "expires_at"], f"{_FREE} AND {_BY_MAIL}"),
    ("ix_notices_line", _LINE, "state = 'pending' AND conversation IS NOT NULL AND medium = 'slack'"),
    ("ix_notices_retry", ["retry_at"], "state = 'pending' AND retry_at IS NOT NULL AND medium = 'slack'"),
    ("ix_notices_waiting", _WAITS, f"{_WAITING} AND {_BY_SLACK}"),
    ("ix_notices_mail_due", ["workspace_id", "due_at"], f"{_FREE} AND {_BY_MAIL}"),
    ("ix_notices_mail_line", _LINE, "state = 'pending' AND conversation IS NOT NULL AND medium = 'mail'"),
    ("ix_notices_mail_retry", ["retry_at"], "state = 'pending' AND retry_at IS NOT NULL AND medium = 'mail'"),
    ("ix_notices_mail_waiting", _WAITS, f"{_WAITING} AND coalesce(medium, '') != 'slack'"),
)


def upgrade() -> None:
    # Both databases take the check with the column, and SQLite needs not copy the table for it.
    op.execute(
        "ALTER TABLE notices ADD COLUMN medium VARCHAR(8) DEFAULT 'slack' NOT NULL"
        " CONSTRAINT ck_notices_medium CHECK (medium IN ('slack', 'mail'))"
    )
    for name in _DROPPED:
        op.drop_index(name, table_name="notices")
    for name, columns, which in _INDEXES:
        op.create_index(name, "notices", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    for statement in statistics.MAILS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
