"""What waits for a person: one statement over requests, canceled sessions and sessions that are over."""

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN
from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import ERASED
from coaching.waiting import CONFIRM_WITHIN, EMPTY, UNDECIDED_WITHIN, Queue, Waiting, WaitKind
from storage.repositories.base import Repository
from storage.repositories.session_rows import select_of, session_of
from storage.tables import coaches, refunds, requests, sessions
from storage.types import Instant, from_micros, word

COUNTED = 100
"""How many of each kind are counted. Where there are more, the total says so."""
_LONGEST = timedelta(days=1)
_k, _q, _r, _s = coaches.c, requests.c, refunds.c, sessions.c
_NOW = bindparam("now", type_=Instant)
_WHO: ColumnElement[str] = bindparam("who", type_=String)
_COACH: ColumnElement[str] = bindparam("coach", type_=String)
"""The person as a coach; nobody, for an admin who is none."""
_WS: ColumnElement[str] = bindparam("ws", type_=String)
_OWN = (_s.workspace_id == _WS, _s.coach_id == _COACH, _s.client_id != _WHO)
_NO_TEXT: ColumnElement[str | None] = cast(null(), String)
_SETTLED = or_(_s.held_until.is_(None), _s.held_until < _NOW)
"""It can no longer be undone."""


def _micros(at: ColumnElement[Any], later: timedelta = timedelta(0)) -> ColumnElement[int]:
    """Return an instant as a number, for the order in which things stop waiting."""
    shift = later // timedelta(microseconds=1)
    return type_coerce(at, BigInteger) + literal_column(str(shift), BigInteger)


def _row(kind: ColumnElement[str], since: Any, leaves: ColumnElement[int], **asked: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - SQLAlchemy's own types
    """Return the columns of one thing that waits. Those of a request are empty where there is none."""
    texts = ("action_id", "asked_by", "note", "times")
    return [
        kind.label("kind"),
        _s.workspace_id.label("workspace_id"),
        _s.id.label("id"),
        type_coerce(since, Instant).label("since"),
        leaves.label("leaves"),
        *(asked.get(name, _NO_TEXT).label(name) for name in texts),
        asked.get("by_admins", false()).label("by_admins"),
        asked.get("number", literal_column("0")).label("number"),
    ]


def _first(rows: Select[Any], elsewhere: ColumnElement[int]) -> Any:  # noqa: ANN401
    """Return the first of these rows, in a form that a union takes on both databases."""
    return select(rows.limit(literal_column(str(COUNTED + 1))).subquery(), elsewhere.label("elsewhere"))


_ADMIN: ColumnElement[bool] = bindparam("admin", type_=Boolean(create_constraint=False))
_OPEN = (
    select(
        *_row(
            _q.kind,
            _q.asked_at,
            _micros(_q.decide_by),
            action_id=_q.action_id,
            asked_by=_q.asked_by,
            note=_q.note,
            times=_q.times,
            by_admins=_q.by_admins,
            number=_q.number,
        )
    )
    .select_from(requests)
    .join(sessions, and_(_s.workspace_id == _q.workspace_id, _s.id == _q.subject_id))
    .where(
        _q.workspace_id == _WS,
        _q.state == word("open"),
        _q.decide_by >= _NOW,
        _q.kind.in_([word(RequestKind.EXCEPTION), word(RequestKind.MOVE)]),
        _s.client_id != _WHO,
        _SETTLED,
    )
    .order_by(_q.decide_by)
)
_REQUESTS = _OPEN.where(
    # A coach's own also if it went to the admins while they were not on the list: they are asked again.
    or_(_s.coach_id == _COACH, and_(_ADMIN, _q.by_admins.is_(true())))
)
# For admins: what other coaches are asked and have not decided, in a part of its own, so that it takes no room from what
# waits for them.
_ELSEWHERE = _OPEN.where(_ADMIN, _q.by_admins.is_(false()), _s.coach_id != _COACH)


def _refund(decision: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _r.workspace_id == _s.workspace_id,
        _r.session_id == _s.id,
        _r.cancellation_no == _s.cancellation_no,
        _r.decision == word(decision),
    )


_ASKED = (
    select(_q.action_id)
    .where(
        _q.workspace_id == _s.workspace_id,
        _q.subject_id == _s.id,
        _q.kind == word(RequestKind.EXCEPTION),
        _q.number == _s.cancellation_no,
        _q.state == word("open"),
    )
    .correlate(sessions)
    .exists()
)
# The same as `Decision.OPEN` (`session_rows`): late or in part, not all returned, and nobody has decided.
_UNDECIDED = (
    select(*_row(word(WaitKind.LATE), _s.canceled_at, _micros(_s.canceled_at, UNDECIDED_WITHIN)))
    .where(
        _s.client_id != _WHO,
        _s.client_id.not_like(literal_column(f"'{ERASED}%'")),  # nobody is left to whom credits could return
        _s.status == word("canceled"),
        _s.canceled_at > bindparam("undecided", type_=Instant),
        _s.canceled_role != word("coach"),
        _SETTLED,
        select(_r.session_id)
        .where(*_refund("policy"), _r.amount < _s.price, or_(_r.late.is_(true()), _r.percent > 0))
        .correlate(sessions)
        .exists(),
        ~select(_r.session_id).where(*_refund("late")).correlate(sessions).exists(),
        ~_ASKED,
    )
    .order_by(_s.canceled_at)
)
_LATE = _UNDECIDED.where(_s.workspace_id == _WS, _s.coach_id == _COACH)
# By the index of each coach's cancellations, in the order of the index of names, of which the range is all.
_LATE_ELSEWHERE = (
    _UNDECIDED.select_from(coaches)
    .join(sessions, and_(_s.workspace_id == _WS, _s.coach_id == _k.member_id))
    .where(_ADMIN, _k.workspace_id == _WS, _k.name >= word(""), _k.member_id != _COACH)
)
_OUTCOMES = (
    select(
        *_row(
            word(WaitKind.OUTCOME),
            _s.ends_at,
            case(
                (_s.status == word("scheduled"), _micros(_s.ends_at, COMPLETE_AFTER)),
                else_=_micros(_s.ends_at, CONFIRM_WITHIN),
            ),
        )
    )
    .where(
        *_OWN,
        _s.starts_at > bindparam("since", type_=Instant),
        _s.starts_at < _NOW,
        _s.ends_at > bindparam("over", type_=Instant),
        _s.ends_at <= _NOW,
        or_(_s.status == word("scheduled"), and_(_s.status == word("completed"), _s.unconfirmed.is_(true()))),
    )
    .order_by(_s.starts_at)
)


@lru_cache(maxsize=4)
def _queue(most: int) -> Select[Any]:
    """Return the statement for the first `most`: what waits from indexes, then what is shown of it."""
    own = [_first(one, literal_column("0")) for one in (_REQUESTS, _LATE, _OUTCOMES)]
    elsewhere = [_first(one, literal_column("1")) for one in (_ELSEWHERE, _LATE_ELSEWHERE)]
    every = union_all(*own, *elsewhere).subquery("every")
    columns = [column for column in every.c if column.key not in ("workspace_id", "id")]
    open_elsewhere = func.sum(every.c.elsewhere).over().label("open_elsewhere")
    shown = (
        select(*every.c, func.count().over().label("total"), open_elsewhere)
        .order_by(every.c.elsewhere, every.c.leaves, every.c.id)
        .limit(literal_column(str(most)))
        .subquery("shown")
    )
    return select_of(shown).add_columns(
        *(shown.c[column.key].label(f"waits_{column.key}") for column in columns),
        shown.c.total.label("waits_total"),
        shown.c.open_elsewhere.label("waits_open_elsewhere"),
    )


class WaitingReads(Repository):
    """Read operations."""

    async def queue(self, person_id: str, now: datetime, *, coach: bool, admin: bool, most: int) -> Queue:
        """Return the first `most` things that wait for a person: as a `coach`, and as an `admin` who stands in."""
        parameters = {
            "ws": self._ws,
            "who": person_id,
            "coach": person_id if coach else "",
            "admin": admin,
            "now": now,
            "undecided": now - UNDECIDED_WITHIN,
            "over": now - CONFIRM_WITHIN,
            "since": now - CONFIRM_WITHIN - _LONGEST,
        }
        rows = (await self._run(_queue(most), parameters)).all()
        if not rows:
            return EMPTY
        found = sorted(rows, key=lambda row: (row.waits_leaves, row.id))
        elsewhere = int(rows[0].waits_open_elsewhere)
        total = rows[0].waits_total - elsewhere
        return Queue(
            [_waiting(row) for row in found if not row.waits_elsewhere],
            min(total, COUNTED),
            more=total > COUNTED,
            others=[_waiting(row) for row in found if row.waits_elsewhere],
            open_elsewhere=min(elsewhere, COUNTED),
            more_elsewhere=elsewhere > COUNTED,
        )


def _waiting(row: Any) -> Waiting:  # noqa: ANN401 - a row of SQLAlchemy's
    session, kind = session_of(row), WaitKind(row.waits_kind)
    leaves = from_micros(row.waits_leaves)
    if kind is WaitKind.LATE:
        return Waiting(kind=kind, session=session, since=row.waits_since)
    if kind is WaitKind.OUTCOME:
        until = leaves if row.status == "scheduled" else session.ends_at + CORRECT_WITHIN
        return Waiting(kind=kind, session=session, since=row.waits_since, until=until)
    asked = Request(
        action_id=row.waits_action_id,
        at=row.waits_since,
        by_id=row.waits_asked_by,
        decide_by=leaves,
        note=row.waits_note,
        state=RequestState.OPEN,
        by_admins=bool(row.waits_by_admins),
        kind=RequestKind(kind),
        subject_id=session.id,
        number=row.waits_number,
        times=tuple(map(from_micros, json.loads(row.waits_times))) if row.waits_times else (),
    )
    return Waiting(kind=kind, session=session, since=row.waits_since, until=leaves, asked=asked)
