"""Closing sessions that took their course: one by its coach's word, or all that ended by the passing of time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    String,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    select,
    union,
    update,
)

from coaching.credits import Part
from coaching.errors import ChangedMeanwhile
from coaching.ids import new_id
from coaching.news.kinds import USEFUL, Change, NoticeKind, refreshed_by
from coaching.outcomes import complete
from coaching.sessions import SYSTEM_ID, Hat, Session, Status
from coaching.timeline import Event
from storage.repositories.notices import NoticeWrites
from storage.repositories.returns import ReturnWrites
from storage.tables import moves, notices, sessions, timeline, transfers
from storage.types import Instant, word

_s, _t, _n = sessions.c, transfers.c, notices.c
_SCHEDULED = _s.status == word("scheduled")
_ACCOUNT = bindparam("account", type_=String)
_IN_ACCOUNT = func.sum(case((_t.target == _ACCOUNT, _t.amount), (_t.source == _ACCOUNT, -_t.amount), else_=0))
_PARTS = (
    select(_t.grant_id, _IN_ACCOUNT.label("amount"))
    .where(_t.workspace_id == bindparam("ws"), _t.session_id == bindparam("session"))
    .group_by(_t.grant_id)
    .order_by(func.min(_t.at), _t.grant_id)
)
_MARK = {
    was: update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.id == bindparam("session"),
        _s.status == word(was),
        _s.version == bindparam("seen"),
    )
    .values(status=bindparam("outcome", type_=String), version=_s.version + 1)
    for was in Status
}
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
_DUE = (
    select(_s.workspace_id, _s.id, _s.version, _s.price)
    .where(_SCHEDULED, _s.ends_at <= bindparam("ended", type_=Instant))
    .order_by(_s.ends_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# By its whole key, one row after the other: right after an import PostgreSQL has not counted the rows yet, takes a list of
# ids for as good as all of the workspace, and reads it whole.
_COMPLETE = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session"), _SCHEDULED)
    .values(status=str(Status.COMPLETED), version=_s.version + 1)
)

_TOLD = union(
    select(_n.session_id).where(
        _n.workspace_id == bindparam("ws"),
        _n.session_id.in_(bindparam("ids", expanding=True)),
        _n.kind.in_(sorted(refreshed_by(Change.OVER))),
        _n.sent_revision.is_not(None),
    ),
    select(moves.c.session_id).where(
        moves.c.workspace_id == bindparam("ws"), moves.c.session_id.in_(bindparam("ids", expanding=True))
    ),
)


class OutcomeWrites(ReturnWrites, NoticeWrites):
    """Ends of sessions that were not canceled."""

    async def parts_in(self, workspace_id: str, session_id: str, account: str) -> list[Part]:
        """Return how much of what each grant paid for a session an account holds now."""
        rows = await self._run(_PARTS, {"ws": workspace_id, "session": session_id, "account": account})
        return [Part(row.grant_id, int(row.amount)) for row in rows if row.amount]

    async def mark_over(self, workspace_id: str, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct how it was closed. Raises ChangedMeanwhile."""
        result = await self._write(
            _MARK[session.status],
            {
                "ws": workspace_id,
                "session": session.id,
                "seen": session.version,
                "outcome": str(outcome),
            },
        )
        if result.rowcount != 1:
            raise ChangedMeanwhile(f"session {session.id} was not as expected")

    async def revive_missed(self, workspace_id: str, session_id: str, by_id: str, now: datetime) -> None:
        """Have the word to a client about a missed session name who noted it; put it back where a correction kept it unsaid."""
        await self._write(
            _REVIVE,
            {"ws": workspace_id, "session": session_id, "who": by_id, "now": now, "until": now + USEFUL},
        )

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close scheduled sessions of all workspaces that ended by an instant, at most so many; return how many.

        What somebody else has locked is left alone: its coach may be saying this very moment that nobody came.
        """
        due = list(await self._run(_DUE, {"ended": ended_by, "most": limit}))
        if not due:
            return 0
        versions: dict[str, dict[str, int]] = defaultdict(dict)
        for row in due:
            versions[row.workspace_id][row.id] = row.version
        for workspace_id, of_ids in versions.items():
            paid = await self.held(workspace_id, of_ids)
            moves = [move for one, parts in paid.items() for move in complete(one, of_ids[one], parts, now)]
            await self.post(workspace_id, moves)
        # All of them are locked: nobody changes one before this commits.
        await self._write(_COMPLETE, [{"ws": row.workspace_id, "session": row.id} for row in due])
        entry = {
            "id": new_id(now),
            "at": now,
            "event": str(Event.COMPLETED),
            "actor_id": SYSTEM_ID,
            "role": str(Hat.SYSTEM),
        }
        entries = [
            {**entry, "workspace_id": row.workspace_id, "session_id": row.id, "amount": row.price or None}
            for row in due
        ]
        await self._write(insert(timeline), entries)
        for workspace_id, of_ids in versions.items():
            await self._say_over(workspace_id, list(of_ids), now)
        return len(due)

    async def _say_over(self, workspace_id: str, ids: Sequence[str], now: datetime) -> None:
        """Have what clients were told of these sessions edited: they are over. What was imported and is past told nobody."""
        told = {row.session_id for row in await self._run(_TOLD, {"ws": workspace_id, "ids": ids})}
        if told:
            await self.retell(workspace_id, refreshed_by(Change.OVER), told, now)
