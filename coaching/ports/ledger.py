"""The ledger: transfers, and the balances they add up to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.credits import Transfer
from coaching.kindness import Forgiven
from coaching.packages import Holder, Movements, Turn
from coaching.records import Refund
from coaching.sessions import Session


class LedgerReads(Protocol):
    """Read operations."""

    async def movements(self, holder: Holder, most: int, turn: Turn | None = None) -> Movements:
        """Return `most` movements of a person's or a pool's credits: the newest, or those beside `turn`."""
        ...


class LedgerWrites(LedgerReads, Protocol):
    """Write operations."""

    async def add_refunds(self, refunds: Sequence[Refund]) -> None:
        """Record what cancellations or decisions returned. Raises ChangedMeanwhile when one is recorded already."""
        ...

    async def post(self, transfers: Sequence[Transfer]) -> None:
        """Append transfers to the ledger. Raises ChangedMeanwhile when a key exists."""
        ...

    async def settled(self, sessions: Sequence[Session]) -> Mapping[str, list[Transfer]]:
        """Return the transfers of each session's latest cancellation: what it returned and what it forfeited."""
        ...

    async def forgiven(
        self, client_ids: Collection[str], since: datetime, *, lock: bool = False
    ) -> Mapping[str, Forgiven]:
        """Return when late cancellations of these clients were forgiven since then (aware UTC), without undone ones.

        With `lock`, nobody else adds one until the end of the transaction.
        """
        ...

    async def balances_of(self, grant_ids: Collection[str]) -> Mapping[str, int]:
        """Lock grants in id order and return their balances."""
        ...
