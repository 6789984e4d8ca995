"""Handing sessions over to another coach, and who is free for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    and_,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    union,
    update,
)

from coaching.availability import Availability
from coaching.errors import ChangedMeanwhile
from coaching.records import Busy, Move
from coaching.sessions import Hat, Session
from storage.repositories.base import Repository
from storage.repositories.schedule import HOURS_OF, hours_of
from storage.repositories.session_changes import AS_SEEN, SessionWrites, move_row, nobody_twice
from storage.repositories.session_rows import NAMED_MOVES, move_of
from storage.tables import moves, sessions
from storage.types import Instant, word

_s = sessions.c
_own = sessions.alias("own")
_DAY = literal_column("86400000000", BigInteger)  # no session is longer
_HAND = (
    update(sessions)
    .where(AS_SEEN)
    .values(
        may_overlap=bindparam("meanwhile", type_=Boolean(create_constraint=False)),
        coach_id=bindparam("coach"),
        coach_planned=False,
        refund_cutoff_at=bindparam("cutoff", type_=Instant),
        terms_start_at=bindparam("terms", type_=Instant),
        reminders_kept=False,
        version=_s.version + 1,
        changed_at=bindparam("at", type_=Instant),
    )
)
_OF_SESSION = NAMED_MOVES.where(
    moves.c.workspace_id == bindparam("ws"), moves.c.session_id == bindparam("session")
).order_by(moves.c.version)


def _beside(person: ColumnElement[str]) -> Select[Any]:
    """Return SQL for what these people have near the times of some sessions, in one role."""
    apart = bindparam("apart", type_=BigInteger)
    return (
        select(_s.id, _s.starts_at, _s.ends_at, _s.coach_id, _s.client_id, _s.status)
        .select_from(_own)
        .join(
            sessions,
            and_(
                _s.workspace_id == _own.c.workspace_id,
                person.in_(bindparam("people", expanding=True)),
                _s.starts_at > _own.c.starts_at - apart - _DAY,
                _s.starts_at < _own.c.ends_at + apart,
                _s.ends_at > _own.c.starts_at - apart,
            ),
        )
        .where(
            _own.c.workspace_id == bindparam("ws"),
            _own.c.id.in_(bindparam("ids", expanding=True)),
            or_(
                _s.status == word("scheduled"),
                and_(_s.status == word("canceled"), _s.held_until > bindparam("now", type_=Instant)),
            ),
        )
    )


_BESIDE = union(_beside(_s.coach_id), _beside(_s.client_id))


class HandoverReads(Repository):
    """Read operations."""

    async def of_session(self, session_id: str) -> list[Move]:
        """Return the hand-overs of a session, first to last."""
        rows = await self._run(_OF_SESSION, {"ws": self._ws, "session": session_id})
        # Asked in SQL for hand-overs alone, PostgreSQL reads those of the whole workspace by their index.
        return [move_of(row) for row in rows if row.old_coach_id is not None]

    async def hours(self, coach_ids: Collection[str]) -> Mapping[str, Availability]:
        """Return the hours of those of these coaches who have some."""
        if not coach_ids:
            return {}
        return hours_of((await self._run(HOURS_OF, {"ws": self._ws, "ids": sorted(coach_ids)})).all())

    async def beside(
        self, session_ids: Collection[str], people: Collection[str], apart: timedelta, now: datetime
    ) -> list[Busy]:
        """Return what these people have at the times of these sessions, or less than `apart` before or after them."""
        if not session_ids or not people:
            return []
        given = {"ws": self._ws, "ids": list(session_ids), "people": list(people), "now": now}
        rows = await self._run(_BESIDE, {**given, "apart": apart // timedelta(microseconds=1)})
        return [
            Busy(row.id, row.starts_at, row.ends_at, row.coach_id, row.client_id, row.status == "canceled")
            for row in rows
        ]


class HandoverWrites(HandoverReads):
    """Write operations."""

    async def hand_over(
        self,
        handed: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        roles: Mapping[str, Hat],
        action_id: str,
    ) -> None:
        """Give sessions to another coach, as (before, after), all or none. `roles`: the actor's, by session.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        changes, several = self._with(SessionWrites), len(handed) > 1
        if several:
            await changes.lock_people({who.id for _, new in handed for who in (new.client, new.coach)})
        for old, new in handed:
            with nobody_twice(new):
                result = await self._write(
                    _HAND,
                    {
                        "ws": self._ws,
                        "session": old.id,
                        "seen": old.version,
                        "coach": new.coach.id,
                        "cutoff": new.refund_cutoff_at,
                        "terms": new.terms_start_at,
                        "at": at,
                        "meanwhile": several,
                    },
                )
            if result.rowcount != 1:
                raise ChangedMeanwhile(f"session {old.id} was not as expected")
        for _, new in handed if several else ():
            await changes.settle(new)
        await self._write(
            insert(moves),
            [
                {
                    **move_row(old, new),
                    "action_id": action_id,
                    "at": at,
                    "by": by,
                    "role": str(roles[old.id]),
                    "old_coach_id": old.coach.id,
                    "new_coach_id": new.coach.id,
                }
                for old, new in handed
            ],
        )
