"""Files in forms: chosen by people, described to the app, and fetched by it with its token and scope."""

import base64
import copy
from typing import Any

import aiohttp
import pytest

from playground.errors import PersonError
from playground.person import Person
from tests.playground.conftest import BOT_TOKEN, MANIFEST, Play, Stage
from tests.playground.kit import modal, plain
from tests.playground.test_web_api import refusal

Json = dict[str, Any]
FORM = modal(
    blocks=[
        {
            "type": "input",
            "block_id": "b",
            "label": plain("Your file"),
            "element": {"type": "file_input", "action_id": "a", "filetypes": ["csv"], "max_files": 1},
        }
    ],
    submit=plain("Send"),
    callback_id="form",
)


def reading() -> Json:
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].append("files:read")
    return manifest


async def in_form(stage: Stage, sent: list[Json]) -> Person:
    async def open_form(ack: Any, command: Json) -> None:
        await ack()
        await stage.client.views_open(trigger_id=command["trigger_id"], view=FORM)

    async def keep(ack: Any, view: Json) -> None:
        sent.append(view)
        await ack()

    stage.app.command("/plain")(open_form)
    stage.app.view("form")(keep)
    anna = stage.pg.person("U1")
    await anna.command("/plain")
    return anna


async def fetched(url: str, token: str) -> tuple[str, bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.content_type, await answer.read()


async def test_the_app_fetches_what_a_person_chose(play: Play) -> None:
    sent: list[Json] = []
    async with play(reading()) as stage:
        anna = await in_form(stage, sent)
        await anna.upload("Your file", "a.csv", b"x,y\n")
        await anna.submit()
        [file] = sent[0]["state"]["values"]["b"]["a"]["files"]
        assert (file["name"], file["user"], file["size"]) == ("a.csv", "U1", 4)
        assert (await stage.client.files_info(file=file["id"]))["file"] == file
        assert await fetched(file["url_private_download"], BOT_TOKEN) == ("text/csv", b"x,y\n")
        kind, page = await fetched(file["url_private_download"], "xoxb-other")
        assert kind == "text/html", "as Slack does, a page to sign in, with status 200"
        assert b"x,y" not in page
        assert (await refusal(stage.client.files_info(file="F0")))["error"] == "file_not_found"


async def test_slacks_client_takes_only_what_the_form_allows(play: Play) -> None:
    async with play(reading()) as stage:
        anna = await in_form(stage, [])
        with pytest.raises(PersonError, match="not one of: csv"):
            await anna.upload("Your file", "a.txt", b"x")
        await anna.upload("Your file", "a.csv", b"x")
        with pytest.raises(PersonError, match="at most 1"):
            await anna.upload("Your file", "b.csv", b"x")
        with pytest.raises(PersonError, match="10 MB"):
            stage.pg.files.upload("U1", "c.csv", base64.b64encode(b"x" * (10 * 2**20 + 1)).decode())


async def test_without_its_scope_no_form_for_files_opens(stage: Stage) -> None:
    refused: list[Json] = []

    async def open_form(ack: Any, command: Json) -> None:
        await ack()
        refused.append(await refusal(stage.client.views_open(trigger_id=command["trigger_id"], view=FORM)))

    stage.app.command("/plain")(open_form)
    await stage.pg.person("U1").command("/plain")
    assert (refused[0]["error"], refused[0]["needed"]) == ("missing_scope", "files:read")
