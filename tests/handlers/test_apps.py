"""Slack offers its apps among the people: none of them becomes a coach, a client, an admin or somebody who is told."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from playground.person import Person
from playground.workspace import User
from tests.handlers.booking import COACHING, offers, opens
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

ROBOT = "U0ROBOT"
TOLD = "Release Robot is an app: choose people."
Form = Callable[[Stage, Person, str], Awaitable[None]]


async def coach(_stage: Stage, ada: Person, who: str) -> None:
    await ada.command("/sessions setup")
    await ada.click("Add coach")
    await ada.fill("Coach", who)


async def admins(_stage: Stage, ada: Person, who: str) -> None:
    await ada.command("/sessions setup")
    await ada.click("Edit", near="Admins")
    await ada.fill("Admins", [ANNA, who])


async def stakeholders(_stage: Stage, ada: Person, who: str) -> None:
    await ada.command("/sessions setup")
    await ada.choose("Who else is told…", near="Carla Coach")
    await ada.fill("People", [ANNA, who])


async def contact(_stage: Stage, ada: Person, who: str) -> None:
    await _pool(ada, who, [ANNA])


async def member(_stage: Stage, ada: Person, who: str) -> None:
    await _pool(ada, COACH, [ANNA, who])


async def _pool(ada: Person, contact: str, members: list[str]) -> None:
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.click("Add pool")
    await ada.fill("Company", "Acme")
    await ada.fill("Contact", contact)
    await ada.fill("People who book from it", members)


async def credits(_stage: Stage, ada: Person, who: str) -> None:
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.click("Give credits…")
    await ada.fill("Person", who)
    await ada.fill("Credits", "3")


async def account(stage: Stage, ada: Person, who: str) -> None:
    await ada.command(f"/sessions credits for @{stage.pg.workspace.users[who].name}")
    await ada.click("Give credits…")
    await ada.fill("Credits", "3")


async def booking(stage: Stage, ada: Person, who: str) -> None:
    await offers(stage, COACHING)
    await opens(stage)
    await stage.world.grant(who)
    await ada.command(f"/sessions for @{stage.pg.workspace.users[who].name}")
    await ada.click("Schedule")
    await ada.choose("9:00 – 9:50 AM")


@pytest.fixture
def ada(stage: Stage) -> Person:
    stage.pg.workspace.users[ROBOT] = User(ROBOT, "robot", "Release Robot", is_bot=True)
    return stage.person(ADMIN)


async def knows(stage: Stage, who: str) -> bool:
    async with stage.store.read(WORKSPACE) as queries:
        return (await queries.people.viewer(who)).member


@pytest.mark.parametrize("form", [coach, admins, stakeholders, contact, member, credits, account, booking])
async def test_an_app_is_refused_at_the_field_that_names_it_and_nothing_is_written(
    stage: Stage, ada: Person, form: Form
) -> None:
    async def written() -> list[Any]:
        async with stage.store.read(WORKSPACE) as queries:
            return [
                await queries.coaches.all(),
                await queries.people.admins(),
                await queries.stakeholders.all(),
                [await queries.pools.find(one) for one in await queries.pools.names()],
                await queries.grants.of_client(ROBOT),
            ]

    await form(stage, ada, ROBOT)
    before = await written()
    assert (await ada.submit())["outcome"] == "errors"
    assert ada.modal is not None
    assert TOLD in ada.modal.text
    assert await written() == before
    assert not await knows(stage, ROBOT)


@pytest.mark.parametrize("form", [coach, credits, account, booking])
async def test_who_is_new_here_is_known_by_name_once_a_form_named_them(stage: Stage, ada: Person, form: Form) -> None:
    await form(stage, ada, NEWCOMER)
    assert (await ada.submit())["outcome"] != "errors"
    assert await knows(stage, NEWCOMER)


async def test_where_slack_does_not_say_who_somebody_is_they_are_saved_all_the_same(stage: Stage, ada: Person) -> None:
    await admins(stage, ada, NEWCOMER)
    stage.pg.faults.add({"kind": "server_error", "method": "users.info"})
    assert (await ada.submit())["outcome"] != "errors"
    async with stage.store.read(WORKSPACE) as queries:
        assert {person.id for person in await queries.people.admins()} == {ANNA, NEWCOMER}
