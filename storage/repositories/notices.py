"""Notices, the side of whoever causes them. Delivery is in `storage/notices.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, Update, any_, bindparam, case, func, select, update

from coaching.notices import RECEIPT_USEFUL, Notice, NoticeKind
from storage.repositories.base import Repository
from storage.tables import notices, refunds, sessions
from storage.types import Instant

_n = notices.c
_DROP = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind.in_(bindparam("kinds", expanding=True)),
        _n.state == "pending",
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", detail=bindparam("why", type_=String), finished_at=bindparam("now", type_=Instant))
)


def _refresh(keys: Select[Any]) -> dict[bool, Update]:
    """Raise the revision of messages: one that went out is edited, one in flight is edited right after.

    A notice that waits is rendered from the state it finds; raising it too locks it until we commit, so that the relay
    cannot claim and render it from the state before us. One statement for each kind of database, SQLite's under True.
    """
    sent = _n.state == "sent"
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
        _n.state == "dropped",
        _n.detail == "session canceled",
        _n.due_at > bindparam("now", type_=Instant),
    )
    .values(state="pending", detail=None, finished_at=None)
)
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.dedupe_key.in_(bindparam("keys", expanding=True)),
        _n.state == "pending",
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", detail="taken back in time", finished_at=bindparam("now", type_=Instant))
)
_REFRESH_ALERTS = _refresh(
    select(_n.dedupe_key).where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id.in_(_ACTIONS),
        _n.kind == NoticeKind.COACH_ALERT,
        _n.recipient.in_(_COACHES),
    )
)

_REFRESHES = {
    NoticeKind.COACH_ALERT: _REFRESH_ALERTS,
    NoticeKind.RECEIPT: _REFRESH_RECEIPTS,
    NoticeKind.REMINDER: _REFRESH_REMINDERS,
}


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

    async def withdraw_alerts(self, workspace_id: str, keys: Collection[str], now: datetime) -> bool:
        """Drop alerts that have not begun to go out; False when one has: the caller then undoes this transaction."""
        result = await self._write(_WITHDRAW, {"ws": workspace_id, "keys": list(keys), "now": now})
        return result.rowcount == len(keys)

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
        "state": "pending",
        "revision": 1,
        "attempts": 0,
        "ambiguous": 0,
    }
