"""What is erased is overwritten in a SQLite file: deleted text would stay in unused pages."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url, text

from coaching.actions import erase
from coaching.clock import ManualClock
from tests.support.databases import Databases
from tests.support.races import replicas
from tests.support.world import ANNA, WORKSPACE

DAY = timedelta(days=1)
WORDS = [f"reason-vermilion-{n}-" + "vermilion " * 20 for n in range(20)]


async def test_nothing_that_an_erased_person_wrote_is_left_in_the_file(
    databases: Databases, clock: ManualClock
) -> None:
    url = await databases.fresh("sqlite")
    file = Path(make_url(url).database or "")
    async with replicas(url, clock, 1) as [world]:
        async with world.store.engines.writer.connect() as connection:
            # Some builds of SQLite overwrite by themselves, so that the file alone would prove nothing there.
            assert (await connection.execute(text("PRAGMA secure_delete"))).scalar_one() == 1
        await world.people()
        await world.grant(ANNA, 5000)
        for n, words in enumerate(WORDS):
            await world.confirm(await world.quote(await world.book((n + 2) * DAY), reason=words))
    assert b"reason-vermilion-7-" in file.read_bytes()  # noqa: ASYNC240 - nobody else uses it
    async with replicas(url, clock, 1) as [world]:
        await erase.erase_here(world.store, world.clock, WORKSPACE, ANNA)
    assert not file.with_name(f"{file.name}-wal").exists()
    assert b"vermilion" not in file.read_bytes()  # noqa: ASYNC240
