"""How requests reach the app: signed, within three seconds, events again when they fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from playground.person import Person
from tests.playground.conftest import SIGNING_SECRET, Play, Stage
from tests.playground.kit import actions, button, modal, plain, text_input

Json = dict[str, Any]


class Endpoint:
    """A bare HTTP endpoint that keeps requests and answers as told."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.hold: asyncio.Event | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        if self.hold is not None:
            await self.hold.wait()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    kept = Endpoint()
    application = web.Application()
    application.add_routes([web.post("/", kept.answer)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kept.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield kept
    finally:
        if kept.hold is not None:
            kept.hold.set()
        await runner.cleanup()


async def _events(anna: Person, number: int) -> list[Json]:
    """Wait until so many events were delivered: an exchange is noted after its answer."""
    found: list[Json] = []

    async def there(_: Person) -> bool:
        found[:] = await anna.traffic(kind="event")
        return len(found) >= number

    await anna.wait_for(there)
    return found


async def test_every_request_carries_slacks_signature(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url) as stage:
        anna = stage.pg.person("U1")
        await stage.client.chat_postMessage(channel="U1", text="x", blocks=[actions(button("Press", "press"))])
        await anna.command("/tiny äöü & <b>")
        await anna.click("Press")
        await anna.say("app", "Hello")
        await anna.wait_for(lambda _: len(there.requests) >= 3)
        verifier = SignatureVerifier(SIGNING_SECRET)
        for headers, body in there.requests:
            assert verifier.is_valid_request(body, headers)
            assert not verifier.is_valid_request(body + b" ", headers)


@pytest.mark.parametrize(
    ("status", "error"), [(500, "http_service_error"), (404, "http_client_error"), (302, "http_client_error")]
)
async def test_a_command_that_is_not_acknowledged_fails_in_words(play: Play, status: int, error: str) -> None:
    async with endpoint() as there, play(request_url=there.url) as stage:
        there.status = status
        anna = stage.pg.person("U1")
        assert (await anna.command("/tiny"))["error"] == error
        assert (await anna.dms())[-1].text == f':warning: /tiny failed with the error "{error}"'


async def test_an_app_that_is_not_there_is_a_dispatch_failure(play: Play) -> None:
    async with play(request_url="http://127.0.0.1:9/") as stage:
        anna = stage.pg.person("U1")
        await anna.command("/tiny")
        assert (await anna.dms())[-1].text == ':warning: /tiny failed with the error "dispatch_failed"'


async def test_what_people_do_while_the_app_starts_anew_waits_for_it(play: Play) -> None:
    async with endpoint() as there, play(request_url="http://127.0.0.1:9/") as stage:
        anna = stage.pg.person("U1")
        stage.pg.hold()
        typed = asyncio.create_task(anna.command("/tiny"))
        await asyncio.wait({typed}, timeout=0.1)
        stage.pg.set_request_url(there.url)
        assert (await typed).get("error") is None
        assert len(there.requests) == 1


async def test_an_answer_after_the_limit_is_a_time_out_for_the_person(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url, ack_seconds=0.1) as stage:
        there.hold = asyncio.Event()
        anna = stage.pg.person("U1")
        await anna.command("/tiny")
        assert (await anna.dms())[-1].text == ':warning: /tiny failed with the error "operation_timeout"'
        entry = (await anna.traffic(kind="command"))[-1]
        assert (entry["status"], entry["error"]) == (None, "operation_timeout")
        assert entry["ms"] >= 100


async def test_a_submission_that_is_not_acknowledged_keeps_the_modal_open(stage: Stage) -> None:
    @stage.app.command("/tiny")
    async def tiny(ack: Any, command: Json, client: Any) -> None:
        form = modal(text_input("Note", "note", optional=True), submit=plain("Go"))
        await client.views_open(trigger_id=command["trigger_id"], view=form)
        await ack()

    anna = stage.pg.person("U1")
    await anna.command("/tiny")
    await anna.fill("Note", "kept")
    stage.pg.set_request_url("http://127.0.0.1:9/")
    done = await anna.submit()
    assert (done["outcome"], done["error"]) == ("trouble", "dispatch_failed")
    assert anna.modal is not None
    assert anna.modal.warning == "We had some trouble connecting. Try again?"
    assert "[kept]" in anna.modal.lines


async def test_a_failing_event_is_sent_three_times_more_with_the_same_id(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url, event_retry_delays=(0, 0.01, 0.01)) as stage:
        there.status = 500
        anna = stage.pg.person("U1")
        await anna.say("app", "Hello")
        entries = await _events(anna, 4)
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in there.requests] == [None, "1", "2", "3"]
    assert {headers.get("X-Slack-Retry-Reason") for headers, _ in there.requests[1:]} == {"http_error"}
    assert len({entry["request"]["event_id"] for entry in entries}) == 1
    event = entries[0]["request"]
    assert (event["type"], event["team_id"], event["api_app_id"]) == ("event_callback", "T1", "A1")
    assert event["authorizations"][0]["user_id"] == "UBOT"
    assert (event["event"]["type"], event["event"]["channel_type"], event["event"]["text"]) == (
        "message",
        "im",
        "Hello",
    )


async def test_an_app_may_ask_for_no_retries(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url, event_retry_delays=(0, 0, 0)) as stage:
        there.status, there.headers = 500, {"X-Slack-No-Retry": "1"}
        anna = stage.pg.person("U1")
        await anna.say("app", "first")
        await _events(anna, 1)
        there.headers = {}
        await anna.say("app", "second")
        names = [entry["request"]["event"]["text"] for entry in await _events(anna, 5)]
    assert names == ["first", "second", "second", "second", "second"]


async def test_events_that_the_app_did_not_subscribe_to_are_not_sent(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url) as stage:
        anna = stage.pg.person("U1")
        await anna.say("general", "Not for the app")
        await anna.archive("general")
        await anna.invite("app", "random")
        names = [entry["name"] for entry in await _events(anna, 1)]
    assert names == ["member_joined_channel"]


async def test_the_request_url_is_verified_by_a_challenge(stage: Stage) -> None:
    assert await stage.pg.verify_request_url()
    stage.pg.set_request_url("http://127.0.0.1:9/")
    assert not await stage.pg.verify_request_url()


async def test_somebody_who_joins_is_announced_with_their_email(play: Play) -> None:
    async with endpoint() as there, play(request_url=there.url) as stage:
        anna = stage.pg.person("U1")
        await anna.post("users", {"id": "U7", "real_name": "Dora New", "email": "dora@example.com"})
        event = (await _events(anna, 1))[0]["request"]["event"]
    assert (event["type"], event["user"]["id"], event["user"]["profile"]["email"]) == (
        "team_join",
        "U7",
        "dora@example.com",
    )
