"""Tell releases that know no numbers of movements to try again, instead of failing them

Revision ID: 0023
Revises: 0022
"""

from alembic import op

from storage.constraints import NUMBERED_OR_BUSY

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in NUMBERED_OR_BUSY[op.get_bind().dialect.name]:
        op.execute(statement)
