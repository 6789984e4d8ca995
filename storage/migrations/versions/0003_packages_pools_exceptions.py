"""Add packages, pools, requests for exceptions, and stakeholders

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATUS = "status IN ('scheduled', 'canceled')"
_NEW_STATUS = "status IN ('scheduled', 'canceled', 'completed', 'no_show')"
_SIZE = "CONSTRAINT ck_grants_size CHECK (size >= 0)"
_HOLDER = "(client_id IS NULL) <> (pool_id IS NULL)"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("expiry_days", sa.Integer(), server_default="14", nullable=False))
    op.add_column("session_types", sa.Column("policy_id", sa.String(length=64), nullable=True))
    op.add_column("session_types", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("packages", sa.Column("policy_id", sa.String(length=64), nullable=True))
    op.add_column("packages", sa.Column("sessions", sa.Integer(), nullable=True))
    op.add_column("packages", sa.Column("valid_days", sa.Integer(), nullable=True))
    op.add_column("packages", sa.Column("price_cents", sa.BigInteger(), nullable=True))
    op.add_column("packages", sa.Column("currency", sa.String(length=3), nullable=True))
    op.add_column("packages", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("grants", sa.Column("pool_id", sa.String(length=64), nullable=True))
    op.add_column("grants", sa.Column("granted_by", sa.String(length=260), nullable=True))
    op.add_column("grants", sa.Column("price_cents", sa.BigInteger(), nullable=True))
    op.add_column("grants", sa.Column("currency", sa.String(length=3), nullable=True))
    op.add_column("grants", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("warned_at", sa.BigInteger(), nullable=True))
    op.add_column("grants", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.add_column("refunds", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("notices", sa.Column("about_id", sa.String(length=260), nullable=True))
    _partial("ix_grants_pool", "grants", ["workspace_id", "pool_id"], "pool_id IS NOT NULL")
    _partial("ix_grants_expires_at", "grants", ["expires_at"], "expires_at IS NOT NULL AND closed_at IS NULL")
    _partial("ix_sessions_ends_at", "sessions", ["ends_at"], "status = 'scheduled'")
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _loosen_sqlite()
        for statement in statistics.THIRD:
            op.execute(statement)
    else:
        op.drop_constraint(op.f("ck_sessions_status"), "sessions", type_="check")
        op.create_check_constraint(op.f("ck_sessions_status"), "sessions", _NEW_STATUS)
        op.alter_column("grants", "client_id", nullable=True)
        op.create_check_constraint(op.f("ck_grants_holder"), "grants", _HOLDER)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _loosen_sqlite() -> None:
    """Change SQLite's checks on sessions and grants without copying either table.

    Rebuilding a table would drop what refers to it. For changes that leave the file's content as it is, SQLite's
    documentation (lang_altertable, section 7) recommends editing the text of the schema.
    """
    bind = op.get_bind()
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    for table, old, new in (
        ("sessions", _STATUS, _NEW_STATUS),
        ("grants", _SIZE, f"{_SIZE}, CONSTRAINT ck_grants_holder CHECK ({_HOLDER})"),
        ("grants", "client_id VARCHAR(260) NOT NULL", "client_id VARCHAR(260)"),
    ):
        changed = bind.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :old, :new)"
                " WHERE type = 'table' AND name = :table AND instr(sql, :old) > 0"
            ),
            {"table": table, "old": old, "new": new},
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"the table {table} does not say {old!r}: it is not what migration 0002 left")
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")


def _tables() -> None:
    op.create_table(
        "pools",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.String(length=260), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_pools")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pool_members",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=260), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "pool_id", "member_id", name=op.f("pk_pool_members")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pool_members_member", "pool_members", ["workspace_id", "member_id"], unique=False)
    op.create_table(
        "exceptions",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("cancellation_no", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=260), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decide_by", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state IN ('open', 'decided', 'withdrawn')", name=op.f("ck_exceptions_state")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "session_id"],
            ["sessions.workspace_id", "sessions.id"],
            name=op.f("fk_exceptions_workspace_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "session_id", "cancellation_no", name=op.f("pk_exceptions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_exceptions_action", "exceptions", ["workspace_id", "action_id"], unique=False)
    _partial("ix_exceptions_decide_by", "exceptions", ["decide_by"], "state = 'open'")
    op.create_table(
        "stakeholders",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.String(length=260), nullable=False),
        sa.Column("target", sa.String(length=260), nullable=False),
        sa.CheckConstraint("scope IN ('coach', 'type')", name=op.f("ck_stakeholders_scope")),
        sa.PrimaryKeyConstraint("workspace_id", "scope", "scope_id", "target", name=op.f("pk_stakeholders")),
        sqlite_with_rowid=False,
    )
