"""Decide late cancellations: all, a part or nothing; exactly what was paid and never more."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from coaching.actions import decide
from coaching.actions.access import deciders
from coaching.clock import ManualClock
from coaching.errors import BadPart, NoteTooLong, NotYours
from coaching.policy import Policy, Tier
from coaching.sessions import Actor, Decision, Hat, Session
from coaching.timeline import Event
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.invariants import check_invariants
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY = timedelta(days=1)
HALF = Policy(tiers=(Tier(DAY, 100), Tier(timedelta(hours=12), 50)))


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock, database_url: str) -> AsyncIterator[World]:
    world = World(store, clock)
    await world.people()
    yield world
    await check_invariants(database_url)


async def late(world: World, *sessions: Session, lead: timedelta = timedelta(hours=2)) -> None:
    world.clock.set(sessions[0].starts_at - lead)
    await world.cancel(*sessions)


async def settle(
    world: World, *sessions: Session, refund: bool = True, part: int | None = None, note: str | None = None
) -> decide.Decided:
    command = decide.DecideLate(
        actor=Actor(WORKSPACE, COACH), session_ids=[s.id for s in sessions], refund=refund, part=part, note=note
    )
    return await decide.decide_late(world.store, world.clock, command)


async def test_a_part_comes_back_with_the_coachs_note_and_is_recorded(world: World) -> None:
    await world.grant()
    session = await world.book(DAY * 3)
    await late(world, session)
    [decided] = (await settle(world, session, part=50, note=" \x00Half, this once. ")).decided
    ended = decided.cancellation
    assert ended is not None
    assert (ended.decision, ended.returned, ended.note) == (Decision.PARTLY, 50, "Half, this once.")
    assert await world.balance() == 950
    async with world.store.read(WORKSPACE) as queries:
        entry, who = (await queries.timeline.of(session.id, 99))[0][-1]
        assert (entry.event, entry.amount, who.id) == (Event.REFUNDED_PARTLY, 50, COACH)
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(text("SELECT outcome, percent, amount FROM refunds WHERE decision = 'late'"))
        assert [tuple(row) for row in rows] == [("partly", 50, 50)]


async def test_a_part_is_of_each_session_and_final(world: World) -> None:
    await world.grant()
    one, two = await world.book(DAY * 3), await world.book(DAY * 3 + timedelta(hours=1))
    await late(world, one, two)
    assert len((await settle(world, one, two, part=25)).decided) == 2
    assert await world.balance() == 850
    again = await settle(world, one, two)
    assert (again.decided, len(again.before)) == ([], 2)
    assert await world.balance() == 850


async def test_a_pressed_message_catches_up_only_where_no_notice_edits_it_and_only_for_who_may_decide(
    world: World,
) -> None:
    await world.grant()
    session, still = await world.book(DAY * 3), await world.book(DAY * 3 + timedelta(hours=1))
    await late(world, session, still)
    await settle(world, session)
    ids = [session.id, still.id]

    async def outdated(channel: str, who: str = COACH) -> list[str]:
        found = await decide.catch_up(
            world.store, world.clock, Actor(WORKSPACE, who), ids, (channel, "1.0"), again=False
        )
        return [one.id for one in found.sessions]

    assert await outdated("C0OLD") == [session.id], "the alert is not due yet, so this is another message"
    world.clock.advance(timedelta(minutes=2))
    assert await outdated("C0OLD") == [], "the alert may be going out, so this may be it"
    change = text("UPDATE notices SET state = 'sent', sent_revision = 1, channel = 'D0NEW', message_ts = '1.0'")
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(change)
    assert await outdated("D0NEW") == [], "the relay edits this one"
    assert await outdated("C0OLD") == [session.id]
    with pytest.raises(NotYours):
        await outdated("C0OLD", ANNA)


async def test_what_a_half_tier_kept_bounds_the_part_and_several_grants_get_it_back(world: World) -> None:
    await world.settings(Settings(policy=HALF))
    await world.grant(credits=33)
    await world.grant(credits=68)
    session = await world.book(DAY * 3, price=101)
    await late(world, session, lead=timedelta(hours=13))
    assert await world.balance() == 51
    with pytest.raises(BadPart) as refused:
        await settle(world, session, part=50)
    assert refused.value.kept == 50
    await settle(world, session, part=49)
    assert await world.balance() == 100


async def test_a_part_that_a_coach_returns_has_a_whole_return_period(world: World) -> None:
    now = world.clock.now()
    expired = await world.grant(BORIS, 300, expires_at=now + DAY * 2)
    session = await world.book(DAY * 3, client=BORIS)
    world.clock.set(session.starts_at - timedelta(hours=2))
    await world.cancel(session, who=BORIS)
    await settle(world, session, part=40)
    async with world.store.read(WORKSPACE) as queries:
        [back] = [grant for grant in await queries.grants.of_client(BORIS) if grant.parent_id is not None]
    assert (back.balance, back.parent_id) == (40, expired)
    assert back.expires_at is not None
    assert back.expires_at >= world.clock.now() + Policy().return_period


@pytest.mark.parametrize("part", [0, -1, 100, 101])
async def test_a_part_is_more_than_nothing_and_less_than_all(world: World, part: int) -> None:
    await world.grant()
    session = await world.book(DAY * 3)
    await late(world, session)
    with pytest.raises(BadPart):
        await settle(world, session, part=part)
    assert await world.balance() == 900


async def test_strangers_other_coaches_and_overlong_notes_are_refused(world: World) -> None:
    await world.grant()
    session = await world.book(DAY * 3)
    await late(world, session)
    for stranger in (ANNA, BORIS, OTHER_COACH):
        with pytest.raises(NotYours):
            await decide.undecided(world.store, world.clock, Actor(WORKSPACE, stranger), [session.id])
    with pytest.raises(NoteTooLong):
        await settle(world, session, note="x" * 3001)
    found = await decide.undecided(world.store, world.clock, Actor(WORKSPACE, COACH), [session.id])
    assert ([s.id for s in found.open], found.least_kept) == ([session.id], 100)


async def test_who_decides_is_looked_up_once_for_any_number_of_sessions(world: World) -> None:
    await world.grant()
    sessions = [await world.book(DAY * 3 + timedelta(hours=hours)) for hours in range(3)]
    await late(world, *sessions)
    asked: list[str] = []
    engine = world.store.engines.reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    async with world.store.read(WORKSPACE) as queries:
        hats = await deciders(queries, Actor(WORKSPACE, ADMIN), [s.id for s in sessions], sessions)
    assert set(hats.values()) == {Hat.ADMIN}
    assert len([statement for statement in asked if "admins" in statement]) == 1
