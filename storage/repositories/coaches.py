"""Coaches: the list of them, their alert channels, who has left, and which channels refuse messages."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)

from coaching.news.admins import coach_left_key
from coaching.sessions import ERASED
from coaching.workspace import Coach
from storage.repositories.base import Repository
from storage.repositories.people import PeopleReads, PeopleWrites, person_of
from storage.tables import coaches, members, notices, refunds, sessions
from storage.types import EPOCH, Instant, word

_n, _r, _s = notices.c, refunds.c, sessions.c
_PERSON = (members.c.name, members.c.email, members.c.time_zone, members.c.locale, members.c.is_admin)
_KNOWN = select(_n.dedupe_key, _n.due_at).where(
    _n.workspace_id == bindparam("ws"), _n.dedupe_key.in_(bindparam("keys", expanding=True))
)
REFUSED = _KNOWN.add_columns(_n.trouble)
_AHEAD = select(func.count()).where(
    _s.workspace_id == bindparam("ws"),
    _s.coach_id == bindparam("coach"),
    _s.status == word("scheduled"),
    _s.starts_at >= bindparam("now", type_=Instant),
)
_GIVEN = select(_s.id).where(_s.workspace_id == bindparam("ws"), _s.coach_id == bindparam("coach")).limit(1)
# Read at once, so that neither an undo nor a cancellation in between hides one of them.
# Sessions of one client come together, so that clients whose sessions are canceled in one go are notified once.
_IDS_AHEAD = (
    select(_s.id)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.coach_id == bindparam("coach"),
        or_(
            _s.status == word("scheduled"),
            and_(_s.status == word("canceled"), _s.held_until >= bindparam("now", type_=Instant)),
        ),
        _s.starts_at >= bindparam("now", type_=Instant),
    )
    # "scheduled" before "canceled": what can still be undone must not push out what is booked.
    .order_by(_s.status.desc(), _s.client_id, _s.starts_at, _s.id)
    .limit(bindparam("most"))
)
_late = refunds.alias("late")
_UNDECIDED = (
    select(_s.id)
    .join(refunds, and_(_r.workspace_id == _s.workspace_id, _r.session_id == _s.id))
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.coach_id == bindparam("coach"),
        _s.status == word("canceled"),
        _r.cancellation_no == _s.cancellation_no,
        _r.decision == "policy",
        _r.amount < _s.price,
        ~select(_late.c.session_id)
        .where(
            _late.c.workspace_id == _s.workspace_id,
            _late.c.session_id == _s.id,
            _late.c.cancellation_no == _s.cancellation_no,
            _late.c.decision == "late",
        )
        .correlate(sessions)
        .exists(),
    )
    # In the order of the coach's index: in that of the ids, PostgreSQL may read the whole workspace.
    .order_by(_s.starts_at.desc(), _s.id.desc())
    .limit(bindparam("most"))
)


def left_slack(workspace_id: ColumnElement[str], coach_id: ColumnElement[str], of: Table) -> ColumnElement[bool]:
    """Return SQL for whether a coach has left Slack, as far as the admins were notified.

    `workspace_id` and `coach_id` are columns of `of`.
    """
    told = _n.dedupe_key == word(coach_left_key("")) + coach_id
    return select(_n.dedupe_key).where(_n.workspace_id == workspace_id, told).correlate(of).exists()


def listed(workspace_id: ColumnElement[str], coach_id: ColumnElement[str], of: Table) -> ColumnElement[bool]:
    """Return SQL for whether a person is on the list of coaches. `workspace_id` and `coach_id` are columns of `of`."""
    return (
        select(coaches.c.member_id)
        .where(
            coaches.c.workspace_id == workspace_id,
            coaches.c.member_id == coach_id,
            coaches.c.removed.is_not(true()),
        )
        .correlate(of)
        .exists()
    )


_ON_LIST = (coaches.c.workspace_id == bindparam("ws"), coaches.c.removed.is_not(true()))
_NUMBER = select(func.count()).select_from(coaches).where(*_ON_LIST)


def _with_people(some: FromClause) -> Select[Any]:
    """Return SQL for coaches in rows of theirs, by name."""
    who = and_(members.c.workspace_id == some.c.workspace_id, members.c.id == some.c.member_id)
    return (
        select(some.c.member_id, some.c.alert_channel, some.c.meeting_link, *_PERSON)
        .outerjoin(members, who)
        .order_by(some.c.name, some.c.member_id)
    )


# The range is all of them: SQLite then reads them in the order of the index.
_COACHES = _with_people(coaches).where(*_ON_LIST, coaches.c.name >= word(""))
_SOME = _COACHES.where(coaches.c.member_id.in_(bindparam("ids", expanding=True)))
_ONE = _with_people(coaches).where(coaches.c.workspace_id == bindparam("ws"), coaches.c.member_id == bindparam("who"))
_LISTED = select(coaches.c.member_id).where(
    coaches.c.workspace_id == bindparam("ws"),
    coaches.c.member_id.in_(bindparam("ids", expanding=True)),
    coaches.c.removed.is_not(true()),
)
WEEK = timedelta(days=7)


def _coaches_of(rows: Iterable[Row[Any]]) -> list[Coach]:
    return [Coach(person_of(row, row.member_id), row.alert_channel, row.meeting_link) for row in rows]


@lru_cache(maxsize=4)
def _former(limit: int) -> Select[Any]:
    """Return the statement for so many of those who were removed and can be brought back."""
    most: ColumnElement[int] = literal_column(str(limit))
    k = coaches.c
    gone = (k.workspace_id == bindparam("ws"), k.removed.is_(true()), k.name >= word(""))
    m = members.c
    away = select(m.id).where(m.workspace_id == k.workspace_id, m.id == k.member_id, m.left_at.is_not(None))
    back = (k.member_id.not_like(ERASED + "%"), ~away.correlate(coaches).exists())
    found = select(coaches).where(*gone, *back).order_by(k.name, k.member_id)
    return _with_people(found.limit(most).subquery("former"))


@lru_cache(maxsize=16)
def _page(limit: int) -> Select[Any]:
    """Return the statement for so many coaches: ids first, then who they are."""
    most: ColumnElement[int] = literal_column(str(limit))
    found = select(coaches).where(*_ON_LIST, coaches.c.name >= word("")).order_by(coaches.c.name, coaches.c.member_id)
    return _with_people(found.limit(most).offset(bindparam("offset")).subquery("page"))


class CoachReads(Repository):
    """Read operations."""

    async def number(self) -> int:
        """Return how many coaches there are."""
        return int((await self._run(_NUMBER, {"ws": self._ws})).scalar_one())

    async def page(self, limit: int, offset: int) -> list[Coach]:
        """Return some of the coaches by name."""
        return _coaches_of(await self._run(_page(limit), {"ws": self._ws, "offset": offset}))

    async def former(self, most: int) -> list[Coach]:
        """Return some of those who were taken off the list and are still in Slack, by name, as they were set up."""
        return _coaches_of(await self._run(_former(most), {"ws": self._ws}))

    async def as_before(self, person_id: str) -> Coach | None:
        """Return a coach as they are or were set up, whether or not they are on the list, or None if they never were."""
        return next(iter(_coaches_of(await self._run(_ONE, {"ws": self._ws, "who": person_id}))), None)

    async def some(self, person_ids: Collection[str]) -> list[Coach]:
        """Return those of these people who are on the list of coaches."""
        if not person_ids:
            return []
        return _coaches_of(await self._run(_SOME, {"ws": self._ws, "ids": sorted(person_ids)}))

    async def all(self) -> list[Coach]:
        """Return the coaches by name."""
        return _coaches_of(await self._run(_COACHES, {"ws": self._ws}))

    async def alert_channels(self, coach_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the alert channel of each coach that has one."""
        rows = await self._run(
            select(coaches.c.member_id, coaches.c.alert_channel).where(
                coaches.c.workspace_id == self._ws, coaches.c.member_id.in_(coach_ids)
            )
        )
        return {row.member_id: row.alert_channel for row in rows}

    async def left(self, coach_ids: Collection[str]) -> set[str]:
        """Return which of these coaches have left Slack, as far as the admins were notified."""
        keys = {coach_left_key(coach): coach for coach in coach_ids}
        if not keys:
            return set()
        rows = await self._run(_KNOWN, {"ws": self._ws, "keys": list(keys)})
        return {keys[row.dedupe_key] for row in rows}

    async def gave(self, person_id: str) -> bool:
        """Return whether a person is or was the coach of any session."""
        return (await self._run(_GIVEN, {"ws": self._ws, "coach": person_id})).first() is not None

    async def sessions_ahead(self, coach_id: str, now: datetime) -> int:
        """Return how many scheduled sessions of a coach have not started."""
        return int((await self._run(_AHEAD, {"ws": self._ws, "coach": coach_id, "now": now})).scalar_one())

    async def ids_ahead(self, coach_id: str, now: datetime, most: int) -> list[str]:
        """Return up to `most` sessions of a coach that have not started: booked ones, then canceled ones that can be undone.

        Those of one client are together among each.
        """
        parameters = {"ws": self._ws, "coach": coach_id, "now": now, "most": most}
        return [row.id for row in await self._run(_IDS_AHEAD, parameters)]

    async def ids_undecided(self, coach_id: str, most: int) -> list[str]:
        """Return a coach's canceled sessions with kept credits on which nobody has decided: the `most` last ones."""
        return [row.id for row in await self._run(_UNDECIDED, {"ws": self._ws, "coach": coach_id, "most": most})]

    async def listed(self, person_ids: Collection[str]) -> set[str]:
        """Return which of these people are on the list of coaches."""
        if not person_ids:
            return set()
        return {row.member_id for row in await self._run(_LISTED, {"ws": self._ws, "ids": list(person_ids)})}


class CoachWrites(CoachReads):
    """Write operations."""

    async def forget_left(self, coach_id: str) -> None:
        """Record that a coach who had left Slack is back, so that admins are notified again if they leave again."""
        known = select(_n.dedupe_key).where(_n.workspace_id == self._ws, _n.dedupe_key == coach_left_key(coach_id))
        if (await self._run(known)).first() is None:
            return
        key = coach_left_key(coach_id)
        keys = [key, *(f"{key}:{who}" for who in await self._with(PeopleReads).all_admins())]
        await self._write(delete(notices).where(_n.workspace_id == self._ws, _n.dedupe_key.in_(keys)))

    async def save(self, person_id: str, alert_channel: str | None) -> None:
        """Add a coach or change their channel."""
        await self._with(PeopleWrites).know_of([person_id])
        await self._write(
            self._upsert(coaches, "alert_channel", "removed", "agenda_due"),
            {
                "workspace_id": self._ws,
                "member_id": person_id,
                "alert_channel": alert_channel,
                "removed": False,
                "agenda_due": EPOCH,
            },
        )

    async def remove(self, person_id: str) -> None:
        """Remove a coach from the list. Their sessions and their alert channel stay."""
        await self._write(
            update(coaches)
            .where(coaches.c.workspace_id == self._ws, coaches.c.member_id == person_id)
            .values(removed=True)
        )
