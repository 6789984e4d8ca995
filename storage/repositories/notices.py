"""Notices, the side of whoever causes them. Delivery is in `storage/notices.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    String,
    Update,
    and_,
    any_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from coaching.notices import RECEIPT_USEFUL, Notice, NoticeKind, coach_left_key, to_admins
from storage.repositories.base import Repository
from storage.tables import admins, exceptions, members, moves, notices, refunds, sessions
from storage.types import Instant, word

_n = notices.c
_DROP = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind.in_(bindparam("kinds", expanding=True)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", detail=bindparam("why", type_=String), finished_at=bindparam("now", type_=Instant))
)


def _refresh(keys: Select[Any] | CompoundSelect[Any]) -> dict[bool, Update]:
    """Raise the revision of messages: one that went out is edited, one in flight is edited right after.

    A notice that waits is rendered from the state it finds; raising it too locks it until we commit, so that the relay
    cannot claim and render it from the state before us. One statement for each kind of database, SQLite's under True.
    """
    sent = _n.state == word("sent")
    statement = (
        update(notices)
        .where(_n.workspace_id == bindparam("ws"), _n.state.in_(("sent", "leased", "pending")))
        .values(
            revision=_n.revision + 1,
            state=case((sent, "pending"), else_=_n.state),
            due_at=case((sent, bindparam("now", type_=Instant)), else_=_n.due_at),
            expires_at=case((sent, bindparam("until", type_=Instant)), else_=_n.expires_at),
            attempts=case((sent, 0), else_=_n.attempts),
        )
    )
    # As an array the keys are found first and then looked up; PostgreSQL joins a subquery with every notice there is.
    array = func.array(keys.scalar_subquery())
    return {True: statement.where(_n.dedupe_key.in_(keys)), False: statement.where(_n.dedupe_key == any_(array))}


# Of what is shown, the row that leads its message; of what is in flight, the row itself: who leads it is not settled yet.
_REMINDER_MESSAGES = select(
    case((_n.sent_revision.is_(None), _n.dedupe_key), else_=func.coalesce(_n.leader_key, _n.dedupe_key))
).where(
    _n.workspace_id == bindparam("ws"),
    _n.session_id.in_(bindparam("ids", expanding=True)),
    _n.kind == NoticeKind.REMINDER,
    _n.state.in_(("sent", "leased", "pending")),
)
_REFRESH_REMINDERS = _refresh(_REMINDER_MESSAGES)
_ACTIONS = (
    select(refunds.c.action_id)
    .distinct()
    .where(
        refunds.c.workspace_id == bindparam("ws"),
        refunds.c.session_id.in_(bindparam("ids", expanding=True)),
        refunds.c.decision == "policy",
    )
)
_COACHES = (
    select(sessions.c.coach_id)
    .distinct()
    .where(sessions.c.workspace_id == bindparam("ws"), sessions.c.id.in_(bindparam("ids", expanding=True)))
)
_REFRESH_RECEIPTS = _refresh(
    select(_n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"), _n.action_id.in_(_ACTIONS), _n.kind == NoticeKind.RECEIPT
    )
)
_REVIVE = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind.in_((NoticeKind.REMINDER, NoticeKind.STARTING)),
        _n.state == word("dropped"),
        _n.detail == "session canceled",
        _n.due_at > bindparam("now", type_=Instant),
    )
    .values(state="pending", detail=None, finished_at=None)
)
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id == bindparam("action"),
        _n.kind == NoticeKind.COACH_ALERT,
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", detail="taken back in time", finished_at=bindparam("now", type_=Instant))
)
_BEGUN = select(_n.dedupe_key).where(
    _n.workspace_id == bindparam("ws"),
    _n.action_id == bindparam("action"),
    _n.kind == NoticeKind.COACH_ALERT,
    or_(_n.state != word("dropped"), _n.sent_revision.is_not(None)),
)
# Whose news a notice is: a coach's, in their own message and in every stakeholder's copy of it.
_WHOSE = func.coalesce(_n.about_id, _n.recipient)
_REFRESH_ALERTS = _refresh(
    select(_n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id.in_(_ACTIONS),
        or_(
            and_(_n.kind == NoticeKind.COACH_ALERT, _WHOSE.in_(_COACHES)),
            # What the coach could not be told, the admins see to: theirs stays up to date as well.
            _n.kind == NoticeKind.ALERT_LOST,
        ),
    )
)
_MOVED = (
    select(moves.c.action_id)
    .distinct()
    .where(moves.c.workspace_id == bindparam("ws"), moves.c.session_id.in_(bindparam("ids", expanding=True)))
)
_REFRESH_COACH_NEWS = _refresh(
    union(
        select(_n.dedupe_key).where(
            _n.workspace_id == bindparam("ws"),
            _n.session_id.in_(bindparam("ids", expanding=True)),
            _n.kind.in_((NoticeKind.COACH_BOOKED, NoticeKind.ALERT_LOST)),
        ),
        select(_n.dedupe_key).where(
            _n.workspace_id == bindparam("ws"),
            _n.action_id.in_(_MOVED),
            or_(
                and_(_n.kind == NoticeKind.COACH_MOVED, _WHOSE.in_(_COACHES)),
                _n.kind == NoticeKind.ALERT_LOST,
            ),
        ),
    )
)
_ALL_ADMINS = union(
    select(admins.c.member_id.label("id")).where(admins.c.workspace_id == bindparam("ws")),
    select(members.c.id).where(members.c.workspace_id == bindparam("ws"), members.c.is_admin),
)

_REQUESTS = (
    select(exceptions.c.action_id)
    .distinct()
    .where(exceptions.c.workspace_id == bindparam("ws"), exceptions.c.session_id.in_(bindparam("ids", expanding=True)))
)
_REFRESH_EXCEPTIONS = _refresh(
    select(_n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id.in_(_REQUESTS),
        _n.kind.in_((NoticeKind.EXCEPTION, NoticeKind.ALERT_LOST)),
    )
)
_REFRESH_MISSED = _refresh(
    select(_n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind == NoticeKind.NO_SHOW,
    )
)
_REFRESHES = {
    NoticeKind.NO_SHOW: _REFRESH_MISSED,
    NoticeKind.COACH_ALERT: _REFRESH_ALERTS,
    NoticeKind.EXCEPTION: _REFRESH_EXCEPTIONS,
    NoticeKind.RECEIPT: _REFRESH_RECEIPTS,
    NoticeKind.REMINDER: _REFRESH_REMINDERS,
}


_ALERTS = select(_n.channel, _n.message_ts).where(
    _n.workspace_id == bindparam("ws"),
    _n.kind.in_((NoticeKind.COACH_ALERT, NoticeKind.EXCEPTION)),
    _n.action_id.in_(union(_ACTIONS, _REQUESTS)),
    or_(_n.message_ts.is_not(None), _n.state.in_(("pending", "leased"))),
)


class NoticeWrites(Repository):
    """Enqueue, drop, refresh: always in the transaction that causes it."""

    told = False
    """Whether this transaction gave the relay something to do now."""

    async def add_notices(self, workspace_id: str, told: Sequence[Notice]) -> None:
        """Enqueue notices; one whose key exists already is left as it is."""
        if not told:
            return
        self.told = True
        await self._write(self._insert_or_ignore(notices), [notice_row(workspace_id, notice) for notice in told])

    async def tell_admins(self, workspace_id: str, told: Notice) -> bool:
        """Enqueue a notice for each admin, named here or Slack's, unless they were told before; False when there is none."""
        known = select(_n.dedupe_key).where(_n.workspace_id == workspace_id, _n.dedupe_key == told.dedupe_key)
        if (await self._run(known)).first() is not None:
            return True
        everybody = sorted(row.id for row in await self._run(_ALL_ADMINS, {"ws": workspace_id}))
        await self.add_notices(workspace_id, to_admins(told, everybody))
        return bool(everybody)

    async def forget_left(self, workspace_id: str, coach_id: str) -> None:
        """A coach who had left Slack is back: the admins are told anew should they leave again."""
        known = select(_n.dedupe_key).where(_n.workspace_id == workspace_id, _n.dedupe_key == coach_left_key(coach_id))
        if (await self._run(known)).first() is None:
            return
        key = coach_left_key(coach_id)
        everybody = [row.id for row in await self._run(_ALL_ADMINS, {"ws": workspace_id})]
        keys = [key, *(f"{key}:{who}" for who in everybody)]
        await self._write(delete(notices).where(_n.workspace_id == workspace_id, _n.dedupe_key.in_(keys)))

    async def refresh_coach_news(
        self, workspace_id: str, session_ids: Collection[str], now: datetime, due_at: datetime
    ) -> None:
        """Have a coach's news of bookings and moves of these sessions edited at `due_at`: something became of them (K2)."""
        parameters = {"ws": workspace_id, "ids": list(session_ids), "now": due_at, "until": due_at + RECEIPT_USEFUL}
        result = await self._write(_REFRESH_COACH_NEWS[self._sqlite], parameters)
        self.told = self.told or (result.rowcount > 0 and due_at <= now)

    async def drop_reminders(
        self,
        workspace_id: str,
        session_ids: Collection[str],
        why: str,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out, and have the messages of those that have edited."""
        parameters = {"ws": workspace_id, "ids": list(session_ids), "now": now}
        kinds = [NoticeKind.REMINDER] if countdown_only else [NoticeKind.REMINDER, NoticeKind.STARTING]
        await self._write(_DROP, {**parameters, "why": why, "kinds": [str(kind) for kind in kinds]})
        result = await self._write(_REFRESH_REMINDERS[self._sqlite], {**parameters, "until": now + RECEIPT_USEFUL})
        self.told = self.told or result.rowcount > 0

    async def refresh_notices(
        self, workspace_id: str, kind: NoticeKind, session_ids: Collection[str], now: datetime
    ) -> None:
        """Have the messages of that kind about these sessions rendered and edited again."""
        statement = _REFRESHES[kind][self._sqlite]
        self.told = True
        await self._write(
            statement,
            {"ws": workspace_id, "ids": list(session_ids), "now": now, "until": now + RECEIPT_USEFUL},
        )

    async def alert_messages(
        self, workspace_id: str, session_ids: Collection[str]
    ) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown (channel, ts); None for one that is to come."""
        rows = await self._run(_ALERTS, {"ws": workspace_id, "ids": list(session_ids)})
        return {(row.channel, row.message_ts) if row.message_ts else None for row in rows}

    async def withdraw_alerts(self, workspace_id: str, action_id: str, now: datetime) -> bool:
        """Drop the alerts of a cancellation, copies included, unless one has begun to go out.

        False when one has, or there is none: the caller then undoes this transaction.
        """
        result = await self._write(_WITHDRAW, {"ws": workspace_id, "action": action_id, "now": now})
        # Those dropped are locked by us; what the relay was quicker to take is seen here.
        begun = (await self._run(_BEGUN, {"ws": workspace_id, "action": action_id})).first()
        return result.rowcount > 0 and begun is None

    async def revive_reminders(self, workspace_id: str, session_ids: Collection[str], now: datetime) -> None:
        """Put back the reminders that a cancellation dropped and that still lie ahead."""
        parameters = {"ws": workspace_id, "ids": list(session_ids), "now": now}
        await self._write(_REVIVE, parameters)
        await self._write(_REFRESH_REMINDERS[self._sqlite], {**parameters, "until": now + RECEIPT_USEFUL})
        self.told = True


def notice_row(workspace_id: str, notice: Notice) -> dict[str, object]:
    """Return the columns of a fresh notice."""
    return {
        "workspace_id": workspace_id,
        "dedupe_key": notice.dedupe_key,
        "kind": str(notice.kind),
        "recipient": notice.recipient,
        "session_id": notice.session_id,
        "action_id": notice.action_id,
        "cutoff": notice.cutoff,
        "due_at": notice.due_at,
        "expires_at": notice.expires_at,
        "refresh_at": notice.refresh_at,
        "about_id": notice.about_id,
        "detail": notice.detail,
        "state": "pending",
        "revision": 1,
        "attempts": 0,
        "ambiguous": 0,
    }
