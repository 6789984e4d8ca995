"""Notices, the side of whoever causes them. Delivery is in `storage/notices.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    String,
    bindparam,
    delete,
    or_,
    select,
    update,
)

from coaching.news.admins import coach_left_key
from coaching.news.kinds import ALERTS, PLANNED, USEFUL, NoticeKind
from coaching.news.notice import Notice, to_admins
from coaching.why import Why
from storage.repositories.codec import dump_types
from storage.repositories.retelling import RELEASE, RETELL, SHOWN
from storage.repositories.troubles import TroubleReads
from storage.tables import notices
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
    .values(state="dropped", why=bindparam("because", type_=String), finished_at=bindparam("now", type_=Instant))
)
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id == bindparam("action"),
        _n.kind.in_(sorted(ALERTS)),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", why=str(Why.TAKEN_BACK), finished_at=bindparam("now", type_=Instant))
)
_BEGUN = select(_n.dedupe_key).where(
    _n.workspace_id == bindparam("ws"),
    _n.action_id == bindparam("action"),
    _n.kind.in_(sorted(ALERTS)),
    or_(_n.state != word("dropped"), _n.sent_revision.is_not(None)),
)


class NoticeWrites(TroubleReads):
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
        everybody = await self.all_admins(workspace_id)
        await self.add_notices(workspace_id, to_admins(told, everybody))
        return bool(everybody)

    async def forget_left(self, workspace_id: str, coach_id: str) -> None:
        """A coach who had left Slack is back: the admins are told anew should they leave again."""
        known = select(_n.dedupe_key).where(_n.workspace_id == workspace_id, _n.dedupe_key == coach_left_key(coach_id))
        if (await self._run(known)).first() is None:
            return
        key = coach_left_key(coach_id)
        keys = [key, *(f"{key}:{who}" for who in await self.all_admins(workspace_id))]
        await self._write(delete(notices).where(_n.workspace_id == workspace_id, _n.dedupe_key.in_(keys)))

    async def drop_reminders(
        self,
        workspace_id: str,
        session_ids: Collection[str],
        why: Why,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out."""
        parameters = {"ws": workspace_id, "ids": list(session_ids), "now": now}
        kinds = {NoticeKind.REMINDER} if countdown_only else PLANNED
        await self._write(_DROP, {**parameters, "because": str(why), "kinds": sorted(kinds)})

    async def retell(
        self,
        workspace_id: str,
        kinds: Collection[NoticeKind],
        session_ids: Collection[str],
        now: datetime,
        *,
        coaches_at: datetime | None = None,
        released: Collection[str] = (),
    ) -> None:
        """Have the messages of these kinds about these sessions rendered and edited again, a coach's not before `coaches_at`."""
        later = coaches_at or now
        parameters = {"ws": workspace_id, "ids": list(session_ids), "kinds": sorted(kinds), "now": now, "later": later}
        await self._write(RETELL[self._sqlite], {**parameters, "until": later + USEFUL})
        if released:
            # Locked by now, in their order among all that is told again.
            await self._write(RELEASE, {"ws": workspace_id, "ids": list(released), "now": now})
        self.told = True

    async def alert_messages(
        self, workspace_id: str, session_ids: Collection[str], now: datetime
    ) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown (channel, ts); None for one that is under way."""
        rows = await self._run(SHOWN, {"ws": workspace_id, "ids": list(session_ids), "now": now})
        return {(row.channel, row.message_ts) if row.message_ts else None for row in rows}

    async def withdraw_alerts(self, workspace_id: str, action_id: str, now: datetime) -> bool:
        """Drop the alerts of a cancellation, copies included, unless one has begun to go out.

        False when one has, or there is none: the caller then undoes this transaction.
        """
        result = await self._write(_WITHDRAW, {"ws": workspace_id, "action": action_id, "now": now})
        # Those dropped are locked by us; what the relay was quicker to take is seen here.
        begun = (await self._run(_BEGUN, {"ws": workspace_id, "action": action_id})).first()
        return result.rowcount > 0 and begun is None


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
        "lead": None if notice.lead is None else notice.lead // timedelta(seconds=1),
        "planned_version": notice.planned_version,
        "due_at": notice.due_at,
        "expires_at": notice.expires_at,
        "refresh_at": notice.refresh_at,
        "about_id": notice.about_id,
        "copy_of": notice.copy_of,
        "only_types": dump_types(notice.only_types),
        "trouble": notice.trouble,
        "trouble_channel": notice.trouble_channel,
        "state": "pending",
        "revision": 1,
        "attempts": 0,
        "ambiguous": 0,
    }
