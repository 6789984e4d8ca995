"""Let nobody be in two sessions at once, in any role

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from storage.constraints import DROP_SLOTS, SLOTS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OTHER = """EXISTS (SELECT 1 FROM sessions o WHERE o.workspace_id = sessions.workspace_id AND o.{theirs} = sessions.{ours}
    AND o.status = 'scheduled' AND o.id <> sessions.id AND o.starts_at > sessions.starts_at - 86400000000
    AND o.starts_at < sessions.ends_at AND o.ends_at > sessions.starts_at)"""
_OVERLAPS = " OR ".join(
    _OTHER.format(theirs=theirs, ours=ours)
    for theirs in ("client_id", "coach_id")
    for ours in ("client_id", "coach_id")
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in (
        *DROP_SLOTS[dialect],
        # Existing overlaps stay. Such sessions can be canceled and restored, and the doctor lists them while they are
        # ahead.
        f"UPDATE sessions SET may_overlap = true WHERE status = 'scheduled' AND NOT may_overlap AND ({_OVERLAPS})",
        *SLOTS[dialect],
    ):
        op.execute(statement)
