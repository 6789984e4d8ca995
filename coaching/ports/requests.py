"""Requests: what people ask others to decide."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.requests import Request, RequestKind, RequestState
from coaching.sessions import Session


class RequestReads(Protocol):
    """Read operations."""

    async def requested(self, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the ids of what each request is about, such as its sessions."""
        ...

    async def by_ids(self, request_ids: Collection[str]) -> Sequence[Request]:
        """Return the rows of these requests, one for each thing they are about, in the order of the requests' ids."""
        ...

    async def latest(self, kind: RequestKind, subject_id: str) -> Request | None:
        """Return the last request of this kind about a subject, whatever its state, or None if there was none."""
        ...


class RequestWrites(RequestReads, Protocol):
    """Write operations."""

    async def add(self, rows: Sequence[Request]) -> None:
        """Record a request, one row for each thing it is about. Raises ChangedMeanwhile when there is one already."""
        ...

    async def answer(self, request_id: str, state: RequestState, by_id: str, now: datetime) -> bool:
        """Close an open request that is one row. Return False when it was closed before: somebody else was first."""
        ...

    async def leave_out(self, request_id: str, starts_at: datetime) -> None:
        """Take a time that is no longer free out of an open request for a move."""
        ...

    async def overtake(self, session_ids: Collection[str], by_id: str, now: datetime) -> None:
        """Withdraw open requests to move these sessions, and drop their unsent messages.

        The sessions were moved or canceled. Have their messages refreshed first.
        """
        ...

    async def close(self, sessions: Sequence[Session], *, withdrawn: bool) -> None:
        """Close the open exceptions about the latest cancellation of each session.

        Sessions without a request are ignored.
        """
        ...

    async def withdraw(self, sessions: Sequence[Session], now: datetime) -> None:
        """Close the exceptions about cancellations that are undone, and drop their unsent messages."""
        ...

    async def drop_answered(self, session_ids: Collection[str], now: datetime) -> None:
        """Drop unsent messages that ask for a decision on these sessions, for requests with nothing open any more."""
        ...

    async def drop_coachs(self, request_ids: Collection[str], now: datetime) -> None:
        """Drop unsent reminders to coaches of requests that admins decide now."""
        ...

    async def give_to_admins(self, request_ids: Collection[str]) -> None:
        """Record that admins decide on open requests."""
        ...


class RequestSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def overdue(self, kind: RequestKind, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, request) of open rows in all workspaces whose deadline has passed, oldest first."""
        ...

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open requests of coaches who have left, sorted, in all workspaces.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        ...
