"""What is known of mails besides each one's own row: addresses that are refused, servers that let nobody in."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import String, and_, bindparam, case, delete, func, null, select, update

from coaching.news.kinds import USEFUL
from coaching.news.notice import Medium
from storage.repositories.base import Repository
from storage.tables import mail_outages, members, notices
from storage.types import Instant, word

_MINE = and_(members.c.workspace_id == bindparam("ws"), members.c.id == bindparam("who", type_=String))
_REFUSED = (
    update(members)
    .where(_MINE)
    .values(refused_address=bindparam("address", type_=String), refused_at=bindparam("at", type_=Instant))
)
_FORGET = update(members).where(_MINE).values(refused_address=null(), refused_at=null())
ASKED = (
    update(members).where(_MINE, members.c.mail_asked_in.is_(None)).values(mail_asked_in=bindparam("key", type_=String))
)
"""Record in which receipt a person was asked whether they want mails too: the first one."""
_SENT = notices.c.state == word("sent")
_RETELL_QUESTION = (
    update(notices)
    .where(
        notices.c.workspace_id == bindparam("ws"),
        notices.c.dedupe_key == select(members.c.mail_asked_in).where(_MINE).scalar_subquery(),
        notices.c.sent_revision.is_not(None),
        notices.c.medium == word(Medium.SLACK),
    )
    .values(
        revision=notices.c.revision + 1,
        state=case((_SENT, "pending"), else_=notices.c.state),
        due_at=case((_SENT, bindparam("now", type_=Instant)), else_=notices.c.due_at),
        expires_at=case((_SENT, bindparam("until", type_=Instant)), else_=notices.c.expires_at),
        attempts=case((_SENT, 0), else_=notices.c.attempts),
    )
)
_COMING_BACK = select(members.c.id).where(
    members.c.workspace_id == bindparam("ws"),
    members.c.id.in_(bindparam("ids", expanding=True)),
    func.lower(members.c.refused_address) == func.lower(members.c.email),
)
_OUTAGE = select(mail_outages.c.code).where(mail_outages.c.workspace_id == bindparam("ws"))
LOCKED_OUT = select(mail_outages.c.workspace_id).where(
    mail_outages.c.workspace_id.in_(bindparam("workspaces", expanding=True))
)
"""Which of these workspaces were told that the mail server lets nobody in."""
_OVER = delete(mail_outages).where(mail_outages.c.workspace_id == bindparam("ws"))


class MailReads(Repository):
    """Read operations."""

    async def outage(self) -> str | None:
        """Return the code of why the mail server lets us in no more, or None if it did when it was last asked."""
        code: str | None = (await self._run(_OUTAGE, {"ws": self._ws})).scalar_one_or_none()
        return code

    async def coming_back(self, person_ids: Collection[str]) -> Collection[str]:
        """Return which of these people cannot be written to, because mails to the address that they have now come back."""
        rows = await self._run(_COMING_BACK, {"ws": self._ws, "ids": sorted(set(person_ids))})
        return {row.id for row in rows}


class MailWrites(MailReads):
    """Write operations."""

    async def came_back(self, person_id: str, address: str, at: datetime) -> None:
        """Record that a mail server took nothing for a person at this address."""
        await self._write(_REFUSED, {"ws": self._ws, "who": person_id, "address": address, "at": at})

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

    async def retell_question(self, person_id: str, at: datetime) -> None:
        """Have the receipt edited that asked a person whether they want mails too."""
        await self._write(_RETELL_QUESTION, {"ws": self._ws, "who": person_id, "now": at, "until": at + USEFUL})
        self._transaction.wakes = True
