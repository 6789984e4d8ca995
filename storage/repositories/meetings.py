"""Meeting links. They are stored with what they belong to, and resolved whenever a session is read."""

from sqlalchemy import String, Text, bindparam, update

from coaching.meetings import LinkOf, LinkScope
from storage.repositories.base import Repository
from storage.tables import coaches, session_types, sessions

_SAVE = {
    of: update(key.table)
    .where(key.table.c.workspace_id == bindparam("ws"), key == bindparam("of", type_=String))
    .values(meeting_link=bindparam("link", type_=Text))
    for of, key in (
        (LinkOf.SESSION, sessions.c.id),
        (LinkOf.TYPE, session_types.c.id),
        (LinkOf.COACH, coaches.c.member_id),
    )
}


class MeetingWrites(Repository):
    """Write operations."""

    async def save(self, scope: LinkScope, link: str | None) -> None:
        """Give a session, a session type or a coach another link, or none."""
        await self._write(_SAVE[scope.of], {"ws": self._ws, "of": scope.id, "link": link})
