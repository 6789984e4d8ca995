"""Sessions, how they ended or moved, and their timeline."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    false,
    true,
)

from storage.tables.base import metadata
from storage.types import Instant

sessions = Table(
    "sessions",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("origin", String(16), nullable=False),  # booked or imported: its origin, which never changes
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
    Column("meeting_link", Text),  # its own; null: its session type's, else its coach's
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("cancellation_no", Integer, nullable=False),
    Column("reschedules", Integer, nullable=False),
    Column("reminders_kept", Boolean(create_constraint=False), nullable=False),
    Column("canceled_at", Instant),
    Column("canceled_by", String(260)),
    Column("canceled_role", String(16)),
    Column("reason", Text),
    Column("terms_start_at", Instant),  # the start that the terms count from; null: starts_at
    Column("late_move_allowed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("held_until", Instant),  # of a canceled session: until then it may be undone and holds its slot
    Column("changed_at", Instant),  # business time of the booking, move or restoration; null: booked_at
    Column("rebooks", String(64)),  # the canceled session that this one replaces
    # Imported sessions, and sessions of two linked accounts, may overlap; booked and moved ones never do.
    Column("may_overlap", Boolean(create_constraint=False), nullable=False, server_default=false()),
    # What the clocks of `time_zone` show at the start, and the zone rules behind it: an agreed local time follows new
    # rules.
    Column("local_start", String(32)),  # null: not reviewed yet
    Column(
        "by_instant", Boolean(create_constraint=False), nullable=False, server_default=true()
    ),  # it was not agreed in local time
    Column("zone_rules", String(16), nullable=False, server_default="0"),
    Column("rules_seen", String(16), nullable=False, server_default="0"),  # newest rules under which it was reviewed
    # Completed by the passing of time, and nobody has said yet whether it took place.
    Column("unconfirmed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    # The coach's reminder of it and the question how it went are planned for its present time.
    Column("coach_planned", Boolean(create_constraint=False), nullable=False, server_default=false()),
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

# The indexes of a person's list in either direction. No session is longer than a day (ck_sessions_length), so starts_at
# bounds it. Whether a session is over is read from the index alone: a long history is counted and skipped without
# reading its rows.

Index(
    "ix_sessions_client",
    sessions.c.workspace_id,
    sessions.c.client_id,
    sessions.c.starts_at,
    sessions.c.id,
    sessions.c.status,
    sessions.c.ends_at,
)

Index(
    "ix_sessions_coach",
    sessions.c.workspace_id,
    sessions.c.coach_id,
    sessions.c.starts_at,
    sessions.c.id,
    sessions.c.status,
    sessions.c.ends_at,
)

# For what a coach has with one client: whether there is anything, what is next, and what was last.

Index(
    "ix_sessions_pair",
    sessions.c.workspace_id,
    sessions.c.coach_id,
    sessions.c.client_id,
    sessions.c.starts_at,
    sessions.c.id,
)

# For an admin's list of everybody's sessions, with each one's state.

Index(
    "ix_sessions_every",
    sessions.c.workspace_id,
    sessions.c.starts_at,
    sessions.c.id,
    sessions.c.status,
)

Index(
    "ix_sessions_grant",
    sessions.c.workspace_id,
    sessions.c.grant_id,
    sqlite_where=sessions.c.grant_id.is_not(None),
    postgresql_where=sessions.c.grant_id.is_not(None),
)

# What waits for its coach's decision is among the latest.

Index(
    "ix_sessions_canceled",
    sessions.c.workspace_id,
    sessions.c.coach_id,
    sessions.c.canceled_at,
    sqlite_where=sessions.c.status == "canceled",
    postgresql_where=sessions.c.status == "canceled",
)

# For the job that plans what their coaches are told before and after them.

Index(
    "ix_sessions_unplanned",
    sessions.c.starts_at,
    sqlite_where=and_(sessions.c.status == "scheduled", sessions.c.coach_planned.is_(false())),
    postgresql_where=and_(sessions.c.status == "scheduled", sessions.c.coach_planned.is_(false())),
)

# For the job that closes sessions that are over.

Index(
    "ix_sessions_ends_at",
    sessions.c.ends_at,
    sqlite_where=sessions.c.status == "scheduled",
    postgresql_where=sessions.c.status == "scheduled",
)

# For the job that lets sessions follow new zone rules.

Index(
    "ix_sessions_rules_seen",
    sessions.c.rules_seen,
    sessions.c.starts_at,
    sqlite_where=sessions.c.status == "scheduled",
    postgresql_where=sessions.c.status == "scheduled",
)

refunds = Table(
    "refunds",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("cancellation_no", Integer, primary_key=True),
    # policy: what the cancellation returned; late: what was decided afterwards; later: what was returned of the rest
    # after that. At most one of each (M5).
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
    Column("usable", Text),  # JSON: what came back, by when it expires; null: unknown, or nothing came back
    # Late, and all of it came back because its terms forgive the first ones of a client in some months.
    Column("forgiven", Boolean(create_constraint=False), nullable=False, server_default=false()),
    CheckConstraint("decision IN ('policy', 'late', 'later')", name="decision"),
    CheckConstraint("(decision <> 'policy') = (outcome IS NOT NULL)", name="outcome"),
    CheckConstraint("percent BETWEEN 0 AND 100 AND amount >= 0", name="amounts"),
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)

Index("ix_refunds_action", refunds.c.workspace_id, refunds.c.action_id)

# For the quotes of terms that forgive the first late cancellations.

Index(
    "ix_refunds_forgiven",
    refunds.c.workspace_id,
    refunds.c.at,
    sqlite_where=refunds.c.forgiven,
    postgresql_where=refunds.c.forgiven,
)

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
    Column("detail", Text),  # what the actor said with it
    Column("old_starts_at", Instant),  # of a move
    sqlite_with_rowid=False,
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
    Column("old_coach_id", String(260)),  # of a hand-over, which changes the coach instead of the time
    Column("new_coach_id", String(260)),
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)

Index("ix_moves_action", moves.c.workspace_id, moves.c.action_id)

# For a coach who becomes known by another id.

Index(
    "ix_moves_old_coach",
    moves.c.workspace_id,
    moves.c.old_coach_id,
    sqlite_where=moves.c.old_coach_id.is_not(None),
    postgresql_where=moves.c.old_coach_id.is_not(None),
)

Index(
    "ix_moves_new_coach",
    moves.c.workspace_id,
    moves.c.new_coach_id,
    sqlite_where=moves.c.new_coach_id.is_not(None),
    postgresql_where=moves.c.new_coach_id.is_not(None),
)

link_changes = Table(
    "link_changes",  # the sessions whose meeting link a change of it, of its type's or of its coach's changed
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("action_id", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(260), nullable=False),
    Column("role", String(16), nullable=False),
    Column("old_link", Text),  # the one used before; null: there was none
    ForeignKeyConstraint(["workspace_id", "session_id"], ["sessions.workspace_id", "sessions.id"]),
    sqlite_with_rowid=False,
)

Index("ix_link_changes_action", link_changes.c.workspace_id, link_changes.c.action_id)
