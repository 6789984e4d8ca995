"""What is sent to Slack as JSON means the same, however it is written."""

import json

import pytest
from aiohttp import web

from bot.delivery.channels.slack import open_session
from coaching.sessions import Hat
from handlers.json_body import decoded, encoded

VALUES = {
    "a view": {"blocks": [{"text": "Grüße — 🎉\n\u2028", "count": 3, "ratio": 0.5, "off": False, "none": None}]},
    "our own words": {"hat": Hat.CLIENT, Hat.COACH: ["x", ("y", "z")]},
    "half a surrogate pair": {"text": "\ud83d"},
    "a number of any size": {"n": 2**70},
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_read_as_it_was_meant(name: str) -> None:
    assert json.loads(encoded(VALUES[name])) == json.loads(json.dumps(VALUES[name]))


@pytest.mark.parametrize("text", ['{"a": "Grüße"}', '{"a": "\\ud83d"}', '{"a": NaN}', '{"a": 1, "a": 2}', "7"])
def test_a_text_is_read_as_json_reads_it(text: str) -> None:
    assert repr(decoded(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", '{"a": 1}x', "\x00"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        decoded(text)


async def test_a_session_of_ours_sends_it_as_json() -> None:
    got: list[object] = []

    async def hear(request: web.Request) -> web.Response:
        got.append((request.content_type, await request.json()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    [(_, port)] = runner.addresses
    try:
        async with open_session() as session, session.post(f"http://127.0.0.1:{port}/", json={"a": "ä"}):
            pass
    finally:
        await runner.cleanup()
    assert got == [("application/json", {"a": "ä"})]
