"""Number the movements of each grant's account, and make room for checkpoints

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.constraints import CLOSE_LEDGER, NUMBERED, OPEN_LEDGER

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_GRANT, _NUMBER, _UNBOOKED = (
    sa.text(f"{column} IS {which}")
    for column, which in (("grant_id", "NOT NULL"), ("number", "NOT NULL"), ("session_id", "NULL"))
)


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    op.add_column("transfers", sa.Column("number", sa.Integer(), nullable=True))
    for statement in OPEN_LEDGER[kind]:
        op.execute(statement)
    # In the order of time. Nobody writes meanwhile, and any order gives the same balances.
    op.execute(
        """UPDATE transfers SET number = n.number FROM (
            SELECT workspace_id, key, ROW_NUMBER() OVER (PARTITION BY workspace_id, grant_id ORDER BY at, key) AS number
            FROM transfers WHERE source = 'grant:' || grant_id OR target = 'grant:' || grant_id) n
        WHERE n.workspace_id = transfers.workspace_id AND n.key = transfers.key"""
    )
    for statement in (*CLOSE_LEDGER[kind], *NUMBERED[kind]):
        op.execute(statement)
    op.drop_index("ix_transfers_grant", table_name="transfers")
    for name, columns, unique, where in (
        ("ix_transfers_grant", ["workspace_id", "grant_id", "at", "key"], False, _GRANT),
        ("ix_transfers_number", ["workspace_id", "grant_id", "number"], True, _NUMBER),
        ("ix_transfers_unbooked", ["workspace_id", "grant_id"], False, _UNBOOKED),
    ):
        op.create_index(name, "transfers", columns, unique=unique, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "checkpoints",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.String(length=96), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "grant_id", name=op.f("pk_checkpoints")),
        sqlite_with_rowid=False,
    )
    # A grant with a long history has a sum to begin with.
    op.execute(
        """INSERT INTO checkpoints (workspace_id, grant_id, number, balance)
        SELECT workspace_id, grant_id, MAX(number), SUM(CASE WHEN target = 'grant:' || grant_id THEN amount ELSE -amount END)
        FROM transfers WHERE number IS NOT NULL GROUP BY workspace_id, grant_id HAVING COUNT(*) >= 100"""
    )
    for statement in statistics.CHECKPOINTS if kind == "sqlite" else ():
        op.execute(statement)
