"""What is known of mails besides each one's own row: addresses that are refused, servers that let nobody in."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol


class MailReads(Protocol):
    """Read operations."""

    async def outage(self) -> str | None:
        """Return the code of why the mail server lets us in no more, or None if it did when it was last asked."""
        ...

    async def coming_back(self, person_ids: Collection[str]) -> Collection[str]:
        """Return which of these people cannot be written to, because mails to the address that they have now come back."""
        ...


class MailWrites(MailReads, Protocol):
    """Write operations."""

    async def came_back(self, person_id: str, address: str, at: datetime) -> None:
        """Record that a mail server took nothing for a person at this address."""
        ...

    async def try_again(self, person_id: str) -> None:
        """Forget that mails to a person came back."""
        ...

    async def locked_out(self, code: str, at: datetime) -> bool:
        """Record that the mail server lets us in no more. Return False if that was recorded before."""
        ...

    async def let_in(self) -> None:
        """Record that the mail server lets us in."""
        ...

    async def retell_question(self, person_id: str, at: datetime) -> None:
        """Have the receipt edited that asked a person whether they want mails too."""
        ...
