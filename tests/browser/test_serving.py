"""The page's files and the door to a demo, over plain HTTP; no Chromium needed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from playground.door import NO_CLOCK
from playground.page import WEB
from playground.server import Playground
from tests.browser.kitchen import MANIFEST, SECRET, SEED, TOKEN

DOOR_SECRET = "what-the-door-wants"


@asynccontextmanager
async def _door(answer: dict[str, Any], status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A door that answers everything alike, with what it was asked."""
    asked: list[str] = []

    async def any_request(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path} {await request.text()}".strip())
        if request.headers.get("Authorization") != f"Bearer {DOOR_SECRET}" or "Origin" in request.headers:
            return web.json_response({"error": "not for you"}, status=403)
        return web.json_response(answer, status=status)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", any_request)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def _playground(door_url: str | None) -> Playground:
    options: dict[str, Any] = {"request_url": None, "signing_secret": SECRET, "bot_token": TOKEN}
    return Playground(MANIFEST, SEED, door_url=door_url, door_secret=DOOR_SECRET, **options)


async def _ask(method: str, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **more) as response:
        return response.status, await response.json()


async def test_only_the_pages_own_files_are_served_with_a_strict_policy() -> None:
    async with _playground(None).serve() as pg, aiohttp.ClientSession() as session:
        for path in ("/", "/static/js/main.js", "/static/css/base.css", "/static/icon.svg"):
            async with session.get(pg.url + path) as response:
                assert response.status == 200
                policy = response.headers["Content-Security-Policy"]
                assert "script-src 'self';" in policy
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
        for path in (
            "/static/../page.py",
            "/static/%2e%2e/page.py",
            "/static/index.html",
            "/static/",
            "/static//etc/passwd",
        ):
            async with session.get(pg.url + path) as response:
                assert response.status == 404, path


async def test_the_front_end_stays_small() -> None:
    # A tenth of it is mail and calendars, which are beside Slack; files that are uploaded came last.
    assert sum(len(path.read_text().splitlines()) for path in WEB.rglob("*") if path.is_file()) < 2350


async def test_without_a_door_there_is_no_clock_to_move() -> None:
    async with _playground(None).serve() as pg:
        status, seen = await _ask("GET", f"{pg.url}/control/clock")
        assert (status, seen["available"], seen["message"]) == (200, False, NO_CLOCK)
        status, refused = await _ask("POST", f"{pg.url}/control/clock", json={"advance_seconds": 1})
        assert (status, refused["error"]) == (404, "no_clock")


async def test_the_clock_is_moved_through_the_door_and_every_page_hears_of_it() -> None:
    state = {"now": "2026-11-22T05:00:00+00:00", "shift_seconds": 60.0, "next_cutoff": None}
    async with _door(state) as (url, asked), _playground(url).serve() as pg:
        status, moved = await _ask("POST", f"{pg.url}/control/clock", json={"to": "next_cutoff"})
        assert (status, moved) == (200, {"ok": True, "available": True, **state})
        assert asked == ['POST /clock {"to": "next_cutoff"}']
        assert [event["clock"] for event in pg.feed.since(0) if event["type"] == "clock_moved"] == [state]


async def test_what_the_door_refuses_is_said_and_nothing_is_reset() -> None:
    async with _door({"error": "not today"}, 400) as (url, _), _playground(url).serve() as pg:
        pg.workspace.post(pg.workspace.channel("C1"), "U1", "kept")
        for path in ("clock", "reset"):
            status, refused = await _ask("POST", f"{pg.url}/control/{path}")
            assert (status, refused["message"]) == (409, "not today")
        assert [message.text for message in pg.workspace.channel("C1").messages.values()] == ["kept"]
    async with _playground(url).serve() as pg:
        status, refused = await _ask("GET", f"{pg.url}/control/clock")
        assert status == 409
        assert "did not answer" in refused["message"]


async def test_a_reset_begins_behind_the_door() -> None:
    async with _door({}) as (url, asked), _playground(url).serve() as pg:
        pg.workspace.post(pg.workspace.channel("C1"), "U1", "gone")
        assert (await _ask("POST", f"{pg.url}/control/reset"))[0] == 200
        assert asked == ["POST /reset"]
        assert not pg.workspace.channel("C1").messages


async def test_pages_of_other_sites_are_refused() -> None:
    async with _playground(None).serve() as pg:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            for path in ("clock", "reset", "workspace"):
                method = "GET" if path == "workspace" else "POST"
                assert (await _ask(method, f"{pg.url}/control/{path}", headers=headers))[0] == 403
