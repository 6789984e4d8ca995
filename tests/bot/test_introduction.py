"""Which workspace it is, and who is its first admin."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import introduction
from bot.authorize import SingleWorkspace, TokenRefused
from bot.introduction import introduce, introduced
from storage import SqlStore
from tests.support import patience
from tests.support.web_api import WebApi, web_api

OURS = {"ok": True, "team_id": "T1", "team": "Acme", "user_id": "UBOT"}
ME = "U0ME"


@pytest.fixture
async def api() -> AsyncIterator[WebApi]:
    async with web_api() as api:
        api.answers["auth.test"] = OURS
        yield api


@pytest.fixture
def workspace(api: WebApi, session: aiohttp.ClientSession) -> SingleWorkspace:
    return SingleWorkspace(AsyncWebClient(token="xoxb-made-up", base_url=api.base, session=session, retry_handlers=[]))


async def admins(store: SqlStore) -> list[str]:
    async with store.read("T1") as queries:
        return sorted(person.id for person in await queries.people.admins())


async def test_the_first_admin_joins_those_who_were_named_and_is_added_once(
    workspace: SingleWorkspace, store: SqlStore
) -> None:
    await introduce(workspace, store, None)
    assert await admins(store) == []
    async with store.write("T1") as uow:
        await uow.people.save_admins(["U0DANA"])
        await uow.commit()
    for _ in range(2):
        await introduce(workspace, store, ME)
    assert await admins(store) == ["U0DANA", ME]
    async with store.read("T1") as queries:
        assert (await queries.people.viewer(ME)).is_admin


async def test_replicas_that_start_together_name_the_first_admin_once(
    workspace: SingleWorkspace, store: SqlStore
) -> None:
    await introduce(workspace, store, None)
    await asyncio.gather(*(introduce(workspace, store, ME) for _ in range(4)))
    assert await admins(store) == [ME]


async def test_it_is_made_up_for_when_slack_is_back(
    api: WebApi, workspace: SingleWorkspace, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introduction, "AGAIN_SECONDS", 0.01)
    api.answers["auth.test"] = {"ok": False, "error": "fatal_error"}
    async with introduced(workspace, store, ME), asyncio.timeout(patience.SECONDS):
        assert await admins(store) == []
        api.answers["auth.test"] = OURS
        while await admins(store) != [ME]:  # noqa: ASYNC110 - in the database
            await asyncio.sleep(0.01)


async def test_a_dead_token_is_told_at_once(api: WebApi, workspace: SingleWorkspace, store: SqlStore) -> None:
    api.answers["auth.test"] = {"ok": False, "error": "invalid_auth"}
    with pytest.raises(TokenRefused, match="invalid_auth"):
        async with introduced(workspace, store, ME):
            pytest.fail("it runs")
