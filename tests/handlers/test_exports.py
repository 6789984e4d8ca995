"""Export in Slack: an admin says what they want, gets a link, and fetches it; who exported what is shown."""

import re
from datetime import timedelta

import aiohttp

from coaching.actions.exports import open_exports
from coaching.sessions import Actor
from handlers.views.exports import data_view
from language.say import IN_ENGLISH
from playground.person import Person
from tests.handlers.conftest import PUBLIC_URL, Stage
from tests.handlers.setting_up import in_set_up, shown
from tests.support.exports import read
from tests.support.world import ADMIN, ANNA, WORKSPACE
from tests.words import pseudo

H = timedelta(hours=1)


def link_of(ada: Person) -> str:
    [path] = re.findall(rf"{PUBLIC_URL}(/export/[^|>\s]+)", str(ada._seen()["stack"][-1]))
    return path


async def fetched(stage: Stage, path: str) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.post(stage.page_url + path, data={"do": "fetch"}) as answer,
    ):
        assert answer.status == 200
        return await answer.read()


async def test_an_admin_gets_a_link_fetches_the_file_and_sees_it_recorded(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await stage.world.book(96 * H)
    ada = await in_set_up(stage)
    await ada.click("Your data…")
    assert "Asked for lately" not in shown(ada)
    await ada.click("Export…")
    await ada.choose("Sessions")
    await ada.fill("First day", "2026-11-19")
    await ada.submit()
    assert "for one download" in shown(ada)
    content = (await fetched(stage, link_of(ada))).decode("utf-8-sig")
    [row] = read(content)
    assert (row["client"], pseudo.unmarked(row["session_type"])) == (ANNA, "Coaching")
    ada = await in_set_up(stage)
    await ada.click("Your data…")
    assert "Ada Admin" in shown(ada)
    assert "fetched" in shown(ada)
    assert stage.logged("exported")["what"] == "sessions"
    assert "Anna" not in stage.lines.getvalue()


async def test_a_last_day_before_the_first_is_refused_where_it_was_typed(stage: Stage) -> None:
    ada = await in_set_up(stage)
    await ada.click("Your data…")
    await ada.click("Export…")
    await ada.fill("First day", "2026-11-19")
    await ada.fill("Last day", "2026-11-18")
    outcome = await ada.submit()
    assert "before the first one" in str(outcome)


async def test_without_an_address_of_its_own_the_dialog_says_how_else(stage: Stage) -> None:
    found = await open_exports(stage.store, stage.clock, Actor(WORKSPACE, ADMIN))
    view = str(data_view(found, IN_ENGLISH, fetched=False))
    assert "PUBLIC_URL" in view
    assert "python -m bot export" in view
    assert "'action_id': 'export'" not in view
