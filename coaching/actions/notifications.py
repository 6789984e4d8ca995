"""Choosing whether to hear in Slack, by mail, or both. Choosing mail is the consent to be written to."""

from dataclasses import dataclass
from datetime import datetime

from coaching.clock import Clock
from coaching.errors import NotYours
from coaching.notifications import Ways, usual
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """How a person hears at present. `saved`: they have just chosen it."""

    viewer: Viewer
    now: datetime
    ways: Ways
    saved: bool = False


async def open_notifications(store: Store, clock: Clock, actor: Actor) -> Notifications:
    """Return how the actor hears."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        chosen = await queries.notifications.chosen([actor.user_id])
    ways = chosen.get(actor.user_id, usual(viewer.person))
    if viewer.person.email is None:
        ways = usual(viewer.person)  # what they chose cannot be kept to, so they hear in Slack
    return Notifications(viewer=viewer, now=clock.now(), ways=ways)


async def choose(store: Store, clock: Clock, actor: Actor, ways: Ways) -> Notifications:
    """Change how the actor hears. Choosing the same again changes nothing.

    Somebody without a known address keeps hearing in Slack.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        viewer = await uow.people.viewer(actor.user_id)
        if viewer.person.email is None:
            return Notifications(viewer=viewer, now=now, ways=usual(viewer.person))
        await uow.notifications.choose(actor.user_id, ways, now)
        await uow.commit()
    return Notifications(viewer=viewer, now=now, ways=ways, saved=True)


async def left(store: Store, workspace_id: str, person_id: str) -> None:
    """Forget the choice of a person who has left Slack: they could not change it any more."""
    async with store.read(workspace_id) as queries:
        if not await queries.notifications.chosen([person_id]):
            return
    async with store.write(workspace_id) as uow:
        await uow.notifications.forget(person_id)
        await uow.commit()


async def by_link(
    store: Store, clock: Clock, workspace_id: str, person_id: str, *, wanted: bool | None
) -> Notifications:
    """Return how the person of a mail's link hears, after they said whether they want mails (None: they said nothing).

    Raises NotYours for a person who is not known.
    """
    now = clock.now()
    async with store.read(workspace_id) as queries:
        viewer = await queries.people.viewer(person_id)
        chosen = (await queries.notifications.chosen([person_id])).get(person_id, usual(viewer.person))
        language = (await queries.workspace.settings()).language
    if viewer.person.email is None:
        raise NotYours("person", [person_id], person_id)
    viewer = viewer.speaking(language)
    if wanted is None or wanted is chosen.by_mail:
        return Notifications(viewer=viewer, now=now, ways=chosen)
    ways = Ways.SLACK if not wanted else Ways.BOTH if viewer.person.in_slack else Ways.MAIL
    async with store.write(workspace_id) as uow:
        await uow.notifications.choose(person_id, ways, now)
        await uow.commit()
    return Notifications(viewer=viewer, now=now, ways=ways, saved=True)
