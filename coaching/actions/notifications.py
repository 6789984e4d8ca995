"""Choosing how to hear, and what of it. Choosing mail is the consent to be written to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from coaching.clock import Clock
from coaching.errors import NotYours
from coaching.news.kinds import NoticeKind
from coaching.notifications import AGENDA_MINUTES, Mailable, Preferences, Ways, has_address, reminders_for, usual
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """How a person hears at present. `mailable`: they can be written to. `saved`: they have just chosen it."""

    viewer: Viewer
    now: datetime
    chosen: Preferences
    mailable: bool = True
    saved: bool = False

    @property
    def ways(self) -> Ways:
        """How they hear. What cannot be kept to is as if they had not chosen it."""
        return self.chosen.ways if self.mailable else usual(self.viewer.person).ways


async def open_notifications(
    store: Store, clock: Clock, actor: Actor, mailable: Mailable = has_address
) -> Notifications:
    """Return how the actor hears."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        chosen = await queries.notifications.chosen([actor.user_id])
    return Notifications(
        viewer=viewer,
        now=clock.now(),
        chosen=chosen.get(actor.user_id, usual(viewer.person)),
        mailable=mailable(viewer.person),
    )


async def choose(
    store: Store, clock: Clock, actor: Actor, ways: Ways, mailable: Mailable = has_address
) -> Notifications:
    """Change how the actor hears. Choosing the same again changes nothing.

    Somebody who cannot be written to keeps hearing in Slack.
    """

    def altered(viewer: Viewer, chosen: Preferences) -> Preferences | None:
        return replace(chosen, ways=ways) if mailable(viewer.person) else None

    return await _change(store, clock, actor, altered, mailable)


async def want_invitations(
    store: Store, clock: Clock, actor: Actor, mailable: Mailable = has_address, *, wanted: bool
) -> Notifications:
    """Have the actor's mails bring sessions into their calendar, or not."""
    return await _change(store, clock, actor, lambda _viewer, chosen: replace(chosen, invitations=wanted), mailable)


async def want_reminders(
    store: Store, clock: Clock, actor: Actor, kind: NoticeKind, mailable: Mailable = has_address, *, wanted: bool
) -> Notifications:
    """Remind the actor in this way, or not. Kinds that they cannot get are left as they are."""

    def altered(viewer: Viewer, chosen: Preferences) -> Preferences | None:
        if kind not in reminders_for(viewer):
            return None
        return replace(chosen, unwanted=chosen.unwanted - {kind} if wanted else chosen.unwanted | {kind})

    return await _change(store, clock, actor, altered, mailable)


async def want_agenda_at(
    store: Store, clock: Clock, actor: Actor, minute: int, mailable: Mailable = has_address
) -> Notifications:
    """Have a coach's agenda come at a time of their day (minutes since midnight). Others are left as they are."""

    def altered(viewer: Viewer, chosen: Preferences) -> Preferences | None:
        return replace(chosen, agenda_minute=minute) if viewer.is_coach and minute in AGENDA_MINUTES else None

    return await _change(store, clock, actor, altered, mailable)


async def answer(
    store: Store, clock: Clock, actor: Actor, mailable: Mailable = has_address, *, wanted: bool
) -> Notifications:
    """Answer the question in the actor's first receipt, and have that message say so.

    What they have chosen since counts more than a no, and a wish for mail alone more than a yes.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        viewer = await uow.people.viewer(actor.user_id)
        before = (await uow.notifications.chosen([actor.user_id])).get(actor.user_id)
        chosen = before or usual(viewer.person)
        able = mailable(viewer.person)
        if wanted and able and not chosen.ways.by_mail:
            chosen = replace(chosen, ways=Ways.BOTH)
        if able and chosen != before:
            await uow.notifications.choose(actor.user_id, chosen, now)
        await uow.mails.retell_question(actor.user_id, now)
        await uow.commit()
    return Notifications(viewer=viewer, now=now, chosen=chosen, mailable=able, saved=able)


async def try_again(store: Store, clock: Clock, actor: Actor, mailable: Mailable = has_address) -> Notifications:
    """Write again to the address from which mails came back: its owner says that it takes them."""
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await uow.mails.try_again(actor.user_id)
        viewer = await uow.people.viewer(actor.user_id)
        chosen = (await uow.notifications.chosen([actor.user_id])).get(actor.user_id, usual(viewer.person))
        await uow.commit()
    return Notifications(viewer=viewer, now=now, chosen=chosen, mailable=mailable(viewer.person), saved=True)


async def _change(
    store: Store,
    clock: Clock,
    actor: Actor,
    altered: Callable[[Viewer, Preferences], Preferences | None],
    mailable: Mailable,
) -> Notifications:
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        viewer = await uow.people.viewer(actor.user_id)
        before = (await uow.notifications.chosen([actor.user_id])).get(actor.user_id, usual(viewer.person))
        found = Notifications(viewer=viewer, now=now, chosen=before, mailable=mailable(viewer.person))
        chosen = altered(viewer, before)
        if chosen is None:
            return found
        # Who chooses what holds anyway has chosen it, and is not asked any more.
        await uow.notifications.choose(actor.user_id, chosen, now)
        if chosen.agenda_minute != before.agenda_minute:
            await uow.days.plan_again(actor.user_id)
        await uow.commit()
    return replace(found, chosen=chosen, saved=True)


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
    found = Notifications(viewer=viewer.speaking(language), now=now, chosen=chosen, mailable=has_address(viewer.person))
    if wanted is None or (wanted is found.ways.by_mail and found.mailable):
        return found
    ways = Ways.SLACK if not wanted else Ways.BOTH if viewer.person.in_slack else Ways.MAIL
    async with store.write(workspace_id) as uow:
        if wanted:
            await uow.mails.try_again(person_id)
        chosen = (await uow.notifications.chosen([person_id])).get(person_id, chosen)
        await uow.notifications.choose(person_id, replace(chosen, ways=ways), now)
        await uow.commit()
    person = replace(found.viewer.person, refused_address=None) if wanted else found.viewer.person
    return replace(
        found,
        viewer=replace(found.viewer, person=person),
        chosen=replace(chosen, ways=ways),
        mailable=has_address(person),
        saved=True,
    )
