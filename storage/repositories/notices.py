"""Notices as the actions write them. Delivery is in `storage/notices.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, and_, bindparam, case, func, null, or_, select, update

from coaching.news.kinds import ALERTS, OTHERS_RECEIPTS, USEFUL, About, Change, NoticeKind, about, refreshed_by, which
from coaching.news.notice import Notice, to_admins
from coaching.why import Why
from storage.repositories.base import Repository
from storage.repositories.codec import dump_types
from storage.repositories.people import PeopleReads
from storage.repositories.retelling import RELEASE, RETELL, RETELL_LINKS, SHOWN
from storage.tables import link_changes, notices
from storage.types import Instant, by_key, word

_n = notices.c
_ANNOUNCES = or_(
    _n.kind.in_(sorted(ALERTS)),
    and_(_n.kind.in_(sorted(OTHERS_RECEIPTS)), _n.recipient != bindparam("by", type_=String)),
)
"""What tells others of a cancellation that `by` made."""
_WITHDRAW = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.action_id == bindparam("action"),
        _ANNOUNCES,
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
    .values(state="dropped", why=str(Why.TAKEN_BACK), finished_at=bindparam("now", type_=Instant))
)
_BEGUN = select(_n.dedupe_key).where(
    _n.workspace_id == bindparam("ws"),
    _n.action_id == bindparam("action"),
    _ANNOUNCES,
    or_(_n.state != word("dropped"), _n.sent_revision.is_not(None)),
)
_UNSAID = and_(_n.state == word("dropped"), _n.sent_revision.is_(None))
_REVIVE = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id == bindparam("session"),
        _n.kind == NoticeKind.NO_SHOW,
    )
    .values(
        about_id=bindparam("who", type_=String),
        state=case((_UNSAID, "pending"), else_=_n.state),
        why=case((_UNSAID, null()), else_=_n.why),
        finished_at=case((_UNSAID, null()), else_=_n.finished_at),
        due_at=case((_UNSAID, bindparam("now", type_=Instant)), else_=_n.due_at),
        expires_at=case((_UNSAID, bindparam("until", type_=Instant)), else_=_n.expires_at),
    )
)
_PASSING = sorted(which(lambda row: row.useful is None))
_LOST = select(_n.dedupe_key).where(
    _n.workspace_id == bindparam("ws"),
    _n.state == word("failed"),
    _n.finished_at > bindparam("since", type_=Instant),
    _n.recipient == bindparam("who"),
    func.coalesce(_n.session_id, "") == bindparam("session"),
    or_(_n.kind.not_in(_PASSING), _n.expires_at > bindparam("now", type_=Instant)),
)
_SEND_AGAIN = (
    update(notices)
    .where(
        _n.workspace_id == bindparam("ws"),
        _n.dedupe_key.in_(bindparam("keys", expanding=True)),
        # In words that fit no index: a few keys are looked up, not all that has failed.
        func.coalesce(_n.state, word("")) == word("failed"),
    )
    .values(
        state="pending",
        # It begins anew: what failed before says nothing of what is tried now.
        **dict.fromkeys(("attempts", "ambiguous", "server_errors", "crashes"), 0),
        **dict.fromkeys(("why", "why_code", "detail", "finished_at", "retry_at", "conversation", "leader_key"), null()),
        expires_at=case(
            (_n.kind.in_(_PASSING), _n.expires_at),
            (_n.expires_at > bindparam("until", type_=Instant), _n.expires_at),
            else_=bindparam("until", type_=Instant),
        ),
    )
)
_c, _new = link_changes.c, link_changes.alias("new")
_LINKS_UNTOLD = (
    select(_n.recipient, _c.session_id)
    .select_from(_new)
    .join(link_changes, and_(_c.workspace_id == _new.c.workspace_id, _c.session_id == _new.c.session_id))
    .join(notices, and_(_n.workspace_id == _c.workspace_id, _n.action_id == _c.action_id))
    .where(
        _new.c.workspace_id == bindparam("ws"),
        _new.c.action_id == bindparam("action"),
        _c.action_id != bindparam("action"),
        _n.kind.in_(sorted(about(About.LINK))),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
    )
)


class NoticeWrites(Repository):
    """Write operations."""

    async def add(self, told: Sequence[Notice]) -> None:
        """Enqueue notices. One whose key exists already is left unchanged."""
        if not told:
            return
        self._transaction.wakes = True
        await self._write(self._insert_or_ignore(notices), [notice_row(self._ws, notice) for notice in told])

    async def has(self, key: str) -> bool:
        """Return whether there is a notice with this key."""
        known = select(_n.dedupe_key).where(_n.workspace_id == self._ws, _n.dedupe_key == key)
        return (await self._run(known)).first() is not None

    async def tell_admins(self, told: Notice) -> bool:
        """Enqueue a notice for every admin, named here or in Slack, unless they got it before.

        Return False when there is no admin.
        """
        if await self.has(told.dedupe_key):
            return True
        everybody = await self._with(PeopleReads).all_admins()
        await self.add(to_admins(told, everybody))
        return bool(everybody)

    async def refresh(
        self,
        kinds: Collection[NoticeKind],
        session_ids: Collection[str],
        now: datetime,
        *,
        clients_at: datetime | None = None,
        coaches_at: datetime | None = None,
        released: Collection[str] = (),
    ) -> None:
        """Have messages of these kinds about these sessions edited again, no one's before its time."""
        at, later = clients_at or now, coaches_at or now
        parameters = {"ws": self._ws, "ids": list(session_ids), "kinds": sorted(kinds), "now": at, "later": later}
        await self._write(RETELL[self._sqlite], {**parameters, "until": max(at, later) + USEFUL})
        if released:
            # The refresh has locked these rows, in order among all that are edited.
            await self._write(RELEASE, {"ws": self._ws, "ids": list(released), "now": now})
        self._transaction.wakes = True

    async def refresh_links(self, action_id: str, now: datetime) -> set[tuple[str, str]]:
        """Have all messages edited about the sessions whose meeting link an action changed.

        Return (recipient, session) of the news of earlier changes that was not sent yet. It waits until this commits.
        """
        parameters = {"ws": self._ws, "action": action_id}
        kinds = sorted(refreshed_by(Change.LINK))
        edits = {"kinds": kinds, "now": now, "later": now, "until": now + USEFUL}
        await self._write(RETELL_LINKS[self._sqlite], {**parameters, **edits})
        self._transaction.wakes = True
        return {(row.recipient, row.session_id) for row in await self._run(_LINKS_UNTOLD, parameters)}

    async def alert_messages(self, session_ids: Collection[str], now: datetime) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown: (channel, ts), None for one being sent."""
        rows = await self._run(SHOWN, {"ws": self._ws, "ids": list(session_ids), "now": now})
        return {(row.channel, row.message_ts) if row.message_ts else None for row in rows}

    async def withdraw(self, action_id: str, by: str, now: datetime) -> bool:
        """Drop what announces a cancellation to anybody but `by`, who canceled, unless some is already being sent.

        Returns False when some is, or when there is none. The caller then rolls this transaction back.
        """
        which = {"ws": self._ws, "action": action_id, "by": by}
        result = await self._write(_WITHDRAW, {**which, "now": now})
        # The dropped rows are locked by us. This finds a row that the relay claimed first.
        begun = (await self._run(_BEGUN, which)).first()
        return result.rowcount > 0 and begun is None

    async def revive_missed(self, session_id: str, by_id: str, now: datetime) -> None:
        """Update who recorded a session as missed in the client's notice.

        If a correction had dropped the notice before it was sent, it becomes pending again.
        """
        await self._write(
            _REVIVE,
            {"ws": self._ws, "session": session_id, "who": by_id, "now": now, "until": now + USEFUL},
        )

    async def send_again(self, recipient: str, session_id: str | None, since: datetime, now: datetime) -> int:
        """Have what was given up since then go out to a recipient, about this session or about none.

        Return how many messages that are. What has a time of its own, as a reminder has, is left alone after it.
        """
        lost = {"ws": self._ws, "who": recipient, "session": session_id or "", "since": since, "now": now}
        # In the order of their keys, as the relay locks them.
        found = _LOST if self._sqlite else _LOST.order_by(by_key(_n.dedupe_key)).with_for_update()
        keys = [row.dedupe_key for row in await self._run(found, lost)]
        if not keys:
            return 0
        self._transaction.wakes = True
        given = {"ws": self._ws, "keys": keys, "until": now + USEFUL}
        return (await self._write(_SEND_AGAIN, given)).rowcount


def notice_row(workspace_id: str, notice: Notice) -> dict[str, object]:
    """Return the columns of a new notice."""
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
