"""Record changes of meeting links, and let coaches be told of them before Slack knows the coach

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# The conditions name the kinds that go to coaches: a release with one more makes these indexes anew (0020, 0026, 0029).
_TO_COACHES = "('coach_alert', 'coach_booked', 'coach_link', 'coach_moved', 'exception', 'nudge')"
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
    op.create_table(
        "link_changes",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=260), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("old_link", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "session_id"],
            ["sessions.workspace_id", "sessions.id"],
            name=op.f("fk_link_changes_workspace_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "session_id", "action_id", name=op.f("pk_link_changes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_link_changes_action", "link_changes", ["workspace_id", "action_id"])
    for name, columns, which in _INDEXES:
        op.drop_index(name, table_name="notices")
        op.create_index(name, "notices", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    for statement in statistics.LINKS if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
