"""Rows affected by new zone rules: sessions, days off and expiries whose instants were computed by older ones."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, and_, bindparam, delete, false, insert, or_, select, tuple_, update

from coaching.availability import TimeOff
from coaching.errors import ChangedMeanwhile
from coaching.localtime import LocalDay, LocalDays, LocalTime
from coaching.sessions import SYSTEM_ID, Hat, Session
from coaching.shifts import Around, Place
from storage.repositories.base import Repository, Sweeps
from storage.repositories.grant_rows import expiry_row
from storage.repositories.schedule import ScheduleWrites, days_of
from storage.repositories.session_changes import AS_SEEN, SessionWrites, move_row
from storage.repositories.session_rows import SELECT, local_row, session_of
from storage.tables import grants, moves, sessions, time_off
from storage.types import Instant, word

_g, _o, _s = grants.c, time_off.c, sessions.c

_LONGEST = timedelta(days=1)
_STALE = and_(
    _s.status == word("scheduled"),
    _s.rules_seen < bindparam("rules", type_=String),
    _s.starts_at > bindparam("now", type_=Instant),
)
# In the order of ix_sessions_rules_seen: however many there are, only a page of them is read.
_PLACE = (_s.rules_seen, _s.starts_at, _s.workspace_id, _s.id)
_COACHES = (
    select(*_PLACE, _s.coach_id)
    .where(_STALE, tuple_(*_PLACE) > tuple_(*(bindparam(f"after_{c.key}", type_=c.type) for c in _PLACE)))
    .order_by(*_PLACE)
    .limit(bindparam("limit"))
)
_OF_COACH = (
    select(_s.id)
    .where(_STALE, _s.workspace_id == bindparam("ws"), _s.coach_id == bindparam("coach"))
    .order_by(_s.starts_at)
    .limit(bindparam("limit"))
)
_STILL = select(_s.id).where(_STALE, _s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)))
_TAKES_TIME = or_(_s.status == word("scheduled"), and_(_s.status == word("canceled"), _s.held_until > bindparam("now")))
_AROUND = {
    column.key: SELECT.add_columns(_STALE.label("due")).where(
        column.in_(bindparam("people", expanding=True)),
        _s.starts_at > bindparam("since", type_=Instant),
        _s.starts_at < bindparam("until", type_=Instant),
        _TAKES_TIME,
    )
    for column in (_s.client_id, _s.coach_id)
}
_LET_MEET = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)), _s.may_overlap.is_(false()))
    .values(may_overlap=True)
    .returning(_s.id)
)
_SHIFT = (
    update(sessions)
    .where(AS_SEEN)
    .values(
        starts_at=bindparam("starts", type_=Instant),
        coach_planned=False,
        ends_at=bindparam("ends", type_=Instant),
        refund_cutoff_at=bindparam("cutoff", type_=Instant),
        terms_start_at=bindparam("terms", type_=Instant),
        local_start=bindparam("local", type_=String),
        zone_rules=bindparam("rules", type_=String),
        rules_seen=bindparam("rules", type_=String),
        version=_s.version + 1,
        changed_at=bindparam("at", type_=Instant),
    )
)
_NOTE = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session"))
    .values(
        local_start=bindparam("local", type_=String),
        zone_rules=bindparam("by", type_=String),
        rules_seen=bindparam("rules", type_=String),
    )
)
_OLDER_DAYS = and_(_o.zone_rules < bindparam("rules", type_=String), _o.ends_at > bindparam("now", type_=Instant))
# Each coach once only after it was read: SQLite would read all days off in the order of their keys to find them.
_DAYS_OFF = (
    select(_o.workspace_id, _o.coach_id)
    .where(_OLDER_DAYS)
    .order_by(_o.zone_rules, _o.ends_at)
    .limit(bindparam("limit"))
)
_TAKE_DAYS = (
    delete(time_off)
    .where(_o.workspace_id == bindparam("ws"), _o.coach_id == bindparam("coach"), _OLDER_DAYS)
    .returning(_o.first_day, _o.last_day, _o.time_zone, _o.zone_rules, _o.opens, _o.closes)
)
_EXPIRIES = (
    select(_g.workspace_id, _g.id)
    .where(_g.expires_rules < bindparam("rules", type_=String), _g.closed_at.is_(None))
    .order_by(_g.expires_rules)
    .limit(bindparam("limit"))
)


class ShiftWrites(Repository):
    """Write operations."""

    async def lock(self, coach_id: str, rules: str, now: datetime, limit: int) -> list[Session]:
        """Lock the soonest of a coach's sessions ahead that were not reviewed under these rules."""
        which = {"ws": self._ws, "rules": rules, "now": now}
        ids = [row.id for row in await self._run(_OF_COACH, {**which, "coach": coach_id, "limit": limit})]
        if not ids:
            return []
        found = await self._with(SessionWrites).lock(ids)
        # Another replica may have handled them while we waited for the lock.
        still = {row.id for row in await self._run(_STILL, {**which, "ids": ids})}
        return [session for session in found if session.id in still]

    async def around(
        self, people: Collection[str], since: datetime, until: datetime, rules: str, now: datetime
    ) -> Around:
        """Return what occupies these people's time between two instants, as clients and as coaches.

        No other transaction can book or move sessions of these people until this one ends. The lock is needed because
        triggers do not check sessions that may overlap (imports), so nothing else would detect a booking made
        meanwhile.
        """
        await self._with(SessionWrites).lock_people(people)
        which = {
            "ws": self._ws,
            "people": sorted(people),
            "since": since - _LONGEST,
            "until": until,
            "rules": rules,
            "now": now,
        }
        rows = {row.id: row for statement in _AROUND.values() for row in await self._run(statement, which)}
        settled, due = ([session_of(row) for row in rows.values() if bool(row.due) is one] for one in (False, True))
        return Around(settled, due)

    async def apply(self, shifts: Sequence[tuple[Session, Session]], at: datetime, action_id: str) -> None:
        """Give sessions, as (before, after), their new instants, all or none.

        All are shifted before overlaps are checked, so they may take one another's places. Sessions that may overlap
        keep that permission. Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ids = [old.id for old, _ in shifts]
        bound = {row.id for row in await self._write(_LET_MEET, {"ws": self._ws, "ids": ids})}
        for old, new in shifts:
            local = local_row(new)
            values = {
                "ws": self._ws,
                "session": old.id,
                "seen": old.version,
                "starts": new.starts_at,
                "ends": new.ends_at,
                "cutoff": new.refund_cutoff_at,
                "terms": new.terms_start_at,
                "local": local["local_start"],
                "rules": local["zone_rules"],
                "at": at,
            }
            if (await self._write(_SHIFT, values)).rowcount != 1:
                raise ChangedMeanwhile(f"session {old.id} was not as expected")
        for _, new in shifts:
            if new.id in bound:
                await self._with(SessionWrites).settle(new)
        done = {"action_id": action_id, "at": at, "by": SYSTEM_ID, "role": str(Hat.SYSTEM)}
        await self._write(insert(moves), [{**move_row(old, new), **done} for old, new in shifts])

    async def note_rules(self, looked_at: Sequence[tuple[str, LocalTime]], rules: str) -> None:
        """Record that these sessions were reviewed under these rules, with their local times and the rules of each."""
        if looked_at:
            rows = [
                {"ws": self._ws, "session": one, "local": local.wall.isoformat(), "by": local.rules, "rules": rules}
                for one, local in looked_at
            ]
            await self._write(_NOTE, rows)

    async def take_days_off(self, coach_id: str, rules: str, now: datetime) -> list[LocalDays]:
        """Remove a coach's time off ahead that was computed by older rules, and return them."""
        rows = await self._write(_TAKE_DAYS, {"ws": self._ws, "coach": coach_id, "rules": rules, "now": now})
        return [days_of(row, row.time_zone) for row in rows]

    async def put_days_off(self, coach_id: str, off: TimeOff) -> None:
        """Add time off. Of two times off that begin together, the longer one is kept."""
        await self._with(ScheduleWrites).add_time_off(coach_id, off)

    async def move_expiry(self, grant_id: str, last_day: LocalDay) -> None:
        """Let a grant end with its last day by the present rules. The day its holder was given stays the same."""
        await self._write(
            update(grants)
            .where(_g.workspace_id == self._ws, _g.id == grant_id)
            .values(expires_at=last_day.end(), **expiry_row(last_day))
        )


class ShiftSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def coaches(
        self, rules: str, now: datetime, limit: int, after: Place | None
    ) -> tuple[list[tuple[str, str]], Place | None]:
        """Return (workspace, coach) of so many sessions ahead that were not reviewed under these rules.

        They are of all workspaces and come behind a place, with the place of the last one; None: there are no more.
        """
        behind = zip(_PLACE, after or ("", now, "", ""), strict=True)
        values = {f"after_{column.key}": value for column, value in behind}
        rows = (await self._run(_COACHES, {"rules": rules, "now": now, "limit": limit, **values})).all()
        ends = rows[-1] if len(rows) == limit else None
        last = (ends.rules_seen, ends.starts_at, ends.workspace_id, ends.id) if ends else None
        return list(dict.fromkeys((row.workspace_id, row.coach_id) for row in rows)), last

    async def days_off(self, rules: str, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, coach) of so many days off ahead that were computed by older rules, in all workspaces."""
        rows = await self._run(_DAYS_OFF, {"rules": rules, "now": now, "limit": limit})
        return sorted({(row.workspace_id, row.coach_id) for row in rows})

    async def expiries(self, rules: str, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, id) of open grants whose end was computed by older rules, in all workspaces."""
        return [(row.workspace_id, row.id) for row in await self._run(_EXPIRIES, {"rules": rules, "limit": limit})]
