"""Credits that come back to an expired grant, whatever comes back beside them."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coaching.clock import ManualClock
from coaching.policy import Policy
from coaching.workspace import Settings
from storage import SqlStore
from storage.tables import transfers
from tests.support.invariants import balances, violations
from tests.support.world import ANNA, WORKSPACE, World

DAY = timedelta(hours=24)


async def test_what_comes_back_after_the_end_lasts_a_day_where_there_is_no_return_period(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(policy=Policy(return_period=timedelta(0))))
    grant = await world.grant(credits=400, expires_at=clock.now() + DAY)
    sessions = [await world.book(DAY * n) for n in (4, 5, 6)]
    clock.advance(DAY * 2)
    for session in sessions:
        await world.cancel(session)
    async with store.engines.reader.connect() as connection:
        assert await violations(connection) == []
        held = await balances(connection, WORKSPACE)
    # What was not spent is left to the job that closes the grant; nothing of it comes back with the others.
    assert held.pop("issued") == -400
    assert held.pop(f"grant:{grant}") == 100
    assert list(held.values()) == [100, 100, 100]
    async with store.read(WORKSPACE) as queries:
        back = [one for one in await queries.grants.of_client(ANNA) if one.parent_id == grant]
    assert all(one.expires_at is not None and one.expires_at - clock.now() < DAY for one in back)


async def test_nothing_of_a_movement_ever_changes_but_the_ids_of_people(store: SqlStore, clock: ManualClock) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant(credits=400)
    await world.book(DAY)
    free = []
    for column in transfers.c:
        change = f"UPDATE transfers SET {column.key} = {column.key}"
        try:
            async with store.engines.writer.begin() as connection:
                await connection.execute(text(change))
        except DBAPIError:
            continue
        free.append(column.key)
    # A new column is one of those that never change, unless it is named here. Both follow a person: to the account of whom
    # a file named by e-mail, and to the pseudonym of whom is erased.
    assert free == ["by_id", "client_id"]
