"""Closing sessions that took their course: one by its coach's word, or all that ended by the passing of time."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)

from coaching.credits import EARNED, Part, TransferKind
from coaching.errors import ChangedMeanwhile
from coaching.ids import new_id
from coaching.notices import RECEIPT_USEFUL, NoticeKind
from coaching.sessions import SYSTEM_ID, Hat, Session, Status
from coaching.timeline import Event
from storage.repositories.base import Repository
from storage.tables import notices, sessions, timeline, transfers
from storage.types import Instant

_s, _t, _n = sessions.c, transfers.c, notices.c
# Spelled out, so that the planner sees that the partial index on ends_at holds them all.
_SCHEDULED = _s.status == literal_column("'scheduled'")
_ACCOUNT = bindparam("account", type_=String)
_IN_ACCOUNT = func.sum(case((_t.target == _ACCOUNT, _t.amount), (_t.source == _ACCOUNT, -_t.amount), else_=0))
_PARTS = (
    select(_t.grant_id, _IN_ACCOUNT.label("amount"))
    .where(_t.workspace_id == bindparam("ws"), _t.session_id == bindparam("session"))
    .group_by(_t.grant_id)
    .order_by(func.min(_t.at), _t.grant_id)
)
_MARK = (
    update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.id == bindparam("session"),
        _s.status == bindparam("was"),
        _s.version == bindparam("seen"),
    )
    .values(status=bindparam("outcome", type_=String), version=_s.version + 1)
)
_UNSAID = and_(_n.state == "dropped", _n.sent_revision.is_(None))
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
        detail=case((_UNSAID, null()), else_=_n.detail),
        finished_at=case((_UNSAID, null()), else_=_n.finished_at),
        due_at=case((_UNSAID, bindparam("now", type_=Instant)), else_=_n.due_at),
        expires_at=case((_UNSAID, bindparam("until", type_=Instant)), else_=_n.expires_at),
    )
)
_DUE = (
    select(_s.workspace_id, _s.id)
    .where(_SCHEDULED, _s.ends_at <= bindparam("ended", type_=Instant))
    .order_by(_s.ends_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_IDS = _s.id.in_(bindparam("ids", expanding=True))
_HERE = (_s.workspace_id == bindparam("ws"), _IDS)
_OWN = "session:" + _s.id
_HELD = func.sum(case((_t.target == _OWN, _t.amount), (_t.source == _OWN, -_t.amount), else_=0))
_NOW = bindparam("now", type_=Instant)
# The very transfers that coaching.outcomes.settle_outcome makes, for many sessions at once; a test compares them.
_EARN = insert(transfers).from_select(
    ["workspace_id", "key", "kind", "source", "target", "amount", "at", "session_id", "grant_id"],
    select(
        _s.workspace_id,
        "outcome:" + _s.id + ":" + cast(_s.version, String) + ":" + _t.grant_id,
        literal_column(f"'{TransferKind.EARN}'"),
        _OWN,
        literal_column(f"'{EARNED}'"),
        cast(_HELD, Integer),
        cast(_NOW, BigInteger),
        _s.id,
        _t.grant_id,
    )
    .join(transfers, (_t.workspace_id == _s.workspace_id) & (_t.session_id == _s.id))
    .where(*_HERE)
    .group_by(_s.workspace_id, _s.id, _s.version, _t.grant_id)
    .having(_HELD > 0),
)
_NOTE = insert(timeline).from_select(
    ["workspace_id", "session_id", "id", "at", "event", "actor_id", "role", "amount"],
    select(
        _s.workspace_id,
        _s.id,
        cast(bindparam("entry", type_=String), String),
        cast(_NOW, BigInteger),
        literal_column(f"'{Event.COMPLETED}'"),
        literal_column(f"'{SYSTEM_ID}'"),
        literal_column(f"'{Hat.SYSTEM}'"),
        func.nullif(_s.price, 0),
    ).where(*_HERE),
)
_COMPLETE = update(sessions).where(*_HERE, _SCHEDULED).values(status=str(Status.COMPLETED), version=_s.version + 1)


class OutcomeWrites(Repository):
    """Ends of sessions that were not canceled."""

    async def parts_in(self, workspace_id: str, session_id: str, account: str) -> list[Part]:
        """Return how much of what each grant paid for a session an account holds now."""
        rows = await self._run(_PARTS, {"ws": workspace_id, "session": session_id, "account": account})
        return [Part(row.grant_id, int(row.amount)) for row in rows if row.amount]

    async def mark_over(self, workspace_id: str, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct how it was closed. Raises ChangedMeanwhile."""
        result = await self._write(
            _MARK,
            {
                "ws": workspace_id,
                "session": session.id,
                "was": str(session.status),
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
            {"ws": workspace_id, "session": session_id, "who": by_id, "now": now, "until": now + RECEIPT_USEFUL},
        )

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close scheduled sessions of all workspaces that ended by an instant, at most so many; return how many.

        What somebody else has locked is left alone: its coach may be saying this very moment that nobody came. Three
        statements for each workspace, however many sessions.
        """
        due: dict[str, list[str]] = defaultdict(list)
        for row in await self._run(_DUE, {"ended": ended_by, "most": limit}):
            due[row.workspace_id].append(row.id)
        for workspace_id, ids in due.items():
            these = {"ws": workspace_id, "ids": ids}
            await self._write(_EARN, {**these, "now": now})
            await self._write(_NOTE, {**these, "now": now, "entry": new_id(now)})
            result = await self._write(_COMPLETE, these)
            if result.rowcount != len(ids):
                raise ChangedMeanwhile(f"{result.rowcount} of {len(ids)} sessions were as expected")
        return sum(map(len, due.values()))
