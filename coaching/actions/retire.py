"""A coach leaves: the admins are notified, and one of them decides what happens to the sessions ahead."""

from collections.abc import Sequence
from dataclasses import dataclass

from coaching.actions import departed
from coaching.actions.access import require_admin, wall_now
from coaching.actions.cancel import carry_out
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import ReasonTooLong
from coaching.ids import new_id
from coaching.news.admins import coach_left
from coaching.ports import Store, UnitOfWork
from coaching.quotes import quote
from coaching.sessions import MAX_PER_ACTION, MAX_REASON, Actor, Hat, Session
from coaching.texts import kept_text
from coaching.workspace import Coach


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """An admin removes a coach from the list.

    With `cancel` all sessions ahead are canceled. `reason` goes to the clients.
    """

    actor: Actor
    request_key: str
    coach_id: str
    cancel: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retiring:
    """A coach who may be removed: how many sessions they have ahead, and whether they have left Slack."""

    coach: Coach
    ahead: int
    left: bool


async def look(store: Store, clock: Clock, actor: Actor, coach_id: str) -> Retiring:
    """Return what an admin must know before removing a coach. Raises AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        await require_admin(queries, actor)
        return Retiring(
            coach=Coach((await queries.people.viewer(coach_id)).person),
            ahead=await queries.coaches.sessions_ahead(coach_id, now),
            left=await queries.coaches.has_left(coach_id),
        )


async def retire(store: Store, clock: Clock, command: Retire) -> int:
    """Remove a coach from the list. Return how many sessions were canceled for it.

    A cancellation returns everything, even late, because the coach's side cancels (M7). Any number of sessions is
    canceled, up to a hundred per transaction and those of one client together, so that each client is notified once.
    The coach leaves the list in the transaction that cancels the last of them. After an interruption it is safe to
    repeat: the remaining sessions are still scheduled. Raises AdminsOnly, Replayed, ReasonTooLong.
    """
    reason = kept_text(command.reason, MAX_REASON, ReasonTooLong)
    actor, workspace_id = command.actor, command.actor.workspace_id
    # The rights of the admin at this time count, so that a long run is not abandoned half-way.
    canceled, off_the_list, asked_at = 0, False, wall_now()
    while True:
        async with store.write(workspace_id) as uow:
            await require_admin(uow, actor, at=asked_at)
            some, last = await _cancel_some(uow, clock, command, reason) if command.cancel else (0, True)
            if last and not off_the_list:
                await uow.claim_request(command.request_key)
                await uow.coaches.remove(command.coach_id)
            if not some and (off_the_list or not command.cancel):
                # Never in a transaction that cancels, because messages are locked in the order of their keys.
                await departed.retell(uow, command.coach_id, clock.now())
                await uow.commit()
                return canceled
            await uow.commit()
        canceled += some
        off_the_list = off_the_list or last
        # Repeat: a booking may have been made just before the coach left the list.


async def _cancel_some(uow: UnitOfWork, clock: Clock, command: Retire, reason: str | None) -> tuple[int, bool]:
    """Cancel as many sessions as one action takes. Return how many, and whether none is left."""
    now, actor = clock.now(), command.actor
    ids = await uow.coaches.ids_ahead(command.coach_id, now, MAX_PER_ACTION + 1)
    picked = _whole_clients(ids, await uow.sessions.by_ids(ids))
    locked = await uow.sessions.lock(picked)
    policies = await uow.terms.by_ids({s.policy_id for s in locked})
    sessions = [s for s in locked if s.blocked(policies[s.policy_id], now, Hat.COACH) is None]
    if sessions:
        payments = await uow.payments.lock([s.id for s in sessions])
        draft = Draft(
            id=new_id(now),
            user_id=actor.user_id,
            hat=Hat.ADMIN,
            subject_id=command.coach_id,
            stage=Stage.DONE,
            picked=tuple(s.id for s in sessions),
            reason=reason,
            quote=quote([(s, policies[s.policy_id]) for s in sessions], payments, now, Hat.COACH, refund_late=True),
            action_id=new_id(now),
        )
        await carry_out(uow, actor, draft, sessions, payments, now, undoable=False)
        # The draft is kept for a while, as with any other cancellation.
        await uow.drafts.save(draft, now)
    return len(sessions), len(picked) == len(ids)


def _whole_clients(ids: Sequence[str], sessions: Sequence[Session]) -> list[str]:
    """Return the ids for one action. The last client is left out if their sessions would be split over two actions."""
    if len(ids) <= MAX_PER_ACTION:
        return list(ids)
    client = {s.id: s.client.id for s in sessions}
    torn = client.get(ids[-1])
    whole = [one for one in ids if client.get(one) != torn]
    return whole or list(ids[:MAX_PER_ACTION])


async def left(store: Store, clock: Clock, workspace_id: str, person_id: str) -> bool:
    """Notify the admins once that a person who gives sessions has left Slack.

    Return False when there is no admin to notify.
    """
    now = clock.now()
    async with store.read(workspace_id) as queries:
        gives = (await queries.people.viewer(person_id)).is_coach
        if not gives and not await queries.coaches.sessions_ahead(person_id, now):
            return True
    async with store.write(workspace_id) as uow:
        anew = not await uow.coaches.has_left(person_id)
        told = await uow.notices.tell_admins(coach_left(person_id, now))
        if anew and told:
            await departed.retell(uow, person_id, now)
        await uow.commit()
    return told


async def returned(store: Store, clock: Clock, workspace_id: str, person_id: str) -> None:
    """Record that a person is in Slack: the admins are notified again if this coach leaves again."""
    async with store.read(workspace_id) as queries:
        if not await queries.coaches.has_left(person_id):
            return
    async with store.write(workspace_id) as uow:
        await uow.coaches.forget_left(person_id)
        await departed.retell(uow, person_id, clock.now())
        await uow.commit()
