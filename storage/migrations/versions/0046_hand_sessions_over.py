"""Record which sessions were handed over from one coach to another

A hand-over is a row of `moves`: the coach changes instead of the time. Coaches are told of it, and the indexes of what waits
to be sent name the kinds that go to coaches.

Revision ID: 0046
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

_TO_COACHES = (
    "('coach_alert', 'coach_booked', 'coach_handed', 'coach_link', 'coach_moved', 'exception', 'move_asked', 'nudge')"
)
_REACHABLE = f"(substr(recipient, 1, 5) != 'mail:' OR kind IN {_TO_COACHES})"
_BY_SLACK = f"medium = 'slack' AND {_REACHABLE}"
_BY_MAIL = f"(medium = 'mail' OR substr(recipient, 1, 5) = 'mail:' AND (kind NOT IN {_TO_COACHES}))"
_FREE = "state = 'pending' AND conversation IS NULL AND retry_at IS NULL"
_WAITING = "state = 'pending' AND (conversation IS NOT NULL OR retry_at IS NOT NULL)"
_WAITS = ["due_at", "workspace_id"]
_INDEXES = (
    ("ix_notices_due", ["workspace_id", "due_at"], f"{_FREE} AND {_BY_SLACK}"),
    ("ix_notices_unreachable", ["workspace_id", "expires_at"], f"{_FREE} AND {_BY_MAIL}"),
    ("ix_notices_waiting", _WAITS, f"{_WAITING} AND {_BY_SLACK}"),
    ("ix_notices_mail_due", ["workspace_id", "due_at"], f"{_FREE} AND {_BY_MAIL}"),
)


def upgrade() -> None:
    for column in ("old_coach_id", "new_coach_id"):
        op.add_column("moves", sa.Column(column, sa.String(260), nullable=True))
        some = sa.text(f"{column} IS NOT NULL")
        name = f"ix_moves_{column.removesuffix('_id')}"
        op.create_index(name, "moves", ["workspace_id", column], sqlite_where=some, postgresql_where=some)
    for name, columns, which in _INDEXES:
        op.drop_index(name, table_name="notices")
        op.create_index(name, "notices", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    for statement in statistics.HANDED if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
