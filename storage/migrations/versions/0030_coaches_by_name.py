"""Keep the names of coaches beside their rows, in the order of an index

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.listed_names import NAMED

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    for table, key in (("coaches", "member_id"), ("availability", "coach_id")):
        op.add_column(table, sa.Column("name", sa.Text(), nullable=False, server_default=sa.text("''")))
        op.execute(
            f"""UPDATE {table} SET name = COALESCE((
                SELECT m.name FROM members m WHERE m.workspace_id = {table}.workspace_id AND m.id = {table}.{key}), '')"""
        )
        op.create_index(f"ix_{table}_name", table, ["workspace_id", "name", key])
    for statement in (*NAMED[kind], *(statistics.COACHES if kind == "sqlite" else ())):
        op.execute(statement)
