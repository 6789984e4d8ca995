"""Exceptions: late refunds that clients request."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.sessions import ExceptionRequest, Session


class ExceptionReads(Protocol):
    """Read operations."""

    async def requested(self, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the session ids of each request for an exception."""
        ...


class ExceptionWrites(ExceptionReads, Protocol):
    """Write operations."""

    async def add(self, sessions: Sequence[Session], asked: ExceptionRequest) -> None:
        """Record one request about the latest cancellation of each session. Raises ChangedMeanwhile when one exists."""
        ...

    async def close(self, sessions: Sequence[Session], *, withdrawn: bool) -> None:
        """Close the open requests about the latest cancellation of each session.

        Sessions without a request are ignored.
        """
        ...

    async def withdraw(self, sessions: Sequence[Session], now: datetime) -> None:
        """Close the requests about cancellations that are undone, and drop their unsent messages."""
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


class ExceptionSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def overdue(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return (workspace, request) of open exceptions in all workspaces whose deadline has passed, oldest first."""
        ...

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open exceptions of coaches who have left, sorted, in all workspaces.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        ...
