"""Grants: credits given to people and pools, and until when they can be used."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.credits import Grant
from coaching.localtime import LocalDay
from coaching.packages import Holder, Holding
from coaching.returns import Returned


class GrantReads(Protocol):
    """Read operations."""

    async def of_client(self, client_id: str) -> list[Grant]:
        """Return the grants that a client may spend, their own and their pools', with balances, sorted by expiry."""
        ...

    async def holdings(self, holder: Holder) -> list[Holding]:
        """Return what a person may spend (their own and their pools') or what a pool holds, sorted by expiry."""
        ...

    async def of_person(self, person_id: str, now: datetime) -> list[Holding]:
        """Return what a person may spend, with what of it is booked for their sessions that begin after `now`."""
        ...

    async def of_person_in_short(self, person_id: str, now: datetime) -> list[Holding]:
        """Return the same without who gave it, what was paid, the notes and who is told: what a Home shows."""
        ...

    async def by_ids(self, grant_ids: Collection[str]) -> list[Holding]:
        """Return grants by id, sorted by expiry. Unknown ids are left out."""
        ...

    async def told_together(self, person_id: str, at: datetime) -> list[Holding]:
        """Return the grants, of a person or of pools they are the contact of, whose expiry is announced at `at`."""
        ...


class GrantWrites(GrantReads, Protocol):
    """Write operations."""

    async def open_returned(self, opened: Sequence[Returned], now: datetime) -> None:
        """Insert empty grants for what comes back, each with the owner and the package of its parent."""
        ...

    async def lock_of_client(self, client_id: str) -> list[Grant]:
        """Lock and return a client's grants with their balances."""
        ...

    async def add(self, client_id: str, grant: Grant, *, package: str | None, now: datetime) -> None:
        """Give a person a grant. `package` names its package, which is created if it is missing."""
        ...

    async def give(self, holding: Holding) -> None:
        """Insert a grant for a person or a pool, and issue its balance."""
        ...

    async def lock(self, grant_id: str) -> Holding | None:
        """Lock and return one grant; None where it does not exist."""
        ...

    async def mark_warned(self, grant_ids: Collection[str], at: datetime | None) -> None:
        """Record when the holders of these grants are notified that they expire."""
        ...

    async def mark_closed(self, grant_ids: Collection[str], at: datetime) -> None:
        """Record that nothing is left in these expired grants."""
        ...

    async def save_expiry(self, grant_id: str, last_day: LocalDay | None) -> None:
        """Change a grant's last day (None: it never expires). Its holder is notified of the expiry again."""
        ...

    async def next_position(self, grant_id: str, now: datetime) -> int:
        """Return the lowest free position in a package.

        A session whose cancellation can be undone still holds its own.
        """
        ...


class GrantSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def lock_expiring(self, now: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expire within their workspace's notice, not empty and not announced."""
        ...

    async def lock_expired(self, before: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expired at `before` or earlier and are not closed."""
        ...
