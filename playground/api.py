"""The Web API over HTTP: tokens, scopes, arguments, faults, and answers in Slack's form."""

import json
import time

from aiohttp import web

from playground import methods_chat, methods_conversations, methods_files, methods_people, methods_views
from playground.errors import ApiError
from playground.faults import Fault, Faults
from playground.json_types import Json, JsonObject
from playground.methods_common import Args, Context, Method
from playground.response_urls import ResponseUrls
from playground.traffic import Traffic

METHODS: dict[str, Method] = {
    **methods_chat.METHODS,
    **methods_conversations.METHODS,
    **methods_files.METHODS,
    **methods_people.METHODS,
    **methods_views.METHODS,
}
"""Every method that the playground supports."""


class WebApi:
    """Serves `/api/{method}` and the response_urls."""

    def __init__(
        self,
        context: Context,
        traffic: Traffic,
        faults: Faults,
        response_urls: ResponseUrls,
        *,
        bot_token: str,
        app_token: str | None,
    ) -> None:
        self._context = context
        self._traffic = traffic
        self._faults = faults
        self._response_urls = response_urls
        self._bot_token = bot_token
        self._app_token = app_token

    def routes(self) -> list[web.RouteDef]:
        """The routes that this part serves."""
        return [
            web.route("*", "/api/{method}", self.call),
            web.post("/commands/{team}/{key}", self.respond),
            web.post("/actions/{team}/{key}", self.respond),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        started = time.perf_counter()
        name = request.match_info["method"]
        arguments = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or arguments.pop("token", "")
        arguments.pop("token", None)
        channel = arguments.get("channel")
        struck = self._faults.strike(name, channel if isinstance(channel, str) else None)
        refusing = await self._slowed(struck)
        if refusing is not None and refusing.kind in ("rate_limited", "server_error"):
            return self._refused(name, arguments, refusing, started)
        status, headers, answer = self._answer(name, token, Args(arguments, request.content_length or 10**9))
        self._log("api", name, arguments, status, answer, started, lost=refusing is not None)
        if refusing is not None:
            return _lose(request)
        return web.Response(text=json.dumps(answer), status=status, headers=headers, content_type="application/json")

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Handle one use of a response_url."""
        started = time.perf_counter()
        key = request.match_info["key"]
        body = await _arguments(request)
        if isinstance(body.get("payload"), str):
            body = json.loads(body["payload"])
        refusing = await self._slowed(self._faults.strike("response_url", self._response_urls.channel_of(key)))
        if refusing is not None and refusing.kind in ("rate_limited", "server_error"):
            return self._refused("response_url", body, refusing, started)
        status, answer = 200, {"ok": True}
        try:
            self._response_urls.use(key, body)
        except ApiError as error:
            status = 404 if error.code in ("expired_url", "used_url") else 400
            answer = _error(error)
        self._log("response_url", "response_url", body, status, answer, started, lost=refusing is not None)
        if refusing is not None:
            return _lose(request)
        if status == 200:
            return web.Response(text="ok")
        return web.json_response(answer, status=status)

    async def _slowed(self, struck: list[Fault]) -> Fault | None:
        """Wait as long as slow faults demand. Return the fault that replaces the method's answer, if any."""
        refusing = None
        for fault in struck:
            if fault.ms:
                await self._faults.dawdle(fault)
            if fault.kind != "slow":
                refusing = fault
        return refusing

    def _answer(self, name: str, token: Json, arguments: Args) -> tuple[int, dict[str, str], JsonObject]:
        headers = {"X-OAuth-Scopes": self._context.scopes}
        try:
            method = _method(name)
            self._authenticate(token, method)
            if method.scopes:
                headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)
                self._context.require(*method.scopes)
            return 200, headers, {"ok": True, **method.handler(self._context, arguments)}
        except ApiError as error:
            if error.code == "ratelimited":
                headers["Retry-After"] = str(error.extra.pop("retry_after"))
                return 429, headers, _error(error)
            return 200, headers, _error(error)

    def _authenticate(self, token: Json, method: Method) -> None:
        if not token:
            raise ApiError("not_authed")
        if token not in (self._bot_token, self._app_token):
            raise ApiError("invalid_auth")
        if (token == self._app_token) != (method.by == "app"):
            raise ApiError("not_allowed_token_type")

    def _refused(self, name: str, arguments: JsonObject, fault: Fault, started: float) -> web.Response:
        kind = "response_url" if name == "response_url" else "api"
        if fault.kind == "rate_limited":
            answer: JsonObject = {"ok": False, "error": "ratelimited"}
            self._log(kind, name, arguments, 429, answer, started, fault=fault.kind)
            return web.json_response(answer, status=429, headers={"Retry-After": str(fault.retry_after)})
        answer = {"ok": False, "error": "internal_error"}
        self._log(kind, name, arguments, fault.status, answer, started, fault=fault.kind)
        return web.Response(status=fault.status, text="upstream error")

    def _log(
        self,
        kind: str,
        name: str,
        arguments: JsonObject,
        status: int,
        answer: JsonObject,
        started: float,
        *,
        lost: bool = False,
        fault: str | None = None,
    ) -> None:
        self._traffic.add(
            "from_app",
            kind,
            name,
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 3),
            ok=bool(answer["ok"]),
            error=answer.get("error"),
            messages=answer.get("response_metadata", {}).get("messages", []),
            request=arguments,
            response=answer,
            fault="lost_reply" if lost else fault,
        )


def _method(name: str) -> Method:
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    return method


def _error(error: ApiError) -> JsonObject:
    answer: JsonObject = {"ok": False, "error": error.code, **error.extra}
    if error.messages:
        answer["response_metadata"] = {"messages": error.messages}
    return answer


def _lose(request: web.Request) -> web.Response:
    """Drop the connection after the work is done, so that the caller cannot know the result."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _arguments(request: web.Request) -> JsonObject:
    arguments: JsonObject = dict(request.query)
    if request.method == "GET" or not request.can_read_body:
        return arguments
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            body = None
        return arguments | body if isinstance(body, dict) else arguments
    return arguments | {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
