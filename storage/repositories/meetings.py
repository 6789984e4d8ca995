"""Meeting links. They are stored with what they belong to, and resolved whenever a session is read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, Text, and_, bindparam, func, insert, null, select, type_coerce, update

from coaching.meetings import LinkChange, LinkOf, LinkScope, Meeting
from coaching.sessions import Hat, Person, Session
from storage.repositories.base import Repository
from storage.repositories.sessions import SessionReads
from storage.tables import coaches, link_changes, members, session_types, sessions
from storage.types import Instant, word

_s, _of = sessions.c, bindparam("of", type_=String)
_KEYS = {LinkOf.SESSION: _s.id, LinkOf.TYPE: session_types.c.id, LinkOf.COACH: coaches.c.member_id}
_SAVE = {
    of: update(key.table)
    .where(key.table.c.workspace_id == bindparam("ws"), key == _of)
    .values(meeting_link=bindparam("link", type_=Text))
    for of, key in _KEYS.items()
}
_type_link, _coach_link = session_types.c.meeting_link, coaches.c.meeting_link
# The sessions that have no narrower link, and what they would fall back to.
_USERS: dict[LinkOf, tuple[ColumnElement[bool], ColumnElement[str | None]]] = {
    LinkOf.SESSION: (_s.id == _of, func.coalesce(_type_link, _coach_link)),
    LinkOf.TYPE: (and_(_s.session_type_id == _of, _s.meeting_link.is_(None)), _coach_link),
    LinkOf.COACH: (
        and_(_s.coach_id == _of, _s.meeting_link.is_(None), _type_link.is_(None)),
        type_coerce(null(), Text),
    ),
}
_MEETINGS = {
    of: select(
        _s.id,
        _s.client_id,
        _s.coach_id,
        _s.starts_at,
        func.coalesce(_s.meeting_link, _type_link, _coach_link).label("link"),
        without.label("without"),
    )
    .outerjoin(
        session_types, and_(session_types.c.workspace_id == _s.workspace_id, session_types.c.id == _s.session_type_id)
    )
    .outerjoin(coaches, and_(coaches.c.workspace_id == _s.workspace_id, coaches.c.member_id == _s.coach_id))
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.status == word("scheduled"),
        _s.ends_at > bindparam("now", type_=Instant),
        which,
    )
    .order_by(_s.starts_at, _s.id)
    for of, (which, without) in _USERS.items()
}
_CHANGES = (
    select(link_changes, members.c.name)
    .outerjoin(members, and_(members.c.workspace_id == link_changes.c.workspace_id, members.c.id == link_changes.c.by))
    .where(
        link_changes.c.workspace_id == bindparam("ws"),
        link_changes.c.action_id.in_(bindparam("ids", expanding=True)),
    )
)


class MeetingReads(Repository):
    """Read operations for rendering notices."""

    async def changes(self, action_ids: Collection[str]) -> Mapping[str, list[tuple[Session, LinkChange]]]:
        """Return what each action changed, with the sessions as they are now, soonest first."""
        found: dict[str, list[tuple[Session, LinkChange]]] = defaultdict(list)
        if not action_ids:
            return found
        changes: dict[str, list[LinkChange]] = defaultdict(list)
        for row in await self._run(_CHANGES, {"ws": self._ws, "ids": list(action_ids)}):
            by = Person(row.by, row.name)
            change = LinkChange(row.session_id, row.action_id, row.at, by, Hat(row.role), row.old_link)
            changes[row.session_id].append(change)
        for session in await self._with(SessionReads).by_ids(changes):
            for change in changes[session.id]:
                found[change.action_id].append((session, change))
        return found


class MeetingWrites(Repository):
    """Operations on links."""

    async def of(self, scope: LinkScope, now: datetime) -> list[Meeting]:
        """Return the booked sessions that are not over and have no narrower link than this, soonest first."""
        rows = await self._run(_MEETINGS[scope.of], {"ws": self._ws, "of": scope.id, "now": now})
        return [Meeting(row.id, row.client_id, row.coach_id, row.starts_at, row.link, row.without) for row in rows]

    async def save(self, scope: LinkScope, link: str | None) -> None:
        """Give a session, a session type or a coach another link, or none."""
        await self._write(_SAVE[scope.of], {"ws": self._ws, "of": scope.id, "link": link})

    async def record(self, changed: Sequence[Meeting], action_id: str, at: datetime, by: str, role: Hat) -> None:
        """Record that an action changed the links of these sessions, which are given as they were before."""
        rows = [
            {
                "workspace_id": self._ws,
                "session_id": one.session_id,
                "action_id": action_id,
                "at": at,
                "by": by,
                "role": str(role),
                "old_link": one.link,
            }
            for one in changed
        ]
        await self._write(insert(link_changes), rows)
