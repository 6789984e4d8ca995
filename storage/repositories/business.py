"""The whole business of a workspace: its coaches, and what is broken, in one statement."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from coaching.business import LOST_WITHIN, REMOVED, Staff, Trouble, TroubleKind
from coaching.first_steps import FirstSteps
from coaching.news.admins import COPIES, channel_trouble_key
from coaching.workspace import Coach, Refusal
from storage.repositories.base import Repository
from storage.repositories.coaches import REFUSED, WEEK, left_slack
from storage.repositories.facts import WS, fact, first
from storage.repositories.first_steps import FACTS, first_steps_of
from storage.repositories.people import person_of
from storage.repositories.schedule import BY_LACK, NUMBERS
from storage.tables import coaches, mail_outages, members, notices, sessions
from storage.types import Instant, from_micros, word

_k, _m, _n, _o, _s = coaches.c, members.c, notices.c, mail_outages.c, sessions.c
_NOW = bindparam("now", type_=Instant)
_COACHES, _IDLE, _AHEAD = "coaches", "idle", "ahead"
_ON_LIST = (_k.workspace_id == WS, _k.removed.is_not(true()))


def _still(whose: ColumnElement[str], of: Any, *, least: bool = False) -> Any:  # noqa: ANN401
    """Return how many sessions of a person have not started, or the id of the first of them."""
    mine = (
        _s.workspace_id == WS,
        whose == of,
        _s.status == word("scheduled"),
        _s.starts_at >= _NOW,
    )
    if least:
        found: Any = select(_s.id).where(*mine).order_by(_s.starts_at, _s.id).limit(literal_column("1"))
    else:
        found = select(func.count()).where(*mine)
    return found.correlate(coaches, members).scalar_subquery()


_NUMBERS = NUMBERS.subquery("numbers")
_COUNTS = (
    select(*fact(_COACHES, number=_NUMBERS.c.coaches)),
    select(*fact(_IDLE, number=_NUMBERS.c.coaches - _NUMBERS.c.giving)),
)
_IN_WEEK = (
    select(_s.status, func.count().label("sessions"))
    .select_from(coaches)
    # By the index of each coach's sessions: it has all of this, and needs no other beside it.
    .join(sessions, and_(_s.workspace_id == WS, _s.coach_id == _k.member_id))
    .where(
        _k.workspace_id == WS,
        _k.name >= word(""),
        _s.starts_at >= _NOW,
        _s.starts_at < bindparam("until", type_=Instant),
    )
    .group_by(_s.status)
    .subquery("in_week")
)
_WEEK_AHEAD = select(*fact(_AHEAD, number=_IN_WEEK.c.sessions, code=_IN_WEEK.c.status))
_GIVEN_AHEAD = _still(_s.coach_id, _k.member_id)
_COACH_LEFT = select(
    *fact(
        TroubleKind.COACH_LEFT,
        who=_k.member_id,
        number=_GIVEN_AHEAD,
        code=case((_k.removed.is_(true()), word(REMOVED)), else_=cast(null(), String)),
        session=_still(_s.coach_id, _k.member_id, least=True),
    )
).where(
    _k.workspace_id == WS,
    _k.name >= word(""),
    left_slack(_k.workspace_id, _k.member_id, coaches),
    or_(_k.removed.is_not(true()), literal_column("0") < _GIVEN_AHEAD),
)
_TAKEN_AHEAD = _still(_s.client_id, _m.id)
_CLIENT_LEFT = select(
    *fact(
        TroubleKind.CLIENT_LEFT,
        who=_m.id,
        number=_TAKEN_AHEAD,
        since=_m.left_at,
        session=_still(_s.client_id, _m.id, least=True),
    )
).where(_m.workspace_id == WS, _m.left_at.is_not(None), literal_column("0") < _TAKEN_AHEAD)
# The keys of `channel_trouble_key`, of this week and of the last one.
_PREFIX = word("channel_trouble:") + _k.member_id + word(":") + _k.alert_channel + word(":")
_LAST, _THIS = notices.alias("last_week"), notices.alias("this_week")
_IN_THIS = _THIS.c.dedupe_key.is_not(None)


def _of_week(told: FromClause, week: str) -> ColumnElement[bool]:
    return and_(told.c.workspace_id == WS, told.c.dedupe_key == _PREFIX + bindparam(week, type_=String))


# A channel that took nothing in either week is one row, with the last time.
_CHANNELS = (
    select(
        *fact(
            TroubleKind.CHANNEL,
            who=_k.member_id,
            since=case((_IN_THIS, _THIS.c.due_at), else_=_LAST.c.due_at),
            code=case((_IN_THIS, _THIS.c.trouble), else_=_LAST.c.trouble),
            channel=_k.alert_channel,
        )
    )
    .select_from(coaches)
    .outerjoin(_THIS, _of_week(_THIS, "this_week"))
    .outerjoin(_LAST, _of_week(_LAST, "last_week"))
    .where(
        *_ON_LIST,
        _k.alert_channel.is_not(None),
        _k.name >= word(""),
        or_(_IN_THIS, _LAST.c.dedupe_key.is_not(None)),
    )
)
_MAIL = select(*fact(TroubleKind.MAIL, since=_o.since, code=_o.code)).where(_o.workspace_id == WS)
_CAME_BACK = select(*fact(TroubleKind.CAME_BACK, who=_m.id, since=_m.refused_at)).where(
    _m.workspace_id == WS,
    _m.refused_address.is_not(None),
    func.lower(_m.refused_address) == func.lower(_m.email),
)
_LOST = (
    select(
        *fact(
            TroubleKind.LOST,
            who=_n.recipient,
            since=_n.finished_at,
            code=_n.why_code,
            session=_n.session_id,
        )
    )
    .where(
        _n.workspace_id == WS,
        _n.state == word("failed"),
        _n.finished_at > bindparam("lost_since", type_=Instant),
    )
    .order_by(_n.finished_at.desc())
)
_WITHOUT = BY_LACK.with_only_columns(*fact("without", who=_k.member_id))
_KINDS = {str(kind): kind for kind in TroubleKind}
_TROUBLES = {
    TroubleKind.MAIL: _MAIL,
    TroubleKind.COACH_LEFT: _COACH_LEFT,
    TroubleKind.CLIENT_LEFT: _CLIENT_LEFT,
    TroubleKind.CHANNEL: _CHANNELS,
    TroubleKind.CAME_BACK: _CAME_BACK,
    TroubleKind.LOST: _LOST,
}
_ALIKE = 5
"""How many messages about one session to one person may be lost, on average, for the first ones to be told apart."""


def _most(kind: TroubleKind, each: int) -> int:
    """Return how many rows are read, to know the first `each` and whether there are more."""
    return (each + 1) * (_ALIKE if kind is TroubleKind.LOST else 1)


@lru_cache(maxsize=4)
def _staff(named: int, each: int) -> Select[Any]:
    troubles = [first(rows, _most(kind, each)) for kind, rows in _TROUBLES.items()]
    return _with_people(*_COUNTS, _WEEK_AHEAD, first(_WITHOUT, named), *troubles, *FACTS)


def _with_people(*rows: Select[Any]) -> Select[Any]:
    facts = union_all(*rows).subquery("facts")
    return select(facts, _m.name, _m.email, _m.time_zone, _m.locale, _m.is_admin).outerjoin_from(
        facts, members, and_(_m.workspace_id == WS, _m.id == facts.c.who)
    )


_FIRST_STEPS = _with_people(*_COUNTS, first(_WITHOUT, 1), first(_CHANNELS, 1), *FACTS)


class BusinessReads(Repository):
    """Read operations."""

    async def staff(self, now: datetime, until: datetime, *, named: int, each: int) -> Staff:
        """Return how many coaches there are, the first `named` without hours, and the first `each` of what is broken.

        The sessions that start from now `until` then are counted.
        """
        parameters = {
            **self._weeks(now),
            "now": now,
            "lost_since": now - LOST_WITHIN,
            "until": until,
        }
        rows = (await self._run(_staff(named, each), parameters)).all()
        counts = {row.fact: int(row.number) for row in rows if row.fact in (_COACHES, _IDLE)}
        without = [person_of(row, row.who) for row in rows if row.fact == "without"]
        seen: Counter[TroubleKind] = Counter()
        troubles: dict[tuple[TroubleKind, str | None, str | None], Trouble] = {}
        for row in rows:
            kind = _KINDS.get(row.fact)
            if kind is None:
                continue
            seen[kind] += 1
            # What was lost is named once for each person and session, with the last time.
            key = (kind, row.who, row.session)
            if key not in troubles or (troubles[key].since or now) < from_micros(row.since):
                troubles[key] = _trouble(kind, row)
        kept: Counter[TroubleKind] = Counter()
        shown = []
        for one in sorted(troubles.values(), key=lambda one: list(TroubleKind).index(one.kind)):
            kept[one.kind] += 1
            if kept[one.kind] <= each:
                shown.append(one)
        week = {row.code: int(row.number) for row in rows if row.fact == _AHEAD}
        canceled = week.pop("canceled", 0)
        return Staff(
            coaches=counts[_COACHES],
            booked=sum(week.values()),
            canceled=canceled,
            idle=counts[_IDLE],
            without_hours=tuple(without),
            troubles=tuple(shown),
            more=frozenset(kind for kind in TroubleKind if kept[kind] > each or seen[kind] >= _most(kind, each)),
            first_steps=_first_steps(rows, counts),
        )

    async def first_steps(self, now: datetime) -> FirstSteps | None:
        """Return how far the first steps are, or None if they are over."""
        rows = (await self._run(_FIRST_STEPS, self._weeks(now))).all()
        return _first_steps(rows, {row.fact: int(row.number) for row in rows if row.fact in (_COACHES, _IDLE)})

    def _weeks(self, now: datetime) -> dict[str, Any]:
        return {"ws": self._ws, "last_week": _week(now - WEEK), "this_week": _week(now)}

    async def channels_refused(
        self, given: Sequence[Coach], copied: Collection[str], now: datetime
    ) -> Mapping[str, Refusal]:
        """Return how channels refused a message, if that was this week or last week.

        By the coach's id for their present alert channel, and by the channel's own for those that get copies (`copied`).
        """
        named = [(coach.person.id, coach.person.id, coach.alert_channel) for coach in given if coach.alert_channel]
        named += [(channel, COPIES, channel) for channel in copied]
        keys = {channel_trouble_key(whose, channel, at): of for of, whose, channel in named for at in (now - WEEK, now)}
        if not keys:
            return {}
        found: dict[str, Refusal] = {}
        for row in await self._run(REFUSED, {"ws": self._ws, "keys": list(keys)}):
            of = keys[row.dedupe_key]
            if of not in found or found[of].at < row.due_at:
                found[of] = Refusal(row.due_at, row.trouble)
        return found


def _first_steps(rows: Sequence[Row[Any]], counts: Mapping[str, int]) -> FirstSteps | None:
    return first_steps_of(rows, coaches=counts[_COACHES], idle=counts[_IDLE], refused=TroubleKind.CHANNEL)


def _week(at: datetime) -> str:
    return str(at.toordinal() // (WEEK // timedelta(days=1)))


def _trouble(kind: TroubleKind, row: Any) -> Trouble:  # noqa: ANN401 - a row of SQLAlchemy's
    return Trouble(
        kind=kind,
        since=from_micros(row.since) if row.since else None,
        person=None if row.who is None else person_of(row, row.who),
        ahead=int(row.number),
        code=row.code,
        channel=row.channel,
        session_id=row.session,
    )
