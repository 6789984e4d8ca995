"""The web server: everything from Slack at one door whose lock is the signature, and three doors for operators."""

import asyncio
import hmac
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import ContentTypeError, web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.inbound import KIND, NotUnderstood, SlackEndpoint, kind_of, new_reference, parse
from bot.metrics import Metrics
from bot.signatures import refusal
from coaching import deadline
from handlers.errors import failed
from handlers.parse import Body

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 10.0  # Slack itself gives up after 3; this only frees connections that never finish
EVENTS_PATH = "/slack/events"
Readiness = Callable[[], Awaitable[Mapping[str, bool | str]]]
log = structlog.get_logger(__name__)


def create_web_app(
    *,
    slack: SlackEndpoint | None,
    signing_secret: str | None,
    readiness: Readiness,
    metrics: Metrics,
    metrics_token: str | None = None,
    wall_time: Callable[[], float] = time.time,
    request_seconds: float = deadline.REQUEST_SECONDS,
) -> web.Application:
    """Compose the routes; without `slack` (Socket Mode) there is no door for Slack's requests at all.

    `readiness` names each part: True is ready, False or a sentence is not. `wall_time` is Unix seconds; `request_seconds`
    is what a request of Slack's may take in all.
    Raises ValueError when requests from Slack are wanted without a secret to check them.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_outermost])
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _Readyz(readiness).answer)
    app.router.add_get("/metrics", _MetricsPage(metrics, metrics_token).answer)
    if slack is not None:
        if not signing_secret:
            raise ValueError("requests from Slack need a signing secret")
        door = _SlackDoor(slack, signing_secret.encode(), metrics, wall_time, request_seconds)
        app.router.add_post(EVENTS_PATH, door.answer)
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, *, drain_seconds: float = 10.0) -> AsyncIterator[int]:
    """Listen while the context is open and yield the port that was bound (for port 0).

    On leaving: no new connections, requests in flight get `drain_seconds` to be answered, then they are cut.
    Raises OSError when the address is taken or not ours.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=drain_seconds,
        auto_decompress=False,  # bodies are taken as they were signed; unpacking is an attack's tool, not Slack's
        lingering_time=1.0,  # what follows a refused oversized body is read this long, in seconds, then cut
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound: int = runner.addresses[0][1]
        log.info("listening", host=host, port=bound)
        yield bound
    finally:
        await runner.cleanup()


@web.middleware
async def _outermost(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as http:
        # aiohttp's own answers (404, 405, 413) repeat nothing of the request; only the headers below are missing.
        http.headers.update(_PLAIN)
        raise
    response.headers.update(_PLAIN)
    return response


# Nothing here is a page: no sniffing, no caching, no framing.
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class _SlackDoor:
    """Checks the signature on the raw bytes before anything looks inside them, then counts, times and answers."""

    def __init__(
        self,
        slack: SlackEndpoint,
        secret: bytes,
        metrics: Metrics,
        wall_time: Callable[[], float],
        request_seconds: float,
    ) -> None:
        self._request_seconds = request_seconds
        self._slack = slack
        self._secret = secret
        self._metrics = metrics
        self._wall_time = wall_time

    async def answer(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        with self._metrics.requests_in_flight.track_inprogress(), deadline.within(self._request_seconds):
            response = await self._checked(request)
        kind = request.get(KIND)
        if kind is not None:  # refused requests are counted by reason; their time says nothing about Slack's users
            self._metrics.requests.labels(kind=kind).observe(time.perf_counter() - started)
        return response

    async def _checked(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        reason = refusal(
            self._secret,
            timestamps=request.headers.getall("X-Slack-Request-Timestamp", []),
            signatures=request.headers.getall("X-Slack-Signature", []),
            body=body,
            now=self._wall_time(),
        )
        if reason is not None:
            return self._refuse(401, reason)
        try:
            return await self._slack(request, body)
        except NotUnderstood as error:
            return self._refuse(400, "malformed", detail=str(error))
        except Exception as error:  # noqa: BLE001 - the last net; `_failed` logs it with its traceback
            return self._failed(request, body, error)

    async def _body(self, request: web.Request) -> bytes | web.Response:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            return self._refuse(413, "too_large")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(413, "too_large")
        except TimeoutError:
            return self._refuse(408, "too_slow")
        except (ConnectionError, HttpProcessingError, web.RequestPayloadError, ContentTypeError, ValueError):
            return self._refuse(400, "truncated")

    def _refuse(self, status: int, reason: str, *, detail: str | None = None) -> web.Response:
        self._metrics.requests_refused.labels(reason=reason).inc()
        log.warning("request refused", status=status, why=reason, detail=detail)
        response = web.json_response({"ok": False, "error": reason}, status=status)
        if status in {408, 413}:
            response.force_close()  # the rest of that body is not worth reading
        return response

    def _failed(self, request: web.Request, body: bytes, error: Exception) -> web.Response:
        reference = new_reference()
        content: Body
        try:
            content = parse(body, headers=request.headers).body
        except NotUnderstood:
            content = {}
        request[KIND] = kind = kind_of(content)
        self._metrics.requests_failed.labels(kind=kind).inc()
        log.error("request failed", kind=kind, request_id=reference, exc_info=error)
        answer = failed(content, kind, reference)
        return web.Response(status=answer.status, body=answer.body.encode(), headers=answer.first_headers())


async def _healthz(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


class _Readyz:
    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def answer(self, _request: web.Request) -> web.Response:
        try:
            parts = await self._readiness()
        except Exception:
            log.exception("readiness cannot be told")
            parts = {"readiness": "cannot be told; the log has the reason"}
        waiting = {name: state for name, state in parts.items() if state is not True}
        status = {"status": "waiting" if waiting else "ready", "not_ready": waiting}
        return web.json_response(status, status=503 if waiting else 200, dumps=json.dumps)


class _MetricsPage:
    """For this machine, or for whoever knows the token.

    A reverse proxy on this machine makes everybody look local, so a forwarded request always needs the token.
    """

    def __init__(self, metrics: Metrics, token: str | None) -> None:
        self._registry = metrics.registry
        self._authorization = f"Bearer {token}".encode() if token else None

    async def answer(self, request: web.Request) -> web.Response:
        if not (self._has_token(request) or _is_local(request)):
            raise web.HTTPForbidden(text="Metrics are for this machine, or with METRICS_TOKEN as a bearer token.\n")
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _has_token(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return self._authorization is not None and hmac.compare_digest(self._authorization, given)


_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def _is_local(request: web.Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    try:
        address = ipaddress.ip_address(peer[0]) if peer else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (address.is_loopback or bool(mapped and mapped.is_loopback))
