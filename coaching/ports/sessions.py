"""Sessions: lists, and every change of their state."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.records import Move, Scope
from coaching.sessions import Hat, Session, Status


class SessionReads(Protocol):
    """What can be asked."""

    async def page(
        self, hat: Hat, person_id: str, scope: Scope, now: datetime, *, limit: int, offset: int
    ) -> tuple[list[Session], int]:
        """Return one page of a client's or coach's sessions (soonest first; past: latest first) and how many there are."""
        ...

    async def cancelable(self, hat: Hat, person_id: str, now: datetime, *, limit: int) -> list[Session]:
        """Return scheduled sessions that have not started, soonest first."""
        ...

    async def find(self, session_id: str) -> Session | None:
        """Return one session with its cancellation, if any."""
        ...

    async def by_ids(self, session_ids: Collection[str]) -> list[Session]:
        """Return several sessions, soonest first; unknown ids are left out."""
        ...

    async def of_action(self, action_id: str) -> list[Session]:
        """Return the sessions one cancellation or decision touched, as that cancellation left them, soonest first."""
        ...

    async def moves(self, action_id: str) -> list[tuple[Session, Move]]:
        """Return the sessions one action moved, with the change, soonest first."""
        ...


class SessionWrites(SessionReads, Protocol):
    """What can be changed."""

    async def lock(self, session_ids: Collection[str]) -> list[Session]:
        """Lock rows in id order and return them, soonest first; unknown ids are left out."""
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
        """Cancel scheduled sessions at the versions given, all or none; their slot is held until `undo_until`.

        Raises ChangedMeanwhile.
        """
        ...

    async def close(self, session: Session, outcome: Status) -> None:
        """Close a session at the status and version given, or correct how it was closed. Raises ChangedMeanwhile."""
        ...

    async def insert(self, session: Session, *, exclusive: bool, rebooks: str | None = None) -> None:
        """Insert a session, with its type and package looked up by name.

        Raises SlotTaken or ClientBusy when it is `exclusive` and overlaps another one of its coach's or client's.
        """
        ...

    async def restore(self, sessions: Sequence[Session], at: datetime) -> None:
        """Make canceled sessions scheduled again, all or none. Raises ChangedMeanwhile, SlotTaken, ClientBusy."""
        ...

    async def close_undo(self, session_ids: Collection[str]) -> None:
        """Let go of what canceled sessions hold: they cannot be taken back any more."""
        ...

    async def move(
        self,
        moves: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        role: Hat,
        action_id: str,
    ) -> None:
        """Move sessions (as they were, as they shall be), all or none; they may take one another's places.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...

    async def allow_late_move(self, session_id: str) -> None:
        """Let the client move this session once, inside the window too."""
        ...


class SessionSweeps(Protocol):
    """What is due, in all workspaces."""

    async def complete_over(self, ended_by: datetime, now: datetime, limit: int) -> int:
        """Close scheduled sessions of all workspaces that ended by an instant, at most so many; return how many.

        What they were paid with goes to `earned` and the timeline says it; what somebody else has locked is left alone.
        """
        ...
