"""People: the persons known in the workspace, and its admins."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, delete, null, select, true, union, update

from coaching.records import Acquaintance, Viewer
from coaching.sessions import ERASED, PENDING, Person
from storage.repositories.base import Repository
from storage.repositories.linking import Links
from storage.tables import admins, coaches, members, workspaces
from storage.types import Instant

_WHO = select(bindparam("ws", type_=String).label("ws"), bindparam("who", type_=String).label("who")).subquery("asked")
_VIEWER = (
    select(
        members.c.id,
        members.c.name,
        members.c.email,
        members.c.time_zone,
        members.c.locale,
        members.c.is_admin,
        members.c.fetched_at,
        members.c.greeted,
        members.c.refused_address,
        coaches.c.member_id.is_not(None).label("is_coach"),
        admins.c.member_id.is_not(None).label("named_admin"),
        workspaces.c.language,
    )
    .select_from(_WHO)
    .outerjoin(workspaces, workspaces.c.workspace_id == _WHO.c.ws)
    .outerjoin(members, and_(members.c.workspace_id == _WHO.c.ws, members.c.id == _WHO.c.who))
    .outerjoin(
        coaches,
        and_(coaches.c.workspace_id == _WHO.c.ws, coaches.c.member_id == _WHO.c.who, coaches.c.removed.is_not(true())),
    )
    .outerjoin(admins, and_(admins.c.workspace_id == _WHO.c.ws, admins.c.member_id == _WHO.c.who))
)
_PERSON = (members.c.name, members.c.email, members.c.time_zone, members.c.locale, members.c.is_admin)


def person_of(row: Row[Any], person_id: str, refused_address: str | None = None) -> Person:
    """Return a Person from a row with the members' columns."""
    return Person(person_id, row.name, row.email, row.time_zone, row.locale, bool(row.is_admin), refused_address)


_ZONES = select(members.c.id, members.c.time_zone).where(
    members.c.workspace_id == bindparam("ws"), members.c.id.in_(bindparam("ids", expanding=True))
)
_GREET = (
    update(members)
    .where(
        members.c.workspace_id == bindparam("ws"),
        members.c.id == bindparam("who", type_=String),
        members.c.greeted.is_not(true()),
    )
    .values(greeted=True)
)
_WHOSE = and_(members.c.workspace_id == bindparam("ws"), members.c.id == bindparam("who", type_=String))
_LEFT = update(members).where(_WHOSE, members.c.left_at.is_(None)).values(left_at=bindparam("at", type_=Instant))
_BACK = update(members).where(_WHOSE).values(left_at=null())
_LEFT_AT = select(members.c.left_at).where(_WHOSE)
_ALL_ADMINS = union(
    select(admins.c.member_id.label("id")).where(admins.c.workspace_id == bindparam("ws")),
    select(members.c.id).where(members.c.workspace_id == bindparam("ws"), members.c.is_admin.is_(true())),
)


class PeopleReads(Repository):
    """Read operations."""

    async def viewer(self, user_id: str) -> Viewer:
        """Return what is known of a person, with `Viewer.speaking`; `member` is False for an unknown one."""
        row = (await self._run(_VIEWER, {"ws": self._ws, "who": user_id})).one()
        if row.id is None:
            named = bool(row.named_admin)
            found = Viewer(Person(user_id), bool(row.is_coach), named, member=False, named=named)
        else:
            found = Viewer(
                person_of(row, user_id, row.refused_address),
                bool(row.is_coach),
                bool(row.named_admin or row.is_admin),
                member=row.fetched_at is not None,
                fetched_at=row.fetched_at,
                named=bool(row.named_admin),
                greeted=bool(row.greeted),
            )
        return found.speaking(row.language)

    async def strangers(self, user_ids: Collection[str]) -> set[str]:
        """Return which of these people Slack was never asked about."""
        met = select(members.c.id).where(
            members.c.workspace_id == self._ws, members.c.id.in_(user_ids), members.c.fetched_at.is_not(None)
        )
        return set(user_ids) - {row.id for row in await self._run(met)}

    async def acquaintance(self, user_id: str, email: str | None) -> Acquaintance | None:
        """Return what is known of a person with this id or e-mail, or None if no row here concerns them."""
        pending = f"{PENDING}{email.strip().lower()}" if email else user_id
        rows = await self._run(
            select(members.c.id, members.c.fetched_at, *_PERSON).where(
                members.c.workspace_id == self._ws, members.c.id.in_([user_id, pending])
            )
        )
        found = {row.id: row for row in rows}
        if not found:
            return None
        own = found.get(user_id)
        person = person_of(own, user_id) if own is not None else Person(user_id)
        return Acquaintance(
            person, own is not None and own.fetched_at is not None, pending in found and pending != user_id
        )

    async def admins(self) -> list[Person]:
        """Return the admins who were named here."""
        rows = await self._run(
            select(admins.c.member_id, *_PERSON)
            .outerjoin(
                members, and_(members.c.workspace_id == admins.c.workspace_id, members.c.id == admins.c.member_id)
            )
            .where(admins.c.workspace_id == self._ws)
            .order_by(members.c.name, admins.c.member_id)
        )
        return [person_of(row, row.member_id) for row in rows]

    async def left_at(self, user_id: str) -> datetime | None:
        """Return since when a person is known to have left Slack, or None."""
        at: datetime | None = (await self._run(_LEFT_AT, {"ws": self._ws, "who": user_id})).scalar_one_or_none()
        return at

    async def all_admins(self) -> list[str]:
        """Return the ids of all admins, named here or in Slack, sorted."""
        return sorted(row.id for row in await self._run(_ALL_ADMINS, {"ws": self._ws}))


class PeopleWrites(PeopleReads):
    """Write operations."""

    async def save_admins(self, person_ids: Sequence[str], by: str | None = None, at: datetime | None = None) -> None:
        """Replace the named admins.

        From then on (`at`, wall time) `by` counts as the one who named all of them, including those who stay.
        """
        named = list(dict.fromkeys(person_ids))
        await self._write(delete(admins).where(admins.c.workspace_id == self._ws, admins.c.member_id.not_in(named)))
        if named:
            await self.know_of(named)
            keep = self._insert_or_ignore(admins) if by is None else self._upsert(admins, "named_by", "named_at")
            rows = [{"workspace_id": self._ws, "member_id": who, "named_by": by, "named_at": at} for who in named]
            await self._write(keep, rows)

    async def know_of(self, person_ids: Collection[str]) -> None:
        """Insert rows for people who were never met, so that Slack is asked about them later. None for a pseudonym."""
        rows = [
            {"workspace_id": self._ws, "id": who, "is_admin": False, "email": _address(who)}
            for who in dict.fromkeys(person_ids)
            if not who.startswith(ERASED)
        ]
        if rows:
            await self._write(self._insert_or_ignore(members), rows)

    async def greet(self, user_id: str) -> bool:
        """Record that a person was welcomed. Return False if they were before."""
        await self.know_of([user_id])
        return (await self._write(_GREET, {"ws": self._ws, "who": user_id})).rowcount > 0

    async def save(self, person: Person, fetched_at: datetime, *, anew: bool = True) -> bool:
        """Insert or update what Slack says of a person, or without `anew` update it only. Return False if there is no row.

        If the stored row said that they are an admin and Slack now says they are not, the period in which the stored
        right may have been wrong is recorded: from Slack's last confirmation to now. The time of a change event proves
        nothing, because the event that took the right away may have been missed.
        """
        if not person.is_admin:
            whose = and_(members.c.workspace_id == self._ws, members.c.id == person.id, members.c.is_admin)
            doubt = {"misjudged_from": members.c.fetched_at, "misjudged_until": fetched_at}
            await self._write(update(members).where(whose).values(doubt))
        said: dict[str, Any] = {
            "name": person.name,
            "email": person.email.lower() if person.email else None,
            "time_zone": person.time_zone,
            "locale": person.locale,
            "is_admin": person.is_admin,
            "fetched_at": fetched_at,
        }
        if not anew:
            theirs = and_(members.c.workspace_id == self._ws, members.c.id == person.id)
            return (await self._write(update(members).where(theirs).values(said))).rowcount > 0
        await self._write(self._upsert(members, *said), {"workspace_id": self._ws, "id": person.id, **said})
        return True

    async def leaves(self, user_id: str, at: datetime) -> None:
        """Record that a person has left Slack. Who left before keeps the time of it."""
        await self._write(_LEFT, {"ws": self._ws, "who": user_id, "at": at})

    async def comes_back(self, user_id: str) -> None:
        """Record that a person who had left is in Slack."""
        await self._write(_BACK, {"ws": self._ws, "who": user_id})

    async def time_zones(self, person_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the time zone of each of these people who is known."""
        rows = await self._run(_ZONES, {"ws": self._ws, "ids": sorted(set(person_ids))})
        return {row.id: row.time_zone for row in rows}

    async def link(self, pending_id: str, user_id: str) -> Sequence[str]:
        """Transfer everything of a person known by e-mail to their Slack account. Return the ids of their sessions."""
        return await self._with(Links).hand_over(pending_id, user_id)


def _address(person_id: str) -> str | None:
    return person_id.partition(":")[2] if person_id.startswith("mail:") else None
