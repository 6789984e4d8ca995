"""Sessions: lists, and every change of their state."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from coaching.errors import ChangedMeanwhile, ClientBusy, SlotTaken
from coaching.records import Move, Scope
from coaching.sessions import (
    Hat,
    Session,
)
from storage.constraints import CLIENT_BUSY, LOCK_PEOPLE, SLOT_TAKEN
from storage.repositories.names import type_id_of
from storage.repositories.people import PeopleReads, PeopleWrites
from storage.repositories.records import RecordReads, RecordWrites
from storage.repositories.session_rows import SELECT, local_row, move_of, session_of
from storage.tables import (
    members,
    moves,
    refunds,
    session_types,
    sessions,
)
from storage.types import Instant, word

_LONGEST = timedelta(days=1)
"""No session is longer (ck_sessions_length): it bounds the index range of whatever has not ended yet."""

_s = sessions.c

_ORDER = (_s.starts_at, _s.id)
_BY_IDS = SELECT.where(_s.id.in_(bindparam("ids", expanding=True))).order_by(*_ORDER)
_LOCK = (
    select(_s.id)
    .where(_s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)))
    .order_by(_s.id)
    .with_for_update()
)
_OF = {Hat.CLIENT: _s.client_id, Hat.ADMIN: _s.client_id, Hat.COACH: _s.coach_id}
_STILL_ON = and_(_s.status == word("scheduled"), _s.ends_at > bindparam("now"), _s.starts_at > bindparam("since"))
_GONE = or_(_s.status != word("scheduled"), _s.ends_at <= bindparam("now"))
_TOTAL = func.count().over().label("total")


def _page(hat: Hat, scope: Scope) -> Select[Any]:
    mine = SELECT.add_columns(_TOTAL).where(_OF[hat] == bindparam("who"))
    if scope is Scope.UPCOMING:
        return mine.where(_STILL_ON).order_by(*_ORDER).limit(bindparam("limit")).offset(bindparam("offset"))
    return (
        mine.where(_GONE)
        .order_by(_s.starts_at.desc(), _s.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


_PAGES = {(hat, scope): _page(hat, scope) for hat in _OF for scope in Scope}
_CANCELABLE = {
    hat: SELECT.where(column == bindparam("who"), _s.status == word("scheduled"), _s.starts_at >= bindparam("now"))
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
    for hat, column in _OF.items()
}
_IDS_OF_ACTION = (
    select(refunds.c.session_id)
    .distinct()
    .where(refunds.c.workspace_id == bindparam("ws"), refunds.c.action_id == bindparam("action"))
)
_MARK_CANCELED = (
    update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.status == word("scheduled"),
        # SQLite finds no row by a pair; by the ids it does.
        _s.id.in_(bindparam("ids", expanding=True)),
        tuple_(_s.id, _s.version).in_(bindparam("pairs", expanding=True)),
    )
    .values(
        status="canceled",
        version=_s.version + 1,
        cancellation_no=_s.cancellation_no + 1,
        canceled_at=bindparam("at"),
        canceled_by=bindparam("by", type_=String),
        canceled_role=bindparam("role", type_=String),
        reason=bindparam("why", type_=String),
        held_until=bindparam("held", type_=Instant),
    )
)
_MARK_RESTORED = (
    update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.status == word("canceled"),
        tuple_(_s.id, _s.version).in_(bindparam("pairs", expanding=True)),
    )
    .values(
        status="scheduled",
        version=_s.version + 1,
        canceled_at=None,
        canceled_by=None,
        canceled_role=None,
        reason=None,
        held_until=None,
        changed_at=bindparam("at"),
    )
)
_MARK_UNDONE = (
    update(refunds)
    .where(
        refunds.c.workspace_id == bindparam("ws"),
        refunds.c.decision == "policy",
        tuple_(refunds.c.session_id, refunds.c.cancellation_no).in_(bindparam("pairs", expanding=True)),
    )
    .values(undone_at=bindparam("when"))
)
AS_SEEN = and_(
    _s.workspace_id == bindparam("ws"),
    _s.id == bindparam("session"),
    _s.status == word("scheduled"),
    _s.version == bindparam("seen"),
)
"""The session that is given a new time, as it was read."""
_MOVE = (
    update(sessions)
    .where(AS_SEEN)
    .values(
        may_overlap=bindparam("meanwhile", type_=Boolean(create_constraint=False)),
        starts_at=bindparam("starts"),
        ends_at=bindparam("ends"),
        refund_cutoff_at=bindparam("cutoff"),
        terms_start_at=bindparam("terms", type_=Instant),
        reschedules=bindparam("times", type_=Integer),
        late_move_allowed=False,
        reminders_kept=False,
        time_zone=bindparam("zone", type_=String),
        local_start=bindparam("local", type_=String),
        by_instant=bindparam("instant", type_=Boolean(create_constraint=False)),
        zone_rules=bindparam("rules", type_=String),
        rules_seen=bindparam("rules", type_=String),
        version=_s.version + 1,
        changed_at=bindparam("at"),
    )
)
# From here on it is a booking like any other: an imported session that overlapped may not be moved onto another.
_SETTLE = (
    update(sessions).where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session")).values(may_overlap=False)
)
_CLOSE_UNDO = (
    update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.id.in_(bindparam("ids", expanding=True)),
        _s.status == word("canceled"),
    )
    .values(held_until=None)
)
_ALLOW_LATE_MOVE = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id == bindparam("session"))
    .values(late_move_allowed=True)
)
_KEEP = (
    update(sessions)
    .where(_s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)))
    .values(reminders_kept=True)
)


class SessionReads(PeopleReads, RecordReads):
    """Lists and records."""

    async def list_sessions(
        self, workspace_id: str, hat: Hat, person_id: str, scope: Scope, now: datetime, *, limit: int, offset: int
    ) -> tuple[list[Session], int]:
        """Return one page of a client's or coach's sessions and how many there are."""
        parameters = {"ws": workspace_id, "who": person_id, "now": now, "limit": limit, "offset": offset}
        if scope is Scope.UPCOMING:
            parameters["since"] = now - _LONGEST
        rows = (await self._run(_PAGES[hat, scope], parameters)).all()
        return [session_of(row) for row in rows], rows[0].total if rows else 0

    async def cancelable(
        self, workspace_id: str, hat: Hat, person_id: str, now: datetime, *, limit: int
    ) -> list[Session]:
        """Return scheduled sessions that have not started, soonest first."""
        parameters = {"ws": workspace_id, "who": person_id, "now": now, "limit": limit}
        return [session_of(row) for row in await self._run(_CANCELABLE[hat], parameters)]

    async def session(self, workspace_id: str, session_id: str) -> Session | None:
        """Return one session with its cancellation, if any."""
        found = await self.sessions(workspace_id, [session_id])
        return found[0] if found else None

    async def sessions(self, workspace_id: str, session_ids: Collection[str]) -> list[Session]:
        """Return several sessions, soonest first; unknown ids are left out."""
        if not session_ids:
            return []
        rows = await self._run(_BY_IDS, {"ws": workspace_id, "ids": list(session_ids)})
        return [session_of(row) for row in rows]

    async def action_sessions(self, workspace_id: str, action_id: str) -> list[Session]:
        """Return the sessions one cancellation or decision touched, soonest first."""
        # Two statements: as a subquery, PostgreSQL joins every session of the workspace before it looks which are meant.
        rows = await self._run(_IDS_OF_ACTION, {"ws": workspace_id, "action": action_id})
        return await self.sessions(workspace_id, [row.session_id for row in rows])

    async def next_cutoff(self, workspace_id: str, now: datetime) -> datetime | None:
        """Return the soonest cutoff still ahead, for the demo's time machine; no list needs it."""
        statement = select(func.min(_s.refund_cutoff_at)).where(
            _s.workspace_id == workspace_id, _s.status == word("scheduled"), _s.refund_cutoff_at > now
        )
        found: datetime | None = (await self._run(statement)).scalar_one()
        return found

    async def moves(self, workspace_id: str, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions one action moved, with the change, soonest first."""
        rows = await self._run(
            select(moves, members.c.name)
            .outerjoin(members, and_(members.c.workspace_id == moves.c.workspace_id, members.c.id == moves.c.by))
            .where(moves.c.workspace_id == workspace_id, moves.c.action_id == action_id)
        )
        found = {row.session_id: move_of(row) for row in rows}
        return [(session, found[session.id]) for session in await self.sessions(workspace_id, list(found))]


class SessionWrites(PeopleWrites, SessionReads, RecordWrites):
    """Changes to sessions. All are guarded: what was changed by somebody else first is refused whole."""

    async def lock_sessions(self, workspace_id: str, session_ids: Collection[str]) -> list[Session]:
        """Lock rows in id order and return them, soonest first; unknown ids are left out."""
        if not session_ids:
            return []
        if not self._sqlite:
            # SQLite's BEGIN IMMEDIATE holds the only write lock already.
            await self._run(_LOCK, {"ws": workspace_id, "ids": list(session_ids)})
        return await self.sessions(workspace_id, session_ids)

    async def mark_canceled(
        self,
        workspace_id: str,
        sessions: Sequence[Session],
        *,
        at: datetime,
        by: str,
        role: Hat,
        reason: str | None,
        undo_until: datetime | None = None,
    ) -> None:
        """Cancel scheduled sessions at the versions given, all or none. Raises ChangedMeanwhile."""
        result = await self._write(
            _MARK_CANCELED,
            {
                "ws": workspace_id,
                "ids": [s.id for s in sessions],
                "pairs": [(s.id, s.version) for s in sessions],
                "at": at,
                "by": by,
                "role": str(role),
                "why": reason,
                "held": undo_until,
            },
        )
        if result.rowcount != len(sessions):
            raise ChangedMeanwhile(f"{result.rowcount} of {len(sessions)} sessions were as expected")

    async def mark_restored(self, workspace_id: str, sessions: Sequence[Session], at: datetime) -> None:
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy."""
        pairs = [(s.id, s.version) for s in sessions]
        if len(sessions) > 1:
            await self._lock_people(workspace_id, _people(sessions))
        with nobody_twice(sessions[0]):
            result = await self._write(_MARK_RESTORED, {"ws": workspace_id, "pairs": pairs, "at": at})
        if result.rowcount != len(sessions):
            raise ChangedMeanwhile(f"{result.rowcount} of {len(sessions)} sessions were as expected")
        numbers = [(s.id, s.cancellation_no) for s in sessions]
        await self._write(_MARK_UNDONE, {"ws": workspace_id, "pairs": numbers, "when": at})

    async def mark_moved(
        self,
        workspace_id: str,
        moved: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        role: Hat,
        action_id: str,
    ) -> None:
        """Move sessions (as they were, as they shall be), all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy.

        Several are all moved first and looked at afterwards: they may take one another's places.
        """
        several = len(moved) > 1
        if several:
            await self._lock_people(workspace_id, _people(new for _, new in moved))
        for old, new in moved:
            local = local_row(new)
            with nobody_twice(new):
                result = await self._write(
                    _MOVE,
                    {
                        "ws": workspace_id,
                        "session": old.id,
                        "seen": old.version,
                        "starts": new.starts_at,
                        "ends": new.ends_at,
                        "cutoff": new.refund_cutoff_at,
                        "terms": new.terms_start_at,
                        "times": new.reschedules,
                        "at": at,
                        "zone": new.time_zone,
                        "local": local["local_start"],
                        "instant": local["by_instant"],
                        "rules": local["zone_rules"],
                        "meanwhile": several,
                    },
                )
            if result.rowcount != 1:
                raise ChangedMeanwhile(f"session {old.id} was not as expected")
        for _, new in moved if several else ():
            await self._settle(workspace_id, new)
        await self._write(
            insert(moves),
            [
                {
                    "workspace_id": workspace_id,
                    "session_id": old.id,
                    "version": old.version,
                    "action_id": action_id,
                    "at": at,
                    "by": by,
                    "role": str(role),
                    "old_starts_at": old.starts_at,
                    "new_starts_at": new.starts_at,
                    "late": new.terms_start_at is not None,
                }
                for old, new in moved
            ],
        )

    async def close_undo(self, workspace_id: str, session_ids: Collection[str]) -> None:
        """Let go of what canceled sessions hold: they cannot be taken back any more."""
        await self._write(_CLOSE_UNDO, {"ws": workspace_id, "ids": list(session_ids)})

    async def _settle(self, workspace_id: str, session: Session) -> None:
        """Let a session overlap nothing any more. Raises SlotTaken, ClientBusy."""
        with nobody_twice(session):
            await self._write(_SETTLE, {"ws": workspace_id, "session": session.id})

    async def _lock_people(self, workspace_id: str, people: Collection[str]) -> None:
        """Take everybody's lock at once and in one order, before the triggers take them two by two."""
        if not self._sqlite:
            # SQLite's BEGIN IMMEDIATE holds the only write lock already.
            await self._run(text(LOCK_PEOPLE), {"ws": workspace_id, "people": sorted(people)})

    async def allow_late_move(self, workspace_id: str, session_id: str) -> None:
        """Let the client move this session once, inside the window too."""
        await self._write(_ALLOW_LATE_MOVE, {"ws": workspace_id, "session": session_id})

    async def keep_reminders(self, workspace_id: str, session_ids: Collection[str]) -> None:
        """End the countdown of sessions whose client keeps them."""
        await self._write(_KEEP, {"ws": workspace_id, "ids": list(session_ids)})

    async def insert_session(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session. Raises SlotTaken or ClientBusy when `exclusive` and it overlaps another one of either."""
        workspace_id = session.workspace_id
        minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
        await self._know_of(workspace_id, [session.client.id, session.coach.id])
        type_id = await type_id_of(self._run, workspace_id, session.session_type)
        await self._write(
            self._insert_or_ignore(session_types),
            {
                "workspace_id": workspace_id,
                "id": type_id,
                "name": session.session_type,
                "minutes": minutes,
                "price": session.price,
            },
        )
        money, package = session.money, session.package
        row = {
            "workspace_id": workspace_id,
            "id": session.id,
            "origin": "booked" if exclusive else "imported",
            "may_overlap": not exclusive,
            "client_id": session.client.id,
            "coach_id": session.coach.id,
            "session_type_id": type_id,
            "grant_id": package.grant_id if package else None,
            "package_position": package.position if package else None,
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "time_zone": session.time_zone,
            "booked_at": session.booked_at,
            "policy_id": session.policy_id,
            "refund_cutoff_at": session.refund_cutoff_at,
            "price": session.price,
            "price_cents": money.cents if money else None,
            "currency": money.currency if money else None,
            "meeting_link": session.meeting_link,
            "status": str(session.status),
            "version": session.version,
            "cancellation_no": session.cancellation_no,
            "reschedules": session.reschedules,
            "reminders_kept": session.reminders_kept,
            "rebooks": rebooks,
            **local_row(session),
        }
        with nobody_twice(session):
            await self._write(insert(sessions), row)

    async def next_position(self, workspace_id: str, grant_id: str, now: datetime) -> int:
        """Return the lowest place in a package that no session holds, nor one that may still be taken back."""
        rows = await self._run(
            select(_s.package_position).where(
                _s.workspace_id == workspace_id,
                _s.grant_id == grant_id,
                # What was held or missed keeps its place; only what was canceled for good gives it back.
                or_(_s.status != word("canceled"), _s.held_until >= now),
            )
        )
        taken = {row.package_position for row in rows}
        return next(i for i in range(1, len(taken) + 2) if i not in taken)


def _people(sessions: Iterable[Session]) -> set[str]:
    return {person.id for s in sessions for person in (s.client, s.coach)}


@contextmanager
def nobody_twice(session: Session) -> Iterator[None]:
    """Turn the database's word that somebody is engaged into SlotTaken or ClientBusy."""
    try:
        yield
    except IntegrityError as error:
        said = str(error.orig)
        if CLIENT_BUSY in said:
            raise ClientBusy(session.client.id, session.starts_at, session.ends_at) from error
        if SLOT_TAKEN in said:
            raise SlotTaken(session.coach.id, session.starts_at, session.ends_at) from error
        raise
