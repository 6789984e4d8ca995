"""Credits: their holders, and every movement."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    false,
    or_,
)

from storage.tables.base import metadata
from storage.types import Instant, word

pools = Table(
    "pools",  # a company's credits, from which several of its people book
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("contact_id", String(260)),  # manages it, sees its history and gets its notices
    Column(
        "retired", Boolean(create_constraint=False), nullable=False, server_default=false()
    ),  # gets nothing any more
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
    # The owner: either a person or a pool.
    Column("client_id", String(260)),
    Column("pool_id", String(64)),
    Column("package_id", String(64)),
    # Of a returned grant: the grant that paid for what came back; never a returned one.
    Column("parent_id", String(96)),
    Column("label", Text, nullable=False),
    Column("size", Integer, nullable=False),  # number of sessions of a package
    Column("granted_at", Instant, nullable=False),
    Column("granted_by", String(260)),  # null: an import
    Column("price_cents", BigInteger),  # the price paid outside of Slack, for the record
    Column("currency", String(3)),
    Column("note", Text),
    Column("expires_at", Instant),
    Column("warned_at", Instant),  # business time; its holder was notified of this `expires_at`
    Column("closed_at", Instant),  # business time; what was left at this `expires_at` went to `expired`
    # The last day on its owner's calendar, which ends at `expires_at`, and the zone rules that computed it (null: an
    # older row).
    Column("expires_on", String(10)),
    Column("expires_zone", String(64)),
    Column("expires_rules", String(16)),
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

_MEANT = and_(grants.c.expires_rules.is_not(None), grants.c.closed_at.is_(None))

Index("ix_grants_expires_rules", grants.c.expires_rules, sqlite_where=_MEANT, postgresql_where=_MEANT)

transfers = Table(
    "transfers",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("key", String(255), primary_key=True),  # idempotency: the same movement has the same key
    Column("kind", String(16), nullable=False),
    Column("source", String(128), nullable=False),
    Column("target", String(128), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("session_id", String(64)),
    Column("grant_id", String(96)),
    # Of a cancellation's movements: the session's cancellation, what decided, and the grant that had paid.
    Column("cancellation_no", Integer),
    Column("ruling", String(8)),
    Column("paid_by", String(96)),
    Column("came_with", String(64)),  # of credits issued by an import: the session imported with them
    Column("by_id", String(260)),  # of credits taken back: by whom
    # Its place among the movements of its grant's account, given under the grant's lock; null: it moves nothing there.
    Column("number", Integer),
    # Of a line of a pool's history: the client of its session. Changes when somebody known by e-mail appears.
    Column("client_id", String(260)),
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


def is_line(t: Any) -> ColumnElement[bool]:  # noqa: ANN401 - SQLAlchemy's own
    """Return SQL for: a transfer is a line of its holder's history. Sessions that take place as booked add none."""
    return or_(t.kind != word("earn"), t.source == word("forfeited"))


# The history of a grant, in the order of time.
_LINES = and_(transfers.c.grant_id.is_not(None), is_line(transfers.c))

Index(
    "ix_transfers_grant",
    transfers.c.workspace_id,
    transfers.c.grant_id,
    transfers.c.at,
    sqlite_where=_LINES,
    postgresql_where=_LINES,
)

# What a person used of pools, in the order of time.
Index(
    "ix_transfers_client",
    transfers.c.workspace_id,
    transfers.c.client_id,
    transfers.c.at,
    sqlite_where=transfers.c.client_id.is_not(None),
    postgresql_where=transfers.c.client_id.is_not(None),
)

# What moved in a grant's account since a checkpoint. No two movements have one number.
Index(
    "ix_transfers_number",
    transfers.c.workspace_id,
    transfers.c.grant_id,
    transfers.c.number,
    unique=True,
    sqlite_where=transfers.c.number.is_not(None),
    postgresql_where=transfers.c.number.is_not(None),
)

# What was issued to a grant, taken back or expired: few, however much is booked with it.
Index(
    "ix_transfers_unbooked",
    transfers.c.workspace_id,
    transfers.c.grant_id,
    sqlite_where=transfers.c.session_id.is_(None),
    postgresql_where=transfers.c.session_id.is_(None),
)

checkpoints = Table(
    "checkpoints",  # sums of the ledger so far, so that a balance need not add up the whole history
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("grant_id", String(96), primary_key=True),
    Column("number", Integer, nullable=False),  # the last movement that it includes
    Column("balance", BigInteger, nullable=False),  # of the grant's account, after that movement
    sqlite_with_rowid=False,
)
