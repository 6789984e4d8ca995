"""A private note against the erasure of its client: whichever comes first, no note on them is left."""

from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import erase, notes, outcomes, people
from coaching.clock import ManualClock
from coaching.errors import CoachingError
from coaching.sessions import Actor, Person
from tests.support.races import race, replicas
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(days=1)
APPEARING = [(f"U0PAT{n}", f"pat{n}@example.com") for n in range(4)]
"""People who are known by e-mail, and come to Slack while something else happens to them."""


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


@pytest.fixture
async def by_mail(worlds: list[World]) -> list[World]:
    for n, (_, address) in enumerate(APPEARING):
        await worlds[0].grant(f"mail:{address}")
        await worlds[0].book((n + 1) * DAY, client=f"mail:{address}")
    worlds[0].clock.advance(9 * DAY)
    await outcomes.complete_due(worlds[0].store, worlds[0].clock, 10)
    return worlds


def appears(world: World, user_id: str, address: str) -> Coroutine[Any, Any, int]:
    person = Person(user_id, "Pat", address)
    return people.remember(world.store, world.clock, WORKSPACE, person, world.clock.now(), link=True, anew=False)


async def test_a_note_follows_its_client_who_comes_to_slack_while_it_is_written(by_mail: list[World]) -> None:
    one, other = by_mail
    for n, (user_id, address) in enumerate(APPEARING):
        note = notes.write_note(one.store, one.clock, Actor(WORKSPACE, COACH), f"k{n}", f"mail:{address}", "shy")
        written, _ = await race(note, appears(other, user_id, address))
        async with one.store.read(WORKSPACE) as queries:
            assert not await queries.notes.of_client(f"mail:{address}", 9)
            found = await queries.notes.of_client(user_id, 9)
            assert len(found) == (0 if isinstance(written, CoachingError) else 1)


async def test_somebody_who_comes_to_slack_while_they_are_erased_is_erased(
    by_mail: list[World],
) -> None:
    one, other = by_mail
    for user_id, address in APPEARING:
        gone = erase.erase_here(one.store, one.clock, WORKSPACE, f"mail:{address}")
        await race(gone, appears(other, user_id, address))
        async with one.store.read(WORKSPACE) as queries:
            assert not await queries.erasures.ids_of(f"mail:{address}")
            assert not await queries.erasures.ids_of(user_id)
