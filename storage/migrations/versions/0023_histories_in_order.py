"""Let histories of credits be read in the order of an index: of a grant, and of what a person used of pools

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.constraints import KEEP_LEDGER, OPEN_LEDGER

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    op.add_column("transfers", sa.Column("client_id", sa.String(length=260), nullable=True))
    for statement in OPEN_LEDGER[kind]:
        op.execute(statement)
    op.execute(
        """UPDATE transfers SET client_id = (
            SELECT s.client_id FROM sessions s WHERE s.workspace_id = transfers.workspace_id AND s.id = transfers.session_id)
        WHERE session_id IS NOT NULL AND (workspace_id, grant_id) IN (
            SELECT workspace_id, id FROM grants WHERE pool_id IS NOT NULL)"""
    )
    for statement in KEEP_LEDGER[kind]:
        op.execute(statement)
    op.drop_index("ix_transfers_grant", table_name="transfers")
    for name, column in (("ix_transfers_grant", "grant_id"), ("ix_transfers_client", "client_id")):
        lines = sa.text(f"{column} IS NOT NULL AND (kind != 'earn' OR source = 'forfeited')")
        op.create_index(name, "transfers", ["workspace_id", column, "at"], sqlite_where=lines, postgresql_where=lines)
    for statement in statistics.HISTORIES if kind == "sqlite" else ():
        op.execute(statement)
