"""People: the persons known in the workspace, and its admins."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.records import Acquaintance, Viewer
from coaching.sessions import Person


class PeopleReads(Protocol):
    """Read operations."""

    async def viewer(self, user_id: str) -> Viewer:
        """Return what is known of a person; `member` is False for an unknown one."""
        ...

    async def strangers(self, user_ids: Collection[str]) -> set[str]:
        """Return which of these people Slack was never asked about."""
        ...

    async def all_admins(self) -> list[str]:
        """Return the ids of all admins, named here or in Slack, sorted."""
        ...

    async def left_at(self, user_id: str) -> datetime | None:
        """Return since when a person is known to have left Slack, or None."""
        ...

    async def admins(self) -> list[Person]:
        """Return the admins who were named here (Slack's workspace admins are admins as well)."""
        ...

    async def acquaintance(self, user_id: str, email: str | None) -> Acquaintance | None:
        """Return what is known of a person with this id or e-mail, or None if no row here concerns them."""
        ...


class PeopleWrites(PeopleReads, Protocol):
    """Write operations."""

    async def time_zones(self, person_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the time zone of each of these people who is known."""
        ...

    async def save_admins(self, person_ids: Sequence[str], by: str | None = None, at: datetime | None = None) -> None:
        """Replace the named admins.

        From then on (`at`, wall time) `by` counts as the one who named all of them, including those who stay.
        """
        ...

    async def save(self, person: Person, fetched_at: datetime, *, anew: bool = True) -> bool:
        """Insert or update what Slack says of a person, or without `anew` update it only. Return False if there is no row.

        If the stored row said that they are an admin and Slack now says they are not, the period in which the stored
        right may have been wrong is recorded: from Slack's last confirmation to now.
        """
        ...

    async def leaves(self, user_id: str, at: datetime) -> None:
        """Record that a person has left Slack. Who left before keeps the time of it."""
        ...

    async def comes_back(self, user_id: str) -> None:
        """Record that a person who had left is in Slack."""
        ...

    async def know_of(self, person_ids: Collection[str]) -> None:
        """Insert rows for people who were never met, so that Slack is asked about them later."""
        ...

    async def greet(self, user_id: str) -> bool:
        """Record that a person was welcomed. Return False if they were before."""
        ...

    async def link(self, pending_id: str, user_id: str) -> Sequence[str]:
        """Transfer everything of a person known by e-mail to their Slack account. Return the ids of their sessions."""
        ...
