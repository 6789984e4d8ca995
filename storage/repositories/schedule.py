"""Coaches' hours and time off, and people's occupied time."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
)

from coaching.availability import Availability, TimeOff, parse_hours
from coaching.localtime import LocalDays
from coaching.records import Busy
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.repositories.coaches import left_slack, listed
from storage.repositories.people import person_of
from storage.repositories.session_changes import SessionWrites
from storage.tables import availability, coaches, members, sessions, time_off
from storage.types import Instant, word

_a, _s = availability.c, sessions.c

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=1)
_week = lru_cache(maxsize=1024)(parse_hours)
_HELD = and_(_s.status == word("canceled"), _s.held_until > bindparam("now"))


def _engaged(person: ColumnElement[str]) -> Select[Any]:
    return select(_s.id, _s.starts_at, _s.ends_at, _s.coach_id, _s.client_id, _s.status).where(
        _s.workspace_id == bindparam("ws"),
        person.in_(bindparam("people", expanding=True)),
        _s.starts_at > bindparam("low"),
        _s.starts_at < bindparam("until"),
        _s.ends_at > bindparam("since"),
        or_(_s.status == word("scheduled"), _HELD),
    )


# Each half uses one index. UNION removes duplicates.
_BUSY = union(_engaged(_s.coach_id), _engaged(_s.client_id)).order_by("starts_at", "id")
# A person whose account is gone keeps no appointments, whether or not an admin has removed them from the list.
_COACHES_STILL = and_(
    listed(_a.workspace_id, _a.coach_id, availability),
    ~left_slack(_a.workspace_id, _a.coach_id, availability),
)
# One row for each time off, and at least one.
_OF_COACHES = (
    select(
        availability,
        time_off.c.starts_at,
        time_off.c.ends_at,
        time_off.c.first_day,
        time_off.c.last_day,
        time_off.c.time_zone.label("off_zone"),
        time_off.c.zone_rules,
        time_off.c.opens,
        time_off.c.closes,
    )
    .outerjoin(
        time_off,
        and_(time_off.c.workspace_id == availability.c.workspace_id, time_off.c.coach_id == availability.c.coach_id),
    )
    .where(availability.c.workspace_id == bindparam("ws"), _COACHES_STILL)
    .order_by(time_off.c.starts_at)
)
_HOURS = _OF_COACHES.where(availability.c.coach_id == bindparam("coach"))
HOURS_OF = _OF_COACHES.where(availability.c.coach_id.in_(bindparam("ids", expanding=True)))
"""The hours of several coaches: rows for `hours_of`."""
_PERSON = tuple(members.c[name] for name in ("name", "email", "time_zone", "locale", "is_admin"))
_HAS_HOURS = _a.hours.not_in((word(""), word("closed")))
_GIVE_HOURS = (_a.workspace_id == bindparam("ws"), _COACHES_STILL, _HAS_HOURS)
_WITH_HOURS = (
    select(_a.coach_id, *_PERSON)
    .outerjoin(members, and_(members.c.workspace_id == _a.workspace_id, members.c.id == _a.coach_id))
    .where(*_GIVE_HOURS)
)
_ONE_COACH = _WITH_HOURS.where(_a.coach_id == bindparam("coach"))
_SOME_COACHES = _WITH_HOURS.where(_a.coach_id.in_(bindparam("ids", expanding=True)))
_GIVING = select(_a.coach_id).where(*_GIVE_HOURS, _a.coach_id.in_(bindparam("ids", expanding=True)))
_ANY_HOURS = select(_a.coach_id).where(*_GIVE_HOURS).limit(1)
_k = coaches.c
_LISTED = (_k.workspace_id == bindparam("ws"), _k.removed.is_not(true()))
NUMBERS = select(
    select(func.count()).select_from(coaches).where(*_LISTED).scalar_subquery().label("coaches"),
    select(func.count()).select_from(availability).where(*_GIVE_HOURS).scalar_subquery().label("giving"),
)
# As a value, which is looked up for each coach: of a NOT EXISTS PostgreSQL makes a join, and that of everything with
# everything before it has counted any rows.
_GIVES = (
    select(_a.coach_id)
    .where(_a.workspace_id == _k.workspace_id, _a.coach_id == _k.member_id, _HAS_HOURS)
    .where(~left_slack(_a.workspace_id, _a.coach_id, availability))
    .limit(literal_column("1"))
    .correlate(coaches)
    .scalar_subquery()
)
# In the order of the index of names, of which the range is all: SQLite would sort them otherwise.
_BY_HOURS = (
    select(_a.coach_id, *_PERSON)
    .outerjoin(members, and_(members.c.workspace_id == _a.workspace_id, members.c.id == _a.coach_id))
    .where(*_GIVE_HOURS, _a.name >= word(""))
    .order_by(_a.name, _a.coach_id)
)
BY_LACK = (
    select(_k.member_id, *_PERSON)
    .select_from(coaches)
    .outerjoin(members, and_(members.c.workspace_id == _k.workspace_id, members.c.id == _k.member_id))
    .where(*_LISTED, _GIVES.is_(None), _k.name >= word(""))
    .order_by(_k.name, _k.member_id)
)


@lru_cache(maxsize=16)
def _first(which: Select[Any], most: int) -> Select[Any]:
    """Return the statement for so many. The limit is written out, so PostgreSQL's lasting plan is one for few."""
    limit: ColumnElement[int] = literal_column(str(most))
    return which.limit(limit)


def days_of(row: Row[Any], zone: str) -> LocalDays:
    """Return the calendar days and times of a time-off row."""
    opens, closes = (time.fromisoformat(at) if at is not None else None for at in (row.opens, row.closes))
    first, last = date.fromisoformat(row.first_day), date.fromisoformat(row.last_day)
    return LocalDays(first, last, zone, row.zone_rules, opens, closes)


def _off_of(row: Row[Any]) -> TimeOff:
    days = None
    if row.first_day is not None:
        days = days_of(row, row.off_zone)
    return TimeOff(row.starts_at, row.ends_at, days=days)


def hours_of(rows: Sequence[Row[Any]]) -> dict[str, Availability]:
    """Return the hours in these rows, by coach."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.coach_id].append(row)
    return {coach_id: _availability(theirs) for coach_id, theirs in found.items()}


def _availability(rows: Sequence[Row[Any]]) -> Availability:
    row = rows[0]
    return Availability(
        time_zone=row.time_zone,
        hours=_week(row.hours),
        time_off=tuple(_off_of(one) for one in rows if one.starts_at is not None),
        buffer_before=row.buffer_before * _MINUTE,
        buffer_after=row.buffer_after * _MINUTE,
        notice=row.notice * _MINUTE,
        horizon=timedelta(days=row.horizon),
        step=row.step * _MINUTE,
    )


_OFF_COLUMNS = ("ends_at", "first_day", "last_day", "time_zone", "zone_rules", "opens", "closes")
"""The columns of a time off besides its start."""


def _off_row(workspace_id: str, coach_id: str, off: TimeOff) -> dict[str, Any]:
    """Return the row of a time off."""
    return {
        "workspace_id": workspace_id,
        "coach_id": coach_id,
        "starts_at": off.starts_at,
        "ends_at": off.ends_at,
        "first_day": off.days.first.isoformat() if off.days else None,
        "last_day": off.days.last.isoformat() if off.days else None,
        "time_zone": off.days.zone if off.days else None,
        "zone_rules": off.days.rules if off.days else None,
        "opens": _clock(off.days.opens) if off.days else None,
        "closes": _clock(off.days.closes) if off.days else None,
    }


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat("minutes")


_OF_TYPE_AHEAD = select(_s.id, _s.status).where(
    _s.workspace_id == bindparam("ws"),
    _s.client_id == bindparam("client"),
    _s.starts_at > bindparam("now", type_=Instant),
    _s.session_type_id == bindparam("type"),
    or_(
        _s.status == word("scheduled"),
        and_(_s.status == word("canceled"), _s.held_until >= bindparam("now", type_=Instant)),
    ),
)


class ScheduleReads(Repository):
    """Read operations."""

    async def availability(self, coach_id: str) -> Availability | None:
        """Return a coach's hours, or None when they have none, are no longer a coach, or have left Slack."""
        rows = (await self._run(_HOURS, {"ws": self._ws, "coach": coach_id})).all()
        return hours_of(rows).get(coach_id)

    async def coaches(self, most: int) -> list[Person]:
        """Return the first `most` coaches, by name, who have hours."""
        rows = await self._run(_first(_BY_HOURS, most), {"ws": self._ws})
        return [person_of(row, row.coach_id) for row in rows]

    async def coach(self, coach_id: str) -> Person | None:
        """Return a coach who has hours."""
        row = (await self._run(_ONE_COACH, {"ws": self._ws, "coach": coach_id})).first()
        return None if row is None else person_of(row, row.coach_id)

    async def some(self, coach_ids: Collection[str]) -> list[Person]:
        """Return those of these people who are coaches with hours."""
        if not coach_ids:
            return []
        rows = await self._run(_SOME_COACHES, {"ws": self._ws, "ids": sorted(coach_ids)})
        return [person_of(row, row.coach_id) for row in rows]

    async def giving(self, coach_ids: Collection[str]) -> set[str]:
        """Return which of these people are coaches who have hours."""
        if not coach_ids:
            return set()
        return {row.coach_id for row in await self._run(_GIVING, {"ws": self._ws, "ids": sorted(coach_ids)})}

    async def any_hours(self) -> bool:
        """Return whether any coach has hours."""
        return (await self._run(_ANY_HOURS, {"ws": self._ws})).first() is not None

    async def busy(self, person_ids: Collection[str], since: datetime, until: datetime, now: datetime) -> list[Busy]:
        """Return these people's sessions between two instants, as coaches and as clients, each once, soonest first."""
        rows = await self._run(
            _BUSY,
            {
                "ws": self._ws,
                "people": list(person_ids),
                "low": since - _LONGEST,
                "since": since,
                "until": until,
                "now": now,
            },
        )
        return [
            Busy(row.id, row.starts_at, row.ends_at, row.coach_id, row.client_id, row.status == "canceled")
            for row in rows
        ]

    async def of_type_ahead(self, client_id: str, type_id: str, now: datetime) -> tuple[list[str], list[str]]:
        """Return a client's sessions of a type that have not started: those booked, and those that may come back."""
        rows = (
            await self._run(_OF_TYPE_AHEAD, {"ws": self._ws, "client": client_id, "type": type_id, "now": now})
        ).all()
        booked = [row.id for row in rows if row.status == "scheduled"]
        return booked, [row.id for row in rows if row.status != "scheduled"]


class ScheduleWrites(ScheduleReads):
    """Write operations."""

    async def lock(self, people: Collection[str]) -> None:
        """Let nobody else book, move or restore a session of these people before the commit. Locks come in this order:
        sessions, grants, people.
        """
        await self._with(SessionWrites).lock_people(people)

    async def save(self, coach_id: str, hours: Availability) -> None:
        """Replace a coach's hours, buffers, notice and horizon. Their time off stays."""
        await self._write(
            self._upsert(
                availability,
                "time_zone",
                "hours",
                "buffer_before",
                "buffer_after",
                "notice",
                "step",
                "horizon",
            ),
            {
                "workspace_id": self._ws,
                "coach_id": coach_id,
                "time_zone": hours.time_zone,
                "hours": str(hours.hours),
                "buffer_before": hours.buffer_before // _MINUTE,
                "buffer_after": hours.buffer_after // _MINUTE,
                "notice": hours.notice // _MINUTE,
                "step": hours.step // _MINUTE,
                "horizon": hours.horizon.days,
            },
        )

    async def add_time_off(self, coach_id: str, off: TimeOff) -> None:
        """Add a period in which a coach takes no bookings. Of two that begin together, the longer one is kept."""
        longer = time_off.c.ends_at < literal_column("excluded.ends_at", Instant)
        await self._write(self._upsert(time_off, *_OFF_COLUMNS, where=longer), _off_row(self._ws, coach_id, off))

    async def remove_time_off(self, coach_id: str, starts_at: datetime) -> bool:
        """Remove a time off. Return whether there was one."""
        removed = await self._write(
            delete(time_off).where(
                time_off.c.workspace_id == self._ws,
                time_off.c.coach_id == coach_id,
                time_off.c.starts_at == starts_at,
            )
        )
        return removed.rowcount > 0
