"""The composition root: it builds every part and sets the order in which the parts start and stop.

What only mail and pages need is imported where they are set up: no start without them waits for it.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from aiohttp.web import RouteDef
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.authorize import REFUSAL, SingleWorkspace, SlackUnavailable, TokenRefused, TokenWatch
from bot.bringing import Bringing
from bot.database import prepare
from bot.delivery.channels.slack import SlackChannel, open_session
from bot.delivery.relay import Relay
from bot.directory import Directory
from bot.health import Health
from bot.in_time import CALL_SECONDS, InTime
from bot.inbound import Dispatcher, bolt_endpoint
from bot.introduction import introduced
from bot.lifecycle import BackgroundTasks
from bot.mail_addresses import can_be_mailed
from bot.metrics import Metrics
from bot.reconciler import Reconciler
from bot.retention import Retention
from bot.settings import Settings
from bot.socket_mode import SocketLink
from bot.ticker import Ticker
from bot.web import create_web_app, serving
from coaching.clock import Clock, SystemClock
from coaching.deadline import REQUEST_SECONDS
from handlers.json_body import encoded
from handlers.views.news import render
from language.catalogue import unspoken
from storage import SqlStore, create_engines
from storage.engine import WAIT_SECONDS
from storage.wakes import Wakes

if TYPE_CHECKING:
    from bot.delivery.channels.mail_server import MailServer
    from web.links import Links

VERSION = "0.1.0"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot. `port` is the port it listens on (in Socket Mode too, for operators)."""

    port: int
    store: SqlStore
    relay: Relay
    metrics: Metrics

    @property
    def request_url(self) -> str:
        """The local URL that receives requests from Slack."""
        return f"http://127.0.0.1:{self.port}/slack/events"


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, *, patience: float | None = None
) -> AsyncIterator[Bot]:
    """Start everything, yield, and stop in reverse order: requests in flight first, the database last.

    `patience` (seconds) replaces the usual time limits of an answer, of its calls to Slack and of waiting for the
    database. It is for callers who wait longer than Slack does.

    Raises TokenRefused or AppTokenRefused if Slack rejects a token, OSError if the port is taken, and DatabaseUnusable
    with a full sentence.
    """
    business = clock or SystemClock()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        await prepare(url)
        engines = create_engines(url, wait_seconds=patience or WAIT_SECONDS)
        stack.push_async_callback(engines.dispose)
        store = SqlStore(engines)
        metrics = Metrics(CollectorRegistry(), version=VERSION)
        asking = await stack.enter_async_context(aiohttp.ClientSession(json_serialize_bytes=encoded))
        telling = await stack.enter_async_context(open_session())
        slack = _Clients(settings, InTime(asking, patience or CALL_SECONDS), telling)
        await stack.enter_async_context(introduced(slack.workspace, store, settings.first_admin))
        background = BackgroundTasks()
        directory = Directory(store, slack.client_for, business=business)
        blocks = handlers.KnownBlocks(store, lambda work: background.spawn(work, name="remembering newer blocks"))
        channel = SlackChannel(slack.client_for, render, blocks)
        server, links = _mail_server(settings), _links(settings)
        relay = Relay(
            engines, business, channel, metrics=metrics, direct_url=settings.listen_url, mail=server is not None
        )
        home = await slack.workspace.home()
        relay.home_link = None if home is None else home.link
        store.on_commit = relay.wake
        wakes = _connected(relay, store, settings.listen_url)
        mail = None
        if server is not None:
            from bot.mailing import mail_relay

            stack.push_async_callback(server.close)
            mail = mail_relay(settings, server, engines, business, metrics, home=home, store=store, links=links)
            await stack.enter_async_context(mail.running())
        retention = Retention(store, business, days) if (days := settings.keep_personal_days) else None
        ticker = Ticker(relay, directory, store, Reconciler(url, metrics), mail=mail, retention=retention)
        await stack.enter_async_context(relay.running())
        if wakes is not None:
            await stack.enter_async_context(wakes.running())
        await stack.enter_async_context(ticker.running())
        health = await stack.enter_async_context(Health(engines).running())
        stack.push_async_callback(background.drain)

        def spawn(work: Coroutine[Any, Any, object]) -> None:
            background.spawn(work, name="after the answer")

        bring = Bringing(url, store, business)
        bolt = create_bolt(slack, store, business, spawn, metrics, blocks, links, bring=bring, mail=server is not None)
        dispatcher = Dispatcher(bolt, metrics, background)
        socket = None
        if app_token := _plain(settings.slack_app_token):
            socket = SocketLink(dispatcher, metrics, app_token=app_token, api_url=settings.slack_api_url)
        routes: Sequence[RouteDef] = ()
        if links is not None:
            from web.site import pages

            routes = pages(
                links,
                store=store,
                clock=business,
                spawn=spawn,
                blocks=blocks,
                refused=metrics.refused,
                count=metrics.acted,
                slack_url=await slack.workspace.web_address(),
                home_link=relay.home_link,
                slack_of=await slack.workspace.workspace_id(),
            )
        web_app = create_web_app(
            slack=None if settings.socket_mode else bolt_endpoint(dispatcher),
            signing_secret=_plain(settings.slack_signing_secret),
            readiness=_Readiness(health, relay, slack.workspace, socket, mail).tell,
            metrics=metrics,
            metrics_token=_plain(settings.metrics_token),
            request_seconds=patience or REQUEST_SECONDS,
            pages=routes,
        )
        port = await stack.enter_async_context(serving(web_app, settings.host, settings.port, metrics=metrics))
        if socket is not None:
            await stack.enter_async_context(socket.running())
        background.spawn(_read_catalogues(), name="reading the catalogues")
        yield Bot(port, store, relay, metrics)


def _mail_server(settings: Settings) -> "MailServer | None":
    if settings.smtp_url is None:
        return None
    from bot.mailing import mail_server

    return mail_server(settings)


def _links(settings: Settings) -> "Links | None":
    """Return what leads to the bot's own pages, or None where they have no web address."""
    if not settings.public_url:
        return None
    from web.links import Links

    return Links(settings.own_secret, settings.public_url)


async def _read_catalogues() -> None:
    """Read every catalogue, which takes longer than the rest of the start: whose reader comes first reads theirs alone.

    They are kept, so that no button press waits for them later.
    """
    for name in await asyncio.to_thread(unspoken):
        log.warning("language is not spoken: its catalogue cannot be read, or lacks something", language=name)


def _connected(relay: Relay, store: SqlStore, listen_url: str | None) -> Wakes | None:
    """Have relays of other processes woken for what our own does not take, where there can be others elsewhere."""
    if listen_url is None:
        return None
    wakes = Wakes(listen_url, relay.wake)
    relay.is_woken = lambda: wakes.listening
    relay.on_more = wakes.tell

    def committed() -> None:
        if not relay.takes_all:
            wakes.tell()
        relay.wake()

    store.on_commit = committed
    return wakes


class _Clients:
    """The Web API clients.

    `bolt` answers requests, so its calls are short. It has no token: Bolt fills in the one that `authorize` returns.
    The relay's client may take longer. Neither client retries by itself.
    """

    def __init__(self, settings: Settings, asking: InTime, telling: aiohttp.ClientSession) -> None:
        token, url = _plain(settings.slack_bot_token), settings.slack_api_url
        session: Any = asking  # InTime has all that Slack's client uses of a session
        self.workspace = SingleWorkspace(AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[]))
        watch: list[AsyncRetryHandler] = [TokenWatch(self.workspace)]
        self.bolt = AsyncWebClient(base_url=url, session=session, retry_handlers=watch)
        self._relay = AsyncWebClient(token=token, base_url=url, session=telling, retry_handlers=watch)

    async def client_for(self, workspace_id: str) -> AsyncWebClient | None:
        """Return the client for a workspace, or None if this token does not serve that workspace."""
        try:
            known = await self.workspace.identity()
        except (TokenRefused, SlackUnavailable, aiohttp.ClientError, TimeoutError):
            return self._relay  # Slack cannot tell now. If the token is wrong, the call itself will fail.
        return self._relay if known.workspace_id in {workspace_id, None} else None


def create_bolt(
    slack: _Clients,
    store: SqlStore,
    clock: Clock,
    spawn: handlers.Spawn,
    metrics: Metrics,
    blocks: handlers.KnownBlocks,
    links: "Links | None" = None,
    *,
    bring: Bringing | None = None,
    mail: bool = False,
) -> AsyncApp:
    """Return the Bolt app with all listeners. Slack gets its answer after the commit (ADR 0001)."""
    bolt = AsyncApp(
        name="sessions",  # left out, Bolt takes it from the stack, and reads about every imported file for that
        client=slack.bolt,
        authorize=slack.workspace,  # type: ignore[arg-type]  # Bolt's hint omits what its code accepts
        user_facing_authorize_error_message=REFUSAL,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
    )

    handlers.register(
        bolt,
        store=store,
        clock=clock,
        spawn=spawn,
        metrics=metrics.acted,
        blocks=blocks,
        public_url=None if links is None else links.base,
        export_link=None if links is None else links.export,
        bring=bring,
        mail=mail,
        mailable=can_be_mailed,
    )
    return bolt


class _Readiness:
    """The answer to /readyz: database, migrations, relay, bot token, and mail and Socket Mode where they are used."""

    def __init__(
        self,
        health: Health,
        relay: Relay,
        workspace: SingleWorkspace,
        socket: SocketLink | None = None,
        mail: Relay | None = None,
    ) -> None:
        self._health, self._relay, self._workspace, self._socket = health, relay, workspace, socket
        self._mail = mail

    async def tell(self) -> Mapping[str, bool | str]:
        """Return the state of each part: True, or a sentence that says what is wrong."""
        parts = await self._health.look()
        parts["relay"] = self._relay.alive() or "has not looked for notices lately"
        troubles = self._relay.troubles()
        try:
            known = await self._workspace.identity()
            # Messages that wait for another workspace's token are not this process's trouble.
            if known.workspace_id is not None:
                troubles = {known.workspace_id: why} if (why := troubles.get(known.workspace_id)) else {}
            parts["slack"] = known.workspace_id is not None or "auth.test names no workspace (team_id is missing)"
        except Exception as error:  # noqa: BLE001
            parts["slack"] = f"cannot say whose token this is ({type(error).__name__})"
        if troubles:
            parts["relay"] = "; ".join(sorted(set(troubles.values())))
        if self._mail is not None:
            parts["mail"] = self._mail.alive() or "has not looked for mails lately"
            if ails := self._mail.troubles():
                parts["mail"] = "; ".join(sorted(set(ails.values())))
        if self._socket is not None:
            parts["socket"] = self._socket.state()
        return parts


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
