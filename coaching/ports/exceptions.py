"""Exceptions: late refunds that clients ask for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.sessions import ExceptionRequest, Session


class ExceptionReads(Protocol):
    """What can be asked."""

    async def requested(self, request_ids: Collection[str]) -> Mapping[str, set[str]]:
        """Return the ids of the sessions that each request for an exception is about."""
        ...


class ExceptionWrites(ExceptionReads, Protocol):
    """What can be changed."""

    async def add(self, sessions: Sequence[Session], asked: ExceptionRequest) -> None:
        """Record one request about the latest cancellation of each session. Raises ChangedMeanwhile when there is one."""
        ...

    async def close(self, sessions: Sequence[Session], *, withdrawn: bool) -> None:
        """Close what is open about the latest cancellation of each session; nothing where nobody asked."""
        ...

    async def withdraw(self, sessions: Sequence[Session], now: datetime) -> None:
        """Close the requests about cancellations that are taken back; their messages do not go out any more."""
        ...

    async def drop_answered(self, session_ids: Collection[str], now: datetime) -> None:
        """Drop what was still to ask for a decision about these sessions, of requests of which nothing is open any more."""
        ...

    async def drop_coachs(self, request_ids: Collection[str], now: datetime) -> None:
        """Drop what was still to remind coaches of requests about which admins decide now."""
        ...

    async def give_to_admins(self, request_ids: Collection[str]) -> None:
        """Note that admins decide about open requests."""
        ...


class ExceptionSweeps(Protocol):
    """What is due, in all workspaces."""

    async def overdue(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return workspace and request of open exceptions whose deadline has passed, in all workspaces, the oldest first."""
        ...

    async def left_behind(self, after: tuple[datetime, str, str], limit: int) -> list[tuple[datetime, str, str]]:
        """Return deadline, workspace and request of open exceptions of coaches who have left, in that order, in all workspaces.

        Those that come after one of these; an instant with two empty names is before all that are still in time then.
        """
        ...
