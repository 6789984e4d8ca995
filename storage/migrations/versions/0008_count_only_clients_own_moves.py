"""Count only a client's own moves towards their limit

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now an admin's move for a client counted as the client's own.
    op.execute(
        """UPDATE sessions SET reschedules = (SELECT COUNT(*) FROM moves m WHERE m.workspace_id = sessions.workspace_id
            AND m.session_id = sessions.id AND m.role = 'client')
        WHERE EXISTS (SELECT 1 FROM moves m WHERE m.workspace_id = sessions.workspace_id
            AND m.session_id = sessions.id AND m.role = 'admin')"""
    )
