"""Retiring loses no history, and what was retired comes back: coaches with their channel and hours, pools, session types."""

from datetime import timedelta

import pytest

from coaching.actions import packages
from coaching.actions.credits import Give, give
from coaching.actions.retire import left
from coaching.errors import BadSetting
from coaching.packages import Holder
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from coaching.workspace import SessionType
from playground.person import Person, PersonError
from tests.handlers.booking import COACHING, offers, opens
from tests.handlers.conftest import Stage
from tests.handlers.setting_up import coaches, in_set_up, shown
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def ada(stage: Stage) -> Person:
    return await in_set_up(stage)


async def test_a_coach_comes_back_with_channel_hours_and_sessions(stage: Stage, ada: Person) -> None:
    await opens(stage)
    await stage.world.grant(ANNA)
    session = await stage.world.book(48 * H)
    assert "taken off the list" not in shown(ada)
    await ada.choose("Remove", near="Carla Coach")
    await ada.submit()
    assert "1 coach was taken off the list." in shown(ada)
    assert COACH not in await coaches(stage)

    await ada.choose("Carla Coach", near="taken off the list")
    assert "Alerts go to #carla-alerts now." in shown(ada)
    assert "They are told of it." in shown(ada)
    await ada.submit()
    assert (await coaches(stage))[COACH] == "C0COACH"
    assert "taken off the list" not in shown(ada)
    assert [one.id for one in await stage.world.listed(Hat.COACH, COACH, Scope.UPCOMING)] == [session.id]
    async with stage.store.read(WORKSPACE) as queries:
        assert await queries.schedule.giving([COACH]) == {COACH}


async def test_adding_a_former_coach_anew_brings_them_back_as_they_were(stage: Stage, ada: Person) -> None:
    await ada.choose("Remove", near="Carla Coach")
    await ada.submit()
    await ada.click("Add coach")
    await ada.fill("Coach", COACH)
    await ada.submit()
    assert (await coaches(stage))[COACH] == "C0COACH"


async def test_whoever_left_slack_is_not_offered(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.coaches.remove(OTHER_COACH)
        await uow.commit()
    await left(stage.store, stage.clock, WORKSPACE, OTHER_COACH)
    ada = await in_set_up(stage)
    await ada.choose("Carla Coach", near="taken off the list")
    await ada.close()
    with pytest.raises(PersonError):
        await ada.choose("Otto Other", near="taken off the list")


async def acme(stage: Stage) -> str:
    made = await packages.save_pool(
        stage.store, stage.clock, ADA, "acme", pool_id=None, name="Acme", contact_id=None, member_ids=[ANNA]
    )
    await give(stage.store, stage.clock, Give(actor=ADA, request_key="g1", holder=Holder(pool_id=made), amount=500))
    return made


async def test_a_retired_pool_gets_nothing_and_its_people_book_with_the_rest(stage: Stage, ada: Person) -> None:
    made = await acme(stage)
    await offers(stage, COACHING)
    await opens(stage)
    await ada.click("Packages and credits")
    await ada.choose("Edit", near="Acme")
    await ada.choose("It gets none any more")
    await ada.submit()
    assert "1 member · no contact yet · gets no credits any more" in shown(ada)
    more = Give(actor=ADA, request_key="g2", holder=Holder(pool_id=made), amount=100)
    with pytest.raises(BadSetting):
        await give(stage.store, stage.clock, more)
    await ada.click("Give credits…")
    assert "company pool" not in shown(ada)

    anna = stage.person()
    await anna.command("/sessions book")
    assert "Acme" in shown(anna)
    await anna.choose("Tue, Nov 17")
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    async with stage.store.read(WORKSPACE) as queries:
        pool = await queries.pools.find(made)
    assert pool is not None
    assert (pool.retired, [one.id for one in pool.members]) == (True, [ANNA])
    await stage.world.cancel((await stage.world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING))[0])

    await ada.close(everything=True)
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.choose("Edit", near="Acme")
    await ada.choose("It gets credits")
    await ada.submit()
    assert "gets no credits" not in shown(ada)
    held = await give(stage.store, stage.clock, more)
    assert held.grant.balance == 100


async def test_retired_pools_come_last_and_are_not_asked_for(stage: Stage) -> None:
    made = await acme(stage)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.pools.save("p2", "Zebra", None, [ANNA])
        await uow.pools.save(made, "Acme", None, [ANNA], retired=True)
        await uow.commit()
    async with stage.store.read(WORKSPACE) as queries:
        assert [one.name for one in (await queries.pools.first(9))[0]] == ["Zebra", "Acme"]


async def test_session_types_that_are_not_offered_come_last_and_come_back(stage: Stage) -> None:
    await offers(stage, SessionType("a", "Aardvark", 1 * H, 100, retired=True), SessionType("b", "Bee", 1 * H, 100))
    ada = await in_set_up(stage)
    assert shown(ada).index("Bee") < shown(ada).index("Aardvark")
    await ada.choose("Edit", near="Aardvark")
    await ada.choose("Offered")
    await ada.submit()
    assert "not offered any more" not in shown(ada)
