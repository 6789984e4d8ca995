"""The pages for operators: liveness, readiness and metrics."""

import asyncio
import contextlib
import hmac
import ipaddress
import json
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.hosts import LOOPBACK_HOSTS
from bot.metrics import Metrics

READY_SECONDS = 1.0
"""Seconds that an answer of /readyz is reused: anyone may ask, and each check takes a database connection."""
_BESIDES = frozenset({"mail"})
"""Parts without which Slack is answered all the same: their trouble is named, and no request is sent elsewhere for it."""
Readiness = Callable[[], Awaitable[Mapping[str, bool | str]]]
log = structlog.get_logger(__name__)


async def healthz(_request: web.Request) -> web.Response:
    """Answer that the process is running."""
    return web.json_response({"status": "ok"})


class ReadyPage:
    """Reports what is not ready. However many ask, there is one check at a time, and its answer is reused briefly."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._look: asyncio.Task[Mapping[str, bool | str]] | None = None
        self._looked_at = float("-inf")

    async def answer(self, _request: web.Request) -> web.Response:
        """Answer 200 if everything is ready, else 503 with what is not."""
        if self._look is None or (self._look.done() and time.monotonic() - self._looked_at >= READY_SECONDS):
            self._look = asyncio.create_task(self._parts(), name="readiness")
        parts = await asyncio.shield(self._look)
        ailing = {name: state for name, state in parts.items() if state is not True}
        waiting = {name: state for name, state in ailing.items() if name not in _BESIDES}
        status: dict[str, object] = {"status": "waiting" if waiting else "ready", "not_ready": waiting}
        if len(ailing) > len(waiting):
            status["impaired"] = {name: state for name, state in ailing.items() if name in _BESIDES}
        return web.json_response(status, status=503 if waiting else 200, dumps=json.dumps)

    async def close(self, _app: web.Application) -> None:
        """Cancel a check that is under way when the server stops."""
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look

    async def _parts(self) -> Mapping[str, bool | str]:
        try:
            return await self._readiness()
        except Exception:
            log.exception("readiness cannot be told")
            return {"readiness": "cannot be told; the log has the reason"}
        finally:
            self._looked_at = time.monotonic()


class MetricsPage:
    """Metrics for requests with the token or, if no token is set, for requests from this machine.

    Behind a proxy on this machine every request looks local. So a forwarded request does not count as local, nor does
    one for another host name, which another website's page can point at this machine. A proxy may hide both signs. That
    is what the token is for.
    """

    def __init__(self, metrics: Metrics, token: str | None) -> None:
        self._registry = metrics.registry
        self._authorization = f"Bearer {token}".encode() if token else None

    async def answer(self, request: web.Request) -> web.Response:
        """Return the metrics in Prometheus format. Raises HTTPForbidden."""
        if self._authorization is None:
            if not _is_local(request):
                raise web.HTTPForbidden(
                    text="Metrics are for this machine; set METRICS_TOKEN to read them elsewhere.\n"
                )
        elif not hmac.compare_digest(self._authorization, authorization(request)):
            raise web.HTTPForbidden(text="Metrics are for whoever sends METRICS_TOKEN as a bearer token.\n")
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def authorization(request: web.Request) -> bytes:
    """Return the Authorization header as bytes: compare_digest raises on text beyond ASCII."""
    return request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")


_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def _is_local(request: web.Request) -> bool:
    if any(name in request.headers for name in _FORWARDED) or not asks_for_this_machine(request):
        return False
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    try:
        address = ipaddress.ip_address(peer[0]) if peer else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (address.is_loopback or bool(mapped and mapped.is_loopback))


def asks_for_this_machine(request: web.Request) -> bool:
    """Return whether a request's host is one of the names that each machine has only for itself."""
    try:
        return request.url.host in LOOPBACK_HOSTS
    except ValueError:
        return False
