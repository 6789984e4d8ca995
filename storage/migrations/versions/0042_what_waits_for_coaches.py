"""Find what waits for a coach, and plan their day: their agenda, reminders, and questions how a session went

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("unconfirmed", "coach_planned"):
        op.add_column("sessions", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("coaches", sa.Column("agenda_due", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("notifications", sa.Column("agenda_minute", sa.Integer(), nullable=False, server_default="480"))
    canceled = sa.text("status = 'canceled'")
    columns = ["workspace_id", "coach_id", "canceled_at"]
    op.create_index("ix_sessions_canceled", "sessions", columns, sqlite_where=canceled, postgresql_where=canceled)
    ahead = sa.text("status = 'scheduled' AND coach_planned IS " + _false())
    op.create_index("ix_sessions_unplanned", "sessions", ["starts_at"], sqlite_where=ahead, postgresql_where=ahead)
    still = sa.text("state = 'open'")
    columns = ["workspace_id", "decide_by"]
    op.create_index("ix_requests_open", "requests", columns, sqlite_where=still, postgresql_where=still)
    op.create_index("ix_coaches_agenda_due", "coaches", ["agenda_due"])
    for statement in statistics.WAITING if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)


def _false() -> str:
    return "0" if op.get_bind().dialect.name == "sqlite" else "false"
