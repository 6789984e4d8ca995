"""The second half of an import's SQL: copying the staged rows into the real tables."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Insert,
    Integer,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from coaching.credits import ISSUED, TransferKind
from coaching.news.kinds import NoticeKind
from coaching.sessions import ERASED, Hat
from coaching.timeline import Event
from storage.import_staging import address, fresh, is_pending, opened
from storage.import_staging import steps as planned
from storage.tables import (
    coaches,
    grants,
    members,
    notices,
    packages,
    refunds,
    session_types,
    sessions,
    timeline,
    transfers,
)

IMPORTER = "import"
"""The actor's id in imported rows."""


def apply(
    ws: str,
    now: int,
    import_id: str,
    policy_id: str,
    offsets: Iterable[timedelta],
    *,
    lite: bool,
    quiet: bool = False,
    start: timedelta | None = None,
) -> list[tuple[str, Executable]]:
    """Return the statements that copy the import, each with the name of what it writes.

    With `quiet` the reminders are those worked out before; `start` is how long before the start a client is reminded.

    The big tables come first and the most contended rows last, so that rows the bot needs are locked only briefly.
    """
    at = literal(now, BigInteger)
    n, g = fresh.c, opened.c
    of_ws = literal(ws, String)
    kept: ColumnElement[bool] = n.canceled == 0
    canceled = {
        "status": case((kept, "scheduled"), else_="canceled"),
        "cancellation_no": case((kept, 0), else_=1),
        "canceled_at": case((kept, null()), else_=at),
        "canceled_by": case((kept, null()), else_=IMPORTER),
        "canceled_role": case((kept, null()), else_=str(Hat.SYSTEM)),
    }
    session = {
        "workspace_id": of_ws,
        "id": n.id,
        "origin": literal("imported"),
        "may_overlap": literal(value=True),
        "client_id": n.client,
        "coach_id": n.coach,
        "session_type_id": n.type_id,
        "grant_id": case((n.position.is_not(None), n.grant_id), else_=null()),
        "package_position": n.position,
        **{key: n[key] for key in ("starts_at", "ends_at", "time_zone", "local_start", "booked_at")},
        "by_instant": n.by_instant == 1,
        "zone_rules": n.rules,
        "rules_seen": n.rules,
        "policy_id": func.coalesce(n.policy_id, literal(policy_id)),
        "refund_cutoff_at": n.cutoff,
        **{key: n[key] for key in ("price", "price_cents", "currency", "meeting_link")},
        "version": literal(1),
        "reschedules": literal(0),
        "reminders_kept": literal(value=False),
        **canceled,
    }
    refund = {
        "workspace_id": of_ws,
        "session_id": n.id,
        "cancellation_no": literal(1),
        "decision": literal("policy"),
        "action_id": literal(import_id),
        "at": at,
        "by": literal(IMPORTER),
        "late": literal(value=False),
        "percent": literal(0),
        "amount": literal(0),
    }
    entry = {
        "workspace_id": of_ws,
        "session_id": n.id,
        "id": literal(import_id),
        "at": at,
        "event": literal(str(Event.IMPORTED)),
        "actor_id": literal(IMPORTER),
        "role": literal(str(Hat.SYSTEM)),
        "amount": case((n.price > 0, n.price), else_=null()),
    }
    issue = {
        "workspace_id": of_ws,
        # The key names a session that can be imported only once, so its credits cannot be issued again.
        "key": literal("issue:") + g.id + ":" + g.first_session,
        "kind": literal(str(TransferKind.ISSUE)),
        "source": literal(ISSUED),
        "target": literal("grant:") + g.id,
        "amount": cast(g.amount, Integer),
        "at": at,
        "grant_id": g.id,
        "number": _numbered(of_ws, g.id) + 1,
        "came_with": g.first_session,
    }
    pay = {
        "workspace_id": of_ws,
        "key": literal("book:") + n.id + ":" + n.grant_id,
        "kind": literal(str(TransferKind.BOOK)),
        "source": literal("grant:") + n.grant_id,
        "target": literal("session:") + n.id,
        "amount": n.price,
        "at": at,
        "session_id": n.id,
        "grant_id": n.grant_id,
        "number": _numbered(of_ws, n.grant_id) + n.place,
    }
    grant = {
        "workspace_id": of_ws,
        "id": g.id,
        "client_id": g.client,
        "package_id": func.nullif(g.package_id, ""),
        "label": g.label,
        "size": g.added,
        "granted_at": at,
    }
    steps: list[tuple[str, Executable]] = [
        ("sessions", _copy(sessions, session, fresh)),
        ("sessions", _copy(refunds, refund, fresh, n.canceled == 1)),
        ("timeline", _copy(timeline, entry, fresh)),
    ]
    if quiet:
        steps.append(("reminders", _copy(notices, _planned(of_ws), planned)))
    else:
        steps += [
            ("reminders", _copy(notices, _reminder(of_ws, offset), fresh, kept, n.cutoff - micros(offset) > at))
            for offset in sorted(set(offsets), reverse=True)
        ]
        if start is not None:
            ahead = n.starts_at - micros(start) > at
            steps.append(("reminders", _copy(notices, _starting(of_ws, start), fresh, kept, ahead)))
    added = select(g.added).where(g.id == grants.c.id).scalar_subquery()
    mine = grants.c.id.in_(select(g.id).where(g.existing == 1))
    everybody = union(select(n.client.label("id")), select(n.coach.label("id"))).subquery()
    e = everybody.c.id
    known_types = select(of_ws, n.type_id, func.min(n.type_name), func.max(n.minutes), func.max(n.price))
    known_packages = select(of_ws, n.package_id, func.min(n.package_name), func.min(n.type_id)).where(
        n.position.is_not(None)
    )
    return [
        *steps,
        ("packages", _copy(grants, grant, opened, g.existing == 0)),
        ("packages", update(grants).where(grants.c.workspace_id == ws, mine).values(size=grants.c.size + added)),
        # Only now that the grants are locked, since their movements are numbered.
        ("credits", _copy(transfers, issue, opened, g.amount > 0)),
        ("credits", _copy(transfers, pay, fresh, n.grant_id.is_not(None), n.price > 0)),
        ("packages", _ignore(session_types, _TYPE, known_types.group_by(n.type_id), lite=lite)),
        ("packages", _ignore(packages, _PACKAGE, known_packages.group_by(n.package_id), lite=lite)),
        (
            "people",
            _ignore(
                coaches,
                _COACH,
                select(of_ws, n.coach, literal(value=False)).where(_is_somebody(n.coach)).distinct(),
                lite=lite,
            ),
        ),
        (
            "people",
            _ignore(
                members,
                _MEMBER,
                select(of_ws, e, case((is_pending(e), address(e)), else_=null()), literal(value=False))
                .where(_is_somebody(e))
                .order_by(e),
                lite=lite,
            ),
        ),
    ]


def _is_somebody(who: ColumnElement[str]) -> ColumnElement[bool]:
    """Return SQL for: this is no pseudonym, as an export has it for whoever was erased."""
    return ~who.startswith(ERASED)


_WAITING: dict[str, ColumnElement[Any]] = {
    "state": literal("pending"),
    "revision": literal(1),
    "attempts": literal(0),
    "ambiguous": literal(0),
}


def micros(span: timedelta) -> int:
    """Return a span in microseconds."""
    return span // timedelta(microseconds=1)


def _reminder(of_ws: ColumnElement[str], offset: timedelta) -> dict[str, ColumnElement[Any]]:
    n = fresh.c
    cutoff = cast(n.cutoff, String)
    return {
        "workspace_id": of_ws,
        # Must equal the key made by coaching.reminders. A test compares them.
        "dedupe_key": literal("reminder:") + n.id + ":" + cutoff + literal(f":{int(offset.total_seconds())}"),
        "kind": literal(str(NoticeKind.REMINDER)),
        "recipient": n.client,
        "session_id": n.id,
        "cutoff": n.cutoff,
        "lead": literal(offset // timedelta(seconds=1)),
        "planned_version": literal(1),
        "due_at": n.cutoff - micros(offset),
        "expires_at": n.cutoff,
        "refresh_at": n.cutoff,
        **_WAITING,
    }


def _planned(of_ws: ColumnElement[str]) -> dict[str, ColumnElement[Any]]:
    p = planned.c
    counts_down = p.starting == 0
    return {
        "workspace_id": of_ws,
        "dedupe_key": p.key,
        "kind": case((counts_down, str(NoticeKind.REMINDER)), else_=str(NoticeKind.STARTING)),
        "recipient": p.client,
        "session_id": p.id,
        "cutoff": p.cutoff,
        "lead": p.lead,
        "planned_version": literal(1),
        "due_at": p.due_at,
        "expires_at": p.cutoff,
        "refresh_at": case((counts_down, p.cutoff), else_=null()),
        **_WAITING,
    }


def _starting(of_ws: ColumnElement[str], start: timedelta) -> dict[str, ColumnElement[Any]]:
    n = fresh.c
    begins = cast(n.starts_at, String)
    return {
        "workspace_id": of_ws,
        # Must equal the key made by coaching.plans. A test compares them.
        "dedupe_key": literal("reminder:") + n.id + ":" + begins + literal(f":{int(start.total_seconds())}:start"),
        "kind": literal(str(NoticeKind.STARTING)),
        "recipient": n.client,
        "session_id": n.id,
        "cutoff": n.starts_at,
        "lead": literal(start // timedelta(seconds=1)),
        "planned_version": literal(1),
        "due_at": n.starts_at - micros(start),
        "expires_at": n.starts_at,
        **_WAITING,
    }


def _numbered(of_ws: ColumnElement[str], grant_id: ColumnElement[str]) -> ColumnElement[int]:
    """Return SQL for the number of the last movement of a grant's account."""
    before = transfers.alias("before")
    its_grant = and_(before.c.workspace_id == of_ws, before.c.grant_id == grant_id, before.c.number.is_not(None))
    last = select(func.max(before.c.number)).where(its_grant)
    return func.coalesce(last.scalar_subquery(), 0)


def _copy(table: Table, values: dict[str, Any], source: Table, *where: ColumnElement[bool]) -> Insert:
    return insert(table).from_select(list(values), select(*values.values()).select_from(source).where(*where))


_TYPE = ("workspace_id", "id", "name", "minutes", "price")
_PACKAGE = ("workspace_id", "id", "name", "session_type_id")
_COACH = ("workspace_id", "member_id", "removed")
_MEMBER = ("workspace_id", "id", "email", "is_admin")


def _ignore(table: Table, columns: Iterable[str], rows: Select[Any], *, lite: bool) -> Executable:
    names = list(columns)
    # SQLite cannot tell ON CONFLICT from a join's ON unless the SELECT has a WHERE.
    rows = rows.where(text("1 = 1"))
    if lite:
        return sqlite.insert(table).from_select(names, rows).on_conflict_do_nothing()
    return postgresql.insert(table).from_select(names, rows).on_conflict_do_nothing()
