"""The figures of a workspace. Sessions are found by the indexes of each coach's sessions, within bounds of time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)

from coaching.figures import CoachFigures
from coaching.sessions import Hat
from storage.repositories.base import Repository
from storage.repositories.grant_rows import BALANCE, CHECKPOINT
from storage.repositories.people import person_of
from storage.tables import checkpoints, coaches, grants, members, refunds, sessions
from storage.types import Instant, word

_g, _k, _m, _r, _s = grants.c, coaches.c, members.c, refunds.c, sessions.c
_WS: ColumnElement[str] = bindparam("ws", type_=String)
_MINE = and_(_s.workspace_id == _WS, _s.coach_id == _k.member_id)
# In the order of the index of names, of which the range is all.
_COACHES = (_k.workspace_id == _WS, _k.name >= word(""))
_ONE: ColumnElement[int] = literal_column("1")
_NOTHING: ColumnElement[int] = literal_column("0")


def _at(name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own types
    return bindparam(name, type_=Instant)


def _bucket(column: Any, bounds: int) -> Any:  # noqa: ANN401
    """Return the number of the last bound (`b0`, `b1`, …) that is not after a column."""
    return case(
        *((column >= _at(f"b{n}"), literal_column(str(n))) for n in reversed(range(1, bounds))),
        else_=literal_column("0"),
    )


def _bounds(instants: Sequence[datetime]) -> dict[str, Any]:
    return {f"b{n}": at for n, at in enumerate(instants)}


@lru_cache(maxsize=4)
def _days(number: int) -> Select[Any]:
    bucket = _bucket(_s.starts_at, number).label("bucket")
    canceled = case((_s.status == word("canceled"), _ONE), else_=_NOTHING)
    return (
        select(bucket, func.count().label("every"), func.sum(canceled).label("canceled"))
        .select_from(coaches)
        .join(sessions, _MINE)
        .where(*_COACHES, _s.starts_at >= _at("b0"), _s.starts_at < _at("end"))
        .group_by(bucket)
    )


@lru_cache(maxsize=4)
def _months(number: int) -> Select[Any]:
    theirs = and_(
        _r.workspace_id == _WS, _r.session_id == _s.id, _r.cancellation_no == _s.cancellation_no, _r.undone_at.is_(None)
    )
    by_policy = refunds.alias("by_policy").c
    back = select(func.sum(_r.amount)).where(theirs).correlate(sessions).scalar_subquery()
    bucket = _bucket(_s.canceled_at, number).label("bucket")
    state = case(
        (_s.canceled_role != word(Hat.CLIENT), literal_column("3")),
        # Of what was free nothing was kept, however late it was.
        (or_(by_policy.late.is_not(true()), _s.price == _NOTHING), literal_column("0")),
        (func.coalesce(back, _NOTHING) > _NOTHING, literal_column("2")),
        else_=literal_column("1"),
    ).label("state")
    return (
        select(bucket, state, func.count().label("number"))
        .select_from(coaches)
        .join(sessions, _MINE)
        .join(
            by_policy.late.table,
            and_(
                by_policy.workspace_id == _WS,
                by_policy.session_id == _s.id,
                by_policy.cancellation_no == _s.cancellation_no,
                by_policy.decision == word("policy"),
            ),
        )
        .where(
            *_COACHES,
            _s.status == word("canceled"),
            _s.canceled_at >= _at("b0"),
            # What was imported was canceled elsewhere, and nobody knows when.
            _s.canceled_role != word(Hat.SYSTEM),
        )
        .group_by(bucket, state)
    )


def _sum(condition: ColumnElement[bool], value: Any = _ONE) -> Any:  # noqa: ANN401
    return func.coalesce(func.sum(case((condition, value), else_=_NOTHING)), _NOTHING)


_IN_WEEK = and_(_s.starts_at >= _at("week_begins"), _s.starts_at < _at("week_ends"))
_LENGTH = type_coerce(_s.ends_at, BigInteger) - type_coerce(_s.starts_at, BigInteger)
_TAKES_PLACE = _s.status == word("scheduled")
_OF_COACHES = (
    select(
        _k.member_id,
        _k.removed,
        func.count(_s.id).label("every"),
        _sum(and_(_IN_WEEK, _s.status != word("canceled"))).label("in_week"),
        _sum(and_(_IN_WEEK, _s.status == word("canceled"))).label("canceled"),
        _sum(and_(_TAKES_PLACE, _s.starts_at >= _at("since")), _LENGTH).label("booked"),
    )
    .select_from(coaches)
    .outerjoin(sessions, and_(_MINE, _s.starts_at >= _at("week_begins"), _s.starts_at < _at("until")))
    .where(*_COACHES)
    .group_by(_k.member_id, _k.removed)
    .subquery("of_coaches")
)
_NAMED = (
    select(_OF_COACHES, _m.name, _m.email, _m.time_zone, _m.locale, _m.is_admin)
    .outerjoin(members, and_(_m.workspace_id == _WS, _m.id == _OF_COACHES.c.member_id))
    .where(or_(_OF_COACHES.c.removed.is_not(true()), _OF_COACHES.c.every > _NOTHING))
)


@lru_cache(maxsize=4)
def _credits(number: int) -> Select[Any]:
    never = case((_g.expires_at.is_(None), literal_column(str(number))), else_=_bucket(_g.expires_at, number))
    held = (
        select(never.label("bucket"), BALANCE.label("balance"))
        .select_from(grants)
        .outerjoin(checkpoints, CHECKPOINT)
        .where(_g.workspace_id == _WS, _g.closed_at.is_(None), or_(_g.expires_at.is_(None), _g.expires_at > _at("b0")))
        .subquery("held")
    )
    return select(held.c.bucket, func.sum(held.c.balance).label("credits")).group_by(held.c.bucket)


class FigureReads(Repository):
    """Read operations."""

    async def days(self, bounds: Sequence[datetime]) -> Sequence[tuple[int, int]]:
        """Return, between each of these instants and the next one, how many sessions start, and how many canceled ones."""
        *begins, end = bounds
        rows = await self._run(_days(len(begins)), {"ws": self._ws, **_bounds(begins), "end": end})
        found = {int(row.bucket): (int(row.every) - int(row.canceled), int(row.canceled)) for row in rows}
        return [found.get(n, (0, 0)) for n in range(len(begins))]

    async def months(self, begins: Sequence[datetime]) -> Sequence[tuple[int, int, int, int]]:
        """Return, from each of these instants on, the cancellations as `MonthFigures` has them, without imported ones."""
        rows = await self._run(_months(len(begins)), {"ws": self._ws, **_bounds(begins)})
        found = {(int(row.bucket), int(row.state)): int(row.number) for row in rows}
        return [
            (found.get((n, 0), 0), found.get((n, 1), 0), found.get((n, 2), 0), found.get((n, 3), 0))
            for n in range(len(begins))
        ]

    async def coaches(
        self, since: datetime, until: datetime, week_begins: datetime, week_ends: datetime
    ) -> Sequence[CoachFigures]:
        """Return, of each coach who is on the list or has sessions, their sessions in the week and their booked time."""
        window = {"since": since, "until": until, "week_begins": week_begins, "week_ends": week_ends}
        rows = await self._run(_NAMED, {"ws": self._ws, **window})
        return [
            CoachFigures(
                person_of(row, row.member_id),
                int(row.in_week),
                int(row.canceled),
                timedelta(microseconds=int(row.booked)),
            )
            for row in rows
        ]

    async def credits(self, now: datetime, ends: Sequence[datetime]) -> tuple[int, Sequence[int]]:
        """Return the credits that are held, and those that expire before each of these instants and after the last one."""
        bounds = [now, *ends]
        rows = await self._run(_credits(len(bounds)), {"ws": self._ws, **_bounds(bounds)})
        found = {int(row.bucket): int(row.credits) for row in rows}
        return sum(found.values()), [found.get(n, 0) for n in range(len(ends))]
