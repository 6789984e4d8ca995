"""What a cancellation by others did to an open request to move a session, and what its undo makes of it (C9, C15)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from coaching.actions import cancel, move_requests, undo
from coaching.clock import ManualClock
from coaching.requests import Request, RequestState
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from storage import SqlStore
from storage.reconciliation import findings
from storage.tables import notices
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE, World

DAY, H, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
HATS = pytest.mark.parametrize(("hat", "who"), [(Hat.COACH, COACH), (Hat.ADMIN, ADMIN)])


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings())
    await world.open()
    await world.grant()
    return world


async def asked(world: World) -> tuple[Session, Request]:
    """Book, let the time to move it by oneself pass, and ask for another time."""
    session = await world.book(3 * DAY)
    world.clock.set(session.starts_at - 10 * H)
    command = move_requests.AskMove(
        actor=Actor(WORKSPACE, ANNA), session_id=session.id, times=[session.starts_at + DAY], note="A train"
    )
    case = await move_requests.ask(world.store, world.clock, command)
    assert case.asked
    world.clock.advance(5 * SECOND)
    return session, case.asked


async def canceled(world: World, session: Session, hat: Hat, who: str) -> str:
    subject = COACH if hat is Hat.COACH else ANNA
    done = await world.confirm(await world.quote(session, who=who, hat=hat, subject=subject))
    assert isinstance(done, cancel.Canceled)
    world.clock.advance(5 * SECOND)
    return done.draft.action_id or ""


async def take_back(world: World, action_id: str, who: str) -> None:
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, who), action_id=action_id))


async def reread(world: World, request: Request) -> Request:
    async with world.store.read(WORKSPACE) as queries:
        [found] = await queries.requests.by_ids([request.action_id])
    return found


async def messages(world: World, request: Request) -> list[tuple[str, str, str, datetime, str | None]]:
    n = notices.c
    query = select(n.kind, n.recipient, n.state, n.due_at, n.why).where(n.action_id == request.action_id)
    async with world.store.engines.reader.connect() as connection:
        return sorted(tuple(row) for row in await connection.execute(query))


async def faults(world: World) -> list[str]:
    async with world.store.engines.reader.connect() as connection:
        return [f"{one.rule.id} {one.examples}" for one in await findings(connection)]


@HATS
async def test_undo_opens_the_request_again_that_the_cancellation_withdrew(world: World, hat: Hat, who: str) -> None:
    session, request = await asked(world)
    before = await messages(world, request)
    assert {state for _, _, state, _, _ in before} == {"pending"}
    action_id = await canceled(world, session, hat, who)
    assert (await reread(world, request)).state is RequestState.WITHDRAWN
    assert {state for _, _, state, _, _ in await messages(world, request)} == {"dropped"}
    await take_back(world, action_id, who)
    assert await reread(world, request) == request
    assert await messages(world, request) == before
    assert await faults(world) == []
    answer = move_requests.AnswerMove(
        actor=Actor(WORKSPACE, COACH), request_id=request.action_id, starts_at=session.starts_at + DAY
    )
    moved = await move_requests.answer(world.store, world.clock, answer)
    assert (moved.done, moved.session.starts_at) == (True, session.starts_at + DAY)


@HATS
async def test_what_the_client_takes_back_meanwhile_stays_withdrawn(world: World, hat: Hat, who: str) -> None:
    session, request = await asked(world)
    action_id = await canceled(world, session, hat, who)
    back = await move_requests.withdraw(world.store, world.clock, Actor(WORKSPACE, ANNA), request.action_id)
    assert back.again
    await take_back(world, action_id, who)
    found = await reread(world, request)
    assert (found.state, found.answered_by) == (RequestState.WITHDRAWN, ANNA)
    assert {state for _, _, state, _, _ in await messages(world, request)} == {"dropped"}
    assert await faults(world) == []


@HATS
async def test_a_request_that_was_taken_back_before_the_cancellation_keeps_its_answer(
    world: World, hat: Hat, who: str
) -> None:
    session, request = await asked(world)
    anna = Actor(WORKSPACE, ANNA)
    await move_requests.withdraw(world.store, world.clock, anna, request.action_id)
    before = await reread(world, request)
    world.clock.advance(5 * SECOND)
    await canceled(world, session, hat, who)
    again = await move_requests.withdraw(world.store, world.clock, anna, request.action_id)
    assert again.again
    assert await reread(world, request) == before


async def test_undo_opens_no_request_that_was_over_before(world: World) -> None:
    session, request = await asked(world)
    await move_requests.withdraw(world.store, world.clock, Actor(WORKSPACE, ANNA), request.action_id)
    world.clock.advance(5 * SECOND)
    await take_back(world, await canceled(world, session, Hat.COACH, COACH), COACH)
    assert (await reread(world, request)).state is RequestState.WITHDRAWN
    assert {state for _, _, state, _, _ in await messages(world, request)} == {"dropped"}
