"""From a request of Slack's, over HTTP or Socket Mode, to Bolt and back. Slack never gets a bare error.

Bolt parses before it dispatches and trusts every shape, so signed nonsense would surface as tracebacks. Here the body
is read and checked first. A request that still fails gets the answer that Slack understands for its kind.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.authorize import workspace_id_of
from bot.forms import fields_of
from bot.lifecycle import BackgroundTasks
from bot.logs import request_context
from bot.metrics import Metrics
from coaching import deadline
from coaching.texts import storable
from handlers.errors import LOOK_AGAIN, failed, finished, refused, unfinished
from handlers.json_body import decoded
from handlers.parse import Body

SlackEndpoint = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]
KIND: web.RequestKey[str] = web.RequestKey("kind", str)
_KINDS = {
    "event_callback": "event",
    "block_actions": "action",
    "view_submission": "view_submission",
    "view_closed": "view_closed",
    "block_suggestion": "options",
    "url_verification": "url_verification",
    "shortcut": "shortcut",
    "message_action": "shortcut",
}
log = structlog.get_logger(__name__)


class NotUnderstood(Exception):
    """A signed body that does not look like a request from Slack.

    The message says what is odd but quotes none of it.
    """


def new_reference() -> str:
    """Return a short id, easy to read out, that links what a person was told to lines in the log.

    It is no secret, and every request gets one: asking the system for randomness takes as long as reading the request.
    """
    return f"{random.getrandbits(32):08x}"


def kind_of(body: Mapping[str, Any]) -> str:
    """Return what Slack sent: command, action, view_submission, event, …, or other."""
    if "command" in body and "type" not in body:
        return "command"
    given = body.get("type")
    return _KINDS.get(given, "other") if isinstance(given, str) else "other"


def parse(body: bytes, *, headers: Mapping[str, str]) -> AsyncBoltRequest:
    """Read a signed HTTP body as Bolt would. Raises NotUnderstood where Bolt would raise, or would fail later."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        # Any declared charset is ignored: Slack sends UTF-8, and a sender must not choose the codec.
        raise NotUnderstood("the body is not UTF-8") from error
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in _HEADERS}
    return _checked(lambda: _read(text), kept)


def parse_envelope(payload: object, *, headers: Mapping[str, str] | None = None) -> AsyncBoltRequest:
    """Read a Socket Mode payload, which arrives as parsed JSON. Raises NotUnderstood like `parse`."""
    if not isinstance(payload, dict):
        raise NotUnderstood("the payload is no object")
    return _checked(lambda: storable(payload), headers or {})


def _read(text: str) -> object:
    """Return a body's content: JSON for events, a form for commands, JSON in a form's `payload` for interactions."""
    if text.startswith("{"):
        return _json(text)
    fields = fields_of(text)
    return _json(fields["payload"]) if "payload" in fields else storable(fields)


_NOT_STORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""The escapes of NUL and surrogates: UTF-8 has no surrogates, and JSON no NUL that is not escaped."""


def _json(text: str) -> object:
    found: object = decoded(text)
    return storable(found) if _NOT_STORABLE.search(text) else found


def _checked(read: Callable[[], object], headers: Mapping[str, str]) -> AsyncBoltRequest:
    """Build Bolt's request. `read` returns a body in which every text can be stored."""
    try:
        body: Any = read()
        if isinstance(body, dict) and body.get("view", "none") is None:
            del body["view"]  # Bolt assumes that a view that is present is an object
        # Bolt's HTTP mode would parse again, from text that is not storable yet. Nothing else that we use differs.
        request = AsyncBoltRequest(mode="socket_mode", body=body, headers={**headers})
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise NotUnderstood(f"the body cannot be read ({type(error).__name__})") from error
    check_shape(request)
    return request


_HEADERS = frozenset(
    {"content-type", "x-slack-retry-num", "x-slack-retry-reason", "x-slack-request-timestamp", "x-slack-signature"}
)


def check_shape(request: AsyncBoltRequest) -> None:
    """Raise NotUnderstood unless the parts that Bolt and all handlers rely on have the types that Slack documents."""
    body = request.body
    if not isinstance(body, dict) or not body:
        raise NotUnderstood("the body is empty or no object")
    context = request.context
    for name in ("team_id", "enterprise_id", "user_id", "channel_id", "response_url"):
        if not isinstance(context.get(name), str | None):
            raise NotUnderstood(f"{name} is no text")
    rule = _SHAPES.get(kind_of(body))
    problem = rule(body) if rule else None
    if problem:
        raise NotUnderstood(problem)


def _command_problem(body: Mapping[str, Any]) -> str | None:
    missing = [name for name in ("command", "user_id") if not isinstance(body.get(name), str) or not body[name]]
    return f"a command without {missing[0]}" if missing else None


def _event_problem(body: Mapping[str, Any]) -> str | None:
    event = body.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return "an event without a type"
    return None if isinstance(event.get("item"), dict | None) else "an event with an odd item"


def _action_problem(body: Mapping[str, Any]) -> str | None:
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions:
        return "an interaction without actions"
    if not all(isinstance(action, dict) and isinstance(action.get("action_id"), str) for action in actions):
        return "an action without an action_id"
    return _user_problem(body) or (None if isinstance(body.get("view"), dict | None) else "an odd view")


def _view_problem(body: Mapping[str, Any]) -> str | None:
    view = body.get("view")
    if not isinstance(view, dict) or not all(isinstance(view.get(name), str) for name in ("callback_id", "type")):
        return "a view without a callback_id or a type"
    return _user_problem(body)


def _user_problem(body: Mapping[str, Any]) -> str | None:
    user = body.get("user")
    return None if isinstance(user, dict) and isinstance(user.get("id"), str) else "an interaction without a user"


def _named_problem(name: str) -> Callable[[Mapping[str, Any]], str | None]:
    """Return the rule for kinds that Bolt distinguishes by one name."""
    return lambda body: _user_problem(body) if isinstance(body.get(name), str) else f"an interaction without {name}"


_SHAPES: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
    "command": _command_problem,
    "event": _event_problem,
    "action": _action_problem,
    "view_submission": _view_problem,
    "view_closed": _view_problem,
    "options": _named_problem("action_id"),
    "shortcut": _named_problem("callback_id"),
    "url_verification": lambda body: (
        None if isinstance(body.get("challenge"), str) else "a challenge without a challenge"
    ),
}


class Dispatcher:
    """Hands a parsed request to Bolt. The answer is always one that Slack understands, whatever happens inside.

    The request's `context["request_id"]` is the reference id in the log lines, which the user may be shown.
    """

    def __init__(self, app: AsyncApp, metrics: Metrics, background: BackgroundTasks | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._background = BackgroundTasks() if background is None else background

    async def __call__(self, request: AsyncBoltRequest) -> BoltResponse:
        kind = kind_of(request.body)
        reference = new_reference()
        request.context["request_id"], request.context["kind"] = reference, kind
        workspace_id, user_id = workspace_id_of(request.context), request.context.user_id
        with request_context(request_id=reference, workspace_id=workspace_id, user_id=user_id):
            if kind == "other":
                # Bolt still looks into retired kinds (workflow steps, dialogs) and raises if they are incomplete.
                log.warning("request ignored: its kind is not known here")
                return BoltResponse(status=200)
            try:
                response = await self._dispatched(request)
                if response is not None and response.status == LOOK_AGAIN:
                    response = await self._dispatched(_once_more(request))
            except Exception:  # the last net: Bolt's own error handler failed
                log.exception("request failed outside every handler", kind=kind)
                response = BoltResponse(status=500)
            if response is None:
                log.error("request is not done in time; it goes on without an answer", kind=kind)
                self._metrics.requests_failed.labels(kind=kind).inc()
                return unfinished(request.body, kind, reference)
            return self._understandable(response, request.body, kind, reference)

    async def _dispatched(self, request: AsyncBoltRequest) -> BoltResponse | None:
        """Return Bolt's answer, or None if Slack would not wait any longer.

        The work is not canceled then: whether it succeeds must not depend on how long Slack waits.
        """
        found = deadline.remaining()
        if found is None:
            return await self._app.async_dispatch(request)
        work = asyncio.ensure_future(self._app.async_dispatch(request))
        try:
            done, _ = await asyncio.wait({work}, timeout=max(found, 0.0) + deadline.GRACE_SECONDS)
        except asyncio.CancelledError:
            work.cancel()
            raise
        if done:
            return await work
        self._background.spawn(finished(work), name="a request after its time")
        return None

    def _understandable(self, response: BoltResponse, body: Body, kind: str, reference: str) -> BoltResponse:
        if response.status >= 500:
            self._metrics.requests_failed.labels(kind=kind).inc()
            log.error("request failed", kind=kind, status=response.status)
            return failed(body, kind, reference)
        if response.status == 404:
            log.warning("request ignored: nothing here listens to it", kind=kind)
            return BoltResponse(status=200)
        if response.status == 200 and kind != "command" and not _is_json(response):
            # Bolt's refusals are plain sentences. Slack shows them for commands and cannot handle them elsewhere.
            in_dialog = kind == "view_submission" and response.body
            return refused(body, response.body) if in_dialog else BoltResponse(status=200)
        return response


def _once_more(request: AsyncBoltRequest) -> AsyncBoltRequest:
    """Return a fresh copy of the request.

    It can be dispatched again: nothing is done twice, and it shows the result.
    """
    again = AsyncBoltRequest(mode="socket_mode", body=dict(request.body), headers=request.headers)
    for name in ("request_id", "kind"):
        again.context[name] = request.context[name]
    return again


def _is_json(response: BoltResponse) -> bool:
    return response.headers.get("content-type", [""])[0].startswith("application/json")


def bolt_endpoint(dispatch: Dispatcher) -> SlackEndpoint:
    """Return the `slack` endpoint of the web app: it parses a body with a checked signature and returns the answer.

    Create the AsyncApp with request_verification_enabled=False, ssl_check_enabled=False, process_before_response=True.
    Raises NotUnderstood for signed nonsense, which the web app answers with 400.
    """

    async def endpoint(request: web.Request, body: bytes) -> web.StreamResponse:
        parsed = parse(body, headers=request.headers)
        request[KIND] = kind_of(parsed.body)
        return _to_aiohttp(await dispatch(parsed))

    return endpoint


def _to_aiohttp(response: BoltResponse) -> web.Response:
    return web.Response(
        status=response.status,
        body=response.body.encode(),
        headers={name: value for name, value in response.first_headers().items() if name != "set-cookie"},
    )
