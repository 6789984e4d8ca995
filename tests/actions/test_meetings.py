"""Another meeting link is written for all sessions that it concerns, in the order in which everybody takes them."""

from datetime import timedelta

from sqlalchemy import text

from coaching.actions.meetings import save_link
from coaching.clock import ManualClock
from coaching.meetings import LinkOf, LinkScope
from coaching.sessions import Actor
from storage import SqlStore
from tests.support.world import COACH, WORKSPACE, World


async def test_sessions_are_written_in_the_order_of_their_ids_whatever_their_times(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    booked = []
    for days in (5, 3, 4):
        booked.append(await world.book(timedelta(days=days)))
        clock.advance(timedelta(seconds=1))
    scope = LinkScope(LinkOf.COACH, COACH)
    await save_link(store, clock, Actor(WORKSPACE, COACH), "k", scope, "https://meet.example.com/room")
    written = "SELECT session_id FROM timeline WHERE event = 'link_changed' ORDER BY id"
    async with store.engines.reader.connect() as connection:
        found = [row.session_id for row in await connection.execute(text(written))]
    assert found == sorted(one.id for one in booked)
