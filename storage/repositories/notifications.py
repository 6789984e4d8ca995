"""What people have chosen about how they hear."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from coaching.news.kinds import NoticeKind
from coaching.notifications import Preferences, Ways
from storage.repositories.base import Repository
from storage.tables import notifications

_c = notifications.c
_CHOSEN = select(_c.member_id, _c.ways, _c.invitations, _c.unwanted, _c.agenda_minute).where(
    _c.workspace_id == bindparam("ws"), _c.member_id.in_(bindparam("ids", expanding=True))
)
_FORGET = delete(notifications).where(_c.workspace_id == bindparam("ws"), _c.member_id == bindparam("who"))


class NotificationReads(Repository):
    """Read operations."""

    async def chosen(self, person_ids: Collection[str]) -> Mapping[str, Preferences]:
        """Return what each of these people has chosen. Who has chosen nothing is left out."""
        rows = await self._run(_CHOSEN, {"ws": self._ws, "ids": sorted(set(person_ids))})
        return {
            row.member_id: Preferences(Ways(row.ways), bool(row.invitations), _kinds(row.unwanted), row.agenda_minute)
            for row in rows
        }


class NotificationWrites(NotificationReads):
    """Write operations."""

    async def choose(self, person_id: str, chosen: Preferences, at: datetime) -> None:
        """Store a person's choice in place of the one before."""
        row = {
            "workspace_id": self._ws,
            "member_id": person_id,
            "ways": str(chosen.ways),
            "chosen_at": at,
            "invitations": chosen.invitations,
            "unwanted": ",".join(sorted(chosen.unwanted)),
            "agenda_minute": chosen.agenda_minute,
        }
        await self._write(
            self._upsert(notifications, "ways", "chosen_at", "invitations", "unwanted", "agenda_minute"), row
        )

    async def forget(self, person_id: str) -> None:
        """Remove a person's choice."""
        await self._write(_FORGET, {"ws": self._ws, "who": person_id})


def _kinds(stored: str) -> frozenset[NoticeKind]:
    """Return the kinds in a stored list. Those of a later release are left out."""
    known = {str(kind): kind for kind in NoticeKind}
    return frozenset(known[one] for one in stored.split(",") if one in known)
