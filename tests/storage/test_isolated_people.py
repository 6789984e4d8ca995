"""Exports, hand-overs, what waits and erased people: two workspaces with the same ids do not reach each other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.export_columns import What
from coaching.exports import Export, Span
from coaching.sessions import Hat, Person
from coaching.waiting import EMPTY as NOTHING
from storage import SqlStore
from tests.conftest import START
from tests.storage.test_isolation import COACH, DAY, EMPTY, MINE, NOW, OTHER, OTHER_COACH, contents, furnish
from tests.support.world import ADMIN, ANNA


@pytest.fixture
async def shared(store: SqlStore) -> SqlStore:
    await furnish(store, MINE)
    await furnish(store, OTHER)
    return store


async def test_another_workspaces_exports_are_not_read_and_not_fetched(shared: SqlStore) -> None:
    async with shared.sweep() as sweep:
        mine, other, empty = [sweep.within(one) for one in (MINE, OTHER, EMPTY)]
        asked = Export("e", Person(ADMIN), NOW, [What.SESSIONS], Span())
        await mine.exports.add(asked)
        assert not await other.exports.fetch("e", NOW)
        assert await other.exports.find("e") is None
        assert [one.id for one in await other.exports.latest(9)] == ["l"]
        assert await empty.exports.latest(9) == []
        for what in What:
            page, _ = await mine.exports.page(what, None, 99)
            assert len(page) > 0
            assert len((await other.exports.page(what, None, 99))[0]) == len(page)
            assert await empty.exports.page(what, None, 99) == ([], None)
        assert await mine.exports.fetch("e", NOW)
        assert not await mine.exports.fetch("e", NOW)


async def test_another_workspaces_sessions_are_not_handed_over(shared: SqlStore) -> None:
    before = await contents(shared, OTHER)
    async with shared.sweep() as sweep:
        mine, empty = sweep.within(MINE), sweep.within(EMPTY)
        [old] = await mine.sessions.by_ids(["s0"])
        given = (old, replace(old, coach=Person(OTHER_COACH)))
        await mine.handovers.hand_over([given], at=NOW, by=COACH, roles={"s0": Hat.COACH}, action_id="h")
        await sweep.commit()
    async with shared.sweep() as sweep:
        mine, other, empty = [sweep.within(one) for one in (MINE, OTHER, EMPTY)]
        assert [len(await one.handovers.of_session("s0")) for one in (mine, other)] == [1, 0]
        assert await empty.handovers.hours([COACH]) == {}
        assert await empty.handovers.beside(["s0"], [ANNA, COACH], timedelta(hours=1), NOW) == []
    assert await contents(shared, OTHER) == before


async def test_nothing_waits_in_another_workspace(shared: SqlStore) -> None:
    async with shared.sweep() as sweep:
        queues = [
            await sweep.within(one).waiting.queue(COACH, START + DAY, coach=True, admin=True, most=9)
            for one in (MINE, OTHER, EMPTY)
        ]
    assert [one.total for one in queues] == [1, 1, 0]
    assert queues[2] == NOTHING


async def test_agendas_are_planned_again_in_ones_own_workspace(shared: SqlStore) -> None:
    async with shared.sweep() as sweep:
        everywhere = {(one, COACH): NOW + DAY for one in (MINE, OTHER)}
        await sweep.days.plan_agendas(everywhere)
        await sweep.within(MINE).days.plan_again(COACH)
        due = [one.workspace_id for one in await sweep.days.agendas(NOW, 9) if one.coach_id == COACH]
    assert due == [MINE]


async def test_erasing_somebody_leaves_the_other_workspace_as_it_was(shared: SqlStore) -> None:
    before = await contents(shared, OTHER)
    async with shared.sweep() as sweep:
        mine, empty = sweep.within(MINE), sweep.within(EMPTY)
        ids = await mine.erasures.ids_of(ANNA)
        assert ids[0] == ANNA
        assert await empty.erasures.ids_of(ANNA) == []
        assert (await empty.erasures.held(ids)).sessions == 0
        assert (await mine.erasures.held(ids)).sessions == 2
        await mine.erasures.lock(ids)
        await mine.erasures.erase(ids, "erased:x", NOW)
        await sweep.commit()
    assert await contents(shared, OTHER) == before
    kept = [row for rows in (await contents(shared, MINE)).values() for row in rows]
    assert [row for row in kept if ANNA in row] == []
