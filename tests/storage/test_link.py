"""Somebody known by e-mail appears in Slack: everything of theirs follows them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, String, select, text

from coaching.actions import book as booking
from coaching.actions import credit_requests, decide, exceptions, move_requests, outcomes, people, reschedule, slots
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import SlotTaken
from coaching.requests import ToBook
from coaching.sessions import Actor, Hat, Person, Status
from coaching.stakeholders import NewsOf
from coaching.timeline import Event
from storage import SqlStore
from storage.repositories.linking import HANDED, STAYS
from storage.tables import members, metadata, moves, refunds, requests, sessions, timeline
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

MAIL, PAT = "mail:pat@example.com", "U0PAT"


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def _appear(world: World) -> int:
    return await people.remember(
        world.store, world.clock, WORKSPACE, Person(PAT, "Pat", "Pat@Example.COM"), world.clock.now(), link=True
    )


async def test_credits_alone_follow_their_owner(world: World) -> None:
    await world.grant(MAIL, 300)
    assert await _appear(world) == 0
    assert await world.balance(PAT) == 300
    assert await _appear(world) == 0


async def test_whatever_spelling_of_their_address_they_were_known_by_follows_them(world: World) -> None:
    for spelled in ("mail:pat@bücher.example", "mail:pat@xn--bcher-kva.example"):
        await world.grant(spelled, 300)
    person = Person(PAT, "Pat", "pat@bücher.example")
    await people.remember(world.store, world.clock, WORKSPACE, person, world.clock.now(), link=True)
    assert await world.balance(PAT) == 600


async def test_an_alert_that_went_to_the_coachs_channel_is_still_edited_after_the_coach_appeared(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, "C0PAT")
        await uow.commit()
    session = await world.book(timedelta(hours=5), coach=MAIL)
    world.clock.advance(timedelta(hours=1))
    await world.cancel(session)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind = 'coach_alert'")
        )
    await _appear(world)
    await decide.decide_late(
        world.store,
        world.clock,
        decide.DecideLate(actor=Actor(WORKSPACE, PAT), session_ids=[session.id], refund=True),
    )
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT recipient, state, revision FROM notices WHERE kind = 'coach_alert'")
        )
        assert [tuple(row) for row in rows] == [(PAT, "pending", 2)]
        assert await violations(connection) == []


async def test_sessions_reminders_and_the_coachs_entry_follow(world: World) -> None:
    await world.grant(MAIL, 300)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, "C0PAT")
        await uow.commit()
    taken = await world.book(timedelta(days=3), client=MAIL)
    given = await world.book(timedelta(days=4), coach=MAIL)
    assert await _appear(world) == 2
    async with world.store.read(WORKSPACE) as queries:
        found = {s.id: s for s in await queries.sessions.by_ids([taken.id, given.id])}
        coaches = {coach.person.id: coach.alert_channel for coach in await queries.coaches.all()}
        lines = (await queries.timeline.notice_lines(found[taken.id], 99))[0]
        assert not (await queries.people.viewer(MAIL)).member
    assert (found[taken.id].client.id, found[given.id].coach.id) == (PAT, PAT)
    assert coaches[PAT] == "C0PAT"
    assert MAIL not in coaches
    assert {line.recipient.id for line in lines} == {PAT}
    assert len(lines) == 3  # two that count down to the cutoff, and one before the start
    await world.cancel(taken, who=PAT)
    await world.cancel(given, who=PAT, hat=Hat.COACH)
    assert await world.balance(PAT) == 300
    assert await world.balance(ANNA) == 1000


async def test_a_coach_booked_under_both_names_at_one_time_is_linked_and_keeps_both_sessions(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, None)
        await uow.commit()
    booked = [
        await world.book(timedelta(days=3), coach=MAIL),
        await world.book(timedelta(days=3, minutes=10), coach=PAT, client=BORIS, price=0),
        await world.book(timedelta(days=4), coach=MAIL),
    ]
    assert await _appear(world) == 2
    async with world.store.read(WORKSPACE) as queries:
        assert {s.coach.id for s in await queries.sessions.by_ids([s.id for s in booked])} == {PAT}
    with pytest.raises(SlotTaken):
        await world.book(timedelta(days=4, minutes=10), coach=PAT, client=BORIS, price=0)


async def test_the_timeline_says_that_a_session_was_linked(world: World) -> None:
    session = await world.book(timedelta(hours=50), coach=MAIL)
    assert await _appear(world) == 1
    async with world.store.read(WORKSPACE) as queries:
        entries = [entry for entry, _ in (await queries.timeline.of(session.id, 99))[0]]
    assert [(entry.event, entry.actor_id) for entry in entries][-1] == (Event.LINKED, PAT)


async def test_the_hours_of_a_coach_follow_them(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, None)
        await uow.schedule.save(MAIL, Availability(time_zone="UTC", hours=parse_hours("Mon 9-12")))
        await uow.commit()
    await _appear(world)
    async with world.store.read(WORKSPACE) as queries:
        assert await queries.schedule.availability(PAT) is not None


async def test_news_and_copies_of_it_that_went_out_are_the_coachs_own_once_they_appear(world: World) -> None:
    admin = Actor(WORKSPACE, ADMIN)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, "C0PAT")
        await uow.stakeholders.save(NewsOf.COACH, MAIL, ["C0OPS"])
        await uow.commit()
    hours = Availability(time_zone="UTC", hours=parse_hours("Mon-Sun 0:00-24:00"), notice=timedelta(hours=1))
    await slots.save_hours(world.store, admin, "hours", MAIL, hours)
    command = booking.Book(
        actor=Actor(WORKSPACE, ANNA),
        role=Hat.CLIENT,
        client_id=ANNA,
        coach_id=MAIL,
        session_type="Coaching",
        starts_at=world.clock.now() + timedelta(days=4),
        length=timedelta(hours=1),
        time_zone="UTC",
        within_hours=True,
    )
    session = await booking.book(world.store, world.clock, command)
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + timedelta(days=1))
    move = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA), request_key="move", hat=Hat.CLIENT, subject_id=ANNA, times=[time]
    )
    await reschedule.move_sessions(world.store, world.clock, move)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE kind IN ('coach_booked', 'coach_moved')")
        )
    await _appear(world)
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT kind, recipient, copy_of FROM notices WHERE kind LIKE 'coach%' ORDER BY kind, recipient")
        )
        assert [tuple(row) for row in rows] == [
            (kind, recipient, about)
            for kind in ("coach_booked", "coach_moved")
            for recipient, about in (("C0OPS", PAT), (PAT, None))
        ]
        assert await violations(connection) == []
    async with world.store.read(WORKSPACE) as queries:
        assert [(one.of_id, one.target) for one in await queries.stakeholders.all()] == [(PAT, "C0OPS")]


async def test_somebody_with_the_longest_address_is_told_like_anybody(world: World) -> None:
    mail = f"mail:{'x' * 64}@{'d' * 63}.{'d' * 63}.{'d' * 57}.org"
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(mail, None)
        await uow.commit()
    session = await world.book(timedelta(hours=5), coach=mail)
    world.clock.advance(timedelta(hours=1))
    await world.cancel(session)
    async with world.store.engines.reader.connect() as connection:
        told = await connection.execute(text("SELECT dedupe_key FROM notices WHERE recipient = :who"), {"who": mail})
        assert [len(row.dedupe_key) <= 200 for row in told] == [True]


async def test_what_a_client_was_not_told_in_time_is_on_record_under_their_own_name(world: World) -> None:
    await world.grant(MAIL)
    canceled = await world.book(timedelta(days=3), client=MAIL)
    missed = await world.book(timedelta(days=5), client=MAIL)
    await world.cancel(canceled, who=COACH, hat=Hat.COACH)
    world.clock.advance(timedelta(days=6))
    coach = Actor(WORKSPACE, COACH)
    await outcomes.close(
        world.store,
        world.clock,
        outcomes.CloseSession(actor=coach, session_id=missed.id, outcome=Status.NO_SHOW),
    )
    async with world.store.engines.writer.begin() as connection:
        late = text("UPDATE notices SET state = 'dropped' WHERE recipient = :who")
        await connection.execute(late, {"who": MAIL})
    await _appear(world)
    async with world.store.engines.reader.connect() as connection:
        assert await violations(connection) == []


def test_every_column_that_names_people_follows_them_or_says_why_not() -> None:
    named = {
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == members.c.id.type.length
    }
    assert named == HANDED | set(STAYS)
    assert not HANDED & set(STAYS)


async def test_what_they_did_on_the_page_of_a_link_is_theirs_once_they_appear(world: World) -> None:
    await world.open()
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(MAIL, None)
        await uow.commit()
    await world.open(MAIL)
    await world.grant(MAIL)
    canceled, moved = [await world.book(timedelta(days=n), client=MAIL) for n in (3, 4)]
    given = await world.book(timedelta(days=5), coach=MAIL)
    await world.cancel(canceled, who=MAIL)
    await world.cancel(given, who=MAIL, hat=Hat.COACH)
    time = reschedule.NewTime(moved.id, moved.starts_at, moved.starts_at + timedelta(days=7))
    move = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, MAIL), request_key="move", hat=Hat.CLIENT, subject_id=MAIL, times=[time]
    )
    await reschedule.move_sessions(world.store, world.clock, move)
    asked = credit_requests.AskCredits(actor=Actor(WORKSPACE, BORIS), amount=100, to_book=ToBook(coach_id=MAIL))
    await credit_requests.ask(world.store, world.clock, asked)
    before = await _naming(world, MAIL)
    deeds = {sessions.c.canceled_by, refunds.c.by, moves.c.by, timeline.c.actor_id, requests.c.coach_id}
    assert deeds <= before
    await _appear(world)
    assert not await _naming(world, MAIL) & HANDED
    assert deeds <= await _naming(world, PAT)
    async with world.store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def test_what_they_asked_for_on_the_page_of_a_link_was_asked_by_them_once_they_appear(world: World) -> None:
    await world.open()
    await world.grant(MAIL)
    asking, taking_back, canceled = [await world.book(timedelta(hours=n), client=MAIL) for n in (6, 8, 10)]
    world.clock.advance(timedelta(hours=1))
    me = Actor(WORKSPACE, MAIL)
    for session in (asking, taking_back):
        move = move_requests.AskMove(
            actor=me, session_id=session.id, times=[session.starts_at + timedelta(days=2)], note=None
        )
        case = await move_requests.ask(world.store, world.clock, move)
    assert case.asked is not None
    await move_requests.withdraw(world.store, world.clock, me, case.asked.action_id)
    done = await world.cancel(canceled, who=MAIL)
    exception = exceptions.Ask(actor=me, action_id=done.draft.action_id or "", note=None)
    await exceptions.ask(world.store, world.clock, exception)
    deeds = {requests.c.asked_by, requests.c.answered_by}
    assert deeds <= await _naming(world, MAIL)
    await _appear(world)
    assert not await _naming(world, MAIL) & HANDED
    assert deeds <= await _naming(world, PAT)
    async with world.store.engines.reader.connect() as connection:
        assert await violations(connection) == []


async def _naming(world: World, who: str) -> set[Column[Any]]:
    """Return the columns that name somebody."""
    async with world.store.engines.reader.connect() as connection:
        return {
            column
            for column in HANDED | set(STAYS)
            if (await connection.execute(select(column).where(column == who).limit(1))).first() is not None
        }
