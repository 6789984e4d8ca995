"""Requests for credits: what happens to them that happens to no other."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.packages import Holder
from coaching.requests import Request, RequestState


class CreditRequestWrites(Protocol):
    """Write operations."""

    async def answer(
        self,
        request_id: str,
        state: RequestState,
        by_id: str,
        now: datetime,
        *,
        reply: str | None = None,
        grant_id: str | None = None,
    ) -> bool:
        """Close an open request. Return False when it was closed before: somebody else was first."""
        ...

    async def pass_on(self, request_id: str, passed_by: str | None) -> bool:
        """Record that admins decide on an open request. Return False when they did before, or it is closed."""
        ...

    async def retell(self, request_ids: Collection[str], now: datetime) -> None:
        """Have the messages edited that ask for a decision on these requests, in the order of their keys.

        The unsent ones of requests that are closed are dropped.
        """
        ...

    async def retell_grant(self, holder: Holder, grant_id: str, now: datetime) -> None:
        """Do that for the requests of its holder that a grant answered, whether its pool has a contact or not."""
        ...

    async def of_pool(self, pool_id: str) -> Sequence[Request]:
        """Return the requests that members of a pool have made for it and that are open."""
        ...


class CreditRequestSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def unanswered(
        self, now: datetime, after: tuple[datetime, str, str], limit: int
    ) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open requests that are with a pool's contact past half-way, sorted.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        ...
