"""The web server's doors, over real connections."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.bodies import MAX_BODY_BYTES
from bot.inbound import NotUnderstood
from bot.metrics import Metrics
from bot.web import create_web_app, serving
from tests.bot.conftest import SECRET, Slack

TOKEN = "metrics-token-of-some-length"
Doors = Callable[..., AbstractAsyncContextManager[Slack]]


class Recorder:
    """The endpoint behind the signature check: notes what came through, and may be told to misbehave."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.error: Exception | None = None

    async def __call__(self, request: web.Request, body: bytes) -> web.StreamResponse:
        self.bodies.append(body)
        if self.error is not None:
            raise self.error
        return web.Response(text="ok")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry(), version="1.2.3")


@pytest.fixture
def doors(session: aiohttp.ClientSession, recorder: Recorder, metrics: Metrics) -> Doors:
    @asynccontextmanager
    async def opened(
        *,
        ready: Mapping[str, bool | str] | Exception | None = None,
        token: str | None = TOKEN,
        socket_mode: bool = False,
    ) -> AsyncIterator[Slack]:
        async def readiness() -> Mapping[str, bool | str]:
            if isinstance(ready, Exception):
                raise ready
            return {"database": True} if ready is None else ready

        app = create_web_app(
            slack=None if socket_mode else recorder,
            signing_secret=SECRET,
            readiness=readiness,
            metrics=metrics,
            metrics_token=token,
        )
        async with serving(app, "127.0.0.1", 0) as port:
            yield Slack(session, port)

    return opened


def count(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def test_a_signed_request_reaches_the_endpoint_byte_for_byte(doors: Doors, recorder: Recorder) -> None:
    async with doors() as slack:
        assert await slack.send(b'{"a": "\xc3\xa4"}') == (200, "ok")
    assert recorder.bodies == [b'{"a": "\xc3\xa4"}']


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Slack-Signature", "v0=" + "0" * 64),
        ("X-Slack-Signature", "v0=é"),
        ("X-Slack-Signature", ""),
        ("X-Slack-Request-Timestamp", "now"),
        ("X-Slack-Request-Timestamp", "1"),
    ],
)
@pytest.mark.parametrize("body", [b"{}", b"{" * 50_000, b"\xff\xfe", b"payload=%", b"", b"ssl_check=1"])
async def test_unsigned_requests_get_401_whatever_they_hold(
    doors: Doors, recorder: Recorder, metrics: Metrics, header: str, value: str, body: bytes
) -> None:
    async with doors() as slack:
        status, _text = await slack.send(body, **{header: value})
    assert status == 401
    assert recorder.bodies == []


async def test_refusals_are_counted_by_reason(doors: Doors, metrics: Metrics) -> None:
    async with doors() as slack:
        await slack.send(b"{}", **{"X-Slack-Request-Timestamp": "1"})
        await slack.send(b"{}", **{"X-Slack-Signature": "v0=0"})
        async with slack.session.post(f"{slack.base}/slack/events", data=b"{}") as response:
            assert response.status == 401
    for reason in ("stale", "bad_signature", "unsigned"):
        assert count(metrics, "sessions_requests_refused_total", reason=reason) == 1


async def test_one_mebibyte_is_read_and_one_byte_more_is_413(doors: Doors, recorder: Recorder) -> None:
    async with doors() as slack:
        assert (await slack.send(b"a" * MAX_BODY_BYTES))[0] == 200
        assert (await slack.send(b"a" * (MAX_BODY_BYTES + 1)))[0] == 413
    assert [len(body) for body in recorder.bodies] == [MAX_BODY_BYTES]


async def test_an_oversized_body_of_unknown_length_is_413(doors: Doors, recorder: Recorder) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 65_536 * 2

    async with doors() as slack:
        try:
            headers = slack.headers(b"not this")
            async with slack.session.post(f"{slack.base}/slack/events", data=chunks(), headers=headers) as response:
                assert response.status == 413
        except (aiohttp.ClientConnectionError, ConnectionError):
            pass  # the server may close before the client has finished writing
    assert recorder.bodies == []


async def test_a_packed_body_is_not_unpacked(doors: Doors, recorder: Recorder) -> None:
    packed = gzip.compress(b"a" * 10_000_000)
    async with doors() as slack:
        await slack.send(packed, **{"Content-Encoding": "gzip"})
    assert recorder.bodies == [packed]


async def test_a_truncated_body_changes_nothing_and_the_server_lives_on(doors: Doors, recorder: Recorder) -> None:
    async with doors() as slack:
        port = int(slack.base.rsplit(":", 1)[1])
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await slack.get("/healthz"))[0] == 200
    assert recorder.bodies == []


async def test_signed_nonsense_is_400_and_counted(doors: Doors, recorder: Recorder, metrics: Metrics) -> None:
    recorder.error = NotUnderstood("odd")
    async with doors() as slack:
        status, text = await slack.send(b"[]")
    assert (status, json.loads(text)["error"]) == (400, "malformed")
    assert count(metrics, "sessions_requests_refused_total", reason="malformed") == 1


async def test_an_endpoint_that_raises_answers_a_command_with_words_and_a_reference(
    doors: Doors, recorder: Recorder, metrics: Metrics
) -> None:
    recorder.error = RuntimeError("database is gone")
    async with doors() as slack:
        status, text = await slack.form({"command": "/sessions", "user_id": "U1", "team_id": "T1"})
    answer = json.loads(text)
    assert (status, answer["response_type"]) == (200, "ephemeral")
    assert "reference" in answer["text"]
    assert "database" not in text
    assert count(metrics, "sessions_requests_failed_total", kind="command") == 1


async def test_an_endpoint_that_raises_lets_slack_retry_an_event_and_not_an_interaction(
    doors: Doors, recorder: Recorder
) -> None:
    recorder.error = RuntimeError("database is gone")
    action = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "a"}]}
    async with doors() as slack:
        assert (await slack.send(json.dumps({"type": "event_callback", "event": {"type": "team_join"}}).encode()))[
            0
        ] == 500
        assert await slack.form({"payload": json.dumps(action)}) == (200, "")


async def test_an_endpoint_that_raises_keeps_a_submitted_dialog_and_says_so(doors: Doors, recorder: Recorder) -> None:
    recorder.error = RuntimeError("database is gone")
    view = {"type": "modal", "callback_id": "x"}
    async with doors() as slack:
        status, text = await slack.form(
            {"payload": json.dumps({"type": "view_submission", "user": {"id": "U1"}, "view": view})}
        )
    assert status == 200
    assert "reference" in json.dumps(json.loads(text)["view"])
    assert "database" not in text


async def test_other_paths_are_404_and_other_methods_405(doors: Doors) -> None:
    async with doors() as slack:
        assert (await slack.get("/slack/events"))[0] == 405
        assert (await slack.get("/nothing"))[0] == 404
        async with slack.session.post(f"{slack.base}/healthz") as response:
            assert response.status == 405


async def test_in_socket_mode_there_is_no_door_for_slack(doors: Doors) -> None:
    async with doors(socket_mode=True) as slack:
        assert (await slack.send(b"{}"))[0] == 404
        assert (await slack.get("/healthz"))[0] == 200


async def test_ready_says_what_is_missing(doors: Doors) -> None:
    async with doors() as slack:
        assert await slack.get("/readyz") == (200, '{"status": "ready", "not_ready": {}}')
    async with doors(ready={"database": True, "relay": "stopped", "migrations": False}) as slack:
        status, text = await slack.get("/readyz")
        assert (status, json.loads(text)["not_ready"]) == (503, {"relay": "stopped", "migrations": False})
    async with doors(ready=RuntimeError("secret detail")) as slack:
        status, text = await slack.get("/readyz")
        assert status == 503
        assert "secret detail" not in text


async def test_without_a_token_metrics_are_for_this_machine_asked_for_by_its_own_name(doors: Doors) -> None:
    async with doors(token=None) as slack:
        status, text = await slack.get("/metrics")
        assert status == 200
        assert "sessions_build_info{python=" in text
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert (await slack.get("/metrics", **{header: "203.0.113.9"}))[0] == 403
        for host in ("sessions.example", "127.0.0.1.sessions.example", "[", ""):
            assert (await slack.get("/metrics", Host=host))[0] == 403, host
        assert (await slack.get("/metrics", Host="localhost:80"))[0] == 200
        assert (await slack.get("/metrics", Host="sessions.example", Authorization="Bearer None"))[0] == 403


async def test_with_a_token_everybody_needs_it(doors: Doors) -> None:
    """A proxy on this machine makes everybody look as if they were here, and need not say that it is one."""
    async with doors() as slack:
        for given in (
            {},
            {"Authorization": TOKEN},
            {"Authorization": "Bearer é"},
            {"Authorization": f"Bearer {TOKEN} "},
        ):
            status, text = await slack.get("/metrics", **given)
            assert status == (200 if given.get("Authorization", "").startswith(f"Bearer {TOKEN}") else 403)
            assert ("sessions_build_info" in text) is (status == 200)
        proxied = {"X-Forwarded-For": "203.0.113.9", "Host": "sessions.example"}
        assert (await slack.get("/metrics", **proxied, Authorization=f"Bearer {TOKEN}"))[0] == 200


async def test_requests_in_flight_are_answered_before_the_server_is_gone(
    session: aiohttp.ClientSession, metrics: Metrics
) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request, body: bytes) -> web.StreamResponse:
        arrived.set()
        await release.wait()
        return web.Response(text="done")

    async def ready() -> Mapping[str, bool | str]:
        return {}

    app = create_web_app(slack=slow, signing_secret=SECRET, readiness=ready, metrics=metrics)
    async with serving(app, "127.0.0.1", 0) as port:
        request = asyncio.create_task(Slack(session, port).send(b"{}"))
        await arrived.wait()
        assert count(metrics, "sessions_requests_in_flight") == 1
        asyncio.get_running_loop().call_later(0.05, release.set)
    assert await request == (200, "done")
    assert count(metrics, "sessions_requests_in_flight") == 0
    with pytest.raises(aiohttp.ClientConnectionError):
        await Slack(session, port).send(b"{}")


def test_slack_requests_without_a_secret_cannot_be_composed(metrics: Metrics, recorder: Recorder) -> None:
    async def ready() -> Mapping[str, bool | str]:
        return {}

    with pytest.raises(ValueError, match="signing secret"):
        create_web_app(slack=recorder, signing_secret="", readiness=ready, metrics=metrics)
