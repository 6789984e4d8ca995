"""Everything of one person, to be erased."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.erasure import Held


class ErasureReads(Protocol):
    """Read operations."""

    async def ids_of(self, who: str) -> list[str]:
        """Return every id of a person, named by one of them or by a mail address, or nothing: nobody here is known by it."""
        ...

    async def held(self, ids: Collection[str]) -> Held:
        """Return what there is of a person with these ids."""
        ...

    async def needed(self, ids: Collection[str]) -> bool:
        """Return whether a person with these ids gets copies of others' news, or waits for an answer."""
        ...


class ErasureWrites(ErasureReads, Protocol):
    """Write operations."""

    async def lock(self, ids: Collection[str]) -> None:
        """Lock a person's sessions, their credits and themselves."""
        ...

    async def settle(self, ids: Sequence[str], pseudonym: str, now: datetime) -> list[str]:
        """Withdraw their requests and close the undo of their sessions.

        Return the ids of the canceled sessions about which somebody still has to decide or to answer.
        """
        ...

    async def erase(self, ids: Sequence[str], pseudonym: str, now: datetime) -> None:
        """Erase a person with these ids."""
        ...
