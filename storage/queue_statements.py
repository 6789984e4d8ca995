"""The SQL statements of the queue of notices, built once for each kind of database."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Integer,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as post
from sqlalchemy.dialects.sqlite import insert as lite
from sqlalchemy.sql.dml import ReturningUpdate

from coaching.news.notice import Medium
from coaching.why import Why
from storage.claim_statements import COLUMNS, leased_until
from storage.clock import database_micros, database_now
from storage.tables import notices
from storage.tables.notices import is_held
from storage.types import DatabaseInstant, Instant, word

MAX_ABANDONED = 5
"""How often a first message whose call had left is reclaimed from dead owners before it is given up.

It may be what kills them.
"""
LONGEST_LEASE = 10 * 60 * 1_000_000
"""Microseconds. A lease that ends later was given by a clock that has been set back since."""

_n = notices.c
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


def _in(picked: Select[Any]) -> ColumnElement[bool]:
    """Return SQL for the rows of `picked` that are not locked by another transaction.

    Nothing here is worth waiting for a lock: a row being changed is taken in the next round. And a statement that waits
    for no lock cannot be part of a deadlock.
    """
    # A CTE runs once. PostgreSQL may run a plain subquery several times and take more than `limit`.
    cte = picked.with_for_update(of=notices, skip_locked=True).cte("picked")
    return tuple_(_n.workspace_id, _n.dedupe_key).in_(select(cte.c.workspace_id, cte.c.dedupe_key))


# All leases end after 1970, but SQLite needs the condition to search the index of leases instead of the table.
_LEASED = and_(_n.state == word("leased"), type_coerce(_n.lease_until, BigInteger) > 0)
# The same for a row whose key is known. PostgreSQL would otherwise look for it among all leased ones, as these seem to be
# few: an old open transaction makes it pass everything that was ever leased since.
_HAS_LEASE = _n.lease_until.is_not(None)
_HELD = and_(_LEASED, _n.owner.in_(bindparam("owners", expanding=True)))


_COPIED_TO_MAIL = (
    "kind", "recipient", "session_id", "action_id", "about_id", "copy_of", "only_types", "cutoff", "lead",
    "planned_version", "due_at", "expires_at", "trouble", "trouble_channel",
)  # fmt: skip


def repeat(sqlite: bool) -> Insert:
    """Have a notice come by mail as well; parameters ws and k. However often it is asked for, there is one mail."""
    words = {"medium": word(Medium.MAIL), "state": word("pending"), "revision": 1, "attempts": 0, "ambiguous": 0}
    own = {
        name: value if isinstance(value, ColumnElement) else literal_column(str(value)) for name, value in words.items()
    }
    key = literal_column("'mail:'", String) + _n.dedupe_key
    found = select(_n.workspace_id, key, _n.dedupe_key, *(_n[name] for name in _COPIED_TO_MAIL), *own.values()).where(
        _n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k")
    )
    insert = (lite if sqlite else post)(notices)
    columns = ["workspace_id", "dedupe_key", "repeats", *_COPIED_TO_MAIL, *own]
    return insert.from_select(columns, found).on_conflict_do_nothing()


def begin(sqlite: bool) -> ReturningUpdate[Any]:
    """Record that calls for some rows of a workspace are about to leave. Return those still leased by their owners."""
    mine = select(_n.workspace_id, _n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.dedupe_key.in_(bindparam("keys", expanding=True)),
        _n.owner.in_(bindparam("owners", expanding=True)),
        _HAS_LEASE,
    )
    return (
        update(notices)
        .where(_in(mine))
        .values(begun_at=database_now(sqlite=sqlite), lease_until=leased_until(sqlite))
        .returning(_n.dedupe_key, _n.owner, _n.revision)
    )


def renew(sqlite: bool) -> Update:
    """Extend the leases of some owners, counted from now."""
    held = select(_n.workspace_id, _n.dedupe_key).where(_HELD)
    return update(notices).where(_in(held)).values(lease_until=leased_until(sqlite))


def finish(sqlite: bool) -> Update:
    """Record the outcome of a row that is still under its owner's lease."""
    state = bindparam("to", type_=String)
    sent = state == "sent"
    # A mail is never edited. What happens later is news of its own.
    outdated = and_(sent, _n.revision != bindparam("shown", type_=Integer), _n.medium == word(Medium.SLACK))
    delay = bindparam("delay", type_=BigInteger)
    now, until = bindparam("now", type_=Instant), bindparam("until", type_=Instant)
    retry = case((delay.is_(None), None), else_=database_micros(sqlite=sqlite) + delay)
    return (
        update(notices)
        .where(
            _n.workspace_id == bindparam("ws"),
            _n.dedupe_key == bindparam("k"),
            _n.owner == bindparam("me"),
            _HAS_LEASE,
        )
        .values(
            state=case((outdated, "pending"), else_=state),
            due_at=case((outdated, now), else_=func.coalesce(bindparam("later", type_=Instant), _n.due_at)),
            medium=func.coalesce(bindparam("by", type_=String), _n.medium),
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


def ripen(sqlite: bool, medium: Medium) -> ReturningUpdate[Any]:
    """Let go of what has waited for its time: raise the revision of messages whose `refresh_at` has passed, each once.

    Retries whose time has come may be claimed. Both up to `most` at a time. Return what has changed.
    """
    now, most = bindparam("now", type_=Instant), bindparam("most", type_=Integer, literal_execute=True)
    until = type_coerce(_n.retry_at, BigInteger)
    # Skip locked rows: waiting for a lock here could wait for a person's own action. At `refresh_at` itself, what the
    # refresh removes is still possible.
    passed = select(_n.workspace_id, _n.dedupe_key).where(_n.refresh_at < now).order_by(_n.refresh_at).limit(most)
    # PostgreSQL does not look for a time that may change while it looks. A subquery is asked once.
    held = and_(is_held(_n, medium), until <= select(database_micros(sqlite=sqlite)).scalar_subquery())
    ripe = select(_n.workspace_id, _n.dedupe_key).where(held).order_by(_n.retry_at).limit(most)
    # SQLite looks up the keys of one list of rows, but not those of two lists put together.
    both = union_all(
        *(
            select(some.c.workspace_id, some.c.dedupe_key)
            for some in (
                # Slack's relay looks for both, whoever sends them: a mail only forgets the time.
                *([passed.with_for_update(skip_locked=True).cte("passed")] if medium is Medium.SLACK else []),
                ripe.with_for_update(skip_locked=True).cte("ripe"),
            )
        )
    ).cte("both")
    old = _n.refresh_at < now
    again = and_(old, _n.state == word("sent"), _n.medium == word(Medium.SLACK))
    return (
        update(notices)
        .where(tuple_(_n.workspace_id, _n.dedupe_key).in_(select(both.c.workspace_id, both.c.dedupe_key)))
        .values(
            refresh_at=case((old, None), else_=_n.refresh_at),
            retry_at=case((held, None), else_=_n.retry_at),
            revision=case((old, _n.revision + 1), else_=_n.revision),
            state=case((again, "pending"), else_=_n.state),
            due_at=case((again, now), else_=_n.due_at),
            expires_at=case((again, bindparam("until", type_=Instant)), else_=_n.expires_at),
            attempts=case((again, 0), else_=_n.attempts),
        )
        .returning(_n.workspace_id, _n.dedupe_key, _n.state, _n.conversation, _n.retry_at, _n.due_at)
    )


def reclaim(sqlite: bool, medium: Medium, *, everything: bool) -> ReturningUpdate[Any]:
    """Reclaim rows of this medium's owners that are not `mine`, and return them in their new state.

    Reclaimed are rows whose lease is overdue, or longer than any clock gives now, and those of `lost` owners; with
    `everything`, all leased rows except those of owners whose names are like `ours`.
    """
    until, now = type_coerce(_n.lease_until, BigInteger), database_micros(sqlite=sqlite)
    theirs = _n.medium == word(medium)
    if medium is Medium.SLACK and not everything:
        # Slack's relay gives up mails that came too late. If it dies meanwhile, there may be no relay for mail.
        theirs = or_(theirs, _n.expires_at < bindparam("now", type_=Instant))
    left = and_(_LEASED, theirs, _n.owner.not_in(bindparam("mine", expanding=True)))
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
        .returning(*COLUMNS)
    )
