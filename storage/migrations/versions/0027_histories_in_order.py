"""Let histories be read in the order of an index: of credits, and of the notices about a session

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.constraints import KEEP_LEDGER, OPEN_LEDGER

revision = "0027"
down_revision = "0026"
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
        WHERE session_id IS NOT NULL AND (kind <> 'earn' OR source = 'forfeited')
            AND (workspace_id, grant_id) IN (SELECT workspace_id, id FROM grants WHERE pool_id IS NOT NULL)"""
    )
    for statement in KEEP_LEDGER[kind]:
        op.execute(statement)
    for name in ("ix_transfers_grant", "ix_notices_session"):
        op.drop_index(name)
    for name, table, column, further, which in (
        ("ix_transfers_grant", "transfers", "grant_id", ("at",), " AND (kind != 'earn' OR source = 'forfeited')"),
        ("ix_transfers_client", "transfers", "client_id", ("at",), ""),
        ("ix_notices_session", "notices", "session_id", ("finished_at", "due_at"), ""),
    ):
        where = sa.text(f"{column} IS NOT NULL{which}")
        op.create_index(name, table, ["workspace_id", column, *further], sqlite_where=where, postgresql_where=where)
    for statement in statistics.HISTORIES if kind == "sqlite" else ():
        op.execute(statement)
