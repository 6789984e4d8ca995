"""Find the requests that name a coach by that coach, who may become known by another id

Revision ID: 0041
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0041"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    some = sa.text("coach_id IS NOT NULL")
    columns = ["workspace_id", "coach_id"]
    op.create_index("ix_requests_coach", "requests", columns, sqlite_where=some, postgresql_where=some)
    for statement in statistics.WITH_COACHES if op.get_bind().dialect.name == "sqlite" else ():
        op.execute(statement)
