"""response_urls: what they do, five times."""

from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from playground.errors import ApiError
from playground.feed import Feed
from playground.response_urls import ResponseUrls
from playground.workspace import Channel, Workspace
from tests.playground.conftest import Stage
from tests.playground.kit import actions, button, section

Json = dict[str, Any]


async def clicked(stage: Stage) -> AsyncWebhookClient:
    """The response_url of a click on a message in a channel."""
    urls: list[str] = []

    @stage.app.action("press")
    async def press(ack: Any, body: Json) -> None:
        urls.append(body["response_url"])
        await ack()

    await stage.client.chat_postMessage(
        channel="C1", text="Ask", blocks=[section("Ask"), actions(button("P", "press"))]
    )
    await stage.pg.person("U1").click("P")
    return AsyncWebhookClient(urls[0])


async def test_an_answer_is_for_the_one_who_clicked(stage: Stage) -> None:
    url = await clicked(stage)
    assert (await url.send(text="Only you")).body == "ok"
    assert [m.text for m in await stage.pg.person("U1").channel("general")][1:] == ["Only you"]
    assert len(await stage.pg.person("U2").channel("general")) == 1


async def test_an_answer_may_replace_or_delete_the_message(stage: Stage) -> None:
    url = await clicked(stage)
    ben = stage.pg.person("U2")
    await url.send(text="Done", blocks=[section("Done")], replace_original=True)
    assert [m.text for m in await ben.channel("general")] == ["Done"]
    await url.send(delete_original=True)
    assert await ben.channel("general") == []


async def test_the_sixth_use_is_refused(stage: Stage) -> None:
    url = await clicked(stage)
    for number in range(5):
        assert (await url.send(text=f"{number}", response_type="in_channel")).status_code == 200
    sixth = await url.send(text="6")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    assert [m.text for m in await stage.pg.person("U2").channel("general")][1:] == list("01234")


async def test_bad_blocks_are_refused_and_cost_no_use(stage: Stage) -> None:
    url = await clicked(stage)
    refused = await url.send(text="x", blocks=[section("")])
    assert refused.status_code == 400
    assert "json-pointer:/blocks/0/text/text" in refused.body
    for _ in range(5):
        assert (await url.send(text="x")).status_code == 200


async def test_after_a_reset_of_the_workspace_it_is_expired(stage: Stage) -> None:
    url = await clicked(stage)
    await stage.pg.control().reset()
    del stage.pg.workspace.channels["C1"]
    assert "expired_url" in (await url.send(text="x")).body


def test_after_thirty_minutes_it_is_expired() -> None:
    now = 1000.0
    workspace = Workspace(Feed())
    workspace.channels["C1"] = Channel("C1", "general")
    urls = ResponseUrls(workspace, clock=lambda: now)
    key = urls.new("commands", "C1", "U1").rpartition("/")[2]
    now += 1800
    urls.use(key, {"text": "just in time"})
    now += 1
    with pytest.raises(ApiError, match="expired_url"):
        urls.use(key, {"text": "too late"})
    assert [m.text for m in workspace.channels["C1"].messages.values()] == ["just in time"]
