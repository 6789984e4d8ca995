"""Clients and private notes of one workspace are not read, changed or deleted from another."""

from datetime import timedelta

from coaching.clients import History
from coaching.clock import ManualClock
from coaching.notes import PrivateNote
from coaching.sessions import Person
from storage import SqlStore
from tests.conftest import START
from tests.support.world import ANNA, COACH, World

DAY = timedelta(days=1)


async def test_another_workspaces_clients_and_notes_are_out_of_reach(store: SqlStore, clock: ManualClock) -> None:
    mine = World(store, clock, "T0MINE")
    await mine.people()
    await mine.grant()
    session = await mine.book(2 * DAY)
    note = PrivateNote(id="n", client_id=ANNA, author=Person(COACH), at=START, text="shy", session_id=session.id)
    async with store.sweep() as sweep:
        here, empty = sweep.within("T0MINE"), sweep.within("T0EMPTY")
        await here.notes.add(note)
        assert await empty.notes.of_client(ANNA, 9) == []
        assert await empty.notes.find("n") is None
        assert not await empty.notes.change("n", COACH, "bold", START)
        assert not await empty.notes.remove("n", COACH)
        assert await empty.clients.of_coach(COACH, START, 9) == []
        assert not await empty.clients.knows(COACH, ANNA)
        assert await empty.clients.latest(COACH, ANNA) is None
        assert await empty.clients.history(ANNA, None, START + 9 * DAY, 9) == History()
        [kept] = await here.notes.of_client(ANNA, 9)
        assert (kept.text, kept.author.name, kept.session_id) == ("shy", "Carla Coach", session.id)
        assert [one.person.id for one in await here.clients.of_coach(COACH, START, 9)] == [ANNA]
        for coach in (COACH, None):
            assert await here.clients.history(ANNA, coach, START + 9 * DAY, 9) == History(over=1)


async def test_a_history_says_that_it_counts_the_latest_only(store: SqlStore, clock: ManualClock) -> None:
    world = World(store, clock, "T0MINE")
    await world.people()
    await world.grant()
    for n in range(3):
        await world.book((n + 1) * DAY)
    async with store.read("T0MINE") as queries:
        assert not (await queries.clients.history(ANNA, COACH, START, 3)).cut
        assert (await queries.clients.history(ANNA, COACH, START, 2)).cut
