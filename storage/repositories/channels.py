"""Replacement of a channel's id in all tables."""

from sqlalchemy import case, delete, or_, select, update

from storage.repositories.base import Repository
from storage.tables import coaches, notices, stakeholders
from storage.types import by_key

_k, _n = stakeholders.c, notices.c


class ChannelMoves(Repository):
    """The rows that name a channel."""

    async def move(self, old: str, new: str) -> None:
        """Replace a channel's id everywhere. A row with the new id that exists already is kept once.

        Sent messages have no index by channel, so all notices of the workspace are searched. A channel's id changes
        once in its life. Tables are locked in the order in which linking a person locks them, and notices in the order
        of their keys.
        """
        columns = (_n.recipient, _n.channel, _n.conversation)
        named = (_n.workspace_id == self._ws, or_(*(column == old for column in columns)))
        if not self._sqlite:
            await self._run(select(_n.dedupe_key).where(*named).order_by(by_key(_n.dedupe_key)).with_for_update())
        await self._write(
            update(notices)
            .where(*named)
            .values({column: case((column == old, new), else_=column) for column in columns})
        )
        told = (_k.workspace_id == self._ws, _k.target == old)
        rows = [dict(row) | {"target": new} for row in (await self._run(select(stakeholders).where(*told))).mappings()]
        if rows:
            await self._write(self._insert_or_ignore(stakeholders), rows)
            await self._write(delete(stakeholders).where(*told))
        await self._write(
            update(coaches)
            .where(coaches.c.workspace_id == self._ws, coaches.c.alert_channel == old)
            .values(alert_channel=new)
        )
