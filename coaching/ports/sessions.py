"""Sessions: lists of them, and every change of their state."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.policy import Closed
from coaching.records import Glimpse, Move, Scope, Window
from coaching.sessions import Hat, Session, Status


class SessionReads(Protocol):
    """Read operations."""

    async def pages(
        self, person_id: str, windows: Sequence[Window], now: datetime, *, most: int, other_id: str | None = None
    ) -> list[tuple[list[Session], int]]:
        """Return what is in each window on a person's sessions, and the total, counted no further than `most`.

        With `other_id` they are those with this other person, the coach of a client or the client of a coach.

        A window behind the last session has nothing, and the total 0.
        """
        ...

    async def glimpses(
        self, hat: Hat, person_id: str, scope: Scope, now: datetime, *, first: datetime, last: datetime, most: int
    ) -> list[Glimpse]:
        """Return up to `most` of a person's sessions that start from `first` until before `last`, in the list's order."""
        ...

    async def cancelable(
        self,
        hat: Hat,
        person_id: str,
        now: datetime,
        closed: Sequence[Closed],
        *,
        limit: int,
        offset: int,
        most: int,
    ) -> tuple[list[Session], int]:
        """Return scheduled sessions that have not started, soonest first, and the total, counted up to `most`.

        Those in `closed` are left out. Behind the last session the total is 0.
        """
        ...

    async def find(self, session_id: str) -> Session | None:
        """Return one session with its cancellation, if any."""
        ...

    async def by_ids(self, session_ids: Collection[str]) -> list[Session]:
        """Return several sessions, soonest first. Unknown ids are left out."""
        ...

    async def of_action(self, action_id: str) -> list[Session]:
        """Return the sessions of one cancellation or decision, as that cancellation left them, soonest first."""
        ...

    async def moves(self, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions that one action moved, each with its move, soonest first."""
        ...


class SessionWrites(SessionReads, Protocol):
    """Write operations."""

    async def lock(self, session_ids: Collection[str]) -> list[Session]:
        """Lock rows in id order and return the sessions, soonest first. Unknown ids are left out."""
        ...

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
        """Cancel scheduled sessions at the versions given, all or none. Their slot stays occupied until `undo_until`.

        Raises ChangedMeanwhile.
        """
        ...

    async def close(self, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct or confirm its outcome. Raises ChangedMeanwhile."""
        ...

    async def insert(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session. Its type and package are looked up by name.

        Raises SlotTaken or ClientBusy when it is `exclusive` and overlaps another session of its coach or client.
        """
        ...

    async def restore(self, sessions: Sequence[Session], at: datetime) -> None:
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy."""
        ...

    async def close_undo(self, session_ids: Collection[str]) -> None:
        """Release the slots of canceled sessions, so that they can no longer be undone."""
        ...

    async def move(
        self,
        moves: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        roles: Mapping[str, Hat],
        action_id: str,
    ) -> None:
        """Move sessions, given as (before, after), all or none. They may take one another's places.

        `roles` are the mover's, by session.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...

    async def allow_late_move(self, session_id: str) -> None:
        """Allow the client to move this session once, even inside the window."""
        ...


class SessionSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close up to `limit` scheduled sessions of all workspaces that ended by an instant. Return how many.

        Their payment goes to `earned`, and the timeline records it. Sessions locked by another transaction are skipped.
        """
        ...
