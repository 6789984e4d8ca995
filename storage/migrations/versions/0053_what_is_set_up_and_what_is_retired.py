"""Keep whether an admin saved the workspace's terms, and which pools get nothing any more

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("terms_saved", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("pools", sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
    # The terms that a workspace begins with are the first row of its policies. Another one was saved by an admin.
    op.execute(
        "UPDATE workspaces SET terms_saved = true WHERE 1 < "
        "(SELECT count(*) FROM policies WHERE policies.workspace_id = workspaces.workspace_id)"
    )
