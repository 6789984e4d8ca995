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

    async def open_moves(self, session_ids: Collection[str]) -> list[Request]:
        """Return the open requests to move these sessions, at most one for each, in the order of the requests' ids."""
        ...


class RequestWrites(RequestReads, Protocol):
    """Write operations."""

    async def add(self, rows: Sequence[Request]) -> None:
        """Record a request, one row for each thing it is about. Raises ChangedMeanwhile when there is one already."""
        ...

    async def close(self, rows: Collection[Request], state: RequestState, by_id: str, now: datetime) -> None:
        """Close those of these rows that are open."""
        ...

    async def withdraw(self, rows: Collection[Request], by_id: str, now: datetime) -> None:
        """Close requests that are taken back or overtaken, and drop their unsent messages.

        Have their messages refreshed first: that locks them, in order among all that are edited.
        """
        ...

    async def overtake(self, session_ids: Collection[str], by_id: str, now: datetime) -> None:
        """Withdraw open requests to move these sessions, which were moved or canceled, as `withdraw` does."""
        ...

    async def reopen(self, canceled: Collection[Session]) -> None:
        """Open the requests again that the cancellation of these sessions withdrew, with their unsent messages.

        The sessions are given as they were canceled. Have the messages refreshed first, as for `withdraw`.
        """
        ...

    async def stay_withdrawn(self, asked: Request, by_id: str, now: datetime) -> None:
        """Record that a request to move, which was overtaken, is taken back: no undo opens it again."""
        ...

    async def leave_out(self, asked: Request, starts_at: datetime, now: datetime) -> Request:
        """Take a time that is no longer free, and those that have passed, out of an open request for a move.

        Return the request as it is now. It can be decided until the last of the times that are left.
        """
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
