"""Every action whose commit is not answered: doing it again changes nothing, and tells what happened."""

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest
from sqlalchemy import func, select

from coaching import deadline
from coaching.clock import ManualClock
from coaching.errors import Replayed, ReplyLost
from storage import SqlStore, create_engines
from storage.tables import inbound, metadata
from tests.storage.test_cut_off import ACTIONS, Bench, Work
from tests.support import patience
from tests.support.invariants import check_invariants
from tests.support.proxy import Proxy
from tests.support.world import World


@pytest.fixture
async def bench(postgres_url: str, proxied_url: str, clock: ManualClock) -> AsyncIterator[Bench]:
    engines = create_engines(proxied_url, wait_seconds=patience.FOR_DATABASE)
    bench = Bench(World(SqlStore(engines), clock))
    await bench.world.people()
    await bench.world.grant(credits=100_000)
    yield bench
    await engines.dispose()
    await check_invariants(postgres_url)


async def _rows(bench: Bench) -> dict[str, int]:
    async with bench.world.store.engines.reader.connect() as connection:
        return {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in metadata.sorted_tables
            if table is not inbound  # what was asked for, not what came of it
        }


@pytest.mark.parametrize("prepare", ACTIONS, ids=lambda work: work.__name__.strip("_"))
async def test_done_again_it_changes_nothing(
    bench: Bench, proxy: Proxy, prepare: Callable[[Bench], Coroutine[None, None, Work]]
) -> None:
    work = await prepare(bench)
    before = await _rows(bench)
    proxy.lose_reply(b"COMMIT;")
    with deadline.within(patience.SECONDS):
        with pytest.raises(ReplyLost):
            await work()
        assert deadline.wrote(), "nobody is told that nothing was changed"
        after = await _rows(bench)
        assert before != after, "it was carried out"
        assert deadline.look_again()
        with contextlib.suppress(Replayed):
            await work()
    assert await _rows(bench) == after
