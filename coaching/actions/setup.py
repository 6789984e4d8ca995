"""Set the workspace up: coaches and their channels, terms, preferences, admins. Admins only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from coaching.actions.access import require_admin
from coaching.errors import BadSetting
from coaching.policy import Policy
from coaching.ports import Store, Viewer
from coaching.sessions import Actor, Person
from coaching.workspace import Coach, Settings

MAX_REMINDERS = 5
"""More than this is not a countdown but a nuisance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the set-up dialog shows."""

    viewer: Viewer
    settings: Settings
    coaches: Sequence[Coach]
    admins: Sequence[Person]


async def open_setup(store: Store, actor: Actor) -> Setup:
    """Return the workspace's set-up. Raises AdminsOnly."""
    async with store.read() as queries:
        await require_admin(queries, actor)
        return Setup(
            viewer=await queries.viewer(actor.workspace_id, actor.user_id),
            settings=await queries.settings(actor.workspace_id),
            coaches=await queries.coaches(actor.workspace_id),
            admins=await queries.admins(actor.workspace_id),
        )


async def save_policy(store: Store, actor: Actor, request_key: str, policy: Policy) -> None:
    """Make `policy` the terms of everything booked from now on. Raises AdminsOnly, Replayed."""
    async with store.write() as uow:
        await require_admin(uow, actor)
        await uow.claim_request(actor.workspace_id, request_key)
        await uow.ensure_workspace(actor.workspace_id)
        settings = await uow.settings(actor.workspace_id)
        await uow.save_settings(actor.workspace_id, replace(settings, policy=policy))
        await uow.commit()


async def save_preferences(
    store: Store,
    actor: Actor,
    request_key: str,
    *,
    reminder_offsets: Sequence[timedelta],
    reason_in_channel: bool,
    support_contact: str | None,
) -> None:
    """Change how people are told. New offsets count for sessions that come in from now on.

    Raises AdminsOnly, Replayed, BadSetting.
    """
    if len(reminder_offsets) > MAX_REMINDERS:
        raise BadSetting("reminder_offsets", f"at most {MAX_REMINDERS} reminders")
    if any(not timedelta(0) < offset <= timedelta(days=30) for offset in reminder_offsets):
        raise BadSetting("reminder_offsets", "a reminder comes between a minute and 30 days before the cutoff")
    async with store.write() as uow:
        await require_admin(uow, actor)
        await uow.claim_request(actor.workspace_id, request_key)
        await uow.ensure_workspace(actor.workspace_id)
        settings = await uow.settings(actor.workspace_id)
        await uow.save_settings(
            actor.workspace_id,
            replace(
                settings,
                reminder_offsets=tuple(sorted(set(reminder_offsets), reverse=True)),
                reason_in_channel=reason_in_channel,
                support_contact=(support_contact or "").strip() or None,
            ),
        )
        await uow.commit()


async def save_coach(store: Store, actor: Actor, request_key: str, person_id: str, alert_channel: str | None) -> None:
    """Add a coach or change their alert channel (None: direct messages). Raises AdminsOnly, Replayed."""
    async with store.write() as uow:
        await require_admin(uow, actor)
        await uow.claim_request(actor.workspace_id, request_key)
        await uow.ensure_workspace(actor.workspace_id)
        await uow.save_coach(actor.workspace_id, person_id, alert_channel)
        await uow.commit()


async def remove_coach(store: Store, actor: Actor, request_key: str, person_id: str) -> None:
    """Take a coach off the list; booked sessions stay theirs. Raises AdminsOnly, Replayed."""
    async with store.write() as uow:
        await require_admin(uow, actor)
        await uow.claim_request(actor.workspace_id, request_key)
        await uow.remove_coach(actor.workspace_id, person_id)
        await uow.commit()


async def save_admins(store: Store, actor: Actor, request_key: str, person_ids: Sequence[str]) -> None:
    """Replace the named admins; Slack's workspace admins remain admins in any case. Raises AdminsOnly, Replayed."""
    async with store.write() as uow:
        await require_admin(uow, actor)
        await uow.claim_request(actor.workspace_id, request_key)
        await uow.ensure_workspace(actor.workspace_id)
        await uow.save_admins(actor.workspace_id, person_ids)
        await uow.commit()
