"""What sessions were paid with, and what is left of it in their accounts."""

from collections.abc import Collection, Mapping
from typing import Protocol

from coaching.credits import Part
from coaching.returns import Payment


class PaymentReads(Protocol):
    """Read operations."""

    async def of(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Return what each grant has in each session's account now: paid, but neither returned nor forfeited."""
        ...

    async def sources(self, session_id: str) -> frozenset[str]:
        """Return the grants that have ever paid for a session. For what came back, the grant that had paid it."""
        ...


class PaymentWrites(PaymentReads, Protocol):
    """Write operations."""

    async def lock(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each has in each session's account now."""
        ...

    async def lock_forfeits(self, session_ids: Collection[str]) -> Mapping[str, list[Payment]]:
        """Lock the grants that paid, in id order, and return what each session's latest cancellation forfeited of them."""
        ...

    async def parts_in(self, session_id: str, account: str) -> list[Part]:
        """Return how much of what each grant paid for a session is in `account` now."""
        ...
