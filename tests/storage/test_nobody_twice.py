"""Nobody is in two sessions at once, whatever they are in each; and what the client canceled makes room for them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import exceptions, reschedule, slots, undo
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import ClientBusy, NotBookable, SlotTaken, UndoClosed
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session, Status
from coaching.stakeholders import NewsOf
from storage.reconciliation import findings
from storage.rules.waiting import WAITING
from storage.types import from_micros
from tests.conftest import KINDS
from tests.support.databases import Databases
from tests.support.invariants import check_invariants
from tests.support.races import only, race, replicas
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, HOUR, LENGTH = timedelta(days=1), timedelta(hours=1), timedelta(minutes=50)


@pytest.fixture(params=KINDS)
async def worlds(
    request: pytest.FixtureRequest, databases: Databases, clock: ManualClock
) -> AsyncIterator[list[World]]:
    """Eight processes on one database; both coaches give hours at any time."""
    url = await databases.fresh(request.param)
    async with replicas(url, clock, 8) as found:
        await found[0].people()
        for coach in (COACH, OTHER_COACH):
            hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), horizon=60 * DAY)
            await slots.save_hours(found[0].store, Actor(WORKSPACE, coach), f"hours:{coach}", coach, hours)
        for who in (ANNA, BORIS, COACH, OTHER_COACH):
            await found[0].grant(who, 2000)
        yield found
    await check_invariants(url)


@pytest.fixture
def world(worlds: list[World]) -> World:
    return worlds[0]


async def move(
    world: World, *to: tuple[Session, timedelta], who: str = ANNA, hat: Hat = Hat.CLIENT
) -> reschedule.Rescheduled:
    """Move sessions by so much from where they are."""
    command = MoveSessions(
        actor=Actor(WORKSPACE, who),
        request_key=new_id(world.clock.now()),
        hat=hat,
        subject_id=who,
        times=[NewTime(s.id, s.starts_at, s.starts_at + by) for s, by in to],
    )
    return await reschedule.move_sessions(world.store, world.clock, command)


async def take_back(world: World, action_id: str | None, who: str = ANNA) -> None:
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, who), action_id=action_id or ""))


async def offered(world: World, coach: str, client: str, *, by_coach: bool = False) -> set[timedelta]:
    """The starts that a client is offered, from now."""
    free = await slots.free_time(
        world.store, world.clock, Actor(WORKSPACE, client), coach, client, LENGTH, by_coach=by_coach
    )
    return {slot.starts_at - world.clock.now() for found in free.days.values() for slot in found}


@pytest.mark.parametrize("client", [ANNA, COACH])
async def test_a_client_is_not_booked_twice_whatever_they_are_in_the_other_session(world: World, client: str) -> None:
    await world.book(3 * DAY, client=ANNA)
    with pytest.raises(ClientBusy) as refused:
        await world.book(3 * DAY + LENGTH - timedelta(minutes=1), client=client, coach=OTHER_COACH)
    assert refused.value.person_id == client
    await world.book(3 * DAY + LENGTH, client=client, coach=OTHER_COACH)
    await world.book(3 * DAY - LENGTH, client=client, coach=OTHER_COACH)


async def test_a_coach_who_is_a_client_then_gives_no_session(world: World) -> None:
    await world.book(3 * DAY, client=COACH, coach=OTHER_COACH)
    with pytest.raises(SlotTaken):
        await world.book(3 * DAY, client=ANNA, coach=COACH)
    assert 3 * DAY not in await offered(world, COACH, ANNA)
    assert 3 * DAY + HOUR in await offered(world, COACH, ANNA)


async def test_no_time_is_offered_at_which_the_client_is_busy(world: World) -> None:
    await world.book(3 * DAY, client=ANNA)
    assert {3 * DAY, 3 * DAY - timedelta(minutes=45), 3 * DAY + timedelta(minutes=45)}.isdisjoint(
        await offered(world, OTHER_COACH, ANNA)
    )
    assert {3 * DAY - HOUR, 3 * DAY + HOUR} <= await offered(world, OTHER_COACH, ANNA)
    assert 3 * DAY in await offered(world, OTHER_COACH, BORIS)


async def test_moving_onto_another_session_of_the_clients_is_refused_to_client_and_coach(world: World) -> None:
    one = await world.book(3 * DAY)
    await world.book(4 * DAY, coach=OTHER_COACH)
    for who, hat in ((ANNA, Hat.CLIENT), (COACH, Hat.COACH)):
        with pytest.raises(ClientBusy):
            await move(world, (one, DAY), who=who, hat=hat)


async def test_sessions_take_one_anothers_places_in_one_move(world: World) -> None:
    one, two = await world.book(3 * DAY), await world.book(4 * DAY, coach=OTHER_COACH)
    await move(world, (one, DAY), (two, -DAY))
    three, four = await world.book(6 * DAY), await world.book(7 * DAY, client=BORIS)
    await move(world, (three, DAY), (four, -DAY), who=COACH, hat=Hat.COACH)
    async with world.store.read(WORKSPACE) as queries:
        after = {s.id: s.starts_at for s in await queries.sessions.by_ids([one.id, two.id, three.id, four.id])}
    assert after == {
        one.id: two.starts_at,
        two.id: one.starts_at,
        three.id: four.starts_at,
        four.id: three.starts_at,
    }


async def test_two_sessions_of_one_client_are_not_moved_onto_one_another(world: World) -> None:
    one, two = await world.book(3 * DAY), await world.book(4 * DAY, coach=OTHER_COACH)
    with pytest.raises(ClientBusy):
        await move(world, (one, 2 * DAY), (two, DAY + timedelta(minutes=20)))


async def test_what_was_canceled_is_offered_to_others_once_its_undo_is_over(world: World) -> None:
    await world.cancel(await world.book(3 * DAY))
    assert 3 * DAY not in await offered(world, COACH, BORIS)
    world.clock.advance(HOUR)
    assert 3 * DAY - HOUR in await offered(world, COACH, BORIS)


async def test_what_the_client_canceled_makes_room_for_them_and_its_undo_closes_whole(world: World) -> None:
    one, other = await world.book(3 * DAY), await world.book(5 * DAY)
    done = await world.cancel(one, other)
    with pytest.raises(SlotTaken):
        await world.book(3 * DAY, client=BORIS)
    assert 3 * DAY in await offered(world, COACH, ANNA)
    assert 3 * DAY not in await offered(world, COACH, BORIS)
    again = await world.book(3 * DAY, coach=OTHER_COACH)
    # It cannot come back, so nothing of it is held for anybody.
    await world.book(5 * DAY, client=BORIS)
    await world.cancel(again)
    with pytest.raises(UndoClosed) as refused:
        await take_back(world, done.draft.action_id)
    assert refused.value.why == "closed"
    async with world.store.engines.reader.connect() as connection:
        told = "SELECT revision FROM notices WHERE kind = 'receipt' AND action_id = :action"
        revision = (await connection.execute(text(told), {"action": done.draft.action_id})).scalar_one()
    assert revision > 1, "the receipt loses its Undo"


async def test_moving_onto_what_one_canceled_closes_its_undo_but_a_coach_does_not(world: World) -> None:
    one, other = await world.book(3 * DAY), await world.book(5 * DAY)
    done = await world.cancel(one)
    with pytest.raises(ClientBusy):
        await move(world, (other, -2 * DAY), who=COACH, hat=Hat.COACH)
    assert 3 * DAY not in await offered(world, COACH, ANNA, by_coach=True)
    await move(world, (other, -2 * DAY))
    with pytest.raises(UndoClosed):
        await take_back(world, done.draft.action_id)


@pytest.mark.parametrize("by_moving", [False, True])
async def test_a_coach_reads_what_was_canceled_at_once_when_its_undo_closes_and_then_the_request(
    world: World, by_moving: bool
) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, ["C0DESK"])
        await uow.commit()
    late, other, third = await world.book(5 * HOUR), await world.book(5 * DAY), await world.book(7 * DAY)
    world.clock.advance(HOUR)
    kept = await world.cancel(third)
    action_id = (await world.cancel(late)).draft.action_id or ""
    world.clock.advance(timedelta(seconds=20))
    if by_moving:
        hours = Availability(time_zone="UTC", hours=parse_hours("daily 0-24"), notice=timedelta(0))
        await slots.save_hours(world.store, Actor(WORKSPACE, COACH), "at once", COACH, hours)
        await move(world, (other, late.starts_at - other.starts_at))
    else:
        await world.book(late.starts_at - world.clock.now(), coach=OTHER_COACH)
    await exceptions.ask(world.store, world.clock, exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action_id))
    async with world.store.engines.reader.connect() as connection:
        due = "SELECT recipient, due_at FROM notices WHERE kind = :kind AND action_id = :action"
        held, alerts = [
            {
                row.recipient: from_micros(row.due_at)
                for row in await connection.execute(text(due), {"kind": k, "action": a})
            }
            for k, a in (("coach_alert", kept.draft.action_id), ("coach_alert", action_id))
        ]
        asked = "SELECT recipient, due_at FROM notices WHERE kind = 'exception'"
        requests = {row.recipient: from_micros(row.due_at) for row in await connection.execute(text(asked))}
    now = world.clock.now()
    assert alerts == {COACH: now, "C0DESK": now}
    assert requests[COACH] == now
    assert min(held.values()) > now


async def test_nobody_else_books_a_person_whose_cancellation_can_be_undone(world: World) -> None:
    session = await world.book(3 * DAY, client=COACH, coach=OTHER_COACH)
    done = await world.cancel(session, who=COACH)
    with pytest.raises(SlotTaken):
        await world.book(3 * DAY, client=ANNA, coach=COACH)
    await take_back(world, done.draft.action_id, COACH)
    async with world.store.read(WORKSPACE) as queries:
        restored = await queries.sessions.find(session.id)
    assert restored is not None
    assert restored.status is Status.SCHEDULED


async def test_overlaps_that_an_import_brought_stay_come_back_and_are_named(world: World) -> None:
    one = await world.book(3 * DAY)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO sessions (workspace_id, id, origin, may_overlap, client_id, coach_id, session_type_id, "
                "starts_at, ends_at, time_zone, booked_at, policy_id, refund_cutoff_at, price, status, version, "
                "cancellation_no, reschedules, reminders_kept) SELECT workspace_id, 'imported', 'imported', true, "
                "client_id, 'U0OTHER', session_type_id, starts_at, ends_at, time_zone, booked_at, policy_id, "
                "refund_cutoff_at, 0, status, 1, 0, 0, false FROM sessions WHERE id = :copied"
            ),
            {"copied": one.id},
        )
        await connection.execute(
            text(
                "INSERT INTO timeline (workspace_id, session_id, id, at, event, actor_id, role) "
                "SELECT workspace_id, id, 'imported', booked_at, 'imported', 'import', 'system' "
                "FROM sessions WHERE id = 'imported'"
            )
        )
    with pytest.raises(ClientBusy):
        await world.book(3 * DAY, coach=OTHER_COACH)
    done = await world.cancel(one)
    await take_back(world, done.draft.action_id)
    async with world.store.engines.reader.connect() as connection:
        named = {
            finding.rule.id: set(finding.examples[0].split())
            for finding in await findings(connection, rules=WAITING, now=world.clock.now())
        }
        assert named["nobody_is_expected_twice"] == {one.id, "imported"}
        past = await findings(connection, rules=WAITING, now=one.ends_at)
        assert "nobody_is_expected_twice" not in {finding.rule.id for finding in past}


async def test_linking_lets_stand_what_both_names_had_under_either_hat(world: World) -> None:
    mail = "mail:pat@example.com"
    await world.grant(mail, 500)
    kept = [
        await world.book(3 * DAY, client=mail),
        await world.book(3 * DAY, client=BORIS, coach=OTHER_COACH),
        await world.book(4 * DAY, client=mail),
    ]
    canceled = await world.cancel(kept[1], who=BORIS)
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.link(mail, OTHER_COACH)
        await uow.commit()
    await take_back(world, canceled.draft.action_id, BORIS)
    with pytest.raises(SlotTaken):
        await world.book(4 * DAY, client=ANNA, coach=OTHER_COACH)


async def test_one_of_eight_bookings_of_a_client_with_two_coaches_is_made(worlds: list[World]) -> None:
    results = await race(
        *(
            world.book(3 * DAY + n * timedelta(minutes=5), coach=(COACH, OTHER_COACH)[n % 2], price=0)
            for n, world in enumerate(worlds)
        )
    )
    assert len(only(results, Session)) == 1
    assert len(only(results, ClientBusy)) == 7


async def test_two_coaches_who_book_one_another_at_once_never_wait_crosswise(worlds: list[World]) -> None:
    results = await race(
        *(
            world.book(3 * DAY, client=(COACH, OTHER_COACH)[n % 2], coach=(OTHER_COACH, COACH)[n % 2], price=0)
            for n, world in enumerate(worlds)
        )
    )
    assert len(only(results, Session)) == 1
    assert len(only(results, ClientBusy)) == 7


async def test_moves_of_several_and_bookings_race_and_leave_nobody_twice(worlds: list[World]) -> None:
    one, two = await worlds[0].book(3 * DAY), await worlds[0].book(4 * DAY, coach=OTHER_COACH)
    three = await worlds[0].book(5 * DAY, client=BORIS, coach=OTHER_COACH)
    four = await worlds[0].book(6 * DAY, client=BORIS)
    results = await race(
        move(worlds[0], (one, 5 * DAY), (two, 5 * DAY)),
        move(worlds[1], (three, 4 * DAY), (four, 2 * DAY), who=BORIS),
        worlds[2].book(8 * DAY, coach=OTHER_COACH),
        worlds[3].book(9 * DAY, client=BORIS),
        worlds[4].book(8 * DAY, client=BORIS, coach=COACH),
    )
    assert {type(one) for one in results} <= {reschedule.Rescheduled, Session, ClientBusy, SlotTaken, NotBookable}


async def test_undo_against_a_booking_by_the_same_client_has_one_winner(worlds: list[World]) -> None:
    session = await worlds[0].book(3 * DAY)
    done = await worlds[0].cancel(session)
    undone, booked = await race(
        take_back(worlds[0], done.draft.action_id), worlds[1].book(3 * DAY, coach=OTHER_COACH, price=0)
    )
    if undone is None:
        assert isinstance(booked, ClientBusy)
    else:
        assert isinstance(undone, UndoClosed)
        assert isinstance(booked, Session)
