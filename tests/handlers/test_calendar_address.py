"""The secret calendar address: made, shown once, replaced and revoked where people are."""

import re
from datetime import timedelta

import aiohttp
from sqlalchemy import select

from playground.person import Person
from storage.tables import calendar_addresses, inbound
from tests.handlers.conftest import PUBLIC_URL, Stage
from tests.support.calendars import subscribed
from tests.support.world import ADMIN, ANNA, BORIS
from tests.words import pseudo

H = timedelta(hours=1)


def address(anna: Person) -> str:
    """Return the address on the screen."""
    assert anna.modal is not None
    found = re.findall(rf"{PUBLIC_URL}(/calendar/\S+?\.ics)", anna.modal.text)
    assert len(found) == 1
    return found[0]


def shown(anna: Person) -> str:
    assert anna.modal is not None
    return anna.modal.text


async def fetched(stage: Stage, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(stage.page_url + path) as answer:
        return answer.status, await answer.text()


async def test_an_address_is_made_shown_once_replaced_and_removed(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.command("/sessions calendar")
    assert "/calendar/" not in shown(anna)
    await anna.click("Make an address")
    first = address(anna)
    status, text = await fetched(stage, first)
    assert status == 200
    assert [pseudo.unmarked(one.title) for one in subscribed(text).values()] == ["Coaching with Carla Coach"]
    await anna.command("/sessions calendar")
    assert "You have had an address since" in shown(anna)
    assert "/calendar/" not in shown(anna), "it is shown only when it is made"
    await anna.click("New address…", confirm=True)
    second = address(anna)
    assert [(await fetched(stage, path))[0] for path in (first, second)] == [404, 200]
    await anna.click("Remove address…", confirm=True)
    assert anna.modal is not None
    assert "Make an address" in anna.modal.buttons
    assert (await fetched(stage, second))[0] == 404


async def test_home_leads_there_and_one_persons_address_is_not_anothers(stage: Stage) -> None:
    anna, boris = stage.person(), stage.person(BORIS)
    paths = []
    for person in (anna, boris):
        await person.home()
        await person.click("Calendar address…")
        await person.click("Make an address")
        paths.append(address(person))
    assert len(set(paths)) == 2
    await boris.click("Remove address…", confirm=True)
    assert [(await fetched(stage, path))[0] for path in paths] == [200, 404]


async def test_neither_the_database_nor_the_log_has_the_secret(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions calendar")
    await anna.click("Make an address")
    path = address(anna)
    await fetched(stage, path)
    secret = path.removesuffix(".ics").rpartition("-")[2]
    assert secret not in stage.lines.getvalue()
    async with stage.store.engines.reader.connect() as connection:
        for table in (calendar_addresses, inbound):
            assert secret not in str((await connection.execute(select(table))).all())


async def test_whoever_leaves_slack_takes_the_address_along(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions calendar")
    await anna.click("Make an address")
    path = address(anna)
    assert (await fetched(stage, path))[0] == 200
    await stage.person(ADMIN).deactivate(ANNA)
    await stage.person(ADMIN).wait_for(
        lambda _: any(e["name"] == "user_change" for e in stage.pg.traffic.since(0) if e["status"])
    )
    await stage.settled()
    assert (await fetched(stage, path))[0] == 404
