"""Every page of the web server asked for by every kind of visitor: who gets what, and that nobody breaks anything."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.metrics import Metrics
from bot.signatures import sign
from bot.web import create_web_app, serving
from coaching.clock import SystemClock
from tests.bot.conftest import SECRET, Slack
from tests.support import patience
from web.links import Links
from web.site import pages

TOKEN = "metrics-token-of-some-length"
PAGES = ("/healthz", "/readyz", "/metrics")
PEOPLE = {
    "/calendar/x.ics": {"GET", "HEAD"},
    "/s/x": {"GET", "HEAD", "POST"},
    "/mail/x": {"GET", "HEAD", "POST"},
    "/copies/x": {"GET", "HEAD", "POST"},
    "/export/x": {"GET", "HEAD", "POST"},
}
"""Pages for people, at addresses that nobody was given."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
DOOR = "/slack/events"
BODY = b"command=%2Fsessions&user_id=U1&team_id=T1"


@dataclass
class Served:
    """A served app: what came through to the endpoint, and a session to ask with."""

    session: aiohttp.ClientSession
    url: str = ""
    came: list[bytes] = field(default_factory=list)

    async def endpoint(self, _request: web.Request, body: bytes) -> web.StreamResponse:
        self.came.append(body)
        return web.Response(text="ok")

    async def ask(self, method: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Return status and text, having checked what every answer must have."""
        async with self.session.request(method, self.url + path, data=data, headers=headers) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Set-Cookie" not in answer.headers
            return answer.status, await answer.text()

    async def raw(self, head: bytes) -> int:
        """Return the status of an answer to bytes that no client would send."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(head)
            async with asyncio.timeout(patience.SECONDS):
                return int((await reader.readuntil(b"\r\n")).split()[1])
        finally:
            writer.close()


@asynccontextmanager
async def _served(
    session: aiohttp.ClientSession, *, token: str | None = None, slack: bool = True
) -> AsyncIterator[Served]:
    async def ready() -> Mapping[str, bool | str]:
        return {"database": True}

    served = Served(session)
    nowhere: Any = None  # nobody gets as far as the database
    metrics = Metrics(CollectorRegistry())
    app = create_web_app(
        slack=served.endpoint if slack else None,
        signing_secret=SECRET,
        readiness=ready,
        metrics=metrics,
        metrics_token=token,
        pages=pages(
            Links(SECRET, "https://sessions.example.com"),
            store=nowhere,
            clock=SystemClock(),
            spawn=nowhere,
            refused=metrics.refused,
        ),
    )
    async with serving(app, "127.0.0.1", 0, metrics=metrics) as port:
        served.url = f"http://127.0.0.1:{port}"
        yield served


@pytest.fixture
async def served(session: aiohttp.ClientSession) -> AsyncIterator[Served]:
    async with _served(session) as served:
        yield served


def signed(*, at: float | None = None, secret: str = SECRET, body: bytes = BODY, **changed: str) -> dict[str, str]:
    headers = Slack.headers(None, body, at=at)  # type: ignore[arg-type] - it uses nothing of itself
    stamp = headers["X-Slack-Request-Timestamp"]
    return {**headers, "X-Slack-Signature": sign(secret.encode(), stamp, body), **changed}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", [*PAGES, *PEOPLE, DOOR, "/", "/slack", "/slack/events/", "/healthz/..", "/slack/install"]
)
async def test_each_page_knows_its_methods_and_no_others(served: Served, path: str, method: str) -> None:
    """Unsigned, and from this machine."""
    known = {DOOR: {"POST"}} | PEOPLE | {page: {"GET", "HEAD"} for page in PAGES}
    status, text = await served.ask(method, path)
    if path not in known or (path in PEOPLE and method in known[path]):
        assert status == 404
    elif method not in known[path]:
        assert status == 405
    else:
        assert status == (401 if path == DOOR else 200)
    assert method != "HEAD" or text == ""
    assert served.came == []


NOT_SLACK: dict[str, dict[str, str]] = {
    "no signature": {},
    "only a timestamp": {"X-Slack-Request-Timestamp": signed()["X-Slack-Request-Timestamp"]},
    "only a signature": {"X-Slack-Signature": signed()["X-Slack-Signature"]},
    "another secret": signed(secret="0" * 32),
    "another body": signed(body=b"command=%2Fother"),
    "an hour old": signed(at=1_700_000_000),
    "an hour ahead": signed(at=4_000_000_000),
    "an empty signature": signed(**{"X-Slack-Signature": ""}),
    "the old kind of signature": signed(**{"X-Slack-Signature": "v1=" + "0" * 64}),
    "capitals": signed(**{"X-Slack-Signature": signed()["X-Slack-Signature"].upper()}),
    "a bearer token": {"Authorization": f"Bearer {SECRET}"},
}


@pytest.mark.parametrize("headers", NOT_SLACK.values(), ids=NOT_SLACK)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
async def test_whoever_is_not_slack_reaches_nothing(served: Served, headers: dict[str, str], method: str) -> None:
    status, _ = await served.ask(method, DOOR, BODY if method != "GET" else None, **headers)
    assert status == (401 if method == "POST" else 405)
    assert served.came == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_signature_opens_one_method_of_one_page(served: Served, method: str) -> None:
    assert (await served.ask(method, DOOR, BODY, **signed()))[0] == 405
    assert (await served.ask("POST", "/readyz", BODY, **signed()))[0] == 405
    assert (await served.ask("POST", f"{DOOR}/more", BODY, **signed()))[0] == 404
    assert served.came == []


@pytest.mark.parametrize("host", ["sessions.example", "evil.example:1", "[::1]", "127.0.0.1", "[", "a b", ""])
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_slack_is_heard_whatever_the_host_it_was_told_and_others_are_not(
    served: Served, host: str, origin: str | None
) -> None:
    """The signature is the lock; a proxy may name any host."""
    extra = {"Host": host} | ({"Origin": origin} if origin else {})
    assert (await served.ask("POST", DOOR, BODY, **signed(**extra))) == (200, "ok")
    assert (await served.ask("POST", DOOR, BODY, **extra))[0] == 401
    for page in ("/healthz", "/readyz"):
        assert (await served.ask("GET", page, **extra))[0] == 200
    assert (await served.ask("GET", "/metrics", **extra))[0] == (200 if host in {"[::1]", "127.0.0.1"} else 403)
    assert served.came == [BODY]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 9000,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(200)) + b"X: x",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, odd",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y",
        b"GET /healthz HTTP/1.1\r\nBad Header: x",
        b"GET /healthz HTTP/1.1\r\nX: \x00",
        b"GET http://[ HTTP/1.1\r\nHost: x",
        b"SLACK /healthz HTTP/1.1\r\nHost: x",
        b"\x16\x03\x01\x00\xa5\x01",
    ],
    ids=lambda head: repr(head[:24] + b"..." + head[-20:]),
)
async def test_odd_heads_are_refused_and_the_next_visitor_is_served(served: Served, head: bytes) -> None:
    assert await served.raw(head + b"\r\n\r\n") in {400, 401, 413, 431}
    assert (await served.ask("GET", "/healthz"))[0] == 200
    assert served.came == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x",
        b"GET /healthz?%00=%ff&a[]=1 HTTP/1.1\r\nHost: x",
        b"GET /healthz HTTP/1.0",
        b"GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example",
        b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x",
    ],
    ids=repr,
)
async def test_unusual_but_right_requests_are_answered(served: Served, head: bytes) -> None:
    assert await served.raw(head + b"\r\n\r\n") == 200


async def test_what_is_expected_of_us_is_not_always_done(served: Served) -> None:
    assert (
        await served.raw(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 9\r\n\r\n")
        == 417
    )
    assert await served.raw(b"CONNECT sessions.example:443 HTTP/1.1\r\nHost: x\r\n\r\n") in {404, 405}
    assert (await served.ask("GET", "/healthz"))[0] == 200


async def test_in_socket_mode_the_pages_are_the_same_but_for_slacks_door(session: aiohttp.ClientSession) -> None:
    async with _served(session, slack=False) as served:
        assert [(await served.ask("GET", page))[0] for page in PAGES] == [200, 200, 200]
        assert (await served.ask("POST", DOOR, BODY, **signed()))[0] == 404


async def test_with_a_token_no_other_page_asks_for_it(session: aiohttp.ClientSession) -> None:
    async with _served(session, token=TOKEN) as served:
        assert [(await served.ask("GET", page))[0] for page in PAGES] == [200, 200, 403]
        assert (await served.ask("POST", DOOR, BODY, Authorization=f"Bearer {TOKEN}"))[0] == 401
        for method in ("GET", "HEAD"):
            assert (await served.ask(method, "/metrics", Authorization=f"Bearer {TOKEN}"))[0] == 200
            assert (await served.ask(method, "/metrics", Authorization=f"Basic {TOKEN}"))[0] == 403
        status, text = await served.ask("GET", "/metrics?token=" + TOKEN)
        assert status == 403
        assert TOKEN not in text


@pytest.mark.parametrize("begins", sorted({f"/{path.split('/')[1]}/" for path in PEOPLE}))
def test_the_readme_names_every_page_for_people_where_it_says_what_a_proxy_forwards(begins: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    [setting] = [line for line in readme.splitlines() if line.startswith("| `PUBLIC_URL` |")]
    assert f"`{begins}…`" in setting
    forwarded = readme[readme.index("Forward `/slack/events`") :].partition("nothing else")[0]
    assert f"`{begins}`" in forwarded


def test_every_page_for_people_is_asked_for_here() -> None:
    nowhere: Any = None
    links = Links(SECRET, "https://sessions.example.com")
    routes = pages(links, store=nowhere, clock=SystemClock(), spawn=nowhere, refused=nowhere)
    assert {route.path.replace("{token}", "x") for route in routes if isinstance(route, web.RouteDef)} == set(PEOPLE)
