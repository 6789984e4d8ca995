"""Addresses under which people subscribe to their sessions, and the sessions in a calendar."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, literal_column, select

from coaching.sessions import Hat, Session
from storage.repositories.base import Repository
from storage.repositories.session_rows import SELECT, session_of
from storage.tables import calendar_addresses, sessions
from storage.types import Instant, word

_a, _s = calendar_addresses.c, sessions.c
_OWNER = select(_a.member_id).where(_a.workspace_id == bindparam("ws"), _a.digest == bindparam("digest"))
_MADE = select(_a.made_at).where(_a.workspace_id == bindparam("ws"), _a.member_id == bindparam("who"))
_DROP = delete(calendar_addresses).where(_a.workspace_id == bindparam("ws"), _a.member_id == bindparam("who"))
_OF = {Hat.CLIENT: _s.client_id, Hat.COACH: _s.coach_id}


CHUNK = 200
"""So many sessions are read at a time: told to expect a thousand, PostgreSQL reads whole tables of names."""
_BY_IDS = SELECT.where(_s.id.in_(bindparam("ids", expanding=True)))


@lru_cache(maxsize=8)
def _ids(hat: Hat, most: int) -> Select[Any]:
    """Return the statement for the ids of a calendar's sessions, from an index alone."""
    return (
        select(_s.id)
        .where(
            _s.workspace_id == bindparam("ws"),
            _OF[hat] == bindparam("who"),
            _s.starts_at >= bindparam("since", type_=Instant),
            _s.status != word("canceled"),
        )
        .order_by(_s.starts_at, _s.id)
        .limit(literal_column(str(most)))
    )


class CalendarReads(Repository):
    """Read operations."""

    async def owner(self, digest: str) -> str | None:
        """Return the person whose address has this digest, or None."""
        found: str | None = (await self._run(_OWNER, {"ws": self._ws, "digest": digest})).scalar_one_or_none()
        return found

    async def made_at(self, person_id: str) -> datetime | None:
        """Return when a person's address was made (aware UTC), or None if they have none."""
        found: datetime | None = (await self._run(_MADE, {"ws": self._ws, "who": person_id})).scalar_one_or_none()
        return found

    async def sessions(self, hat: Hat, person_id: str, since: datetime, *, most: int) -> list[tuple[Session, datetime]]:
        """Return up to `most` of a person's sessions that start from `since` on and are not canceled, soonest first.

        Each comes with the instant of its booking, last move or restoration (aware UTC).
        """
        ids = [row.id for row in await self._run(_ids(hat, most), {"ws": self._ws, "who": person_id, "since": since})]
        found = [
            (session_of(row), row.changed_at or row.booked_at)
            for at in range(0, len(ids), CHUNK)
            for row in await self._run(_BY_IDS, {"ws": self._ws, "ids": ids[at : at + CHUNK]})
        ]
        found.sort(key=lambda one: (one[0].starts_at, one[0].id))
        return found


class CalendarWrites(CalendarReads):
    """Write operations."""

    async def keep(self, person_id: str, digest: str, at: datetime) -> None:
        """Store a person's address in place of the one before."""
        row = {"workspace_id": self._ws, "member_id": person_id, "digest": digest, "made_at": at}
        await self._write(self._upsert(calendar_addresses, "digest", "made_at"), row)

    async def drop(self, person_id: str) -> bool:
        """Remove a person's address. Return False if they had none."""
        return (await self._write(_DROP, {"ws": self._ws, "who": person_id})).rowcount > 0
