"""Terms: immutable policies, and which of them bookings get."""

from collections.abc import Collection, Mapping
from typing import Protocol

from coaching.policy import Policy, Terms, TermsScope


class TermsReads(Protocol):
    """What can be asked."""

    async def by_ids(self, policy_ids: Collection[str]) -> Mapping[str, Policy]:
        """Return policies by id."""
        ...

    async def current(self, session_type: str | None = None, package_id: str | None = None) -> tuple[str, Policy]:
        """Return the id and terms that bookings get now: the package's, else the session type's, else the workspace's."""
        ...

    async def today(self, session_id: str) -> str | None:
        """Return the id of the terms that a session would be booked under now; None for an unknown one."""
        ...

    async def of(self, scope: TermsScope) -> Terms | None:
        """Return what bookings in a scope get now; None when there is no such session type or package."""
        ...


class TermsWrites(TermsReads, Protocol):
    """What can be changed."""

    async def save(self, scope: TermsScope, policy: Policy | None) -> None:
        """Give a scope these terms for bookings from now on; None takes a session type's or package's own ones away."""
        ...
