"""Add booking, moving and undo of sessions

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.constraints import DROP_SLOTS, HELD_SLOTS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("undo_seconds", sa.Integer(), server_default="60", nullable=False))
    op.add_column("workspaces", sa.Column("quiet_hours", sa.String(length=11), nullable=True))
    op.add_column("workspaces", sa.Column("start_reminder", sa.Integer(), server_default="3600", nullable=False))
    op.add_column("sessions", sa.Column("terms_start_at", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("late_move_allowed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sessions", sa.Column("held_until", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("rebooks", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_sessions_rebooks",
        "sessions",
        ["workspace_id", "rebooks"],
        unique=False,
        sqlite_where=sa.text("rebooks IS NOT NULL"),
        postgresql_where=sa.text("rebooks IS NOT NULL"),
    )
    op.add_column("refunds", sa.Column("undone_at", sa.BigInteger(), nullable=True))
    op.add_column("notices", sa.Column("refresh_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_notices_refresh",
        "notices",
        ["refresh_at"],
        unique=False,
        sqlite_where=sa.text("refresh_at IS NOT NULL"),
        postgresql_where=sa.text("refresh_at IS NOT NULL"),
    )
    op.create_table(
        "moves",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=260), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("old_starts_at", sa.BigInteger(), nullable=False),
        sa.Column("new_starts_at", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "session_id"],
            ["sessions.workspace_id", "sessions.id"],
            name=op.f("fk_moves_workspace_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "session_id", "version", name=op.f("pk_moves")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_moves_action", "moves", ["workspace_id", "action_id"], unique=False)
    op.create_table(
        "availability",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("coach_id", sa.String(length=260), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "coach_id", name=op.f("pk_availability")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "time_off",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("coach_id", sa.String(length=260), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_off_length")),
        sa.PrimaryKeyConstraint("workspace_id", "coach_id", "starts_at", name=op.f("pk_time_off")),
        sqlite_with_rowid=False,
    )
    dialect = op.get_bind().dialect.name
    for statement in (
        *DROP_SLOTS[dialect],
        *HELD_SLOTS[dialect],
        *(statistics.SECOND if dialect == "sqlite" else ()),
    ):
        op.execute(statement)
