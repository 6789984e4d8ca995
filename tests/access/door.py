"""The real door: signed HTTP to the app, with the playground as its Slack, and everything that comes back out of it."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog
from prometheus_client import CollectorRegistry
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.bringing import Bringing
from bot.inbound import Dispatcher, bolt_endpoint
from bot.logs import configure_logging
from bot.metrics import Metrics
from bot.web import create_web_app, serving
from coaching.clock import ManualClock
from playground.payloads import Payloads, Place
from playground.server import Playground
from storage import SqlStore
from tests.access.roles import HERE, OLGA, Role
from tests.support import logs, patience

SECRET, TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", "xoxb-access"
MANIFEST = Path(__file__).parents[2] / "manifest.yml"
SQUARE = "C0SQUARE"
SEED: dict[str, Any] = {
    "team": {"id": HERE, "name": "Here", "domain": "here"},
    "app": {"id": "A1", "bot_id": "B1", "bot_user_id": "U0BOT"},
    "users": [
        # Slack's own names are none of the words that must stay where they are.
        {"id": user, "name": user.lower(), "real_name": f"Slack's {user}", "is_admin": user in {"U0ADA", OLGA}}
        | ({"team": "T0ELSE", "email": "olga@elsewhere.example"} if user == OLGA else {})
        for user in dict.fromkeys(role.user for role in Role)
    ],
    "channels": [{"id": SQUARE, "name": "square", "members": [*{role.user for role in Role}, "app"]}],
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Press:
    """A button, menu or input used in a message, a modal or the Home. `state` is block → what it holds.

    `person` is who was chosen in a menu of people, and `callback` the kind of the modal.
    """

    action: str
    value: str | None = None
    option: str | None = None
    on: Literal["message", "modal", "home"] = "message"
    meta: str = ""
    state: Json = field(default_factory=dict)
    person: str | None = None
    callback: str = "list"


@dataclass(frozen=True)
class Submit:
    """A modal sent."""

    callback: str
    meta: str = ""
    state: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Typed:
    """A command."""

    text: str


@dataclass(frozen=True)
class Told:
    """An event."""

    event: Json


@dataclass(frozen=True)
class Chosen:
    """A global shortcut."""

    shortcut: str


Knock = Press | Submit | Typed | Told | Chosen


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a knock: the status, and every word that left the app because of it."""

    status: int | None
    words: str


class Door:
    """Knocks as anybody, as Slack would bring it."""

    def __init__(self, playground: Playground, store: SqlStore, lines: io.StringIO) -> None:
        self.store = store
        self._lines = lines
        self._pg = playground
        self._payloads = Payloads(playground.workspace, playground.views)
        self._tasks: set[asyncio.Task[None]] = set()
        self._last = 0

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def knock(self, role: Role, knock: Knock) -> Heard:
        """Bring it to the app, and wait until everything it causes has been said."""
        kind, payload = self.payload(role, knock)
        ack = await self._pg._dispatcher.deliver(kind, "knock", payload, user=role.user)
        await self.settled()
        entries = self._pg.traffic.since(self._last)
        self._last = entries[-1]["id"]
        said = [e["request"] for e in entries if e["direction"] == "from_app" and e["name"] != "auth.test"]
        refused = [entry for entry in entries if entry["direction"] == "from_app" and not entry["ok"]]
        # A view that Slack refuses is one that nobody sees: only those that moved on may be.
        assert all(e["error"] in {"not_found", "hash_conflict", "file_not_found"} for e in refused), refused
        return Heard(ack.status, json.dumps([ack.payload(), said], ensure_ascii=False))

    def change(self, user: str, **said: bool) -> None:
        """Let Slack say something else of somebody, without an event."""
        for name, value in said.items():
            setattr(self._pg.workspace.users[user], name, value)

    @property
    def address(self) -> str:
        """Where Slack sends everything."""
        return str(self._pg._dispatcher.request_url)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def logged(self) -> list[str]:
        """The lines of the log."""
        return self._lines.getvalue().splitlines()

    def said(self) -> str:
        """What the app told Slack since this was asked last, or since the last knock."""
        entries = self._pg.traffic.since(self._last)
        self._last = entries[-1]["id"] if entries else self._last
        return json.dumps([entry["request"] for entry in entries if entry["direction"] == "from_app"])

    def payload(self, role: Role, knock: Knock) -> tuple[Any, Json]:
        user, views = self._pg.workspace.users[role.user], self._pg.views
        match knock:
            case Typed():
                channel = self._pg.workspace.channels[SQUARE]
                address = self._pg.response_urls.new("commands", SQUARE, role.user)
                payload = self._payloads.command(
                    user,
                    channel,
                    "/sessions",
                    knock.text,
                    response_url=address,
                    trigger_id=views.new_trigger(role.user, "main"),
                )
                return "command", payload | {"team_id": role.team}
            case Told():
                payload = self._payloads.event(knock.event | {"user": knock.event.get("user", role.user)})
                return "event", payload | {"team_id": role.team, "context_team_id": role.team}
            case Chosen():
                payload = self._payloads.shortcut(user, knock.shortcut, trigger_id=views.new_trigger(role.user, "main"))
                return "interactive", payload | {"team": {"id": role.team, "domain": "team"}}
            case Submit():
                view = self._modal(role, knock.callback, knock.meta)
                payload = self._payloads.view_submission(user, view, views.new_trigger(role.user, "main", view.id))
            case Press():
                payload = self._press(role, knock)
        payload["team"] = {"id": role.team, "domain": "team"}
        if "view" in payload:
            payload["view"] = payload["view"] | {
                "state": {"values": {block: {"x": held} for block, held in knock.state.items()}},
                "blocks": [_block(block, held) for block, held in knock.state.items()],
                "team_id": role.team,
            }
        return "interactive", payload

    def _press(self, role: Role, press: Press) -> Json:
        user, views, workspace = self._pg.workspace.users[role.user], self._pg.views, self._pg.workspace
        chosen = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": press.option}}
        held = chosen if press.option is not None else {} if press.value is None else {"value": press.value}
        held |= {} if press.person is None else {"selected_user": press.person}
        action = {"action_id": press.action, "block_id": "b", "action_ts": workspace.new_ts(), **held}
        address = None
        if press.on == "message":
            message = workspace.post(
                workspace.channels[SQUARE], workspace.bot_user, "An old message", [], by_app=True, ephemeral_to=None
            )
            place = Place(message=message, channel=workspace.channels[SQUARE])
            address = self._pg.response_urls.new("actions", SQUARE, role.user, message)
        elif press.on == "home":
            shown = {"type": "home", "blocks": [_words()]}
            place = Place(view=views.publish(role.user, shown, expected=None))
        else:
            place = Place(view=self._modal(role, press.callback, press.meta))
        trigger = views.new_trigger(role.user, "main", place.view.id if place.view else None)
        return self._payloads.block_actions(user, place, [action], trigger_id=trigger, response_url=address)

    def _modal(self, role: Role, callback: str, meta: str) -> Any:
        shown = {
            "type": "modal",
            "callback_id": callback,
            "title": {"type": "plain_text", "text": "A dialog"},
            "submit": {"type": "plain_text", "text": "Send"},
            "blocks": [_words()],
            "private_metadata": meta,
        }
        return self._pg.views.open(self._pg.views.new_trigger(role.user, "main"), shown)


def _words() -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "What was on the screen"}}


def _block(block_id: str, held: Json) -> Json:
    return {"type": "input", "block_id": block_id, "element": {"options": held.get("selected_options", [])}}


@asynccontextmanager
async def opened(store: SqlStore, clock: ManualClock) -> AsyncIterator[Door]:
    """Serve the app and its Slack until the block ends."""
    lines = io.StringIO()
    configure_logging(log_format="json", stream=lines)
    playground = Playground(
        MANIFEST,
        SEED,
        request_url=None,
        signing_secret=SECRET,
        bot_token=TOKEN,
        rate_limits=False,
        **patience.OF_SLACK,  # how quick the answers are is tried elsewhere
    )
    metrics = Metrics(CollectorRegistry())
    url = store.engines.writer.url.render_as_string(hide_password=False)
    async with playground.serve() as pg:
        app = AsyncApp(
            client=AsyncWebClient(token=TOKEN, base_url=pg.api_url, retry_handlers=[]),
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )
        door = Door(pg, store, lines)
        handlers.register(
            app,
            store=store,
            clock=clock,
            spawn=door.spawn,
            public_url="https://sessions.example.com",
            export_link=lambda workspace_id, export_id: (
                f"https://sessions.example.com/export/{workspace_id}-{export_id}"
            ),
            bring=Bringing(url, store, clock),
            mail=True,
            answer_seconds=patience.SECONDS,
        )

        async def readiness() -> dict[str, bool | str]:
            return {}

        web_app = create_web_app(
            slack=bolt_endpoint(Dispatcher(app, metrics)),
            signing_secret=SECRET,
            readiness=readiness,
            metrics=metrics,
            request_seconds=patience.SECONDS,
        )
        async with serving(web_app, "127.0.0.1", 0, drain_seconds=0.1) as port:
            pg.set_request_url(f"http://127.0.0.1:{port}/slack/events")
            yield door
    logs.plain()
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(handler)
    logging.captureWarnings(capture=False)
