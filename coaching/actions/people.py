"""People: storing what Slack says of them, and linking those who were known by e-mail only."""

from datetime import datetime

from coaching.clock import Clock
from coaching.mail_ids import pending_ids
from coaching.ports import Store
from coaching.sessions import Hat, Person
from coaching.timeline import Entry, Event


async def remember(
    store: Store,
    clock: Clock,
    workspace_id: str,
    person: Person,
    fetched_at: datetime,
    *,
    link: bool,
    anew: bool = True,
) -> int:
    """Store what Slack says of a person.

    If `link`, they are a member here, and imported rows with their e-mail become theirs. Returns how many sessions were
    linked. Without `anew` nothing is stored of somebody of whom there is no row: they may have been erased while Slack
    was asked. A person who changed time zone, or was known by e-mail before, gets their reminders planned again.
    `fetched_at` is when Slack answered (wall time, UTC). It decides when to ask again, and from when on a former
    admin's actions are in doubt.
    """
    async with store.write(workspace_id) as uow:
        await uow.workspace.ensure()
        by_mail = sorted(pending_ids(person.email)) if link and person.email else []
        known = await uow.people.time_zones([person.id, *by_mail])
        if not anew and not known:
            return 0
        if known.keys() & set(by_mail) or known.get(person.id, person.time_zone) != person.time_zone:
            # Ask before linking locks sessions: the job that makes the plans locks in this order.
            await uow.plans.ask_replan(person.id)
        # Their row last: erasing and notes take it after sessions, credits and the locks of people.
        moved = [one for pending in by_mail for one in await uow.people.link(pending, person.id)]
        if not await uow.people.save(person, fetched_at, anew=anew):
            return 0
        linked = [Entry(session_id, clock.now(), Event.LINKED, person.id, Hat.SYSTEM) for session_id in moved]
        if linked:
            await uow.timeline.add(linked)
        await uow.commit()
    return len(moved)
