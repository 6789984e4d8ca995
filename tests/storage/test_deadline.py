"""Past its deadline a request waits for no connection, lock or statement, changes nothing, and leaves nothing behind."""

import asyncio

import pytest
from sqlalchemy import text

from coaching import deadline
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from storage import SqlStore
from storage.engine import patience_of
from tests.support import patience
from tests.support.world import ANNA, WORKSPACE, World


@pytest.fixture
def world(store: SqlStore, clock: ManualClock) -> World:
    return World(store, clock)


async def _admins(store: SqlStore, *who: str) -> None:
    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins(who)
        await uow.commit()


async def _named(store: SqlStore) -> list[str]:
    async with store.read(WORKSPACE) as queries:
        return [person.id for person in await queries.people.admins()]


async def test_what_is_committed_too_late_is_not_committed_at_all(store: SqlStore, world: World) -> None:
    await world.people()
    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ANNA])
        await uow.commit()
    seconds = [0.0]

    async def too_late() -> None:
        async with store.write(WORKSPACE) as uow:
            await uow.people.save_admins([])
            seconds[0] = 2.6
            await uow.commit()

    with deadline.within(2.5, monotonic=lambda: seconds[0]), pytest.raises(StorageBusy):
        await too_late()
    assert await _named(store) == [ANNA]


async def test_nothing_is_asked_of_the_database_once_the_time_is_up(store: SqlStore) -> None:
    seconds = [0.0]
    with deadline.within(2.5, monotonic=lambda: seconds[0]):
        async with store.read(WORKSPACE) as queries:
            await queries.workspace.settings()
            seconds[0] = 2.5
            with pytest.raises(deadline.OutOfTime):
                await queries.workspace.settings()
        with pytest.raises(StorageBusy):
            await _named(store)


async def test_a_lock_is_waited_for_no_longer_than_what_is_left_and_the_next_one_gets_through(
    store: SqlStore, world: World
) -> None:
    """Twice as many as there are connections: none may stay behind."""
    await world.people()
    await _admins(store, ANNA)
    began = asyncio.get_running_loop().time()
    async with store.engines.writer.connect() as holder:
        await holder.execute(text("DELETE FROM admins"))
        rounds = 1 if store.engines.dialect == "sqlite" else 20
        for _ in range(rounds):
            with deadline.within(0.05), pytest.raises(StorageBusy):
                await _admins(store)
        waited = asyncio.get_running_loop().time() - began
        await holder.rollback()
    assert waited < rounds * patience.FOR_DATABASE, "each would have waited that long for the lock"
    await _admins(store, ANNA)
    assert await _named(store) == [ANNA]


async def test_who_waits_longer_than_slack_does_waits_so_long_for_everything(store: SqlStore) -> None:
    """However slow the machine is: a deadline gives no step less than its engines do."""
    assert patience_of(store.engines.writer) == patience_of(store.engines.reader) == patience.FOR_DATABASE
    if store.engines.dialect == "postgresql":
        async with store.engines.reader.connect() as connection:
            for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
                shown = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
                assert shown == f"{patience.FOR_DATABASE / 60:.0f}min"
    given: list[float] = []
    left = deadline.left

    def noted(most: float) -> float:
        given.append(most)
        return left(most)

    with pytest.MonkeyPatch.context() as patched, deadline.within(patience.SECONDS):
        patched.setattr(deadline, "left", noted)
        await _named(store)
    assert set(given) == {patience.FOR_DATABASE}


async def test_a_connection_is_waited_for_no_longer_than_what_is_left(store: SqlStore) -> None:
    pool = 1 if store.engines.dialect == "sqlite" else 10
    held = [await store.engines.writer.connect() for _ in range(pool)]
    try:
        began = asyncio.get_running_loop().time()
        with deadline.within(0.05), pytest.raises(StorageBusy):
            await _admins(store, ANNA)
        assert asyncio.get_running_loop().time() - began < patience.FOR_DATABASE
    finally:
        for connection in held:
            await connection.close()
    await _admins(store, ANNA)


async def test_a_commit_with_less_time_than_a_look_up_takes_still_waits_for_its_answer(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LOOK_UP_SECONDS", 2 * patience.SECONDS)
    with deadline.within(patience.SECONDS):
        await _admins(store, ANNA)
    assert await _named(store) == [ANNA]
