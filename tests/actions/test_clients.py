"""A client's page: who sees what on it, the clients of a coach, and bookings by a coach for their client (K8)."""

from datetime import timedelta

import pytest

from coaching.actions import book as booking
from coaching.actions import clients, departed, erase, exceptions, slots
from coaching.actions.waiting import open_queue
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly, CoachesOnly, Engaged, NotEnoughCredits, NotYours
from coaching.sessions import Actor, Hat, Session, Status
from coaching.timeline import Event
from coaching.workspace import SessionType, Settings
from storage import SqlStore
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(days=1)
CARLA, OTTO, ADA = Actor(WORKSPACE, COACH), Actor(WORKSPACE, OTHER_COACH), Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.open()
    await world.open(OTHER_COACH)
    return world


async def page(world: World, actor: Actor = CARLA, client: str = ANNA) -> clients.ClientPage:
    return await clients.open_client(world.store, world.clock, actor, client)


def booking_for(world: World, days: int, **given: object) -> booking.Book:
    plain = {
        "actor": CARLA,
        "role": Hat.COACH,
        "client_id": ANNA,
        "coach_id": COACH,
        "session_type": "Coaching",
        "starts_at": world.clock.now() + days * DAY,
        "length": timedelta(minutes=50),
        "time_zone": "America/New_York",
        "within_hours": True,
    }
    return booking.Book(**{**plain, **given})  # type: ignore[arg-type]


async def book_for(world: World, days: int, **given: object) -> Session:
    return await booking.book(world.store, world.clock, booking_for(world, days, **given))


async def test_a_coach_sees_what_a_client_has_with_them_and_nothing_else(world: World) -> None:
    mine, _others = await world.book(2 * DAY), await world.book(3 * DAY, coach=OTHER_COACH)
    await world.book(4 * DAY, client=ANNA, coach=OTHER_COACH, price=0)
    seen = await page(world)
    assert seen.hat is Hat.COACH
    assert [row.session.id for row in seen.ahead.rows] == [mine.id]
    assert seen.ahead.total == 1
    assert (seen.behind.rows, seen.history.over) == ([], 0)


async def test_an_admin_sees_everything_and_no_notes(world: World) -> None:
    await world.book(2 * DAY)
    await world.book(3 * DAY, coach=OTHER_COACH)
    seen = await page(world, ADA)
    assert (seen.hat, seen.coaches, seen.ahead.total) == (Hat.ADMIN, False, 2)
    assert seen.notes == []


async def test_an_admin_who_coaches_the_client_is_both(world: World) -> None:
    await world.book(2 * DAY)
    async with world.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([COACH])
        await uow.commit()
    seen = await page(world)
    assert (seen.hat, seen.coaches) == (Hat.ADMIN, True)


@pytest.mark.parametrize(
    ("who", "client", "expected"),
    [
        (COACH, BORIS, NotYours),  # no client of hers
        (COACH, COACH, NotYours),
        (OTHER_COACH, ANNA, NotYours),
        (ANNA, ANNA, AdminsOnly),
        (BORIS, ANNA, AdminsOnly),
        (COACH, "U0NOBODY", NotYours),
    ],
)
async def test_nobody_else_sees_the_page(world: World, who: str, client: str, expected: type[Exception]) -> None:
    await world.book(2 * DAY)
    with pytest.raises(expected):
        await page(world, Actor(WORKSPACE, who), client)


async def test_a_coach_who_was_removed_sees_it_no_more(world: World) -> None:
    await world.book(2 * DAY)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    with pytest.raises(AdminsOnly):
        await page(world)
    with pytest.raises(CoachesOnly):
        await clients.open_clients(world.store, world.clock, CARLA)
    with pytest.raises(CoachesOnly):
        await book_for(world, 5)


async def test_the_history_counts_how_sessions_ended(world: World) -> None:
    taken, in_time, late, by_coach = [await world.book(timedelta(hours=n)) for n in (30, 60, 32, 70)]
    await world.book(timedelta(hours=31), coach=OTHER_COACH)
    await world.cancel(in_time)
    await world.cancel(by_coach, who=COACH, hat=Hat.COACH)
    world.clock.advance(timedelta(hours=20))
    await world.cancel(late)
    world.clock.set(taken.ends_at)
    history = (await page(world)).history
    assert (history.over, history.in_time, history.late, history.by_coach, history.no_shows) == (1, 1, 1, 1, 0)
    assert not history.cut
    assert (await page(world, ADA)).history.over == 1, "the one with Otto has not ended"


async def test_a_coachs_clients_come_in_the_order_in_which_they_are_next_or_were_last(world: World) -> None:
    await world.grant(BORIS)
    await world.grant(ADMIN)
    await world.grant(OTHER_COACH)
    first = await world.book(1 * DAY, client=BORIS)
    await world.book(2 * DAY, client=ADMIN)
    world.clock.advance(3 * DAY)
    await world.book(5 * DAY)
    soon = await world.book(2 * DAY, client=OTHER_COACH)
    await world.book(9 * DAY, client=OTHER_COACH)
    await world.book(1 * DAY, coach=OTHER_COACH)
    found = (await clients.open_clients(world.store, world.clock, CARLA)).clients
    assert [one.person.id for one in found] == [OTHER_COACH, ANNA, ADMIN, BORIS]
    assert (found[0].next_at, found[0].last_at, found[3].next_at, found[3].last_at) == (
        soon.starts_at,
        None,
        None,
        first.starts_at,
    )
    assert found[1].person.name == "Anna Lee"


async def test_somebody_whose_only_session_ahead_is_canceled_stays_a_client(world: World) -> None:
    await world.cancel(await world.book(5 * DAY))
    [only] = (await clients.open_clients(world.store, world.clock, CARLA)).clients
    assert (only.person.id, only.next_at, only.last_at) == (ANNA, None, None)
    assert (await page(world)).behind.total == 1


async def test_a_coach_books_for_a_client_who_pays_and_is_told_and_the_timeline_says_who(world: World) -> None:
    await world.book(2 * DAY)
    session = await book_for(world, 9)
    assert (session.client.id, session.coach.id, session.status) == (ANNA, COACH, Status.SCHEDULED)
    assert await world.balance() == 800
    async with world.store.read(WORKSPACE) as queries:
        [(entry, person)] = (await queries.timeline.of(session.id, 9))[0]
        [row] = (await queries.timeline.notice_lines(session, 9, {ANNA}))[0][:1]
    assert (entry.event, entry.role, person.id) == (Event.BOOKED, Hat.COACH, COACH)
    assert (str(row.kind), row.recipient.id) == ("booked", ANNA)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"coach_id": OTHER_COACH}, NotYours),
        ({"client_id": BORIS}, NotYours),
        ({"client_id": COACH}, NotYours),
        ({"actor": OTTO, "coach_id": OTHER_COACH}, NotYours),
        ({"actor": Actor(WORKSPACE, ANNA)}, CoachesOnly),
        ({"price": 5000}, NotEnoughCredits),
    ],
)
async def test_a_coach_books_only_themselves_for_their_own_clients(
    world: World, given: dict[str, object], expected: type[Exception]
) -> None:
    await world.book(2 * DAY)
    with pytest.raises(expected):
        await book_for(world, 9, **given)
    assert await world.balance() == 900


async def test_a_coach_books_again_in_place_of_their_own_canceled_session_only(world: World) -> None:
    mine, others = await world.book(12 * DAY), await world.book(13 * DAY, coach=OTHER_COACH)
    await world.cancel(mine)
    await world.cancel(others)
    with pytest.raises(NotYours):
        await book_for(world, 9, rebooks=others.id)
    again = await book_for(world, 9, rebooks=mine.id)
    async with world.store.read(WORKSPACE) as queries:
        canceled = await queries.sessions.find(mine.id)
    assert canceled is not None
    assert canceled.cancellation is not None
    assert canceled.cancellation.rebooked_at == again.starts_at


async def test_a_coach_is_offered_themselves_and_what_can_pay_them(world: World) -> None:
    async with world.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 100))
        await uow.commit()
    await world.book(2 * DAY)
    spent = await world.grant(ANNA, 100, expires_at=world.clock.now() + DAY)
    found = await slots.open_booking(world.store, world.clock, CARLA, hat=Hat.COACH, subject_id=ANNA)
    assert [one.id for one in found.coaches] == [COACH]
    assert spent in {one.id for one in found.grants}
    world.clock.advance(DAY + timedelta(seconds=1))
    found = await slots.open_booking(world.store, world.clock, CARLA, hat=Hat.COACH, subject_id=ANNA)
    assert spent not in {one.id for one in found.grants}
    for coach, client in ((OTHER_COACH, ANNA), (None, BORIS)):
        with pytest.raises(NotYours):
            await slots.open_booking(world.store, world.clock, CARLA, hat=Hat.COACH, subject_id=client, coach_id=coach)


async def test_the_next_one_follows_the_last_one_with_that_client(world: World) -> None:
    first, last = await world.book(2 * DAY), await world.book(9 * DAY)
    await world.book(20 * DAY, coach=OTHER_COACH)
    canceled = await world.book(16 * DAY)
    await world.cancel(canceled)
    by_client = await clients.next_one(world.store, CARLA, ANNA)
    by_session = await clients.next_one(world.store, CARLA, None, first.id)
    instead = await clients.next_one(world.store, CARLA, None, canceled.id)
    assert by_client.like is not None
    assert by_session.like is not None
    assert (by_client.like.id, by_session.like.id, by_session.rebooks) == (last.id, last.id, None)
    assert instead.rebooks == canceled.id
    for actor in (OTTO, Actor(WORKSPACE, ANNA)):
        with pytest.raises((NotYours, CoachesOnly)):
            await clients.next_one(world.store, actor, None, first.id)


async def test_a_client_has_a_day_to_take_back_what_somebody_else_booked_for_them(world: World) -> None:
    await world.book(12 * DAY)
    soon, own = world.clock.now() + timedelta(hours=2), world.clock.now() + 2 * DAY
    by_coach = await book_for(world, 0, starts_at=soon)
    by_admin = await book_for(world, 0, starts_at=own, actor=ADA, role=Hat.ADMIN)
    themselves = await book_for(world, 0, starts_at=soon + DAY / 24, actor=Actor(WORKSPACE, ANNA), role=Hat.CLIENT)
    assert by_coach.refund_cutoff_at == by_coach.starts_at
    assert by_admin.refund_cutoff_at == max(by_admin.starts_at - DAY, world.clock.now() + DAY)
    assert themselves.refund_cutoff_at == world.clock.now() + timedelta(minutes=15)
    world.clock.advance(timedelta(minutes=20))
    [canceled] = (await world.cancel(by_coach)).sessions
    assert canceled.cancellation is not None
    assert (canceled.cancellation.late, canceled.cancellation.returned) == (False, 100)


async def test_a_coach_does_not_close_the_undo_of_what_their_client_canceled(world: World) -> None:
    await world.book(12 * DAY)
    other = await world.book(timedelta(hours=20), coach=OTHER_COACH)
    await world.cancel(other)
    with pytest.raises(Engaged):
        await book_for(world, 0, starts_at=other.starts_at)
    async with world.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("short", "Short", timedelta(minutes=50), 100))
        await uow.commit()
    found = await slots.open_booking(world.store, world.clock, CARLA, hat=Hat.COACH, subject_id=ANNA, type_id="short")
    assert found.free is not None
    assert all(slot.starts_at != other.starts_at for some in found.free.days.values() for slot in some)
    async with world.store.read(WORKSPACE) as queries:
        canceled = await queries.sessions.find(other.id)
    assert canceled is not None
    assert canceled.cancellation is not None
    assert canceled.cancellation.undo_until is not None
    assert canceled.cancellation.undo_until > world.clock.now()


@pytest.mark.parametrize(("who", "hat", "closed"), [(COACH, Hat.COACH, True), (ADMIN, Hat.ADMIN, False)])
async def test_booking_in_place_of_a_session_closes_only_the_coachs_own_undo(
    world: World, who: str, hat: Hat, closed: bool
) -> None:
    session = await world.book(12 * DAY)
    await world.confirm(await world.quote(session, who=who, hat=hat, subject=ANNA if hat is Hat.ADMIN else COACH))
    await book_for(world, 9, rebooks=session.id)
    async with world.store.read(WORKSPACE) as queries:
        canceled = await queries.sessions.find(session.id)
    assert canceled is not None
    assert canceled.cancellation is not None
    assert (canceled.cancellation.undo_until is None) is closed


async def test_the_last_session_is_one_that_took_place_and_erased_people_are_no_clients(world: World) -> None:
    session = await world.book(2 * DAY)
    world.clock.advance(timedelta(hours=1))
    await world.cancel(session)
    world.clock.advance(5 * DAY)
    [only] = (await clients.open_clients(world.store, world.clock, CARLA)).clients
    assert (only.person.id, only.last_at) == (ANNA, None)
    name = await erase.erase_here(world.store, world.clock, WORKSPACE, ANNA)
    assert not (await clients.open_clients(world.store, world.clock, CARLA)).clients
    with pytest.raises(NotYours):
        await clients.open_client(world.store, world.clock, CARLA, name)


async def test_a_coach_who_is_back_on_the_list_sees_what_went_to_the_admins(world: World) -> None:
    await world.settings(Settings(undo_window=timedelta(0)))
    session = await world.book(timedelta(hours=20))
    world.clock.advance(timedelta(hours=1))
    [canceled] = (await world.cancel(session)).sessions
    assert canceled.cancellation is not None
    asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=canceled.cancellation.action_id, note="ill")
    await exceptions.ask(world.store, world.clock, asked)
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()
    await departed.hand_over(world.store, world.clock, 100)
    assert not (await open_queue(world.store, world.clock, CARLA)).queue
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0COACH")
        await uow.commit()
    assert (await open_queue(world.store, world.clock, CARLA)).queue.total == 1
