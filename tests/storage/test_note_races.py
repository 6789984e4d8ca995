"""A private note against the erasure of its client: whichever comes first, no note on them is left."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.actions import erase, notes, outcomes
from coaching.clock import ManualClock
from coaching.sessions import Actor
from tests.support.races import race, replicas
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(days=1)


@pytest.fixture
async def worlds(database_url: str, clock: ManualClock) -> AsyncIterator[list[World]]:
    """Two replicas over one database, with two clients whose sessions are over."""
    async with replicas(database_url, clock, 2) as made:
        await made[0].people()
        for n, client in enumerate((ANNA, BORIS), 1):
            await made[0].grant(client)
            await made[0].book(n * DAY, client=client)
        clock.advance(9 * DAY)
        await outcomes.complete_due(made[0].store, clock, 10)
        yield made


async def test_no_note_is_left_on_somebody_who_is_erased_while_it_is_written(worlds: list[World]) -> None:
    writer, eraser = worlds
    for n, client in enumerate((ANNA, BORIS)):
        carla = Actor(WORKSPACE, COACH)
        note = notes.write_note(writer.store, writer.clock, carla, f"k{n}", client, "afraid of speaking")
        await race(note, erase.erase_here(eraser.store, eraser.clock, WORKSPACE, client))
        async with writer.store.read(WORKSPACE) as queries:
            assert not await queries.notes.of_client(client, 9)
