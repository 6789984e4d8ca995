"""People: who is who, and who are the admins."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.records import Acquaintance, Viewer
from coaching.sessions import Person


class PeopleReads(Protocol):
    """What can be asked."""

    async def viewer(self, user_id: str) -> Viewer:
        """Return what is known of a person (an unknown one with `member=False`)."""
        ...

    async def strangers(self, user_ids: Collection[str]) -> set[str]:
        """Return who of these Slack has told nothing of yet."""
        ...

    async def all_admins(self) -> list[str]:
        """Return the ids of all admins, named here or Slack's, sorted."""
        ...

    async def admins(self) -> list[Person]:
        """Return the admins who were named (workspace admins of Slack are admins besides)."""
        ...

    async def acquaintance(self, user_id: str, email: str | None) -> Acquaintance | None:
        """Return what is kept of somebody with this id or e-mail; None where nothing here has to do with them."""
        ...


class PeopleWrites(PeopleReads, Protocol):
    """What can be changed."""

    async def time_zones(self, person_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the time zone of each person who is known."""
        ...

    async def save_admins(self, person_ids: Sequence[str], by: str | None = None, at: datetime | None = None) -> None:
        """Replace the named admins; `by` stands for all of them from then on (`at`, wall time), those who stay included."""
        ...

    async def save(self, person: Person, fetched_at: datetime) -> None:
        """Insert or update what Slack says of a person.

        Of somebody who was an admin by our word and is none, it is kept from when on that word may have been wrong: since
        Slack last said it.
        """
        ...

    async def link(self, pending_id: str, user_id: str) -> Sequence[str]:
        """Hand everything of a person known by e-mail to their Slack account; return the sessions that moved."""
        ...
