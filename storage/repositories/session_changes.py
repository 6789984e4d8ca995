"""All changes of a session's state."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Integer, String, and_, bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from coaching.errors import ChangedMeanwhile, ClientBusy, SlotTaken
from coaching.sessions import Hat, Session, Status
from storage.constraints import CLIENT_BUSY, LOCK_PEOPLE, SLOT_TAKEN
from storage.repositories.names import type_id_of
from storage.repositories.pairs import in_pairs, pairs_given
from storage.repositories.people import PeopleWrites
from storage.repositories.session_rows import local_row
from storage.repositories.sessions import SessionReads
from storage.tables import moves, refunds, session_types, sessions
from storage.types import Instant, word

_s = sessions.c
_MARK = {
    was: update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.id == bindparam("session"),
        _s.status == word(was),
        _s.version == bindparam("seen"),
    )
    .values(status=bindparam("outcome", type_=String), version=_s.version + 1, unconfirmed=False)
    for was in Status
}
_LOCK = (
    select(_s.id)
    .where(_s.workspace_id == bindparam("ws"), _s.id.in_(bindparam("ids", expanding=True)))
    .order_by(_s.id)
    .with_for_update()
)
_MARK_CANCELED = (
    update(sessions)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.status == word("scheduled"),
        in_pairs(_s.id, _s.version),
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
        in_pairs(_s.id, _s.version),
    )
    .values(
        status="scheduled",
        version=_s.version + 1,
        canceled_at=None,
        canceled_by=None,
        canceled_role=None,
        reason=None,
        held_until=None,
        coach_planned=False,
        changed_at=bindparam("at"),
    )
)
_MARK_UNDONE = (
    update(refunds)
    .where(
        refunds.c.workspace_id == bindparam("ws"),
        refunds.c.decision == "policy",
        in_pairs(refunds.c.session_id, refunds.c.cancellation_no),
    )
    .values(undone_at=bindparam("when"))
)
AS_SEEN = and_(
    _s.workspace_id == bindparam("ws"),
    _s.id == bindparam("session"),
    _s.status == word("scheduled"),
    _s.version == bindparam("seen"),
)
"""The session to be moved, in the state in which it was read."""
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
        coach_planned=False,
        time_zone=bindparam("zone", type_=String),
        local_start=bindparam("local", type_=String),
        by_instant=bindparam("instant", type_=Boolean(create_constraint=False)),
        zone_rules=bindparam("rules", type_=String),
        rules_seen=bindparam("rules", type_=String),
        version=_s.version + 1,
        changed_at=bindparam("at"),
    )
)
# From now on it is an ordinary booking: an imported session that overlapped may not be moved onto another one.
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


class SessionWrites(SessionReads):
    """Write operations."""

    async def close(self, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct or confirm its outcome. Raises ChangedMeanwhile."""
        result = await self._write(
            _MARK[session.status],
            {
                "ws": self._ws,
                "session": session.id,
                "seen": session.version,
                "outcome": str(outcome),
            },
        )
        if result.rowcount != 1:
            raise ChangedMeanwhile(f"session {session.id} was not as expected")

    async def lock(self, session_ids: Collection[str]) -> list[Session]:
        """Lock rows in id order and return the sessions, soonest first. Unknown ids are left out."""
        if not session_ids:
            return []
        if not self._sqlite:
            # On SQLite, BEGIN IMMEDIATE already holds the only write lock.
            await self._run(_LOCK, {"ws": self._ws, "ids": list(session_ids)})
        return await self.by_ids(session_ids)

    async def cancel(
        self,
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
                "ws": self._ws,
                "at": at,
                "by": by,
                "role": str(role),
                "why": reason,
                "held": undo_until,
                **pairs_given([(s.id, s.version) for s in sessions]),
            },
        )
        if result.rowcount != len(sessions):
            raise ChangedMeanwhile(f"{result.rowcount} of {len(sessions)} sessions were as expected")

    async def restore(self, sessions: Sequence[Session], at: datetime) -> None:
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy."""
        seen = pairs_given([(s.id, s.version) for s in sessions])
        if len(sessions) > 1:
            await self.lock_people(_people(sessions))
        with nobody_twice(sessions[0]):
            result = await self._write(_MARK_RESTORED, {"ws": self._ws, "at": at, **seen})
        if result.rowcount != len(sessions):
            raise ChangedMeanwhile(f"{result.rowcount} of {len(sessions)} sessions were as expected")
        numbers = pairs_given([(s.id, s.cancellation_no) for s in sessions])
        await self._write(_MARK_UNDONE, {"ws": self._ws, "when": at, **numbers})

    async def move(
        self,
        moved: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        roles: Mapping[str, Hat],
        action_id: str,
    ) -> None:
        """Move sessions, given as (before, after), all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy.

        `roles` are the mover's, by session. Several sessions are all moved before overlaps are checked, so they may take
        one another's places.
        """
        several = len(moved) > 1
        if several:
            await self.lock_people(_people(new for _, new in moved))
        for old, new in moved:
            local = local_row(new)
            with nobody_twice(new):
                result = await self._write(
                    _MOVE,
                    {
                        "ws": self._ws,
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
            await self.settle(new)
        done = {"action_id": action_id, "at": at, "by": by}
        rows = [
            {**move_row(old, new), **done, "role": str(roles[old.id]), "late": new.terms_start_at is not None}
            for old, new in moved
        ]
        await self._write(insert(moves), rows)

    async def close_undo(self, session_ids: Collection[str]) -> None:
        """Release the slots of canceled sessions, so that they can no longer be undone."""
        await self._write(_CLOSE_UNDO, {"ws": self._ws, "ids": list(session_ids)})

    async def settle(self, session: Session) -> None:
        """End a session's permission to overlap. Raises SlotTaken, ClientBusy."""
        with nobody_twice(session):
            await self._write(_SETTLE, {"ws": self._ws, "session": session.id})

    async def lock_people(self, people: Collection[str]) -> None:
        """Take the locks of all these people at once, in one order, before the triggers take them two by two."""
        if not self._sqlite:
            # On SQLite, BEGIN IMMEDIATE already holds the only write lock.
            await self._run(text(LOCK_PEOPLE), {"ws": self._ws, "people": sorted(people)})

    async def allow_late_move(self, session_id: str) -> None:
        """Allow the client to move this session once, even inside the window."""
        await self._write(_ALLOW_LATE_MOVE, {"ws": self._ws, "session": session_id})

    async def insert(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session. Its type and package are looked up by name.

        Raises SlotTaken or ClientBusy when it is `exclusive` and overlaps another session of its coach or client.
        """
        minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
        await self._with(PeopleWrites).know_of([session.client.id, session.coach.id])
        type_id = await type_id_of(self._run, self._ws, session.session_type)
        await self._write(
            self._insert_or_ignore(session_types),
            {
                "workspace_id": self._ws,
                "id": type_id,
                "name": session.session_type,
                "minutes": minutes,
                "price": session.price,
            },
        )
        money, package = session.money, session.package
        row = {
            "workspace_id": self._ws,
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


def move_row(old: Session, new: Session) -> dict[str, Any]:
    """Return what a row of `moves` says of the session itself. Who did it, when and why is up to the caller."""
    return {
        "workspace_id": old.workspace_id,
        "session_id": old.id,
        "version": old.version,
        "old_starts_at": old.starts_at,
        "new_starts_at": new.starts_at,
        "late": False,
    }


def _people(sessions: Iterable[Session]) -> set[str]:
    return {person.id for s in sessions for person in (s.client, s.coach)}


@contextmanager
def nobody_twice(session: Session) -> Iterator[None]:
    """Turn the triggers' errors about overlaps into SlotTaken or ClientBusy."""
    try:
        yield
    except IntegrityError as error:
        said = str(error.orig)
        if CLIENT_BUSY in said:
            raise ClientBusy(session.client.id, session.starts_at, session.ends_at) from error
        if SLOT_TAKEN in said:
            raise SlotTaken(session.coach.id, session.starts_at, session.ends_at) from error
        raise
