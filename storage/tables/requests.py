"""Requests: what people ask others to decide."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text, false

from storage.tables.base import metadata
from storage.types import Instant

requests = Table(
    "requests",  # the decision on an exception is in refunds
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("subject_id", String(260), primary_key=True),  # the session that it is about; of credits, who wants them
    Column("kind", String(16), primary_key=True),
    Column("number", Integer, primary_key=True),  # which of this kind; of an exception, the cancellation's
    Column("action_id", String(32), nullable=False),  # one request may cover several sessions
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", String(260), nullable=False),
    Column("note", Text),
    Column("decide_by", Instant, nullable=False),  # business time; after it, time decides
    Column("state", String(16), nullable=False),
    Column("by_admins", Boolean(create_constraint=False), nullable=False, server_default=false()),  # they decide
    Column("times", Text),  # of a move: the starts that would do, microseconds as a JSON list
    Column("amount", Integer),  # of credits: hundredths
    Column("pool_id", String(64)),  # the pool that they are for; null: for whoever wants them
    Column("coach_id", String(260)),  # what is to be booked with them: with whom, of what type, instead of what
    Column("type_id", String(64)),
    Column("rebooks", String(64)),
    Column("passed_by", String(260)),  # the pool's contact who passed it on to the admins
    Column("reply", Text),  # to whoever asked
    Column("grant_id", String(96)),  # what was given
    Column("answered_at", Instant),  # when it was closed, and by whom; of older exceptions neither is known
    Column("answered_by", String(260)),
    CheckConstraint("kind IN ('exception', 'move', 'credits')", name="kind"),
    CheckConstraint("state IN ('open', 'decided', 'accepted', 'declined', 'expired', 'withdrawn')", name="state"),
    sqlite_with_rowid=False,
)

Index("ix_requests_action", requests.c.workspace_id, requests.c.action_id)

Index(
    "ix_requests_coach",
    requests.c.workspace_id,
    requests.c.coach_id,
    sqlite_where=requests.c.coach_id.is_not(None),
    postgresql_where=requests.c.coach_id.is_not(None),
)

Index(
    "ix_requests_open",  # of those that wait for somebody of a workspace
    requests.c.workspace_id,
    requests.c.decide_by,
    sqlite_where=requests.c.state == "open",
    postgresql_where=requests.c.state == "open",
)

Index(
    "ix_requests_decide_by",
    requests.c.decide_by,
    sqlite_where=requests.c.state == "open",
    postgresql_where=requests.c.state == "open",
)
