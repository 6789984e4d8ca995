"""The storm's books: what happened more often than somebody pressed is counted."""

from datetime import timedelta

from coaching.actions import undo
from coaching.clock import ManualClock
from coaching.sessions import Actor
from storage import SqlStore
from tests.storm.books import doubled
from tests.storm.journal import Kind, Wish
from tests.support.world import ANNA, COACH, WORKSPACE, World


async def test_what_is_done_twice_for_one_press_is_counted_and_what_was_wanted_twice_is_not(
    store: SqlStore, clock: ManualClock
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    opened = clock.now()
    clock.advance(timedelta(seconds=1))
    session = await world.book(timedelta(days=3))
    wishes = [Wish(kind, ANNA, sessions=(session.id,)) for kind in (Kind.BOOK, Kind.CANCEL, Kind.UNDO)]
    done = await world.cancel(session)
    command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
    await undo.undo(store, clock, command)
    assert await doubled(store.engines, wishes, opened) == []
    async with store.read(WORKSPACE) as queries:
        [again] = await queries.sessions.by_ids([session.id])
    await world.cancel(again)
    [found] = await doubled(store.engines, wishes, opened)
    assert found == f"cancel {session.id}: happened 2 times, wanted 1 times"
    assert await doubled(store.engines, [*wishes, Wish(Kind.CANCEL, ANNA, sessions=(session.id,))], opened) == []
    other = await world.book(timedelta(days=4), coach=COACH)
    assert f"book {other.id}: happened 1 times, wanted 0 times" in await doubled(store.engines, wishes, opened)
