"""`python -m bot demo`: a local Slack workspace and the real bot, together on a throw-away database."""

import asyncio
import contextlib
import secrets
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from bot import app
from bot.demo import sample
from bot.demo.door import Door
from bot.lifecycle import Lifecycle
from bot.logs import configure_logging
from bot.settings import Settings
from bot.web import serving
from coaching.actions import calendar_address
from coaching.clock import ManualClock, ShiftedClock
from coaching.sessions import Actor
from playground.dispatch import ACK_SECONDS
from playground.post_office import open_post_office
from playground.server import Playground
from playground.views import TRIGGER_SECONDS
from storage import SqlStore, create_engines, migrate

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
MAIL_FROM = "Northwind Sessions <sessions@northwind.example>"
SUBSCRIBED = (sample.ANNA, sample.CARLA)
"""Whose calendar has subscribed to their sessions."""
PREFERRED_PORT = 4488
"""The page's port if it is free: an address that is easy to remember."""
_UNDER_WAY = text(
    "SELECT COUNT(*) FROM notices WHERE state = 'leased' OR (state = 'pending' AND retry_at IS NULL AND due_at <= :now)"
)


@dataclass
class Demo:
    """A running demo."""

    playground: Playground
    clock: ShiftedClock
    door: Door
    bot: app.Bot
    sample: sample.Sample
    database_url: str

    async def delivered(self, *, within: float = 60) -> None:
        """Wait until all that is due is delivered. Raises TimeoutError after `within` seconds."""
        self.bot.relay.wake()
        now = int(self.clock.now().timestamp() * 1_000_000)
        async with asyncio.timeout(within):
            while True:
                # Not one connection for all of it: those who deliver need connections too.
                async with self.bot.store.engines.reader.connect() as connection:
                    if not (await connection.execute(_UNDER_WAY, {"now": now})).scalar_one():
                        return
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    *,
    port: int = 0,
    rate_limits: bool = True,
    patience: float | None = None,
    language: str | None = None,
    start: datetime | None = None,
) -> AsyncIterator[Demo]:
    """Start playground, door and bot, and yield when the page can be used. Raises OSError if the port is taken.

    `patience` (seconds) replaces the shorter time limits of Slack and the bot: a busy computer is no outage. `language`
    (Slack's name for it) is set for everyone. With `start` (aware) the demo begins on that day, whatever the computer's
    clock says, and its clock stands still except when it is moved: for pictures that are the same on any day.
    """
    clock = ShiftedClock(None if start is None else ManualClock(start))
    door = Door(clock)
    with tempfile.TemporaryDirectory(prefix="sessions-demo-") as directory:
        async with serving(door.app(), "127.0.0.1", 0, drain_seconds=1) as door_port:
            playground = Playground(
                MANIFEST,
                sample.playground_seed(language),
                request_url=None,
                signing_secret=(signing_secret := secrets.token_hex(16)),
                bot_token=(bot_token := f"xoxb-demo-{secrets.token_hex(8)}"),
                rate_limits=rate_limits,
                ack_seconds=patience or ACK_SECONDS,
                trigger_seconds=patience or TRIGGER_SECONDS,
                door_url=f"http://127.0.0.1:{door_port}",
                door_secret=door.secret,
                # A message bears the time at which it comes by the clock that people move.
                clock=lambda: clock.now().timestamp(),
            )
            async with playground.serve(port=port), open_post_office(playground.mails) as mail_port:
                settings = Settings(
                    slack_bot_token=SecretStr(bot_token),
                    slack_signing_secret=SecretStr(signing_secret),
                    slack_api_url=playground.api_url,
                    port=(bot_port := _free_port()),
                    public_url=f"http://127.0.0.1:{bot_port}",
                    smtp_url=SecretStr(f"smtp://127.0.0.1:{mail_port}"),
                    mail_from=MAIL_FROM,
                )
                rounds = _Rounds(settings, Path(directory), playground, door, clock, patience, language)
                async with rounds.running() as demo:
                    yield demo


def _free_port() -> int:
    """Return a port that nobody uses: people's calendars and browsers come to the bot under one address."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class _Rounds:
    """Runs the bot, and restarts it on a fresh database when the door asks for a reset."""

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        playground: Playground,
        door: Door,
        clock: ShiftedClock,
        patience: float | None,
        language: str | None,
    ) -> None:
        self._settings, self._directory, self._patience, self._language = settings, directory, patience, language
        self._playground, self._door, self._clock = playground, door, clock
        self._number = 0
        self._demo: Demo | None = None
        self._up = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Demo]:
        loop = asyncio.create_task(self._loop())
        up = asyncio.create_task(self._up.wait())
        try:
            await asyncio.wait({loop, up}, return_when=asyncio.FIRST_COMPLETED)
            if self._demo is None:
                await loop  # it failed to start: raise its error
            assert self._demo is not None  # noqa: S101 - for the type checker
            yield self._demo
        finally:
            up.cancel()
            loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loop

    async def _loop(self) -> None:
        try:
            while True:
                async with self._round() as demo:
                    if self._demo is None:
                        self._demo = demo
                    else:
                        self._demo.bot, self._demo.sample = demo.bot, demo.sample
                        self._demo.database_url = demo.database_url
                    self._up.set()
                    self._door.reset_done.set()
                    await self._door.reset_asked.wait()
                    self._door.reset_asked.clear()
                    # A window may be empty before the new bot is up. Clicks in it wait for the new bot.
                    self._playground.hold()
        finally:
            self._playground.set_request_url(None)  # Nobody waits for a bot that does not come.

    @asynccontextmanager
    async def _round(self) -> AsyncIterator[Demo]:
        self._number += 1
        self._clock.shift = timedelta(0)
        self._clock.shift = sample.opening(self._clock.now()) - self._clock.now()
        url = f"sqlite+aiosqlite:///{self._directory / f'demo{self._number}.db'}"
        await migrate.upgrade(url)
        engines = create_engines(url)
        try:
            written = await sample.write(SqlStore(engines), self._clock.now(), self._language)
        finally:
            await engines.dispose()
        settings = self._settings.model_copy(update={"database_url": SecretStr(url)})
        if self._number > 1:
            # Reset between the old bot and the new one, so that no message of either is wiped or left over.
            self._playground.reset()
        async with app.running(settings, self._clock, patience=self._patience) as bot:
            self._door.store, self._door.wake = bot.store, bot.relay.wake
            for who in SUBSCRIBED:
                # Some people already use it, so that one sees at once what it is.
                made = await calendar_address.renew(bot.store, self._clock, Actor(sample.TEAM, who), f"calendar:{who}")
                self._playground.calendars.subscribe(who, f"{settings.public_url}/calendar/{made.token}.ics")
            self._playground.set_request_url(bot.request_url)
            try:
                yield Demo(self._playground, self._clock, self._door, bot, written, url)
            finally:
                await self._door.let_go()


async def run_demo(*, port: int | None, log_level: str) -> int:
    """Run until Ctrl-C. Return 1 with one sentence if the port is taken.

    Port 0 is any free port. None is the usual port, or any free one if that is taken.
    """
    configure_logging(log_level.upper())
    async with Lifecycle() as lifecycle:
        try:
            demo = await lifecycle.enter(running(port=PREFERRED_PORT if port is None else port))
        except OSError:
            if port is not None:
                sys.stderr.write(f"Port {port} is taken. Choose another one: python -m bot demo --port 0\n")
                return 1
            demo = await lifecycle.enter(running(port=0))  # another demo is running: use any free port
        sys.stdout.write(_WELCOME.format(url=demo.playground.url))
        sys.stdout.flush()
        await lifecycle.run_until_stopped()
    sys.stdout.write("Stopped. The demo's data is gone.\n")
    return 0


_WELCOME = """
  Sessions for Slack, running on this machine with sample data.

  Open   {url}

  You are Anna, a client. Try   /sessions
  Each person's language is a menu beneath their name.
  Switch to Carla (coach), who has an exception to decide in #coaching-carla, or to Dana (admin): try   /sessions setup
  Pat is not in Slack and gets everything by mail: open Mail, follow a mail's link, and watch Pat's Calendar.
  Anna's and Carla's calendars have subscribed to their sessions: watch one move and disappear there.
  Move the clock to see reminders come, free cancellation end and credits expire. Ctrl-C stops it and leaves nothing behind.

"""
