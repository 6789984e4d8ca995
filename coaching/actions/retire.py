"""A coach leaves: the admins are notified, and one of them decides what happens to the sessions ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions import departed
from coaching.actions.access import require_admin, wall_now
from coaching.actions.canceling import carry_out
from coaching.actions.slots import close_undo
from coaching.clock import Clock
from coaching.drafts import Draft, Stage
from coaching.errors import CoachingError, PartlyDone, ReasonTooLong, Replayed, ReplyLost
from coaching.ids import new_id
from coaching.news.admins import coach_left
from coaching.news.kinds import Change, NoticeKind, refreshed_by
from coaching.news.roles import of_list
from coaching.ports import Store, UnitOfWork
from coaching.quotes import quote
from coaching.sessions import MAX_PER_ACTION, MAX_REASON, Actor, Hat, Session, Status
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
            left=coach_id in await queries.coaches.left([coach_id]),
        )


async def retire(store: Store, clock: Clock, command: Retire) -> int:
    """Remove a coach from the list. Return how many sessions were canceled for it.

    A cancellation returns everything, even late, because the coach's side cancels (M7). Any number of sessions is
    canceled, up to a hundred per transaction and those of one client together, so that each client is notified once.
    The coach leaves the list in the transaction that cancels the last of them. What was canceled shortly before can no
    longer be undone, except where the sessions ahead stay. After an interruption it is safe to
    repeat: the remaining sessions are still scheduled. Raises AdminsOnly, Replayed, ReasonTooLong, and PartlyDone for
    whatever stops it after its first transaction.
    """
    run = _Run(store, clock, command, kept_text(command.reason, MAX_REASON, ReasonTooLong), asked_at=wall_now())
    lost: ReplyLost | None = None
    while True:
        try:
            if await run.step():
                return run.canceled
        except Replayed:
            if lost is None:
                raise
            return run.canceled
        except (CoachingError, TimeoutError) as error:
            if isinstance(error, ReplyLost) and lost is None:
                lost = error  # The next transaction sees what became of this one.
            elif run.changed:
                raise PartlyDone(run.canceled) from error
            elif lost is not None:
                raise lost from error
            else:
                raise


class _Run:
    """One removal under way: what its transactions have done so far.

    The rights of the admin at `asked_at` count, so that a long run is not abandoned half-way.
    """

    def __init__(self, store: Store, clock: Clock, command: Retire, reason: str | None, *, asked_at: datetime) -> None:
        self.canceled = 0
        self._store = store
        self._clock = clock
        self._command = command
        self._reason = reason
        self._asked_at = asked_at
        self._removed = False
        """Whether this run took the coach off the list."""
        self._replayed = False
        """Whether that was done before, perhaps by a transaction of this run that was not answered."""
        self._lost: str | None = None
        """The id of a cancellation that was not answered."""
        self._closed = False
        """Whether the present transaction closes the undo of canceled sessions."""

    @property
    def changed(self) -> bool:
        """Whether anything is certainly stored."""
        return self._removed or self.canceled > 0

    async def step(self) -> bool:
        """Carry out one transaction. Return whether it was the last one. Raises ReplyLost, StorageBusy, Replayed."""
        command, coach_id = self._command, self._command.coach_id
        async with self._store.write(command.actor.workspace_id) as uow:
            await require_admin(uow, command.actor, at=self._asked_at)
            if not self.changed and not self._replayed:
                await self._refuse_old(uow)
            action_id, lost = new_id(self._clock.now()), self._lost
            self._closed = False
            some, last = (0, True)
            # Where nothing is booked, no session was left to the coach: neither does one come back by an undo.
            if command.cancel or not await uow.coaches.sessions_ahead(coach_id, self._clock.now()):
                some, last = await self._cancel_some(uow, action_id)
            if lost is not None:
                # Read after the locks: that transaction may have been at its end until now.
                self.canceled += len(await uow.sessions.of_action(lost))
                self._lost = None
            off_the_list = self._removed or self._replayed
            if last and not off_the_list:
                try:
                    await uow.claim_request(command.request_key)
                except Replayed:
                    await self._refuse_old(uow)
                    self._replayed = True
                    return False  # without a commit: what an interruption left is done next
                await self._remove(uow)
            over = not some and not self._closed and (off_the_list or not command.cancel)
            if over:
                # Never in a transaction that cancels or closes an undo, because messages are locked in the order of their keys.
                await departed.retell(uow, coach_id, self._clock.now())
            self._lost = action_id if some else None
            await uow.commit()
        self._lost = None
        self.canceled += some
        self._removed = self._removed or (last and not off_the_list)
        if over and self._replayed and not self.canceled:
            raise Replayed(command.request_key)
        # Repeat: a booking may have been made just before the coach left the list.
        return over

    async def _remove(self, uow: UnitOfWork) -> None:
        """Take the coach off the list, and notify them, unless messages do not reach them any more."""
        actor, coach_id = self._command.actor, self._command.coach_id
        listed = await uow.coaches.listed([coach_id])
        await uow.coaches.remove(coach_id)
        if listed and await uow.people.left_at(coach_id) is None:
            await uow.people.know_of([actor.user_id])
            kinds, key = (NoticeKind.COACH_NAMED, NoticeKind.COACH_UNNAMED), self._command.request_key
            await uow.notices.add(of_list((coach_id,), (), kinds, actor.user_id, key, self._clock.now()))

    async def _refuse_old(self, uow: UnitOfWork) -> None:
        """Raise Replayed if the request was carried out before and the coach was added again since.

        This comes before the first cancellation: whoever reads that it was done before relies on nothing being changed.
        """
        key, coach_id = self._command.request_key, self._command.coach_id
        if await uow.has_claimed(key) and await uow.coaches.listed([coach_id]):
            raise Replayed(key)

    async def _cancel_some(self, uow: UnitOfWork, action_id: str) -> tuple[int, bool]:
        """Cancel as many sessions as one action takes. Return how many, and whether none is left."""
        now, command = self._clock.now(), self._command
        ids = await uow.coaches.ids_ahead(command.coach_id, now, MAX_PER_ACTION + 1)
        found = await uow.sessions.by_ids(ids)
        booked = {s.id for s in found if s.status is Status.SCHEDULED}
        if not booked:
            await self._close_undo(uow, found)
            return 0, True
        ids = [one for one in ids if one in booked]
        picked = _whole_clients(ids, found)
        locked = await uow.sessions.lock(picked)
        policies = await uow.terms.by_ids({s.policy_id for s in locked})
        sessions = [s for s in locked if s.blocked(policies[s.policy_id], now, Hat.COACH) is None]
        if sessions:
            payments = await uow.payments.lock([s.id for s in sessions])
            draft = Draft(
                id=new_id(now),
                user_id=command.actor.user_id,
                hat=Hat.ADMIN,
                subject_id=command.coach_id,
                stage=Stage.DONE,
                picked=tuple(s.id for s in sessions),
                reason=self._reason,
                quote=quote([(s, policies[s.policy_id]) for s in sessions], payments, now, Hat.COACH, refund_late=True),
                action_id=action_id,
            )
            await carry_out(uow, command.actor, draft, sessions, payments, now, undoable=False)
            # The draft is kept for a while, as with any other cancellation.
            await uow.drafts.save(draft, now)
        return len(sessions), len(picked) == len(ids)

    async def _close_undo(self, uow: UnitOfWork, held: Sequence[Session]) -> None:
        """Close the undo of canceled sessions, which nobody would give, and notify whoever was to be told afterwards."""
        if held:
            closed = await close_undo(uow, [s.id for s in held])
            await uow.notices.refresh(refreshed_by(Change.STATE), closed, self._clock.now(), released=closed)
        self._closed = bool(held)


def _whole_clients(ids: Sequence[str], sessions: Sequence[Session]) -> list[str]:
    """Return the ids for one action. The last client is left out if their sessions would be split over two actions."""
    if len(ids) <= MAX_PER_ACTION:
        return list(ids)
    client = {s.id: s.client.id for s in sessions}
    torn = client.get(ids[-1])
    whole = [one for one in ids if client.get(one) != torn]
    return whole or list(ids[:MAX_PER_ACTION])


async def left(store: Store, clock: Clock, workspace_id: str, person_id: str) -> bool:
    """Record that a person has left Slack, and notify the admins once if they give sessions.

    Return False when there is no admin to notify.
    """
    now = clock.now()
    async with store.read(workspace_id) as queries:
        gives = (await queries.people.viewer(person_id)).is_coach
        gives = gives or bool(await queries.coaches.sessions_ahead(person_id, now))
        if not gives and await queries.people.left_at(person_id) is not None:
            return True
    async with store.write(workspace_id) as uow:
        await uow.people.leaves(person_id, now)
        if not gives:
            await uow.commit()
            return True
        anew = person_id not in await uow.coaches.left([person_id])
        told = await uow.notices.tell_admins(coach_left(person_id, now))
        if anew and told:
            await departed.retell(uow, person_id, now)
        await uow.commit()
    return told


async def returned(store: Store, clock: Clock, workspace_id: str, person_id: str) -> None:
    """Record that a person is in Slack: the admins are notified again if this coach leaves again."""
    async with store.read(workspace_id) as queries:
        coached = person_id in await queries.coaches.left([person_id])
        if not coached and await queries.people.left_at(person_id) is None:
            return
    async with store.write(workspace_id) as uow:
        await uow.people.comes_back(person_id)
        if coached:
            await uow.coaches.forget_left(person_id)
            await departed.retell(uow, person_id, clock.now())
        await uow.commit()
