"""Plans of reminders as rows, and the list of plans to be made again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, String, and_, bindparam, delete, literal, or_, select, type_coerce, update

from coaching.news.kinds import NUDGES, PLANNED, NoticeKind
from coaching.plans import Change, Planned, Stand
from coaching.ports import NudgeAhead, Replan
from coaching.why import Why
from storage.clock import database_micros
from storage.repositories.base import Repository, Sweeps
from storage.repositories.days import DayWrites
from storage.tables import notices, replans, requests, sessions
from storage.types import DatabaseInstant, Instant, by_key, word

_n, _q, _r, _s = notices.c, requests.c, replans.c, sessions.c
_DROP_KINDS = (
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

PASSES = 2
"""How often a plan is made again: a later pass finds bookings by the old settings that were not committed before."""

SETTLED = timedelta(minutes=1)
"""How long after the first pass (by the database's clock): longer than any request's transaction takes."""
_UNSENT = and_(_n.sent_revision.is_(None), _n.ambiguous == 0)
_PLANNED = select(
    _n.session_id,
    _n.dedupe_key,
    _n.kind,
    _n.cutoff,
    _n.due_at,
    _n.lead,
    _n.planned_version,
    _n.state,
    _n.why,
    _n.finished_at,
    _UNSENT.label("unsent"),
).where(
    _n.workspace_id == bindparam("ws"),
    _n.session_id.in_(bindparam("ids", expanding=True)),
    _n.kind.in_(sorted(PLANNED)),
    _n.repeats.is_(None),
)
_PLANNED_BY_KEY = {
    True: _PLANNED.order_by(_n.dedupe_key),
    # In the order in which the relay locks the rows it finishes.
    False: _PLANNED.order_by(by_key(_n.dedupe_key)).with_for_update(),
}
_THIS = and_(_n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k"), _UNSENT)
_DROP = (
    update(notices)
    .where(_THIS, _n.state == word("pending"))
    .values(state="dropped", why=bindparam("because", type_=String), finished_at=bindparam("now", type_=Instant))
)
_WAIT = (
    update(notices)
    .where(_THIS, or_(_n.state == word("pending"), _n.state == word("dropped")))
    .values(state="pending", due_at=bindparam("at", type_=Instant), why=None, finished_at=None, leader_key=None)
)
_FORGET = delete(notices).where(_THIS, _n.state == word("pending"))
_EVERYBODY = ""
_AHEAD = (
    select(_s.id, _s.ends_at)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.status == word("scheduled"),
        # The first bound is for the index. The second continues among sessions that end together.
        _s.ends_at >= bindparam("at", type_=Instant),
        or_(_s.ends_at > bindparam("at", type_=Instant), _s.id > bindparam("id", type_=String)),
    )
    .order_by(_s.ends_at, _s.id)
    .limit(bindparam("most"))
)
# For the index of a client's sessions: none is longer than a day.
_AHEAD_OF = _AHEAD.where(_s.client_id == bindparam("who"), _s.starts_at >= bindparam("since", type_=Instant))
_WARNINGS = select(_n.dedupe_key, _n.recipient, _n.due_at).where(
    _n.workspace_id == bindparam("ws"),
    _n.kind == NoticeKind.EXPIRING,
    _n.state == word("pending"),
    _UNSENT,
    _n.due_at > bindparam("now", type_=Instant),
    _n.due_at <= bindparam("until", type_=Instant),
)
_WARNINGS_OF = _WARNINGS.where(_n.recipient == bindparam("who"))
_NUDGES = select(_n.dedupe_key, _n.action_id, _n.about_id, _n.recipient, _n.kind, _n.due_at).where(
    _n.workspace_id == bindparam("ws"),
    # This subquery covers all workspaces, because its index has no workspace. Ids of actions are unique across them.
    _n.action_id.in_(
        select(_q.action_id).where(_q.state == word("open"), _q.decide_by > bindparam("now", type_=Instant))
    ),
    _n.kind.in_(sorted(NUDGES)),
    _n.state == word("pending"),
    _UNSENT,
    _n.due_at > bindparam("now", type_=Instant),
)
_NUDGES_OF = _NUDGES.where(_n.recipient == bindparam("who"))
_LONGEST_NIGHT = timedelta(days=2)
_LONGEST_SESSION = timedelta(days=1)
_KEEP = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)))
    .values(reminders_kept=True)
)


class PlanWrites(Repository):
    """Write operations."""

    async def drop(
        self,
        session_ids: Collection[str],
        why: Why,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out."""
        parameters = {"ws": self._ws, "ids": list(session_ids), "now": now}
        kinds = {NoticeKind.REMINDER} if countdown_only else PLANNED
        await self._write(_DROP_KINDS, {**parameters, "because": str(why), "kinds": sorted(kinds)})

    async def lock(self, session_ids: Collection[str]) -> Mapping[str, Sequence[Planned]]:
        """Lock and return every reminder these sessions ever had, by session."""
        statement = _PLANNED_BY_KEY[self._sqlite]
        found: dict[str, list[Planned]] = defaultdict(list)
        for row in await self._run(statement, {"ws": self._ws, "ids": list(session_ids)}):
            stand = Stand.TOLD
            if row.unsent and row.state in ("pending", "dropped"):
                stand = Stand.WAITING if row.state == "pending" else Stand.DROPPED
            canceled = stand is Stand.DROPPED and row.why == Why.SESSION_CANCELED
            found[row.session_id].append(
                Planned(
                    row.session_id,
                    row.dedupe_key,
                    row.cutoff,
                    row.due_at,
                    row.kind == NoticeKind.STARTING,
                    stand,
                    # A previous release that runs beside this one writes neither column.
                    max(row.cutoff - row.due_at, timedelta(0)) if row.lead is None else timedelta(seconds=row.lead),
                    row.planned_version or 1,
                    row.finished_at if canceled else None,
                )
            )
        return found

    async def change(self, changes: Sequence[Change], why: Why, now: datetime) -> None:
        """Drop reminders, recording why, and change the due time of others.

        Reminders sent in the meantime stay as they are.
        """
        drop = sorted(key for change in changes for key in change.drop)
        wait = sorted(one for change in changes for one in change.wait)
        if drop:
            await self._write(_DROP, [{"ws": self._ws, "k": key, "because": str(why), "now": now} for key in drop])
        if wait:
            await self._write(_WAIT, [{"ws": self._ws, "k": key, "at": at} for key, at in wait])

    async def ask_replan(self, person_id: str | None = None) -> None:
        """Have the plans of a person's sessions (None: all sessions) made again. An unfinished pass starts over."""
        row = {
            "workspace_id": self._ws,
            "person_id": person_id or _EVERYBODY,
            "passes": PASSES,
            "after_at": None,
            "after_id": None,
            "not_before": None,
        }
        await self._write(self._upsert(replans, "passes", "after_at", "after_id", "not_before"), row)
        if person_id is not None:
            await self._with(DayWrites).plan_again(person_id)

    async def warnings_ahead(self, person_id: str | None, now: datetime) -> list[tuple[str, str, datetime]]:
        """Return (key, recipient, instant) of pending notices of expiry that wait for the end of quiet hours."""
        which: dict[str, Any] = {"ws": self._ws, "now": now, "until": now + _LONGEST_NIGHT}
        if person_id is not None:
            which["who"] = person_id
        rows = await self._run(_WARNINGS if person_id is None else _WARNINGS_OF, which)
        return sorted((row.dedupe_key, row.recipient, row.due_at) for row in rows)

    async def nudges_ahead(self, person_id: str | None, now: datetime) -> list[NudgeAhead]:
        """Return the pending reminders of requests that are not due yet: a person's, or (None) everybody's."""
        which: dict[str, Any] = {"ws": self._ws, "now": now}
        if person_id is not None:
            which["who"] = person_id
        rows = await self._run(_NUDGES if person_id is None else _NUDGES_OF, which)
        return [
            NudgeAhead(
                row.dedupe_key,
                row.action_id,
                row.about_id or row.recipient,
                row.recipient,
                row.kind == NoticeKind.ADMIN_NUDGE,
                row.due_at,
            )
            for row in rows
        ]

    async def forget(self, keys: Collection[str]) -> None:
        """Delete pending notices that have not gone out, as if they had never been planned."""
        if keys:
            await self._write(_FORGET, [{"ws": self._ws, "k": key} for key in sorted(keys)])

    async def keep(self, session_ids: Collection[str]) -> None:
        """End the countdown of sessions that their client has chosen to keep."""
        await self._write(_KEEP, {"ws": self._ws, "ids": list(session_ids)})


class PlanSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def next(self) -> Replan | None:
        """Lock and return the next entry of whose plans must be made again; None when there is none."""
        ready = or_(
            _r.not_before.is_(None),
            type_coerce(_r.not_before, BigInteger) <= database_micros(sqlite=self._sqlite),
        )
        rows = select(replans).where(ready).order_by(_r.workspace_id, _r.person_id).limit(1)
        row = (await self._run(rows if self._sqlite else rows.with_for_update(skip_locked=True))).first()
        if row is None:
            return None
        after = None if row.after_at is None else (row.after_at, row.after_id)
        return Replan(row.workspace_id, row.person_id or None, after)

    async def ahead(self, of: Replan, now: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return (end, id) of the next scheduled sessions whose plans must be made again, soonest first."""
        at, after_id = of.after or (now, "")
        which: dict[str, Any] = {"ws": of.workspace_id, "at": at, "id": after_id, "most": limit}
        if of.person_id is not None:
            which |= {"who": of.person_id, "since": at - _LONGEST_SESSION}
        rows = await self._run(_AHEAD if of.person_id is None else _AHEAD_OF, which)
        return [(row.ends_at, row.id) for row in rows]

    async def done(self, of: Replan, up_to: tuple[datetime, str] | None) -> None:
        """Record how far the plans were made again; None: this pass is complete."""
        this = and_(_r.workspace_id == of.workspace_id, _r.person_id == (of.person_id or _EVERYBODY))
        if up_to is not None:
            await self._write(update(replans).where(this).values(after_at=up_to[0], after_id=up_to[1]))
            return
        await self._write(delete(replans).where(this, _r.passes <= 1))
        again = database_micros(sqlite=self._sqlite) + literal(SETTLED // timedelta(microseconds=1), BigInteger)
        await self._write(
            update(replans)
            .where(this)
            .values(passes=_r.passes - 1, after_at=None, after_id=None, not_before=type_coerce(again, DatabaseInstant))
        )
