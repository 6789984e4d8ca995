"""What is known of mails besides each one's own row: addresses that are refused, servers that let nobody in."""

from datetime import datetime

from sqlalchemy import String, bindparam, delete, null, select, update

from storage.repositories.base import Repository
from storage.tables import mail_outages, members

_REFUSED = (
    update(members)
    .where(members.c.workspace_id == bindparam("ws"), members.c.id == bindparam("who", type_=String))
    .values(refused_address=bindparam("address", type_=String))
)
_FORGET = (
    update(members)
    .where(members.c.workspace_id == bindparam("ws"), members.c.id == bindparam("who", type_=String))
    .values(refused_address=null())
)
_OUTAGE = select(mail_outages.c.code).where(mail_outages.c.workspace_id == bindparam("ws"))
_OVER = delete(mail_outages).where(mail_outages.c.workspace_id == bindparam("ws"))


class MailReads(Repository):
    """Read operations."""

    async def outage(self) -> str | None:
        """Return the code of why the mail server lets us in no more, or None if it did when it was last asked."""
        code: str | None = (await self._run(_OUTAGE, {"ws": self._ws})).scalar_one_or_none()
        return code


class MailWrites(MailReads):
    """Write operations."""

    async def came_back(self, person_id: str, address: str) -> None:
        """Record that a mail server took nothing for a person at this address."""
        await self._write(_REFUSED, {"ws": self._ws, "who": person_id, "address": address})

    async def try_again(self, person_id: str) -> None:
        """Forget that mails to a person came back."""
        await self._write(_FORGET, {"ws": self._ws, "who": person_id})

    async def locked_out(self, code: str, at: datetime) -> bool:
        """Record that the mail server lets us in no more. Return False if that was recorded before."""
        row = {"workspace_id": self._ws, "code": code, "since": at}
        return (await self._write(self._insert_or_ignore(mail_outages), row)).rowcount > 0

    async def let_in(self) -> None:
        """Record that the mail server lets us in."""
        await self._write(_OVER, {"ws": self._ws})
