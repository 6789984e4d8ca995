"""Everybody takes sessions, then credits, then messages, and messages in the order of their keys, as the relay does."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import event, text

from coaching.actions import book as booking
from coaching.actions import (
    decide,
    exceptions,
    expiry,
    outcomes,
    people,
    plans,
    remind,
    requests,
    reschedule,
    slots,
    undo,
    upkeep,
)
from coaching.actions.shift import follow_with_expiries
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import NotYours
from coaching.news.bookings import booked
from coaching.news.kinds import Change, refreshed_by
from coaching.policy import Policy
from coaching.quiet import QuietHours
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.workspace import Settings
from storage.constraints import LOCK_PEOPLE
from storage.types import to_micros
from tests.support import patience
from tests.support.databases import Databases
from tests.support.invariants import check_invariants
from tests.support.races import replicas, waits
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

MAIL = "mail:pat@example.com"
DAY = timedelta(days=1)

SENT = text(
    "UPDATE notices SET state = 'sent', sent_revision = revision, channel = 'D1', message_ts = '1.1', why = NULL "
    "WHERE kind IN ('coach_alert', 'exception', 'receipt') OR (kind = 'reminder' AND :reminders)"
)
LOCK = text("SELECT 1 FROM notices WHERE kind = :kind AND (action_id = :id OR session_id = :id) FOR UPDATE")


@pytest.fixture
async def world(databases: Databases, clock: ManualClock) -> AsyncIterator[World]:
    url = await databases.fresh("postgresql")
    async with replicas(url, clock, 1) as [world]:
        await world.people()
        await world.grant()
        yield world
    await check_invariants(url)


async def sent(world: World, *, reminders: bool = False) -> None:
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(SENT, {"reminders": reminders})


async def test_undo_takes_the_receipt_before_the_reminders(world: World) -> None:
    session = await world.book(timedelta(days=4))
    await sent(world, reminders=True)
    done = await world.cancel(session)
    action_id = done.draft.action_id or ""
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'receipt'"))
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id)
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "receipt", "id": action_id})
        undoing = asyncio.create_task(undo.undo(world.store, world.clock, command))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "reminder", "id": session.id})
    [restored] = (await undoing).sessions
    assert restored.cancellation is None


async def test_the_deadline_takes_every_alert_before_any_receipt(world: World) -> None:
    await world.settings(Settings(policy=Policy(undecided_percent=50), undo_window=timedelta(0)))
    made: list[Session] = [await world.book(timedelta(hours=hours)) for hours in (5, 7)]
    world.clock.advance(timedelta(hours=1))
    actions = []
    for session in made:
        actions.append((await world.cancel(session)).draft.action_id or "")
        asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=actions[-1])
        await exceptions.ask(world.store, world.clock, asked)
        world.clock.advance(timedelta(seconds=1))
    await sent(world)
    world.clock.advance(timedelta(days=4))
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "coach_alert", "id": actions[1]})
        job = asyncio.create_task(upkeep.run(world.store, world.clock, requests.decide_overdue))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "receipt", "id": actions[0]})
    assert await job == 2
    assert await world.balance() == 1000 - 100


async def test_planning_again_takes_sessions_before_the_credits_that_a_warning_is_about(world: World) -> None:
    await world.settings(Settings(quiet_hours=QuietHours(time(22), time(8))))
    world.clock.set(world.clock.now().replace(hour=5, minute=30))  # half past midnight in New York
    grant = await world.grant(expires_at=world.clock.now() + 10 * DAY)
    session = await world.book(5 * DAY)
    assert await expiry.warn_expiring(world.store, world.clock, 10) == 1
    async with world.store.write(WORKSPACE) as uow:
        await uow.plans.ask_replan(ANNA)
        await uow.commit()
    async with world.store.write(WORKSPACE) as canceling:
        await canceling.sessions.lock([session.id])
        job = asyncio.create_task(plans.replan_due(world.store, world.clock, 10))
        await waits(world.store)
        await canceling.ledger.balances_of([grant])
    assert await job == 1


async def test_a_booking_that_closes_an_undo_takes_every_alert_before_any_receipt(world: World) -> None:
    room, instead = await world.book(3 * DAY), await world.book(5 * DAY)
    closed = (await world.cancel(room)).draft.action_id or ""
    again = (await world.cancel(instead)).draft.action_id or ""
    await sent(world)
    command = booking.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=OTHER_COACH,
        session_type="Coaching",
        starts_at=room.starts_at,
        length=timedelta(minutes=50),
        time_zone="America/New_York",
        rebooks=instead.id,
    )
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "coach_alert", "id": again})
        making = asyncio.create_task(booking.book(world.store, world.clock, command))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "receipt", "id": closed})
    assert (await making).starts_at == room.starts_at


async def test_a_move_that_closes_an_undo_takes_earlier_news_before_the_receipt(world: World) -> None:
    hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), horizon=60 * DAY)
    await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    room, other = await world.book(3 * DAY), await world.book(5 * DAY)
    first = await _move(world, other, timedelta(hours=1), "first")
    closed = (await world.cancel(room)).draft.action_id or ""
    await sent(world)
    [(_, moved)] = first.sessions
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "coach_moved", "id": first.action_id})
        moving = asyncio.create_task(_move(world, moved, room.starts_at - moved.starts_at, "again"))
        await waits(world.store)
        await relay.execute(LOCK, {"kind": "receipt", "id": closed})
    [(_, after)] = (await moving).sessions
    assert after.starts_at == room.starts_at


async def test_a_move_of_several_locks_what_makes_room_for_the_first_together_with_them(world: World) -> None:
    hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), horizon=60 * DAY)
    await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    room, first, second = [await world.book(days * DAY) for days in (3, 5, 9)]
    await world.cancel(room)
    times = [
        reschedule.NewTime(first.id, first.starts_at, room.starts_at),
        reschedule.NewTime(second.id, second.starts_at, second.starts_at + DAY),
    ]
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA), request_key="move", hat=Hat.CLIENT, subject_id=ANNA, times=times
    )
    lock = text("SELECT 1 FROM sessions WHERE id = :id FOR UPDATE")
    async with world.store.engines.writer.begin() as other:
        await other.execute(lock, {"id": room.id})
        moving = asyncio.create_task(reschedule.move_sessions(world.store, world.clock, command))
        await waits(world.store)
        await other.execute(lock, {"id": first.id})
    assert len((await moving).sessions) == 2


async def test_a_grant_whose_end_another_replica_moved_by_later_rules_keeps_it(world: World) -> None:
    grant = await world.grant(credits=500)
    ends = world.clock.now() + 90 * DAY
    by_rules = text(
        "UPDATE grants SET expires_on = '2027-06-01', expires_zone = 'Europe/Paris', expires_rules = :rules, expires_at = :at"
        " WHERE id = :id"
    )
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(by_rules, {"id": grant, "rules": "2020a", "at": to_micros(ends - DAY)})
    async with world.store.engines.writer.begin() as other:
        await other.execute(text("SELECT 1 FROM grants WHERE id = :id FOR UPDATE"), {"id": grant})
        following = asyncio.create_task(follow_with_expiries(world.store, world.clock, 10))
        await waits(world.store)
        await other.execute(by_rules, {"id": grant, "rules": "2999z", "at": to_micros(ends)})
    assert await following == 1
    async with world.store.engines.reader.connect() as connection:
        kept = text("SELECT expires_rules, expires_at FROM grants WHERE id = :id")
        assert (await connection.execute(kept, {"id": grant})).one() == ("2999z", to_micros(ends))


@pytest.mark.parametrize("late", [False, True], ids=["of what is paid", "of what was kept"])
async def test_credits_are_returned_by_the_end_that_their_grant_has_once_it_is_locked(world: World, late: bool) -> None:
    grant = await world.grant(BORIS, 500, expires_at=world.clock.now() + 90 * DAY)
    session = await world.book(DAY / 12 if late else 5 * DAY, client=BORIS)
    if late:
        world.clock.advance(DAY / 24)  # past the grace that a booking has
        await world.cancel(session, who=BORIS)
    ends = world.clock.now() + 30 * DAY

    async def returning() -> datetime | None:
        async with world.store.write(WORKSPACE) as uow:
            lock = uow.payments.lock_forfeits if late else uow.payments.lock
            [payment] = (await lock([session.id]))[session.id]
            return payment.source.expires_at

    async with world.store.engines.writer.begin() as other:
        moved = text("UPDATE grants SET expires_at = :at WHERE id = :id")
        await other.execute(moved, {"id": grant, "at": to_micros(ends)})
        reading, waiting = asyncio.create_task(returning()), asyncio.create_task(waits(world.store))
        await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
    assert await reading == ends


async def test_linking_takes_credits_before_people_as_a_booking_does(world: World) -> None:
    await world.grant(MAIL)
    await world.book(3 * DAY, client=MAIL)
    person = Person("U0PAT", "Pat", "pat@example.com")
    async with world.store.engines.writer.begin() as booker:
        await booker.execute(text("SELECT 1 FROM grants WHERE client_id = :who FOR UPDATE"), {"who": MAIL})
        now = world.clock.now()
        linking = asyncio.create_task(people.remember(world.store, world.clock, WORKSPACE, person, now, link=True))
        await waits(world.store)
        await booker.execute(text(LOCK_PEOPLE), {"ws": WORKSPACE, "people": [MAIL, COACH]})
    assert await linking == 1


async def test_linking_takes_messages_in_the_order_of_their_keys(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, "C0PAT")
        await uow.commit()
    session = await world.book(5 * DAY, coach=MAIL)
    async with world.store.write(WORKSPACE) as uow:
        await uow.notices.add(booked(session.id, ANNA, MAIL, world.clock.now()))
        await uow.commit()
    hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), horizon=60 * DAY)
    await slots.save_hours(world.store, Actor(WORKSPACE, ADMIN), "hours", MAIL, hours)
    await _move(world, session, timedelta(hours=1), "first")
    person = Person("U0PAT", "Pat", "pat@example.com")
    async with world.store.engines.writer.begin() as relay:
        await relay.execute(LOCK, {"kind": "coach_booked", "id": session.id})
        now = world.clock.now()
        linking = asyncio.create_task(people.remember(world.store, world.clock, WORKSPACE, person, now, link=True))
        await waits(world.store)
        await relay.execute(text("SELECT 1 FROM notices WHERE kind = 'coach_moved' FOR UPDATE"))
    assert await linking == 1


async def test_keys_are_sorted_as_the_relay_sorts_them_whatever_the_collation_of_the_database(world: World) -> None:
    found: list[str] = []
    engine = world.store.engines.writer.sync_engine
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: found.append(statement))
    await world.grant(MAIL)
    session = await world.book(3 * DAY, client=MAIL)
    async with world.store.write(WORKSPACE) as uow:
        await uow.notices.refresh(refreshed_by(Change.STATE), [session.id], world.clock.now())
        await uow.plans.lock([session.id])
        await uow.workspace.move_channel("C0OLD", "C0NEW")
        await uow.people.link(MAIL, "U0PAT")
        await uow.commit()
    sorted_keys = [s for s in found if "FOR UPDATE" in s and re.search(r"ORDER BY \(?notices\.dedupe_key", s)]
    assert len(sorted_keys) == 4
    assert [s for s in sorted_keys if 'dedupe_key COLLATE "C"' not in s] == []


async def test_who_has_no_right_waits_for_nobody_and_keeps_nobody_waiting(world: World) -> None:
    booked, canceled = await world.book(3 * DAY), await world.book(5 * DAY)
    action_id = (await world.cancel(canceled)).draft.action_id or ""
    boris, store, clock = Actor(WORKSPACE, BORIS), world.store, world.clock
    closing = outcomes.CloseSession(actor=boris, session_id=booked.id, outcome=Status.COMPLETED)
    async with store.write(WORKSPACE) as somebody:
        await somebody.sessions.lock([booked.id, canceled.id])
        async with asyncio.timeout(patience.SECONDS):
            for tried in (
                outcomes.close(store, clock, closing),
                reschedule.allow_late_move(store, clock, boris, booked.id),
                undo.undo(store, clock, undo.Undo(actor=boris, action_id=action_id)),
                exceptions.ask(store, clock, exceptions.Ask(actor=boris, action_id=action_id)),
                remind.keep(store, clock, remind.Keep(actor=boris, session_id=booked.id)),
                decide.decide_late(
                    store, clock, decide.DecideLate(actor=boris, session_ids=[canceled.id], refund=True)
                ),
            ):
                with pytest.raises(NotYours):
                    await tried


async def _move(world: World, session: Session, by: timedelta, key: str) -> reschedule.Rescheduled:
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + by)
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA), request_key=key, hat=Hat.CLIENT, subject_id=ANNA, times=[time]
    )
    return await reschedule.move_sessions(world.store, world.clock, command)
