"""Plan reminders again when settings or time zones change

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replans",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=260), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("after_at", sa.BigInteger(), nullable=True),
        sa.Column("after_id", sa.String(length=64), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("passes > 0", name=op.f("ck_replans_passes")),
        sa.CheckConstraint("(after_at IS NULL) = (after_id IS NULL)", name=op.f("ck_replans_after")),
        sa.PrimaryKeyConstraint("workspace_id", "person_id", name=op.f("pk_replans")),
        sqlite_with_rowid=False,
    )
    # Existing reminders may have been planned by a zone or by settings that have changed since.
    op.execute("INSERT INTO replans (workspace_id, person_id, passes) SELECT workspace_id, '', 2 FROM workspaces")
