"""The web server: one signature-protected route for everything from Slack, three pages for operators, and those of `web/`."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import structlog
from aiohttp import ContentTypeError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot import files
from bot.bodies import MAX_BODY_BYTES, Bodies, BodyTooLarge
from bot.connections import (
    ACCEPTED_AT_ONCE,
    FILES_PER_CONNECTION,
    MAX_CONNECTIONS,
    WAITING,
    Connections,
    Cut,
    connection_of,
    watched,
)
from bot.inbound import KIND, NotUnderstood, SlackEndpoint, kind_of, new_reference, parse
from bot.metrics import Metrics
from bot.pages import MetricsPage, Readiness, ReadyPage, healthz
from bot.seldom import Seldom
from bot.signatures import covers, odd_head
from coaching import deadline
from handlers.errors import failed
from handlers.parse import Body

EVENTS_PATH = "/slack/events"
# The last is what aiohttp raises for a connection that ended before its body was read.
_CUT_OFF = (ConnectionError, HttpProcessingError, web.RequestPayloadError, ContentTypeError, ValueError, RuntimeError)
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
    pages: Iterable[web.RouteDef] = (),
) -> web.Application:
    """Build the routes. Without `slack` (Socket Mode) there is no route for Slack's requests at all.

    `readiness` names each part: True is ready, False or a sentence is not. `wall_time` is Unix seconds.
    `request_seconds` is the time that a request from Slack may take in all. `pages` are those for people. Raises
    ValueError if `slack` is given without a secret to check its requests.
    """
    app = web.Application(middlewares=[_outermost])
    ready = ReadyPage(readiness)
    app.on_cleanup.append(ready.close)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", ready.answer)
    app.router.add_get("/metrics", MetricsPage(metrics, metrics_token).answer)
    app.router.add_routes(pages)
    if slack is not None:
        if not signing_secret:
            raise ValueError("requests from Slack need a signing secret")
        door = _SlackDoor(slack, signing_secret.encode(), metrics, wall_time, request_seconds)
        app.router.add_post(EVENTS_PATH, door.answer)
    return app


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, metrics: Metrics | None = None, drain_seconds: float = 10.0
) -> AsyncIterator[int]:
    """Listen while the context is open, and yield the port that was bound (for port 0).

    A stranger gets one request per connection, and the number of connections is limited (`bot/connections.py`).
    `metrics` counts them. On leaving, no new connections are accepted. Requests in flight get `drain_seconds` to be
    answered and are then cut. Raises OSError if the address is taken or not this machine's.
    """
    strangers = _Strangers(metrics)
    app.middlewares.insert(0, watched)
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=strangers.logger(),
        shutdown_timeout=drain_seconds,
        auto_decompress=False,  # bodies are read as they were signed. Compression is used by attackers, not by Slack
        lingering_time=1.0,  # seconds to read on after a refused body before the connection is cut
    )
    await runner.setup()
    try:
        assert runner.server is not None  # noqa: S101 - for the type checker
        connections = Connections(
            runner.server,
            most=min(MAX_CONNECTIONS, files.limit() // FILES_PER_CONNECTION),
            told=strangers.cut,
            counted=strangers.counted,
        )
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(connections, host, port, backlog=ACCEPTED_AT_ONCE)
        try:
            for one in listener.sockets:
                with one.dup() as same:
                    same.listen(WAITING)
            bound: int = listener.sockets[0].getsockname()[1]
            log.info("listening", host=host, port=bound)
            yield bound
        finally:
            listener.close()
    finally:
        await runner.cleanup()


class _Strangers(logging.Filter):
    """What strangers do at the edge of HTTP: counted, and logged now and then. aiohttp would log tracebacks."""

    def __init__(self, metrics: Metrics | None) -> None:
        super().__init__()
        self._metrics = metrics
        self._seldom = Seldom()
        self._aiohttp = logging.getLogger("aiohttp.server")

    def logger(self) -> logging.Logger:
        """Return the logger for aiohttp. Faults of our own still reach aiohttp's usual logger."""
        logger = logging.Logger("aiohttp.server")  # noqa: LOG001 - one for each server
        logger.parent = self._aiohttp
        logger.addFilter(self)
        logger.setLevel(logging.DEBUG)  # the level at which aiohttp logs an invalid HTTP method
        return logger

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether aiohttp's record is to be written."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return self._aiohttp.isEnabledFor(record.levelno)
        if self._metrics is not None:
            self._metrics.requests_refused.labels(reason="not_http").inc()
        if (kept_back := self._seldom.due("not_http")) is not None:
            log.warning("request refused", status=400, why="not_http", detail=type(error).__name__, kept_back=kept_back)
        return False

    def cut(self, why: Cut) -> None:
        """Count a connection that was cut. Those that only rested are not logged."""
        if self._metrics is not None:
            self._metrics.connections_cut.labels(reason=why).inc()
        if why != "idle" and (kept_back := self._seldom.due(why)) is not None:
            log.warning("connection cut", why=why, kept_back=kept_back)

    def counted(self, connections: int) -> None:
        """Record the number of connections."""
        if self._metrics is not None:
            self._metrics.connections.set(connections)


@web.middleware
async def _outermost(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as http:
        # aiohttp's own answers (404, 405, 413) repeat nothing of the request. They only lack the headers below.
        _guard(http)
        raise
    _guard(response)
    return response


def _guard(response: web.StreamResponse) -> None:
    for name, value in _PLAIN.items():
        response.headers.setdefault(name, value)


# No sniffing, and no caching unless a page says how long.
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class _SlackDoor:
    """Checks the signature on the raw bytes before anything parses them, then counts, times and answers."""

    def __init__(
        self,
        slack: SlackEndpoint,
        secret: bytes,
        metrics: Metrics,
        wall_time: Callable[[], float],
        request_seconds: float,
    ) -> None:
        self._request_seconds = request_seconds
        self._bodies = Bodies()
        self._seldom = Seldom()
        self._slack = slack
        self._secret = secret
        self._metrics = metrics
        self._wall_time = wall_time

    async def answer(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        with self._metrics.requests_in_flight.track_inprogress(), deadline.within(self._request_seconds):
            response = await self._checked(request)
        kind = request.get(KIND)
        if kind is not None:  # refused requests are counted by reason. Their time says nothing about Slack's users
            self._metrics.requests.labels(kind=kind).observe(time.perf_counter() - started)
        return response

    async def _checked(self, request: web.Request) -> web.StreamResponse:
        timestamps = request.headers.getall("X-Slack-Request-Timestamp", [])
        signatures = request.headers.getall("X-Slack-Signature", [])
        odd = odd_head(timestamps=timestamps, signatures=signatures, now=self._wall_time())
        if odd is not None:
            return self._refuse(401, odd)  # before any of the body is kept
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        if not covers(self._secret, timestamp=timestamps[0], signature=signatures[0], body=body):
            return self._refuse(401, "bad_signature")
        if (connection := connection_of(request)) is not None:
            connection.prove()
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
            return await self._bodies.read(request.content)
        except BodyTooLarge:
            return self._refuse(413, "too_large")
        except TimeoutError:
            return self._refuse(408, "too_slow")
        except _CUT_OFF:
            return self._refuse(400, "truncated")

    def _refuse(self, status: int, reason: str, *, detail: str | None = None) -> web.Response:
        self._metrics.requests_refused.labels(reason=reason).inc()
        if (kept_back := self._seldom.due(reason)) is not None:
            log.warning("request refused", status=status, why=reason, detail=detail, kept_back=kept_back)
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
