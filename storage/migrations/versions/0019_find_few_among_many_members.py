"""Find admins, and those whose data is oldest, without reading every member

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ASKED, _ADMINS = sa.text("fetched_at IS NOT NULL"), "is_admin IS {}"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    admins = sa.text(_ADMINS.format(1 if sqlite else "true"))
    op.create_index("ix_members_fetched_at", "members", ["fetched_at"], sqlite_where=_ASKED, postgresql_where=_ASKED)
    op.create_index(
        "ix_members_admins", "members", ["workspace_id", "id"], sqlite_where=admins, postgresql_where=admins
    )
    for statement in statistics.PEOPLE if sqlite else ():
        op.execute(statement)
