"""The control API and its live feed, as the browser half uses them."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from playground.errors import PersonError
from playground.feed import Feed
from playground.person import Person
from tests.playground.conftest import BOT_TOKEN, MANIFEST, SEED, SIGNING_SECRET, Stage
from tests.playground.kit import home
from tests.support import patience

Json = dict[str, Any]


async def test_the_feed_tells_of_every_change_as_it_happens(stage: Stage) -> None:
    url = stage.pg.url.replace("http", "ws", 1)
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/control/feed") as feed:
        posted = await stage.client.chat_postMessage(channel="C1", text="Hello")
        await stage.client.chat_update(channel="C1", ts=posted["ts"], text="Hello again")
        await stage.client.chat_delete(channel="C1", ts=posted["ts"])
        await stage.client.chat_postEphemeral(channel="C1", user="U1", text="Psst")
        await stage.client.views_publish(user_id="U1", view=home())
        await stage.pg.person("U1").fault("slow", ms=1, calls=0)
        events: list[Json] = []
        while not events or events[-1]["type"] != "faults_changed":
            events.append(json.loads((await feed.receive(timeout=patience.SECONDS)).data))
    changes = [event for event in events if event["type"] != "traffic"]
    assert [event["type"] for event in changes] == [
        "message",
        "message_edited",
        "message_deleted",
        "ephemeral",
        "home_published",
        "faults_changed",
    ]
    assert [event["entry"]["name"] for event in events if event["type"] == "traffic"] == [
        "chat.postMessage",
        "chat.update",
        "chat.delete",
        "chat.postEphemeral",
        "views.publish",
    ]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    assert (changes[0]["channel"], changes[0]["ts"], changes[3]["user"]) == ("C1", posted["ts"], "U1")


async def test_a_watcher_that_comes_late_gets_what_it_missed(stage: Stage) -> None:
    before = stage.pg.feed.seq
    await stage.client.chat_postMessage(channel="C1", text="Hello")
    url = stage.pg.url.replace("http", "ws", 1)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/control/feed?since={before}") as feed,
    ):
        first = json.loads((await feed.receive(timeout=patience.SECONDS)).data)
    assert (first["type"], first["seq"]) == ("message", before + 1)


def test_a_watcher_is_told_when_changes_were_forgotten() -> None:
    feed = Feed(keep=2)
    assert not feed.missed(0)
    for _ in range(3):
        feed.emit("message")
    assert [feed.missed(seq) for seq in (0, 1, 2, 3)] == [True, False, False, False]
    assert [event["seq"] for event in feed.since(0)] == [2, 3]


async def test_a_page_of_another_site_may_not_control(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        own, other = stage.pg.url, "https://elsewhere.example"
        tried = [({"Origin": other}, 403), ({"Host": "elsewhere.example"}, 403), ({"Origin": own}, 200), ({}, 200)]
        for headers, status in tried:
            async with session.get(f"{stage.pg.url}/control/workspace", headers=headers) as response:
                assert response.status == status


async def test_the_workspace_shows_commands_with_their_hints(stage: Stage) -> None:
    shown = await stage.pg.person("U1").get("workspace")
    assert shown["commands"][0] == {
        "name": "/tiny",
        "description": "Does little",
        "usage_hint": "[words]",
        "should_escape": True,
    }
    assert {user["id"] for user in shown["users"]} >= {"U1", "U2", "U3", "UBOT"}
    assert [channel["name"] for channel in shown["channels"]] == ["general", "random", "secret", "old"]


async def test_reset_goes_back_to_the_seed(stage: Stage) -> None:
    anna = stage.pg.person("U1")
    await stage.client.chat_postMessage(channel="C1", text="Hello")
    await anna.leave("random")
    await anna.fault("server_error")
    await anna.reset()
    assert await anna.channel("general") == []
    assert await anna.channel("random") == []
    assert (await anna.get("faults"))["faults"] == []
    assert (await stage.client.auth_test())["user_id"] == "UBOT"


async def test_nobody_reads_a_channel_they_are_not_in(stage: Stage) -> None:
    with pytest.raises(PersonError, match="Anna Client is not in secret"):
        await stage.pg.person("U1").channel("secret")
    with pytest.raises(PersonError, match="nobody has the id U9"):
        await stage.pg.person("U9").refresh()
    with pytest.raises(PersonError, match="a person cannot fly"):
        await stage.pg.person("U1").post("people/U1/fly")


async def test_waiting_for_what_never_comes_shows_the_screen(stage: Stage) -> None:
    await stage.client.chat_postMessage(channel="C1", text="Only this")
    with pytest.raises(TimeoutError, match="Only this"):
        await stage.pg.person("U1").wait_for("Something else", timeout=0.05)


async def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    manifest, seed = tmp_path / "manifest.json", tmp_path / "seed.json"
    manifest.write_text(json.dumps(MANIFEST))
    seed.write_text(json.dumps(SEED))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "playground", "--manifest", str(manifest), "--seed", str(seed)),
        *("--request-url", "http://127.0.0.1:9/", "--signing-secret", SIGNING_SECRET, "--bot-token", BOT_TOKEN),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        urls = json.loads(await asyncio.wait_for(process.stdout.readline(), patience.SECONDS))
        assert urls["api_url"] == f"{urls['url']}/api/"
        async with Person(urls["url"], "U1") as anna:
            assert (await anna.command("/tiny"))["error"] == "dispatch_failed"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), patience.SECONDS) == 0


async def test_a_manifest_that_cannot_be_used_ends_the_process_with_a_sentence(tmp_path: Path) -> None:
    manifest, seed = tmp_path / "manifest.json", tmp_path / "seed.json"
    manifest.write_text("{}")
    seed.write_text("{}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "playground", "--manifest", str(manifest), "--seed", str(seed)),
        *("--signing-secret", "s", "--bot-token", "t"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), patience.SECONDS)
    assert (process.returncode, said.decode().count("\n")) == (2, 1)
    assert "is not a Slack app manifest" in said.decode()
