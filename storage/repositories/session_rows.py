"""The SELECT of sessions with everything that is shown of them, and the conversion of its rows to values."""

from collections import namedtuple
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Row, Select, Subquery, and_, bindparam, case, func, literal_column, select

from coaching.localtime import NO_RULES, LocalTime
from coaching.records import Move
from coaching.requests import Request, RequestKind
from coaching.sessions import (
    Cancellation,
    Decision,
    Hat,
    Money,
    Package,
    Person,
    Session,
    Status,
    Usable,
)
from storage.repositories.codec import load_usable
from storage.repositories.request_rows import SHARED, request_of
from storage.tables import (
    coaches,
    grants,
    members,
    moves,
    pools,
    refunds,
    requests,
    session_type_coaches,
    session_types,
    sessions,
)
from storage.types import word

_client, _coach = members.alias("client"), members.alias("coach")
_canceler, _decider = members.alias("canceler"), members.alias("decider")
_policy_row, _late_row = refunds.alias("policy_row"), refunds.alias("late_row")
_later_row = refunds.alias("later_row")
_s = sessions.c


def _member_of(alias: Any, column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own expression types
    return and_(alias.c.workspace_id == _s.workspace_id, alias.c.id == column)


def _refund_of(alias: Any, decision: str) -> Any:  # noqa: ANN401
    return and_(
        alias.c.workspace_id == _s.workspace_id,
        alias.c.session_id == _s.id,
        alias.c.cancellation_no == _s.cancellation_no,
        alias.c.decision == decision,
    )


_again = sessions.alias("again")
_REBOOKED_AT = (
    select(func.min(_again.c.starts_at))
    .where(_again.c.workspace_id == _s.workspace_id, _again.c.rebooks == _s.id, _again.c.status != "canceled")
    .scalar_subquery()
)
_giver = session_type_coaches.c
_GIVERS = (_giver.workspace_id == _s.workspace_id, _giver.session_type_id == _s.session_type_id)
# As values, which are looked up for each session that is shown: of an EXISTS PostgreSQL may make a join.
_SOME_GIVE = select(func.min(_giver.coach_id)).where(*_GIVERS).correlate(sessions).scalar_subquery()
_COACH_GIVES = (
    select(_giver.coach_id).where(*_GIVERS, _giver.coach_id == _s.coach_id).correlate(sessions).scalar_subquery()
)
_COLUMNS = (
    *(column for column in sessions.c if column.key not in ("origin", "may_overlap", "rules_seen", "coach_planned")),
    _client.c.name.label("client_name"),
    _client.c.email.label("client_email"),
    _coach.c.name.label("coach_name"),
    _coach.c.email.label("coach_email"),
    _canceler.c.name.label("canceler_name"),
    _decider.c.name.label("decider_name"),
    session_types.c.name.label("type_name"),
    func.coalesce(session_types.c.meeting_link, coaches.c.meeting_link).label("default_link"),
    grants.c.label.label("package_name"),
    grants.c.size.label("package_size"),
    pools.c.name.label("package_pool"),
    _policy_row.c.action_id.label("action_id"),
    _policy_row.c.late.label("late"),
    _policy_row.c.percent.label("percent"),
    _policy_row.c.amount.label("amount"),
    _policy_row.c.usable,
    _policy_row.c.forgiven,
    _late_row.c.usable.label("late_usable"),
    _later_row.c.usable.label("later_usable"),
    func.coalesce(_later_row.c.outcome, _late_row.c.outcome).label("outcome"),
    _late_row.c.amount.label("late_amount"),
    _late_row.c.action_id.label("late_action_id"),
    _late_row.c.at.label("decided_at"),
    _later_row.c.amount.label("later_amount"),
    func.coalesce(_later_row.c.by, _late_row.c.by).label("decided_by"),
    case((_later_row.c.outcome.is_not(None), _later_row.c.note), else_=_late_row.c.note).label("decision_note"),
    *(column.label(f"request_{column.key}") for column in SHARED),
    case((_s.status == word("canceled"), _REBOOKED_AT)).label("rebooked_at"),
    case(
        (and_(_s.status == word("scheduled"), _SOME_GIVE.is_not(None), _COACH_GIVES.is_(None)), literal_column("0")),
        else_=literal_column("1"),
    ).label("given"),
)


def _joined(first: FromClause) -> Select[Any]:
    """Return the statement that begins at `first`: PostgreSQL keeps the order of so many joins."""
    return (
        select(*_COLUMNS)
        .select_from(first)
        .outerjoin(_client, _member_of(_client, _s.client_id))
        .outerjoin(_coach, _member_of(_coach, _s.coach_id))
        .outerjoin(coaches, and_(coaches.c.workspace_id == _s.workspace_id, coaches.c.member_id == _s.coach_id))
        .outerjoin(_canceler, _member_of(_canceler, _s.canceled_by))
        .outerjoin(
            session_types,
            and_(session_types.c.workspace_id == _s.workspace_id, session_types.c.id == _s.session_type_id),
        )
        .outerjoin(grants, and_(grants.c.workspace_id == _s.workspace_id, grants.c.id == _s.grant_id))
        .outerjoin(pools, and_(pools.c.workspace_id == _s.workspace_id, pools.c.id == grants.c.pool_id))
        .outerjoin(_policy_row, and_(_s.status == word("canceled"), _refund_of(_policy_row, "policy")))
        .outerjoin(_late_row, and_(_s.status == word("canceled"), _refund_of(_late_row, "late")))
        .outerjoin(_later_row, and_(_s.status == word("canceled"), _refund_of(_later_row, "later")))
        .outerjoin(
            requests,
            and_(
                _s.status == word("canceled"),
                requests.c.workspace_id == _s.workspace_id,
                requests.c.subject_id == _s.id,
                requests.c.kind == word(RequestKind.EXCEPTION),
                requests.c.number == _s.cancellation_no,
            ),
        )
        .outerjoin(_decider, _member_of(_decider, func.coalesce(_later_row.c.by, _late_row.c.by)))
    )


SELECT: Select[Any] = _joined(sessions).where(_s.workspace_id == bindparam("ws"))


def select_of(shown: Subquery) -> Select[Any]:
    """Return the statement for the sessions whose workspace and id are rows of `shown`, in no order."""
    same = and_(_s.workspace_id == shown.c.workspace_id, _s.id == shown.c.id)
    return _joined(shown.join(sessions, same))


_Named = Any
"""What has its columns as attributes: a row of SQLAlchemy's, or one of the following."""
_SessionRow = namedtuple("_SessionRow", [column.key for column in _COLUMNS])  # type: ignore[misc]
"""A session's row. Looking up a name costs a fraction of what it does in SQLAlchemy's rows, and a list does it 600 times."""


def session_of(given: Row[Any]) -> Session:
    """Return the session in a row of `SELECT` or `select_of`. Whatever was added to them comes after their columns."""
    row: _Named = _SessionRow._make(given[: len(_COLUMNS)])
    package = None
    if row.package_position is not None:
        package = Package(row.package_name, row.package_position, row.package_size, row.grant_id, row.package_pool)
    return Session(
        workspace_id=row.workspace_id,
        id=row.id,
        client=Person(row.client_id, row.client_name, row.client_email),
        coach=Person(row.coach_id, row.coach_name, row.coach_email),
        session_type=row.type_name or row.id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        booked_at=row.booked_at,
        refund_cutoff_at=row.refund_cutoff_at,
        policy_id=row.policy_id,
        price=row.price,
        money=None if row.price_cents is None else Money(row.price_cents, row.currency),
        package=package,
        meeting_link=row.meeting_link,
        default_link=row.default_link,
        status=Status(row.status),
        version=row.version,
        cancellation_no=row.cancellation_no,
        reschedules=row.reschedules,
        reminders_kept=bool(row.reminders_kept),
        terms_start_at=row.terms_start_at,
        late_move_allowed=bool(row.late_move_allowed),
        cancellation=_cancellation_of(row) if row.status == "canceled" else None,
        type_id=row.session_type_id,
        local=local_of(row),
        unconfirmed=bool(row.unconfirmed),
        given=bool(row.given),
    )


def local_of(row: _Named) -> LocalTime | None:
    """Return what clocks show at the start of a session in a row of `sessions`, or None if it was not reviewed yet."""
    if row.local_start is None:
        return None
    return LocalTime(datetime.fromisoformat(row.local_start), row.time_zone, row.zone_rules, bool(row.by_instant))


def local_row(session: Session) -> dict[str, object]:
    """Return the columns of a session for its local time."""
    if session.local is None:
        return {"local_start": None, "by_instant": True, "zone_rules": NO_RULES, "rules_seen": NO_RULES}
    local = session.local
    return {
        "local_start": local.wall.isoformat(),
        "by_instant": local.by_instant,
        "zone_rules": local.rules,
        "rules_seen": local.rules,
    }


_FROM, _TO = members.alias("from_coach"), members.alias("to_coach")
NAMED_MOVES = (
    select(moves, members.c.name, _FROM.c.name.label("old_name"), _TO.c.name.label("new_name"))
    .outerjoin(members, and_(members.c.workspace_id == moves.c.workspace_id, members.c.id == moves.c.by))
    .outerjoin(_FROM, and_(_FROM.c.workspace_id == moves.c.workspace_id, _FROM.c.id == moves.c.old_coach_id))
    .outerjoin(_TO, and_(_TO.c.workspace_id == moves.c.workspace_id, _TO.c.id == moves.c.new_coach_id))
)
"""Moves with the names of the mover and, of a hand-over, of both coaches."""


def move_of(row: Row[Any]) -> Move:
    """Return the move in a row of `NAMED_MOVES`."""
    return Move(
        row.session_id,
        row.action_id,
        row.at,
        Person(row.by, row.name),
        Hat(row.role),
        row.old_starts_at,
        row.new_starts_at,
        bool(row.late),
        None if row.old_coach_id is None else Person(row.old_coach_id, row.old_name),
        None if row.new_coach_id is None else Person(row.new_coach_id, row.new_name),
    )


def _cancellation_of(row: _Named) -> Cancellation:
    role = Hat(row.canceled_role)
    decision = None
    if row.outcome is not None:
        decision = Decision(row.outcome)
    elif (row.late or row.percent) and row.amount < row.price and role is not Hat.COACH:
        # Late, or in time with expired credits. Cancellations made elsewhere are not decided here.
        decision = Decision.OPEN
    return Cancellation(
        action_id=row.action_id or "",
        at=row.canceled_at,
        by=Person(row.canceled_by, row.canceler_name),
        role=role,
        reason=row.reason,
        late=bool(row.late),
        percent=row.percent or 0,
        returned=(row.amount or 0) + (row.late_amount or 0) + (row.later_amount or 0),
        decided_amount=row.late_amount or 0,
        after_all=row.later_amount is not None,
        kept_at_once=row.late_action_id is not None and row.late_action_id == row.action_id,
        forgiven=bool(row.forgiven),
        decision=decision,
        decided_by=None if row.decided_by is None else Person(row.decided_by, row.decider_name),
        decided_at=row.decided_at,
        undo_until=row.held_until,
        rebooked_at=row.rebooked_at,
        asked=_asked_of(row) if row.request_asked_at is not None else None,
        note=row.decision_note,
        returned_late=(row.late_amount or 0) + (row.later_amount or 0),
        usable=(*load_usable(row.usable), *(late := _usable_late(row))),
        usable_late=late,
    )


def _usable_late(row: _Named) -> tuple[Usable, ...]:
    return (*load_usable(row.late_usable), *load_usable(row.later_usable))


def _asked_of(row: _Named) -> Request:
    return request_of(row, "request_", kind=RequestKind.EXCEPTION, subject_id=row.id, number=row.cancellation_no)
