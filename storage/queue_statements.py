"""The SQL statements of the queue of notices, built once for each kind of database."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from coaching.news.kinds import TO_COACHES, NoticeKind
from coaching.sessions import PENDING
from coaching.why import Why
from storage.clock import database_micros, database_now
from storage.tables import coaches, notices
from storage.types import DatabaseInstant, Instant, word

MAX_ABANDONED = 5
"""How often a first message whose call had left is reclaimed from dead owners before it is given up.

It may be what kills them.
"""
LONGEST_LEASE = 10 * 60 * 1_000_000
"""Microseconds. A lease that ends later was given by a clock that has been set back since."""

_n = notices.c
_UNREAD = (
    "state",
    "retry_at",
    "lease_until",
    "finished_at",
    "begun_at",
    "detail",
    "lead",
    "planned_version",
    "conversation",
)
COLUMNS = [_n[c.key] for c in notices.c if c.key not in _UNREAD]
_REACHABLE = or_(_n.recipient.not_like(f"{PENDING}%"), _n.kind.in_(sorted(TO_COACHES)))
OLDEST = (
    select(_n.due_at)
    .where(
        _n.state == word("pending"),
        _n.due_at <= bindparam("now", type_=Instant),
        _n.workspace_id.not_in(bindparam("excluding", expanding=True)),
        _REACHABLE,
    )
    .order_by(_n.due_at)
    .limit(1)
)
UNLEASE = (
    update(notices)
    .where(_n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k"))
    .values(state="pending", owner=None, lease_until=None, conversation=None)
)
LEAD = (
    update(notices)
    .where(_n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k"))
    .values(leader_key=bindparam("leader", type_=String))
)


def _not_held(sqlite: bool) -> ColumnElement[bool]:
    return or_(_n.retry_at.is_(None), type_coerce(_n.retry_at, BigInteger) <= database_micros(sqlite=sqlite))


def _conversation() -> ColumnElement[Any]:
    """Return SQL for `Parcel.conversation`: a channel's id, or the id of a person who is messaged directly."""
    channel = (
        select(coaches.c.alert_channel)
        .where(coaches.c.workspace_id == _n.workspace_id, coaches.c.member_id == _n.recipient)
        .correlate(notices)
        .scalar_subquery()
    )
    own = and_(_n.kind.in_(sorted(TO_COACHES)), _n.copy_of.is_(None))
    return case(
        (_n.channel.like("D%"), _n.recipient),
        (_n.channel.is_not(None), _n.channel),
        (own, func.coalesce(channel, _n.recipient)),
        else_=_n.recipient,
    )


def _not_behind() -> ColumnElement[bool]:
    """Return SQL for: no notice of the same conversation is under way, and no older one waits for a retry.

    People read a conversation in order. Only notices under way or waiting for a retry have a `conversation`, so its
    index stays small.
    """
    other = notices.alias("other")
    older = or_(other.c.due_at < _n.due_at, and_(other.c.due_at == _n.due_at, other.c.dedupe_key < _n.dedupe_key))
    found = exists().where(
        other.c.workspace_id == _n.workspace_id,
        other.c.conversation == _conversation(),
        or_(other.c.state == word("leased"), and_(other.c.state == word("pending"), older)),
    )
    return ~found.correlate(notices)


def due(sqlite: bool, *, narrow: bool) -> ColumnElement[bool]:
    """Return SQL for what may be claimed: due, not held, reachable, and behind no other notice of its conversation."""
    now = bindparam("now", type_=Instant)
    which = and_(
        _n.state == word("pending"),
        _n.due_at <= now,
        _not_held(sqlite),
        or_(_REACHABLE, _n.expires_at < now),
        _n.workspace_id.not_in(bindparam("excluding", expanding=True)),
        _not_behind(),
    )
    return and_(which, _n.workspace_id == bindparam("only")) if narrow else which


def shareable(sqlite: bool) -> ColumnElement[bool]:
    """Return SQL for the reminders that join the message of a due one (R4)."""
    return and_(
        _n.state == word("pending"),
        _n.kind == NoticeKind.REMINDER,
        _n.sent_revision.is_(None),
        tuple_(_n.workspace_id, _n.recipient).in_(bindparam("pairs", expanding=True)),
        _n.due_at <= bindparam("until", type_=Instant),
        _n.expires_at >= bindparam("now", type_=Instant),
        _not_held(sqlite),
    )


def claim(sqlite: bool, *, narrow: bool) -> ReturningUpdate[Any]:
    """Lease what is due, oldest first and only the oldest of each conversation, and return it."""
    place = func.row_number().over(partition_by=[_n.workspace_id, _conversation()], order_by=[_n.due_at, _n.dedupe_key])
    found = select(_n.workspace_id, _n.dedupe_key, place.label("place")).where(due(sqlite, narrow=narrow)).subquery()
    same = and_(_n.workspace_id == found.c.workspace_id, _n.dedupe_key == found.c.dedupe_key)
    picked = select(_n.workspace_id, _n.dedupe_key).join(found, same)
    # The state is checked again on the row itself: another process may have claimed it since it was found.
    picked = picked.where(found.c.place == 1, _n.state == word("pending")).order_by(_n.due_at)
    return _leased(sqlite, picked.limit(bindparam("limit", type_=Integer, literal_execute=True)))


def share(sqlite: bool) -> ReturningUpdate[Any]:
    """Lease the reminders that share a message with claimed ones, and return them."""
    return _leased(
        sqlite, select(_n.workspace_id, _n.dedupe_key).where(shareable(sqlite)).order_by(_n.due_at).limit(200)
    )


def _leased(sqlite: bool, picked: Select[Any]) -> ReturningUpdate[Any]:
    return (
        update(notices)
        .where(_in(picked))
        .values(
            state="leased",
            owner=bindparam("me", type_=String),
            lease_until=_leased_until(sqlite),
            conversation=_conversation(),
        )
        .returning(*COLUMNS)
    )


def _in(picked: Select[Any]) -> ColumnElement[bool]:
    """Return SQL for the rows of `picked` that are not locked by another transaction.

    Nothing here is worth waiting for a lock: a row being changed is taken in the next round. And a statement that waits
    for no lock cannot be part of a deadlock.
    """
    # A CTE runs once. PostgreSQL may run a plain subquery several times and take more than `limit`.
    cte = picked.with_for_update(of=notices, skip_locked=True).cte("picked")
    return tuple_(_n.workspace_id, _n.dedupe_key).in_(select(cte.c.workspace_id, cte.c.dedupe_key))


def _leased_until(sqlite: bool) -> ColumnElement[Any]:
    return type_coerce(database_micros(sqlite=sqlite) + bindparam("lease", type_=BigInteger), DatabaseInstant)


# All leases end after 1970, but SQLite needs the condition to search the index of leases instead of the table.
_LEASED = and_(_n.state == word("leased"), type_coerce(_n.lease_until, BigInteger) > 0)
_HELD = and_(_LEASED, _n.owner.in_(bindparam("owners", expanding=True)))


def begin(sqlite: bool) -> ReturningUpdate[Any]:
    """Record that calls for some rows of a workspace are about to leave. Return those still leased by their owners."""
    mine = select(_n.workspace_id, _n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.dedupe_key.in_(bindparam("keys", expanding=True)),
        _n.owner.in_(bindparam("owners", expanding=True)),
        _n.state == word("leased"),
    )
    return (
        update(notices)
        .where(_in(mine))
        .values(begun_at=database_now(sqlite=sqlite), lease_until=_leased_until(sqlite))
        .returning(_n.dedupe_key, _n.owner, _n.revision)
    )


def renew(sqlite: bool) -> Update:
    """Extend the leases of some owners, counted from now."""
    held = select(_n.workspace_id, _n.dedupe_key).where(_HELD)
    return update(notices).where(_in(held)).values(lease_until=_leased_until(sqlite))


def finish(sqlite: bool) -> Update:
    """Record the outcome of a row that is still under its owner's lease."""
    state = bindparam("to", type_=String)
    sent = state == "sent"
    outdated = and_(sent, _n.revision != bindparam("shown", type_=Integer))
    delay = bindparam("delay", type_=BigInteger)
    now, until = bindparam("now", type_=Instant), bindparam("until", type_=Instant)
    retry = case((delay.is_(None), None), else_=database_micros(sqlite=sqlite) + delay)
    return (
        update(notices)
        .where(
            _n.workspace_id == bindparam("ws"),
            _n.dedupe_key == bindparam("k"),
            _n.owner == bindparam("me"),
            _n.state == word("leased"),
        )
        .values(
            state=case((outdated, "pending"), else_=state),
            due_at=case((outdated, now), else_=_n.due_at),
            # An edit is wanted even if the notice itself would come too late.
            expires_at=case((outdated, until), else_=_n.expires_at),
            sent_revision=case((sent, bindparam("shown", type_=Integer)), else_=_n.sent_revision),
            channel=func.coalesce(bindparam("ch", type_=String), _n.channel),
            message_ts=func.coalesce(bindparam("ts", type_=String), _n.message_ts),
            leader_key=bindparam("leader", type_=String),
            retry_at=type_coerce(retry, DatabaseInstant),
            attempts=bindparam("tries", type_=Integer),
            ambiguous=bindparam("unknown", type_=Integer),
            server_errors=bindparam("errors", type_=Integer),
            conversation=bindparam("where", type_=String),
            why=bindparam("because", type_=String),
            why_code=bindparam("said", type_=String),
            # A message that went to the coach directly stays there.
            diverted_why=func.coalesce(bindparam("diverted", type_=String), _n.diverted_why),
            # The time it was first sent: an edit changes the text, not the time.
            finished_at=case(
                (state == "pending", _n.finished_at),
                (_n.sent_revision.is_not(None), func.coalesce(_n.finished_at, now)),
                else_=now,
            ),
            owner=None,
            lease_until=None,
            begun_at=None,
        )
    )


def refresh() -> Update:
    """Raise the revision of messages whose `refresh_at` has passed, each once."""
    now = bindparam("now", type_=Instant)
    # Skip locked rows: waiting for a lock here could wait for a person's own action. At `refresh_at` itself, what the
    # refresh removes is still possible.
    passed = (
        select(_n.workspace_id, _n.dedupe_key)
        .where(_n.refresh_at < now)
        .with_for_update(skip_locked=True)
        .cte("passed")
    )
    sent = _n.state == word("sent")
    return (
        update(notices)
        .where(tuple_(_n.workspace_id, _n.dedupe_key).in_(select(passed.c.workspace_id, passed.c.dedupe_key)))
        .values(
            refresh_at=None,
            revision=_n.revision + 1,
            state=case((sent, "pending"), else_=_n.state),
            due_at=case((sent, now), else_=_n.due_at),
            expires_at=case((sent, bindparam("until", type_=Instant)), else_=_n.expires_at),
            attempts=case((sent, 0), else_=_n.attempts),
        )
    )


def reclaim(sqlite: bool, *, everything: bool) -> ReturningUpdate[Any]:
    """Reclaim rows of owners that are not `mine`, and return them in their new state.

    Reclaimed are rows whose lease is overdue, or longer than any clock gives now, and those of `lost` owners; with
    `everything`, all leased rows except those of owners whose names are like `ours`.
    """
    until, now = type_coerce(_n.lease_until, BigInteger), database_micros(sqlite=sqlite)
    left = and_(_LEASED, _n.owner.not_in(bindparam("mine", expanding=True)))
    if everything:
        left = and_(left, _n.owner.not_like(bindparam("ours", type_=String)))
    else:
        lost = _n.owner.in_(bindparam("lost", expanding=True))
        left = and_(left, or_(until < now, until > now + LONGEST_LEASE, lost))
    # A call that had left may have arrived. A repeated edit does no harm.
    doubtful = and_(_n.begun_at.is_not(None), _n.sent_revision.is_(None))
    given_up = and_(doubtful, _n.crashes + 1 > MAX_ABANDONED)
    return (
        update(notices)
        .where(_in(select(_n.workspace_id, _n.dedupe_key).where(left)))
        .values(
            state=case((given_up, "failed"), else_="pending"),
            attempts=case((_n.begun_at.is_not(None), _n.attempts + 1), else_=_n.attempts),
            ambiguous=case((doubtful, _n.ambiguous + 1), else_=_n.ambiguous),
            crashes=case((doubtful, _n.crashes + 1), else_=_n.crashes),
            why=case((given_up, str(Why.GIVEN_UP)), (doubtful, str(Why.INTERRUPTED)), else_=_n.why),
            why_code=case((doubtful, None), else_=_n.why_code),
            finished_at=case((given_up, bindparam("now", type_=Instant)), else_=_n.finished_at),
            owner=None,
            lease_until=None,
            begun_at=None,
            conversation=None,
        )
        .returning(_n.state, *COLUMNS)
    )
