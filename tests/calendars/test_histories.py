"""After any history of sessions exactly the booked ones are in every calendar: by feed, and by invitations."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from calendars.appointment import Address, uid_of
from calendars.parts import cancellation, invitation
from coaching.actions import undo
from coaching.actions.calendar_address import parsed, read, renew
from coaching.actions.cancel import Canceled
from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.clock import ManualClock
from coaching.errors import CoachingError
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session, Status
from handlers.views.appointments import appointment, calendar_text
from handlers.views.words import reader_for
from storage import SqlStore
from tests.support.calendars import Invited, subscribed
from tests.support.world import ANNA, COACH, WORKSPACE, World

H = timedelta(hours=1)
SESSIONS = Address("Carla Coach", "sessions@example.com")
READER = Address("Anna Lee", "anna@example.com")


class History:
    """What happens to Anna's sessions, and the message that each change sends to her calendar."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.known: dict[str, Session] = {}
        self.sent: list[str] = []
        self.numbers: dict[str, int] = {}
        self.undoable: list[str] = []

    async def go_on(self) -> None:
        """Let one thing happen, if it can."""
        booked = [one for one in self.known.values() if one.status is Status.SCHEDULED]
        step = self.dice.choice([self._book, self._move, self._cancel, self._coach_cancels, self._undo])
        if step in (self._move, self._cancel, self._coach_cancels) and not booked:
            step = self._book
        self.world.clock.advance(timedelta(seconds=self.dice.choice([1, 20, 90])))
        try:
            await step(self.dice.choice(booked)) if step in (
                self._move,
                self._cancel,
                self._coach_cancels,
            ) else await step()
        except CoachingError:
            return
        await self._told()

    async def _book(self) -> None:
        session = await self.world.book(self.dice.randrange(30, 400) * H)
        self.known[session.id] = session

    async def _move(self, session: Session) -> None:
        to = self.world.clock.now().replace(second=0, microsecond=0) + self.dice.randrange(30, 400) * H
        times = [NewTime(session.id, session.starts_at, to.replace(minute=0))]
        actor = Actor(WORKSPACE, COACH)
        command = MoveSessions(actor=actor, request_key=new_id(to), hat=Hat.COACH, subject_id=COACH, times=times)
        await move_sessions(self.world.store, self.world.clock, command)

    async def _cancel(self, session: Session) -> None:
        done = await self.world.cancel(session)
        self.undoable.append(done.draft.action_id or "")

    async def _coach_cancels(self, session: Session) -> None:
        done = await self.world.confirm(await self.world.quote(session, who=COACH, hat=Hat.COACH))
        assert isinstance(done, Canceled)

    async def _undo(self) -> None:
        if self.undoable:
            command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=self.undoable.pop())
            await undo.undo(self.world.store, self.world.clock, command)

    async def _told(self) -> None:
        async with self.world.store.read(WORKSPACE) as queries:
            viewer = await queries.people.viewer(ANNA)
            for session in await queries.sessions.by_ids(list(self.known)):
                if session == self.known[session.id] and session.id in self.numbers:
                    continue
                self.known[session.id] = session
                policies = await queries.terms.by_ids([session.policy_id])
                now = self.world.clock.now()
                one = appointment(
                    session,
                    policies[session.policy_id],
                    reader_for(viewer, [session], now),
                    Hat.CLIENT,
                    stamp=now,
                    way_in=None,
                )
                assert one.sequence > self.numbers.get(session.id, 0), "the number rises with every change"
                self.numbers[session.id] = one.sequence
                make = invitation if session.status is Status.SCHEDULED else cancellation
                self.sent.append(make(one, organizer=SESSIONS, attendee=READER))

    @property
    def booked(self) -> Mapping[str, datetime]:
        """What must be in a calendar: uid → start."""
        return {
            uid_of(WORKSPACE, one.id): one.starts_at for one in self.known.values() if one.status is Status.SCHEDULED
        }


def held(calendar: Invited) -> Mapping[str, datetime]:
    return {uid: one.starts_at for uid, one in calendar.shown.items()}


@pytest.mark.parametrize("seed", range(3))
async def test_exactly_what_is_booked_remains(store: SqlStore, clock: ManualClock, seed: int) -> None:
    world = World(store, clock)
    await world.people()
    await world.open()
    await world.grant(ANNA, 100_000)
    history = History(world, seed)
    token = (await renew(store, clock, Actor(WORKSPACE, ANNA), "k")).token
    named = parsed(token or "")
    assert named is not None
    for _ in range(40):
        await history.go_on()
        found = await read(store, clock, *named)
        assert found is not None
        fed = subscribed(calendar_text(found, lambda _session: None))
        assert {uid: one.starts_at for uid, one in fed.items()} == history.booked
    assert len(history.sent) > 20
    in_order = Invited(remembers=False)
    for text in history.sent:
        in_order.receive(text)
        in_order.receive(text)
    assert held(in_order) == history.booked
    for _ in range(5):
        shuffled = Invited(remembers=True)
        for text in history.dice.sample(history.sent * 2, 2 * len(history.sent)):
            shuffled.receive(text)
        assert held(shuffled) == history.booked
