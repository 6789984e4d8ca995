"""Stakeholders: people, channels and mail addresses that are notified in addition to coaches."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.addresses import Consent, NamedAddress, Whose
from coaching.stakeholders import NewsOf, Stakeholder


class StakeholderReads(Protocol):
    """Read operations."""

    async def all(self) -> list[Stakeholder]:
        """Return all stakeholders of the workspace."""
        ...

    async def of(self, coach_ids: Collection[str], type_ids: Collection[str]) -> list[Stakeholder]:
        """Return the stakeholders of these coaches or session types, with `own_of`."""
        ...

    async def whose(self, target: str) -> Whose:
        """Return whose news a target is named for."""
        ...

    async def addresses(self, ids: Collection[str]) -> list[NamedAddress]:
        """Return those of these mail addresses that are known here, in the order of their ids."""
        ...


class StakeholderWrites(StakeholderReads, Protocol):
    """Write operations."""

    async def save(self, of: NewsOf, of_id: str, targets: Sequence[str]) -> None:
        """Replace the stakeholders of a coach or a session type."""
        ...

    async def ask(self, ids: Sequence[str], at: datetime) -> None:
        """Record that the yes of these addresses is asked for, again where it was before."""
        ...

    async def answer(self, address_id: str, consent: Consent, by: str | None) -> None:
        """Record an address's answer, or the one that an admin (`by`) gave for it."""
        ...

    async def forget_unnamed(self, gone: Collection[str], kept: Collection[str], before: datetime) -> None:
        """Forget those of the `gone` addresses that are named nowhere any more, and all such asked at or `before` this.

        Of the `kept` ones that are named nowhere any more, a yes is forgotten, not their question. One that said no stays
        known as that.
        """
        ...
