"""Lay the first tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from storage import statistics
from storage.constraints import FIRST

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admins",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=260), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", name=op.f("pk_admins")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coaches",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=260), nullable=False),
        sa.Column("alert_channel", sa.String(length=32), nullable=True),
        sa.Column("removed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", name=op.f("pk_coaches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drafts",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=260), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_drafts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_drafts_updated_at", "drafts", ["updated_at"], unique=False)

    op.create_table(
        "grants",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("client_id", sa.String(length=260), nullable=False),
        sa.Column("package_id", sa.String(length=64), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("size >= 0", name=op.f("ck_grants_size")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_grants")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_grants_client", "grants", ["workspace_id", "client_id"], unique=False)

    op.create_table(
        "inbound",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_inbound")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_inbound_at", "inbound", ["at"], unique=False)

    op.create_table(
        "members",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=260), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("sought_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_members")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_members_unknown",
        "members",
        ["sought_at"],
        unique=False,
        sqlite_where=sa.text("fetched_at IS NULL"),
        postgresql_where=sa.text("fetched_at IS NULL"),
    )

    op.create_table(
        "notices",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=260), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("action_id", sa.String(length=32), nullable=True),
        sa.Column("cutoff", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent_revision", sa.Integer(), nullable=True),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("leader_key", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("message_ts", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'leased') = (lease_until IS NOT NULL AND owner IS NOT NULL)", name=op.f("ck_notices_lease")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'leased', 'sent', 'dropped', 'failed')", name=op.f("ck_notices_state")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "dedupe_key", name=op.f("pk_notices")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_notices_action",
        "notices",
        ["workspace_id", "action_id"],
        unique=False,
        sqlite_where=sa.text("action_id IS NOT NULL"),
        postgresql_where=sa.text("action_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_notices_leader",
        "notices",
        ["workspace_id", "leader_key"],
        unique=False,
        sqlite_where=sa.text("leader_key IS NOT NULL"),
        postgresql_where=sa.text("leader_key IS NOT NULL"),
    )
    op.create_index(
        "ix_notices_lease",
        "notices",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_notices_recipient",
        "notices",
        ["workspace_id", "recipient", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_notices_session",
        "notices",
        ["workspace_id", "session_id"],
        unique=False,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )

    op.create_table(
        "packages",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("session_type_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_packages")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "policies",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_policies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_types",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes > 0 AND price >= 0", name=op.f("ck_session_types_sane")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_session_types")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=260), nullable=False),
        sa.Column("coach_id", sa.String(length=260), nullable=False),
        sa.Column("session_type_id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=96), nullable=True),
        sa.Column("package_position", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("refund_cutoff_at", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("meeting_link", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cancellation_no", sa.Integer(), nullable=False),
        sa.Column("reschedules", sa.Integer(), nullable=False),
        sa.Column("reminders_kept", sa.Boolean(), nullable=False),
        sa.Column("canceled_at", sa.BigInteger(), nullable=True),
        sa.Column("canceled_by", sa.String(length=260), nullable=True),
        sa.Column("canceled_role", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'canceled') = (canceled_at IS NOT NULL)", name=op.f("ck_sessions_canceled")),
        sa.CheckConstraint("origin IN ('booked', 'imported')", name=op.f("ck_sessions_origin")),
        sa.CheckConstraint("status IN ('scheduled', 'canceled')", name=op.f("ck_sessions_status")),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at - starts_at <= 86400000000", name=op.f("ck_sessions_length")
        ),
        sa.CheckConstraint("price >= 0 AND version > 0 AND cancellation_no >= 0", name=op.f("ck_sessions_counts")),
        sa.CheckConstraint("refund_cutoff_at <= starts_at", name=op.f("ck_sessions_cutoff")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sessions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sessions_client", "sessions", ["workspace_id", "client_id", "starts_at"], unique=False)
    op.create_index("ix_sessions_coach", "sessions", ["workspace_id", "coach_id", "starts_at"], unique=False)
    op.create_index(
        "ix_sessions_grant",
        "sessions",
        ["workspace_id", "grant_id"],
        unique=False,
        sqlite_where=sa.text("grant_id IS NOT NULL"),
        postgresql_where=sa.text("grant_id IS NOT NULL"),
    )

    op.create_table(
        "timeline",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("actor_id", sa.String(length=260), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "session_id", "id", name=op.f("pk_timeline")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transfers",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("target", sa.String(length=128), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("grant_id", sa.String(length=96), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("source <> target", name=op.f("ck_transfers_moves")),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_transfers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_transfers_grant",
        "transfers",
        ["workspace_id", "grant_id"],
        unique=False,
        sqlite_where=sa.text("grant_id IS NOT NULL"),
        postgresql_where=sa.text("grant_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transfers_session",
        "transfers",
        ["workspace_id", "session_id"],
        unique=False,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )

    op.create_table(
        "workspaces",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("reminder_offsets", sa.Text(), nullable=False),
        sa.Column("reason_in_channel", sa.Boolean(), nullable=False),
        sa.Column("support_contact", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "refunds",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("cancellation_no", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=260), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint("(decision = 'late') = (outcome IS NOT NULL)", name=op.f("ck_refunds_outcome")),
        sa.CheckConstraint("decision IN ('policy', 'late')", name=op.f("ck_refunds_decision")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100 AND amount >= 0", name=op.f("ck_refunds_amounts")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "session_id"],
            ["sessions.workspace_id", "sessions.id"],
            name=op.f("fk_refunds_workspace_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "session_id", "cancellation_no", "decision", name=op.f("pk_refunds")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refunds_action", "refunds", ["workspace_id", "action_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for statement in (*FIRST[dialect], *(statistics.FIRST if dialect == "sqlite" else ())):
        op.execute(statement)
