"""Find the notices that name a person without reading all of them

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, column in (("ix_notices_about", "about_id"), ("ix_notices_copy_of", "copy_of")):
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "notices", ["workspace_id", column], sqlite_where=named, postgresql_where=named)
    for statement in statistics.NAMING if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
