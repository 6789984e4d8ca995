"""The tables. Every key starts with the workspace; instants are integer microseconds; states are checked by the database.

Where a table's natural key is its primary key, SQLite keeps it WITHOUT ROWID: one tree instead of two, and rows of one
workspace lie together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    false,
)

from storage.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text),
    Column("policy_id", String(64), nullable=False),
    Column("reminder_offsets", Text, nullable=False),  # seconds before the cutoff, comma-separated, longest first
    Column("reason_in_channel", Boolean(create_constraint=False), nullable=False),
    Column("support_contact", Text),
    Column("undo_seconds", Integer, nullable=False, server_default="60"),
    Column("quiet_hours", String(11)),  # HH:MM-HH:MM, local to the client; null: none
    Column("start_reminder", Integer, nullable=False, server_default="3600"),  # seconds before the start; 0: none
    Column("expiry_days", Integer, nullable=False, server_default="14"),  # days before credits expire; 0: no notice
)

policies = Table(
    "policies",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),  # hash of the terms: the same terms are the same row
    Column("terms", Text, nullable=False),  # JSON; immutable
    sqlite_with_rowid=False,
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(260), primary_key=True),  # Slack user id, or mail:<address> until that person appears
    Column("name", Text),
    Column("email", Text),
    Column("time_zone", String(64)),
    Column("locale", String(16)),
    Column("is_admin", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("fetched_at", Instant),  # wall time; null: Slack was never asked
    Column("sought_at", Instant),  # wall time; when Slack was last asked for this e-mail
    sqlite_with_rowid=False,
)
Index(
    "ix_members_unknown",
    members.c.sought_at,
    sqlite_where=members.c.fetched_at.is_(None),
    postgresql_where=members.c.fetched_at.is_(None),
)

admins = Table(
    "admins",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    sqlite_with_rowid=False,
)

coaches = Table(
    "coaches",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    Column("alert_channel", String(32)),
    Column("removed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

session_types = Table(
    "session_types",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("price", Integer, nullable=False),  # hundredths of a credit
    Column("policy_id", String(64)),  # null: the workspace's
    Column("retired", Boolean(create_constraint=False), nullable=False, server_default=false()),  # no longer offered
    CheckConstraint("minutes > 0 AND price >= 0", name="sane"),
    sqlite_with_rowid=False,
)

packages = Table(
    "packages",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("session_type_id", String(64)),
    Column("policy_id", String(64)),  # null: its session type's, else the workspace's
    Column("sessions", Integer),  # how many it is sold for; null: it came in with an import and is not for sale
    Column("valid_days", Integer),  # from the day it is given; null: it never expires
    Column("price_cents", BigInteger),
    Column("currency", String(3)),
    Column("retired", Boolean(create_constraint=False), nullable=False, server_default=false()),  # no longer sold
    sqlite_with_rowid=False,
)

pools = Table(
    "pools",  # what a company pays for and several of its people book from
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("contact_id", String(260)),  # who looks after it, sees its history and is told before it expires
    sqlite_with_rowid=False,
)

pool_members = Table(
    "pool_members",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("pool_id", String(64), primary_key=True),
    Column("member_id", String(260), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_pool_members_member", pool_members.c.workspace_id, pool_members.c.member_id)

grants = Table(
    "grants",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(96), primary_key=True),
    # Whose it is: a person's or a pool's, one of the two.
    Column("client_id", String(260)),
    Column("pool_id", String(64)),
    Column("package_id", String(64)),
    Column("label", Text, nullable=False),
    Column("size", Integer, nullable=False),  # sessions a package is worth
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", String(260)),  # null: an import
    Column("price_cents", BigInteger),  # what was paid for it outside, for the record
    Column("currency", String(3)),
    Column("note", Text),
    Column("expires_at", Instant),
    Column("warned_at", Instant),  # business time; its holder was told of this `expires_at`
    Column("closed_at", Instant),  # business time; what was left at this `expires_at` went to `expired`
    CheckConstraint("size >= 0", name="size"),
    CheckConstraint("(client_id IS NULL) <> (pool_id IS NULL)", name="holder"),
    sqlite_with_rowid=False,
)
Index("ix_grants_client", grants.c.workspace_id, grants.c.client_id)
Index(
    "ix_grants_pool",
    grants.c.workspace_id,
    grants.c.pool_id,
    sqlite_where=grants.c.pool_id.is_not(None),
    postgresql_where=grants.c.pool_id.is_not(None),
)
_OPEN_ENDED = and_(grants.c.expires_at.is_not(None), grants.c.closed_at.is_(None))
Index("ix_grants_expires_at", grants.c.expires_at, sqlite_where=_OPEN_ENDED, postgresql_where=_OPEN_ENDED)

sessions = Table(
    "sessions",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("origin", String(16), nullable=False),  # booked (never overlaps for its coach) or imported
    Column("client_id", String(260), nullable=False),
    Column("coach_id", String(260), nullable=False),
    Column("session_type_id", String(64), nullable=False),
    Column("grant_id", String(96)),
    Column("package_position", Integer),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("booked_at", Instant, nullable=False),
    Column("policy_id", String(64), nullable=False),
    Column("refund_cutoff_at", Instant, nullable=False),
    Column("price", Integer, nullable=False),  # hundredths of a credit
    Column("price_cents", BigInteger),
    Column("currency", String(3)),
    Column("meeting_link", Text),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("cancellation_no", Integer, nullable=False),
    Column("reschedules", Integer, nullable=False),
    Column("reminders_kept", Boolean(create_constraint=False), nullable=False),
    Column("canceled_at", Instant),
    Column("canceled_by", String(260)),
    Column("canceled_role", String(16)),
    Column("reason", Text),
    Column("terms_start_at", Instant),  # the start the terms count from; null: starts_at
    Column("late_move_allowed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("held_until", Instant),  # of a canceled session: until then it may be taken back, and its slot with it
    Column("changed_at", Instant),  # business time of the booking, move or revival; null: booked_at
    Column("rebooks", String(64)),  # the canceled session this one was booked instead of
    CheckConstraint("status IN ('scheduled', 'canceled', 'completed', 'no_show')", name="status"),
    CheckConstraint("origin IN ('booked', 'imported')", name="origin"),
    CheckConstraint("ends_at > starts_at AND ends_at - starts_at <= 86400000000", name="length"),
    CheckConstraint("refund_cutoff_at <= starts_at", name="cutoff"),
    CheckConstraint("price >= 0 AND version > 0 AND cancellation_no >= 0", name="counts"),
    CheckConstraint("(status = 'canceled') = (canceled_at IS NOT NULL)", name="canceled"),
    sqlite_with_rowid=False,
)
Index(
    "ix_sessions_rebooks",
    sessions.c.workspace_id,
    sessions.c.rebooks,
    sqlite_where=sessions.c.rebooks.is_not(None),
    postgresql_where=sessions.c.rebooks.is_not(None),
)
# A person's list in either direction; starts_at bounds it because no session is longer than a day (ck_sessions_length).
Index("ix_sessions_client", sessions.c.workspace_id, sessions.c.client_id, sessions.c.starts_at)
Index("ix_sessions_coach", sessions.c.workspace_id, sessions.c.coach_id, sessions.c.starts_at)
Index(
    "ix_sessions_grant",
    sessions.c.workspace_id,
    sessions.c.grant_id,
    sqlite_where=sessions.c.grant_id.is_not(None),
    postgresql_where=sessions.c.grant_id.is_not(None),
)

# Whoever closes sessions that are over looks for these.
Index(
    "ix_sessions_ends_at",
    sessions.c.ends_at,
    sqlite_where=sessions.c.status == "scheduled",
    postgresql_where=sessions.c.status == "scheduled",
)

refunds = Table(
    "refunds",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("cancellation_no", Integer, primary_key=True),
    # policy: what the cancellation returned; late: what was decided afterwards. One each, whatever happens (M5).
    Column("decision", String(16), primary_key=True),
    Column("outcome", String(16)),
    Column("action_id", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(260), nullable=False),
    Column("late", Boolean(create_constraint=False), nullable=False),
    Column("percent", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("undone_at", Instant),
    Column("note", Text),  # of a late decision: what the coach told the client with it
    CheckConstraint("decision IN ('policy', 'late')", name="decision"),
    CheckConstraint("(decision = 'late') = (outcome IS NOT NULL)", name="outcome"),
    CheckConstraint("percent BETWEEN 0 AND 100 AND amount >= 0", name="amounts"),
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)
Index("ix_refunds_action", refunds.c.workspace_id, refunds.c.action_id)

exceptions = Table(
    "exceptions",  # a late refund that was asked for; what was decided is the refund
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("cancellation_no", Integer, primary_key=True),
    Column("action_id", String(32), nullable=False),  # one request may be about several sessions
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", String(260), nullable=False),
    Column("note", Text),
    Column("decide_by", Instant, nullable=False),  # business time; after it the policy decides
    Column("state", String(16), nullable=False),
    CheckConstraint("state IN ('open', 'decided', 'withdrawn')", name="state"),
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)
Index("ix_exceptions_action", exceptions.c.workspace_id, exceptions.c.action_id)
Index(
    "ix_exceptions_decide_by",
    exceptions.c.decide_by,
    sqlite_where=exceptions.c.state == "open",
    postgresql_where=exceptions.c.state == "open",
)

stakeholders = Table(
    "stakeholders",  # who gets the same notices as a coach
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("scope_id", String(260), primary_key=True),  # a coach or a session type
    Column("target", String(260), primary_key=True),  # a person or a channel
    CheckConstraint("scope IN ('coach', 'type')", name="scope"),
    sqlite_with_rowid=False,
)

transfers = Table(
    "transfers",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("key", String(255), primary_key=True),  # idempotency: the same movement is the same row
    Column("kind", String(16), nullable=False),
    Column("source", String(128), nullable=False),
    Column("target", String(128), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("session_id", String(64)),
    Column("grant_id", String(96)),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("source <> target", name="moves"),
    sqlite_with_rowid=False,
)
Index(
    "ix_transfers_session",
    transfers.c.workspace_id,
    transfers.c.session_id,
    sqlite_where=transfers.c.session_id.is_not(None),
    postgresql_where=transfers.c.session_id.is_not(None),
)
Index(
    "ix_transfers_grant",
    transfers.c.workspace_id,
    transfers.c.grant_id,
    sqlite_where=transfers.c.grant_id.is_not(None),
    postgresql_where=transfers.c.grant_id.is_not(None),
)

drafts = Table(
    "drafts",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("user_id", String(260), nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_drafts_updated_at", drafts.c.updated_at)

timeline = Table(
    "timeline",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),  # sorts by time
    Column("at", Instant, nullable=False),
    Column("event", String(24), nullable=False),
    Column("actor_id", String(260), nullable=False),
    Column("role", String(16), nullable=False),
    Column("amount", Integer),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dedupe_key", String(200), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("recipient", String(260), nullable=False),  # a person, or a channel; a coach's alert goes to their channel
    Column("session_id", String(64)),
    Column("action_id", String(32)),
    Column("about_id", String(260)),  # whom or what else it is about: a coach, a grant
    Column("cutoff", Instant),  # of a reminder: the instant it counts down to
    Column("due_at", Instant, nullable=False),  # business time
    Column("expires_at", Instant, nullable=False),  # business time; of no use after it
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),  # what should be shown; raised by every change worth an edit
    Column("sent_revision", Integer),  # what is shown; null: no message yet
    Column("retry_at", Instant),  # database time; not before it
    Column("lease_until", Instant),  # database time
    Column("owner", String(64)),
    Column("attempts", Integer, nullable=False),
    Column("ambiguous", Integer, nullable=False),  # deliveries whose outcome Slack never told
    Column("leader_key", String(200)),  # of a reminder that shares another one's message: that one's key
    Column("channel", String(32)),
    Column("message_ts", String(32)),
    Column("detail", Text),  # why it was dropped or failed, for people
    Column("finished_at", Instant),  # business time
    Column("refresh_at", Instant),  # business time; the message is edited once more then
    CheckConstraint("state IN ('pending', 'leased', 'sent', 'dropped', 'failed')", name="state"),
    CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL AND owner IS NOT NULL)", name="lease"),
    sqlite_with_rowid=False,
)
Index(
    "ix_notices_due",
    notices.c.due_at,
    sqlite_where=notices.c.state == "pending",
    postgresql_where=notices.c.state == "pending",
)
Index(
    "ix_notices_lease",
    notices.c.lease_until,
    sqlite_where=notices.c.state == "leased",
    postgresql_where=notices.c.state == "leased",
)
Index(
    "ix_notices_session",
    notices.c.workspace_id,
    notices.c.session_id,
    sqlite_where=notices.c.session_id.is_not(None),
    postgresql_where=notices.c.session_id.is_not(None),
)
Index(
    "ix_notices_action",
    notices.c.workspace_id,
    notices.c.action_id,
    sqlite_where=notices.c.action_id.is_not(None),
    postgresql_where=notices.c.action_id.is_not(None),
)
Index(
    "ix_notices_recipient",
    notices.c.workspace_id,
    notices.c.recipient,
    notices.c.due_at,
    sqlite_where=notices.c.state == "pending",
    postgresql_where=notices.c.state == "pending",
)
Index(
    "ix_notices_leader",
    notices.c.workspace_id,
    notices.c.leader_key,
    sqlite_where=notices.c.leader_key.is_not(None),
    postgresql_where=notices.c.leader_key.is_not(None),
)

Index(
    "ix_notices_refresh",
    notices.c.refresh_at,
    sqlite_where=notices.c.refresh_at.is_not(None),
    postgresql_where=notices.c.refresh_at.is_not(None),
)

moves = Table(
    "moves",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),  # of the session before the move
    Column("action_id", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(260), nullable=False),
    Column("role", String(16), nullable=False),
    Column("old_starts_at", Instant, nullable=False),
    Column("new_starts_at", Instant, nullable=False),
    Column("late", Boolean(create_constraint=False), nullable=False),
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)
Index("ix_moves_action", moves.c.workspace_id, moves.c.action_id)

availability = Table(
    "availability",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("coach_id", String(260), primary_key=True),
    Column("time_zone", String(64), nullable=False),
    Column("hours", Text, nullable=False),  # as people type them
    Column("buffer_before", Integer, nullable=False),  # minutes, like the next three
    Column("buffer_after", Integer, nullable=False),
    Column("notice", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("horizon", Integer, nullable=False),  # days
    sqlite_with_rowid=False,
)

time_off = Table(
    "time_off",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("coach_id", String(260), primary_key=True),
    Column("starts_at", Instant, primary_key=True),
    Column("ends_at", Instant, nullable=False),
    CheckConstraint("ends_at > starts_at", name="length"),
    sqlite_with_rowid=False,
)

inbound = Table(
    "inbound",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("at", Instant, nullable=False),  # database time
    sqlite_with_rowid=False,
)
Index("ix_inbound_at", inbound.c.at)
