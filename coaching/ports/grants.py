"""Grants: who was given which credits, and until when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.credits import Grant
from coaching.localtime import LocalDay
from coaching.packages import Holder, Holding
from coaching.returns import Returned


class GrantReads(Protocol):
    """What can be asked."""

    async def of_client(self, client_id: str) -> list[Grant]:
        """Return what a client may spend, with balances, first to expire first: their own grants and their pools'."""
        ...

    async def holdings(self, holder: Holder) -> list[Holding]:
        """Return what a person may spend (their own and their pools') or what a pool holds, first to expire first."""
        ...

    async def by_ids(self, grant_ids: Collection[str]) -> list[Holding]:
        """Return grants by id, first to expire first; unknown ids are left out."""
        ...

    async def told_together(self, person_id: str, at: datetime) -> list[Holding]:
        """Return the grants of a person, or of pools they are the contact of, of whose expiry they are told at `at`."""
        ...


class GrantWrites(GrantReads, Protocol):
    """What can be changed."""

    async def open_returned(self, opened: Sequence[Returned], now: datetime) -> None:
        """Insert grants for what comes back, each with the owner and the package of its parent; they hold nothing yet."""
        ...

    async def lock_of_client(self, client_id: str) -> list[Grant]:
        """Lock and return a client's grants with their balances."""
        ...

    async def add(self, client_id: str, grant: Grant, *, package: str | None, now: datetime) -> None:
        """Give a person a grant; `package` names the package it is, made where it is missing."""
        ...

    async def give(self, holding: Holding) -> None:
        """Insert a grant and issue its balance, to a person or to a pool."""
        ...

    async def lock(self, grant_id: str) -> Holding | None:
        """Lock and return one grant, None where it does not exist."""
        ...

    async def mark_warned(self, grant_ids: Collection[str], at: datetime | None) -> None:
        """Remember when the holders of these grants are told that they expire."""
        ...

    async def mark_closed(self, grant_ids: Collection[str], at: datetime) -> None:
        """Remember that nothing is left in these expired grants."""
        ...

    async def save_expiry(self, grant_id: str, last_day: LocalDay | None) -> None:
        """Change which day is a grant's last (None: it never expires); its holder is told again."""
        ...

    async def next_position(self, grant_id: str, now: datetime) -> int:
        """Return the lowest place in a package that no session holds, nor one that may still be taken back."""
        ...


class GrantSweeps(Protocol):
    """What is due, in all workspaces."""

    async def lock_expiring(self, now: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expire within their workspace's notice and hold something nobody was told of."""
        ...

    async def lock_expired(self, before: datetime, limit: int) -> list[tuple[str, Holding]]:
        """Lock grants of all workspaces that expired at `before` or earlier and are not closed."""
        ...
