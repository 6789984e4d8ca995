"""Finding the messages about a session, and having them edited again: messages show the present state (K2)."""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    Update,
    and_,
    any_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    union,
    update,
)

from coaching.news.kinds import ALERTS, OTHERS_RECEIPTS, REQUESTS, TO_COACHES, NoticeKind
from coaching.news.notice import Medium
from storage.tables import link_changes, moves, notices, refunds, requests, sessions
from storage.types import Instant, by_key, word

_n = notices.c
_WS: ColumnElement[str] = bindparam("ws")
_IDS: ColumnElement[Any] = bindparam("ids", expanding=True)
_Ids = ColumnElement[Any] | Select[Any]
# The person whose news a notice is: a client, or a coach, for their own message and every copy of it.
_WHOSE = func.coalesce(_n.copy_of, _n.about_id, _n.recipient)
_LIVE = _n.state.in_(("sent", "leased", "pending"))


def _and_rebooked(ids: _Ids) -> CompoundSelect[Any]:
    """A session booked instead of a canceled one appears in the messages about that cancellation."""
    return union(
        select(sessions.c.id).where(sessions.c.workspace_id == _WS, sessions.c.id.in_(ids)),
        select(sessions.c.rebooks).where(sessions.c.workspace_id == _WS, sessions.c.id.in_(ids)),
    )


# For a shown message its leading row; for one being sent the row itself, since its leader is not settled yet.
_LEADER = case((_n.sent_revision.is_(None), _n.dedupe_key), else_=func.coalesce(_n.leader_key, _n.dedupe_key))


def _messages(ids: _Ids) -> CompoundSelect[Any]:
    """Return the keys of the messages about sessions."""
    about = _and_rebooked(ids)
    people = union(
        *(
            select(column).where(sessions.c.workspace_id == _WS, sessions.c.id.in_(about))
            for column in (sessions.c.client_id, sessions.c.coach_id)
        ),
        # Who gave them before: what they were told shows that somebody else gives them now.
        # Nobody, for a move in time: without that condition the index of sessions is the one that fits.
        select(moves.c.old_coach_id).where(moves.c.workspace_id == _WS, moves.c.session_id.in_(about)),
    )

    def of_actions(session: Column[str], which: Any) -> Select[Any]:  # noqa: ANN401 - ids or a statement
        t = session.table.c
        actions = select(t.action_id).distinct().where(t.workspace_id == _WS, session.in_(which))
        return select(_n.dedupe_key).where(
            _n.workspace_id == _WS, _n.action_id.in_(actions), _n.session_id.is_(None), _WHOSE.in_(people)
        )

    # An admin's own receipt is about all of the action, and the admin is in none of its sessions. Apart from the others:
    # with OR, PostgreSQL would read all notices.
    canceled = (
        select(refunds.c.action_id).distinct().where(refunds.c.workspace_id == _WS, refunds.c.session_id.in_(about))
    )
    own = select(_n.dedupe_key).where(
        _n.workspace_id == _WS, _n.action_id.in_(canceled), _n.kind == word(NoticeKind.OWN_RECEIPT)
    )
    return union(
        own,
        select(_LEADER).where(_n.workspace_id == _WS, _n.session_id.in_(ids), _LIVE),
        of_actions(moves.c.session_id, ids),
        of_actions(link_changes.c.session_id, ids),
        of_actions(refunds.c.session_id, about),
        of_actions(requests.c.subject_id, about),
    )


def _retell(ids: _Ids) -> dict[bool, Update]:
    """Return the statement that raises the revision of messages about sessions.

    Sent ones are edited, others once they are sent.

    A pending notice is rendered from the state that delivery finds. Raising its revision too locks it until we commit,
    so that the relay cannot claim it and render the old state. There is one statement per kind of database, SQLite's
    under True.
    """
    sent = _n.state == word("sent")
    to_coach = _n.kind.in_(sorted(TO_COACHES))
    due = case((to_coach, bindparam("later", type_=Instant)), else_=bindparam("now", type_=Instant))
    # A mail is never edited. One that is not out yet is locked all the same, so that it is written from what we commit.
    chosen = and_(
        _n.workspace_id == _WS,
        _LIVE,
        or_(_n.medium == word(Medium.SLACK), not_(sent)),
        _n.kind.in_(bindparam("kinds", expanding=True)),
    )
    messages = _messages(ids)
    statement = update(notices).values(
        revision=_n.revision + 1,
        state=case((sent, "pending"), else_=_n.state),
        # A later edit that waits for the end of an undo window is made together with an immediate one.
        due_at=case((or_(sent, and_(_n.sent_revision.is_not(None), _n.due_at > due)), due), else_=_n.due_at),
        expires_at=case((sent, bindparam("until", type_=Instant)), else_=_n.expires_at),
        attempts=case((sent, 0), else_=_n.attempts),
    )
    # With an array the keys are found first and then looked up. PostgreSQL would join a subquery with all notices. Rows
    # are locked in the order of their keys, as the relay does: a plain UPDATE locks them in its own order.
    found = func.array(messages.scalar_subquery())
    locked = (
        select(_n.dedupe_key)
        .where(chosen, _n.dedupe_key == any_(found))
        .order_by(by_key(_n.dedupe_key))
        .with_for_update()
    )
    keys = func.array(select(locked.cte("locked").c.dedupe_key).scalar_subquery())
    return {
        True: statement.where(chosen, _n.dedupe_key.in_(messages)),
        False: statement.where(_n.workspace_id == _WS, _n.dedupe_key == any_(keys)),
    }


RETELL = _retell(_IDS)
"""Have messages about sessions edited; parameters ws, ids, kinds, now, later (now for coaches' news) and until."""
_changed = link_changes.alias("changed")
RETELL_LINKS = _retell(
    select(_changed.c.session_id).where(_changed.c.workspace_id == _WS, _changed.c.action_id == bindparam("action"))
)
"""The same for all sessions whose meeting link an action changed, however many: parameter action instead of ids."""

RELEASE = (
    update(notices)
    .where(
        _n.workspace_id == _WS,
        _n.kind.in_(sorted(ALERTS | OTHERS_RECEIPTS)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
        _n.due_at > bindparam("now", type_=Instant),
        _n.action_id.in_(
            select(refunds.c.action_id).where(refunds.c.workspace_id == _WS, refunds.c.session_id.in_(_IDS))
        ),
    )
    .values(due_at=bindparam("now", type_=Instant))
)
"""Make unsent alerts, copies included, and receipts due now; parameters ws, ids and now."""

SHOWN = select(_n.channel, _n.message_ts).where(
    _n.workspace_id == _WS,
    _n.kind.in_(sorted(ALERTS | REQUESTS)),
    # One set of actions: for two conditions with OR, PostgreSQL reads all notices.
    _n.action_id.in_(
        union(
            *(
                select(session.table.c.action_id).where(session.table.c.workspace_id == _WS, session.in_(_IDS))
                for session in (refunds.c.session_id, requests.c.subject_id)
            )
        )
    ),
    or_(
        _n.message_ts.is_not(None),
        _n.state == word("leased"),
        and_(_n.state == word("pending"), _n.due_at <= bindparam("now", type_=Instant)),
    ),
)
"""Where alerts and requests about sessions are, or are about to be, shown; parameters ws, ids and now."""
