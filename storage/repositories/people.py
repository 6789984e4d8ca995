"""People, coaches, admins and the workspace's settings."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, delete, select, true, update

from coaching.quiet import QuietHours
from coaching.records import Acquaintance, Viewer
from coaching.sessions import PENDING, Person
from coaching.workspace import Coach, Settings
from storage.repositories.codec import load_policy
from storage.repositories.policies import PolicyReads, PolicyWrites
from storage.tables import (
    admins,
    coaches,
    members,
    policies,
    workspaces,
)

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
        coaches.c.member_id.is_not(None).label("is_coach"),
        admins.c.member_id.is_not(None).label("named_admin"),
    )
    .select_from(_WHO)
    .outerjoin(members, and_(members.c.workspace_id == _WHO.c.ws, members.c.id == _WHO.c.who))
    .outerjoin(
        coaches,
        and_(coaches.c.workspace_id == _WHO.c.ws, coaches.c.member_id == _WHO.c.who, coaches.c.removed.is_not(true())),
    )
    .outerjoin(admins, and_(admins.c.workspace_id == _WHO.c.ws, admins.c.member_id == _WHO.c.who))
)
_SETTINGS = (
    select(
        workspaces.c.policy_id,
        workspaces.c.reminder_offsets,
        workspaces.c.reason_in_channel,
        workspaces.c.support_contact,
        workspaces.c.undo_seconds,
        workspaces.c.quiet_hours,
        workspaces.c.start_reminder,
        workspaces.c.expiry_days,
        policies.c.terms,
    )
    .join(policies, and_(policies.c.workspace_id == workspaces.c.workspace_id, policies.c.id == workspaces.c.policy_id))
    .where(workspaces.c.workspace_id == bindparam("ws"))
)
_PERSON = (members.c.name, members.c.email, members.c.time_zone, members.c.locale, members.c.is_admin)


def person_of(row: Row[Any], person_id: str) -> Person:
    """Return a Person from a row with the members' columns."""
    return Person(person_id, row.name, row.email, row.time_zone, row.locale, bool(row.is_admin))


def _offsets(text: str) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=int(part)) for part in text.split(",") if part)


class PeopleReads(PolicyReads):
    """Who is who."""

    async def viewer(self, workspace_id: str, user_id: str) -> Viewer:
        """Return what is known of a person."""
        row = (await self._run(_VIEWER, {"ws": workspace_id, "who": user_id})).one()
        if row.id is None:
            named = bool(row.named_admin)
            return Viewer(Person(user_id), bool(row.is_coach), named, member=False, named=named)
        return Viewer(
            person_of(row, user_id),
            bool(row.is_coach),
            bool(row.named_admin or row.is_admin),
            member=row.fetched_at is not None,
            fetched_at=row.fetched_at,
            named=bool(row.named_admin),
        )

    async def strangers(self, workspace_id: str, user_ids: Collection[str]) -> set[str]:
        """Return who of these Slack has told nothing of yet."""
        met = select(members.c.id).where(
            members.c.workspace_id == workspace_id, members.c.id.in_(user_ids), members.c.fetched_at.is_not(None)
        )
        return set(user_ids) - {row.id for row in await self._run(met)}

    async def acquaintance(self, workspace_id: str, user_id: str, email: str | None) -> Acquaintance | None:
        """Return what is kept of somebody with this id or e-mail; None where nothing here has to do with them."""
        pending = f"{PENDING}{email.strip().lower()}" if email else user_id
        rows = await self._run(
            select(members.c.id, members.c.fetched_at, *_PERSON).where(
                members.c.workspace_id == workspace_id, members.c.id.in_([user_id, pending])
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

    async def settings(self, workspace_id: str) -> Settings:
        """Return the workspace's settings, or the defaults."""
        row = (await self._run(_SETTINGS, {"ws": workspace_id})).first()
        if row is None:
            return Settings()
        policy = self._policies.get((workspace_id, row.policy_id)) or load_policy(row.terms)
        self._policies[workspace_id, row.policy_id] = policy
        return Settings(
            policy,
            _offsets(row.reminder_offsets),
            bool(row.reason_in_channel),
            row.support_contact,
            timedelta(seconds=row.undo_seconds),
            _quiet(row.quiet_hours),
            timedelta(seconds=row.start_reminder) if row.start_reminder else None,
            timedelta(days=row.expiry_days) if row.expiry_days else None,
        )

    async def coaches(self, workspace_id: str) -> list[Coach]:
        """Return the coaches by name."""
        rows = await self._run(
            select(coaches.c.member_id, coaches.c.alert_channel, *_PERSON)
            .outerjoin(
                members,
                and_(members.c.workspace_id == coaches.c.workspace_id, members.c.id == coaches.c.member_id),
            )
            .where(coaches.c.workspace_id == workspace_id, coaches.c.removed.is_not(true()))
            .order_by(members.c.name, coaches.c.member_id)
        )
        return [Coach(person_of(row, row.member_id), row.alert_channel) for row in rows]

    async def alert_channels(self, workspace_id: str, coach_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the alert channel of each coach that has one."""
        rows = await self._run(
            select(coaches.c.member_id, coaches.c.alert_channel).where(
                coaches.c.workspace_id == workspace_id, coaches.c.member_id.in_(coach_ids)
            )
        )
        return {row.member_id: row.alert_channel for row in rows}

    async def admins(self, workspace_id: str) -> list[Person]:
        """Return the admins who were named."""
        rows = await self._run(
            select(admins.c.member_id, *_PERSON)
            .outerjoin(
                members, and_(members.c.workspace_id == admins.c.workspace_id, members.c.id == admins.c.member_id)
            )
            .where(admins.c.workspace_id == workspace_id)
            .order_by(members.c.name, admins.c.member_id)
        )
        return [person_of(row, row.member_id) for row in rows]


class PeopleWrites(PeopleReads, PolicyWrites):
    """Set-up and getting to know people."""

    async def ensure_workspace(self, workspace_id: str, name: str | None = None) -> None:
        """Create the workspace with default settings where it is missing."""
        found = await self._run(select(workspaces.c.name).where(workspaces.c.workspace_id == workspace_id))
        if found.first() is not None:
            return
        settings = Settings()
        await self._write(
            self._insert_or_ignore(workspaces),
            {
                "workspace_id": workspace_id,
                "name": name,
                "policy_id": await self._keep_policy(workspace_id, settings.policy),
                **_settings_columns(settings),
            },
        )

    async def lock_workspace(self, workspace_id: str) -> None:
        """Lock the workspace's row, which only the set-up writes: changes of it come one after the other."""
        if not self._sqlite:
            row = select(workspaces.c.workspace_id).where(workspaces.c.workspace_id == workspace_id)
            await self._run(row.with_for_update())

    async def save_settings(self, workspace_id: str, settings: Settings) -> None:
        """Replace the workspace's settings; a changed policy becomes a new immutable row."""
        policy_id = await self._keep_policy(workspace_id, settings.policy)
        await self._write(
            update(workspaces)
            .where(workspaces.c.workspace_id == workspace_id)
            .values(policy_id=policy_id, **_settings_columns(settings))
        )

    async def save_coach(self, workspace_id: str, person_id: str, alert_channel: str | None) -> None:
        """Add a coach or change their channel."""
        await self._know_of(workspace_id, [person_id])
        await self._write(
            self._upsert(coaches, "alert_channel", "removed"),
            {
                "workspace_id": workspace_id,
                "member_id": person_id,
                "alert_channel": alert_channel,
                "removed": False,
            },
        )

    async def remove_coach(self, workspace_id: str, person_id: str) -> None:
        """Take a coach off the list; their sessions and where to alert them stay."""
        await self._write(
            update(coaches)
            .where(coaches.c.workspace_id == workspace_id, coaches.c.member_id == person_id)
            .values(removed=True)
        )

    async def save_admins(
        self, workspace_id: str, person_ids: Sequence[str], by: str | None = None, at: datetime | None = None
    ) -> None:
        """Replace the named admins; `by` stands for all of them from then on (`at`, wall time), those who stay included."""
        named = list(dict.fromkeys(person_ids))
        await self._write(delete(admins).where(admins.c.workspace_id == workspace_id, admins.c.member_id.not_in(named)))
        if named:
            await self._know_of(workspace_id, named)
            keep = self._insert_or_ignore(admins) if by is None else self._upsert(admins, "named_by", "named_at")
            rows = [{"workspace_id": workspace_id, "member_id": who, "named_by": by, "named_at": at} for who in named]
            await self._write(keep, rows)

    async def _know_of(self, workspace_id: str, person_ids: Collection[str]) -> None:
        """Make rows for people nobody has met yet, so that Slack is asked about them later."""
        await self._write(
            self._insert_or_ignore(members),
            [
                {"workspace_id": workspace_id, "id": who, "is_admin": False, "email": _address(who)}
                for who in dict.fromkeys(person_ids)
            ],
        )

    async def save_member(self, workspace_id: str, person: Person, fetched_at: datetime) -> None:
        """Insert or update what Slack says of a person.

        Of somebody who was an admin by our word and is none, it is kept from when on that word may have been wrong: since
        Slack last said it. When an event says that something changed proves nothing: the one that took the rights may have
        been missed.
        """
        if not person.is_admin:
            whose = and_(members.c.workspace_id == workspace_id, members.c.id == person.id, members.c.is_admin)
            doubt = {"misjudged_from": members.c.fetched_at, "misjudged_until": fetched_at}
            await self._write(update(members).where(whose).values(doubt))
        await self._write(
            self._upsert(members, "name", "email", "time_zone", "locale", "is_admin", "fetched_at"),
            {
                "workspace_id": workspace_id,
                "id": person.id,
                "name": person.name,
                "email": person.email.lower() if person.email else None,
                "time_zone": person.time_zone,
                "locale": person.locale,
                "is_admin": person.is_admin,
                "fetched_at": fetched_at,
            },
        )


def _address(person_id: str) -> str | None:
    return person_id.partition(":")[2] if person_id.startswith("mail:") else None


def _quiet(text: str | None) -> QuietHours | None:
    if not text:
        return None
    start, end = text.split("-")
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end))


def _settings_columns(settings: Settings) -> dict[str, Any]:
    quiet = settings.quiet_hours
    return {
        "reminder_offsets": ",".join(str(int(offset.total_seconds())) for offset in settings.reminder_offsets),
        "reason_in_channel": settings.reason_in_channel,
        "support_contact": settings.support_contact,
        "undo_seconds": int(settings.undo_window.total_seconds()),
        "quiet_hours": None if quiet is None else f"{quiet.start:%H:%M}-{quiet.end:%H:%M}",
        "start_reminder": int(settings.start_reminder.total_seconds()) if settings.start_reminder else 0,
        "expiry_days": settings.expiry_notice.days if settings.expiry_notice else 0,
    }
