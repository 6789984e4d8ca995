"""Let the id of whoever took credits back give way to a pseudonym, as that of a client may

Revision ID: 0049
Revises: 0048
"""

from alembic import op

from storage.constraints import KEEP_LEDGER, OPEN_LEDGER

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    for statement in (*OPEN_LEDGER[kind], *KEEP_LEDGER[kind]):
        op.execute(statement)
