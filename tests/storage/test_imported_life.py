"""Sessions that were imported live like any others, and the books stay right whatever becomes of them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coaching.actions import decide, outcomes, people, reschedule, slots, undo, upkeep
from coaching.availability import Availability, parse_hours
from coaching.clock import ManualClock
from coaching.errors import SlotTaken
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Person, Session, Status
from storage import SqlStore
from tests.support.imports import Importer, session
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE, World

H = timedelta(hours=1)


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    """A practice; what is imported to it starts two days from now, or says when."""
    world = World(store, clock)
    await world.people()
    hours = Availability(time_zone="UTC", hours=parse_hours("Mon-Sun 0:00-24:00"), notice=H)
    await slots.save_hours(store, Actor(WORKSPACE, COACH), "hours", COACH, hours)
    return world


async def bring(world: World, importer: Importer, *rows: dict[str, str]) -> None:
    start = {"starts_at": (world.clock.now() + 48 * H).isoformat()}
    assert await importer.rows(*(start | row for row in rows)) == 0, importer.said
    await check_invariants(importer.url)


async def move(world: World, one: Session, to: datetime, hat: Hat = Hat.CLIENT) -> None:
    who = {Hat.CLIENT: one.client.id, Hat.COACH: one.coach.id, Hat.ADMIN: ADMIN}[hat]
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, who),
        request_key=new_id(world.clock.now()),
        hat=hat,
        subject_id=one.coach.id if hat is Hat.COACH else one.client.id,
        times=[reschedule.NewTime(one.id, one.starts_at, to)],
    )
    await reschedule.move_sessions(world.store, world.clock, command)


async def origin(store: SqlStore, session_id: str) -> tuple[str, bool]:
    async with store.engines.reader.connect() as connection:
        found = await connection.execute(
            text("SELECT origin, may_overlap FROM sessions WHERE id = :id"), {"id": session_id}
        )
        row = found.one()
    return row.origin, bool(row.may_overlap)


@pytest.mark.parametrize("hat", [Hat.COACH, Hat.ADMIN, Hat.CLIENT])
async def test_moving_an_imported_session_does_not_change_where_it_came_from(
    world: World, importer: Importer, hat: Hat
) -> None:
    await bring(world, importer, {"session_id": "S1"}, {"session_id": "S2", "package": "Ten"})
    for session_id in ("S1", "S2"):
        assert await origin(world.store, session_id) == ("imported", True)
    for number, session_id in enumerate(("S1", "S2")):
        one = await session(world.store, session_id)
        await move(world, one, one.starts_at + (2 + 2 * number) * H, hat)
        assert await origin(world.store, session_id) == ("imported", False)
        await check_invariants(importer.url)
    assert await importer.rows({"session_id": "S3", "package": "Ten"}, {"session_id": "S4"}) == 0
    await check_invariants(importer.url)


async def test_a_moved_session_overlaps_nothing_any_more_wherever_it_is_moved(world: World, importer: Importer) -> None:
    await bring(world, importer, {"session_id": "S1"}, {"session_id": "S2", "client": BORIS})
    one, other = [await session(world.store, name) for name in ("S1", "S2")]
    for to in (one.starts_at, other.starts_at + H / 2):
        with pytest.raises(SlotTaken):
            await move(world, one, to, Hat.COACH)
    await move(world, one, one.starts_at + 3 * H, Hat.COACH)
    with pytest.raises(SlotTaken):
        await move(world, await session(world.store, "S1"), other.starts_at, Hat.COACH)
    await check_invariants(importer.url)


async def test_every_end_of_an_imported_session_keeps_the_books(world: World, importer: Importer) -> None:
    soon = (world.clock.now() + 2 * H).isoformat()
    await bring(
        world,
        importer,
        {"session_id": "undone"},
        {"session_id": "canceled", "package": "Ten"},
        {"session_id": "late", "starts_at": soon, "package": "Ten"},
        {"session_id": "missed", "starts_at": soon, "client": BORIS},
        {"session_id": "over", "starts_at": soon, "client": BORIS, "coach": "otto@example.com"},
        {"session_id": "elsewhere", "status": "canceled", "package": "Ten"},
        {"session_id": "free", "credits": "0", "package": "Ten"},
        {"session_id": "linked", "client": "new@example.com", "package": "Ten"},
    )

    async def cancel(name: str, who: str = ANNA, hat: Hat = Hat.CLIENT) -> str:
        done = await world.cancel(await session(world.store, name), who=who, hat=hat)
        await check_invariants(importer.url)
        return done.draft.action_id or ""

    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=await cancel("undone")))
    await check_invariants(importer.url)
    await cancel("canceled", COACH, Hat.COACH)
    await cancel("late")
    decision = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=["late"], refund=True, part=33)
    await decide.decide_late(world.store, world.clock, decision)
    await check_invariants(importer.url)
    await cancel("free")
    assert await people.remember(
        world.store, world.clock, WORKSPACE, Person("U0NEW", "N", "new@example.com"), world.clock.now(), link=True
    )
    await check_invariants(importer.url)
    await move(world, await session(world.store, "linked"), world.clock.now() + 72 * H, Hat.COACH)
    await check_invariants(importer.url)
    world.clock.advance(3 * H)
    close = outcomes.CloseSession(actor=Actor(WORKSPACE, COACH), session_id="missed", outcome=Status.NO_SHOW)
    await outcomes.close(world.store, world.clock, close)
    await check_invariants(importer.url)
    world.clock.advance(100 * H)
    for _, job in upkeep.JOBS:
        await upkeep.run(world.store, world.clock, job)
    await check_invariants(importer.url)
    assert (await session(world.store, "over")).status is Status.COMPLETED
