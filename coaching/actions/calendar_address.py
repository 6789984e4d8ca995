"""The secret address under which a person subscribes to their own sessions: made, replaced, revoked, and read."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import Clock
from coaching.policy import Policy
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor, Hat, Session

SECRET_BYTES = 32
"""256 bits: no address is found by trying."""
BEHIND = timedelta(days=90)
"""A calendar keeps sessions that began up to so long ago."""
MOST = 1_000
"""The most sessions in each role in one calendar: the soonest."""
_TOKEN = re.compile(r"([A-Z0-9]{1,32})-([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAddress:
    """A person's address. `token` is known only at the moment when it was made. `made_at` None: they have none."""

    viewer: Viewer
    now: datetime
    made_at: datetime | None
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A session in a calendar: the role of its owner, its terms, and when it became as it is (aware UTC)."""

    session: Session
    hat: Hat
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCalendar:
    """What a person's calendar shows."""

    viewer: Viewer
    kept: Sequence[Kept]
    policies: Mapping[str, Policy]
    now: datetime


def parsed(token: str) -> tuple[str, str] | None:
    """Return the workspace and the digest of the secret in the text of an address, or None if it is no such text."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else (found[1], _digest(found[2]))


async def open_address(store: Store, clock: Clock, actor: Actor) -> CalendarAddress:
    """Return whether the actor has an address, and since when."""
    async with store.read(actor.workspace_id) as queries:
        return CalendarAddress(
            viewer=await queries.people.viewer(actor.user_id),
            now=clock.now(),
            made_at=await queries.calendars.made_at(actor.user_id),
        )


async def renew(store: Store, clock: Clock, actor: Actor, request_key: str) -> CalendarAddress:
    """Make a new address for the actor. The one before leads nowhere from now on. Raises Replayed.

    Only a digest is stored, so nobody can show the address again.
    """
    now, secret = clock.now(), secrets.token_urlsafe(SECRET_BYTES)
    async with store.write(actor.workspace_id) as uow:
        await uow.claim_request(request_key)
        await uow.calendars.keep(actor.user_id, _digest(secret), now)
        viewer = await uow.people.viewer(actor.user_id)
        await uow.commit()
    return CalendarAddress(viewer=viewer, now=now, made_at=now, token=f"{actor.workspace_id}-{secret}")


async def revoke(store: Store, clock: Clock, actor: Actor) -> CalendarAddress:
    """Remove the actor's address. A second time changes nothing."""
    async with store.write(actor.workspace_id) as uow:
        if await uow.calendars.drop(actor.user_id):
            await uow.commit()
        viewer = await uow.people.viewer(actor.user_id)
    return CalendarAddress(viewer=viewer, now=clock.now(), made_at=None)


async def left(store: Store, workspace_id: str, person_id: str) -> None:
    """Remove the address of a person who has left Slack: nobody could revoke it any more."""
    async with store.read(workspace_id) as queries:
        if await queries.calendars.made_at(person_id) is None:
            return
    async with store.write(workspace_id) as uow:
        await uow.calendars.drop(person_id)
        await uow.commit()


async def read(store: Store, clock: Clock, workspace_id: str, digest: str) -> PersonalCalendar | None:
    """Return the calendar at an address, or None: of what never was, was replaced and was revoked, alike."""
    now = clock.now()
    async with store.read(workspace_id) as queries:
        who = await queries.calendars.owner(digest)
        if who is None:
            return None
        kept = [
            Kept(session=session, hat=hat, since=since)
            for hat in (Hat.CLIENT, Hat.COACH)
            for session, since in await queries.calendars.sessions(hat, who, now - BEHIND, most=MOST)
        ]
        return PersonalCalendar(
            viewer=await queries.people.viewer(who),
            kept=kept,
            policies=await queries.terms.by_ids({one.session.policy_id for one in kept}),
            now=now,
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
