"""Terms: immutable policies, and which of them applies to new bookings."""

from collections.abc import Collection, Mapping
from typing import Protocol

from coaching.policy import Policy, Terms, TermsScope


class TermsReads(Protocol):
    """Read operations."""

    async def by_ids(self, policy_ids: Collection[str]) -> Mapping[str, Policy]:
        """Return policies by id."""
        ...

    async def without_late_cancel(self) -> Mapping[str, Policy]:
        """Return the policies, by id, that forbid late cancellation."""
        ...

    async def current(self, session_type: str | None = None, package_id: str | None = None) -> tuple[str, Policy]:
        """Return id and policy for new bookings: the package's, else the session type's, else the workspace's."""
        ...

    async def today(self, session_id: str) -> str | None:
        """Return the id of the policy under which a session would be booked now, or None for an unknown session."""
        ...

    async def of(self, scope: TermsScope) -> Terms | None:
        """Return the terms of new bookings in a scope, or None when there is no such session type or package."""
        ...


class TermsWrites(TermsReads, Protocol):
    """Write operations."""

    async def save(self, scope: TermsScope, policy: Policy | None) -> None:
        """Set a scope's policy for new bookings; None removes a session type's or package's own policy."""
        ...
