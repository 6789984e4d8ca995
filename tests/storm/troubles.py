"""What befalls the bot: kills, standing still, databases that restart, fall silent or are held."""

import asyncio
import random
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import make_url

from tests.storm.replicas import Replica
from tests.support.postgres import Server
from tests.support.proxy import Proxy

STILL_SECONDS = 18.0
"""How long a process stands still: past its leases, which are 15 s."""

_ON_THEIR_WAY = 3


class What(StrEnum):
    """Kinds of trouble."""

    KILL = "kill"
    STILL = "stand still"
    RESTART = "database restart"
    SILENCE = "database silent"
    DEAD = "connections dead"
    HELD = "database held"


@dataclass
class Trouble:
    """One of them: from when to when (Unix seconds), the end being when all was up again."""

    what: What
    began: float
    ended: float = 0.0
    in_flight: int = 0


@dataclass
class Weather:
    """Troubles, one after the other, in an order that the seed decides; each kind comes at least once."""

    replicas: list[Replica]
    dice: random.Random
    url: str
    server: Server | None
    proxy: Proxy | None
    in_flight: Callable[[], int]
    been: list[Trouble] = field(default_factory=list)

    async def rage(self, seconds: float) -> None:
        """Go on for so long, and until each kind was there."""
        end, first = time.monotonic() + seconds, True
        while first or time.monotonic() < end:
            bag = (
                [What.KILL, What.KILL, *self._kinds()]
                if first
                else [What.KILL, What.KILL, self.dice.choice(self._kinds())]
            )
            self.dice.shuffle(bag)
            for what in bag:
                await asyncio.sleep(self.dice.uniform(2.5, 4.5))
                if not first and time.monotonic() > end:
                    break
                await self._strike(what)
            first = False
        # The last one's consequences are seen under load as well.
        await asyncio.sleep(4)

    def _kinds(self) -> list[What]:
        ours = [What.RESTART, What.SILENCE, What.DEAD] if self.server is not None else [What.HELD]
        return [*ours, What.STILL]

    async def _strike(self, what: What) -> None:
        ways: dict[What, Callable[[], Awaitable[None]]] = {
            What.KILL: self._kill,
            What.STILL: self._stand_still,
            What.RESTART: self._restart,
            What.SILENCE: self._silence,
            What.DEAD: self._dead,
            What.HELD: self._hold,
        }
        await ways[what]()
        self.been[-1].ended = time.time()

    def _begins(self, what: What) -> None:
        self.been.append(Trouble(what, time.time(), in_flight=self.in_flight()))

    async def _kill(self) -> None:
        replica = self.dice.choice(self.replicas)
        await self._something_on_its_way()
        self._begins(What.KILL)
        await replica.kill()
        await replica.start()

    async def _something_on_its_way(self) -> None:
        """Wait for a moment in which several messages are on their way, for a while: what costs most, hardest."""
        end = time.monotonic() + 3
        while self.in_flight() < _ON_THEIR_WAY and time.monotonic() < end:  # noqa: ASYNC110 - in another task's hands
            await asyncio.sleep(0.005)

    async def _stand_still(self) -> None:
        replica = self.dice.choice(self.replicas)
        await self._something_on_its_way()
        while True:
            replica.signal(signal.SIGSTOP)
            # With SQLite's one lock in its hands it would stop everybody, and no relay could help that.
            if self.server is not None or _free(self.url):
                break
            replica.signal(signal.SIGCONT)
            await asyncio.sleep(0.01)
        self._begins(What.STILL)
        try:
            await asyncio.sleep(STILL_SECONDS)
        finally:
            replica.signal(signal.SIGCONT)

    async def _restart(self) -> None:
        assert self.server is not None
        self._begins(What.RESTART)
        await asyncio.to_thread(self.server.stop_at_once)
        await asyncio.sleep(self.dice.uniform(0.2, 2.0))
        await asyncio.to_thread(self.server.start)

    async def _silence(self) -> None:
        """Nothing comes back from the database, from connections old or new, until it speaks again."""
        assert self.proxy is not None
        self._begins(What.SILENCE)
        self.proxy.silence(new=True)
        await asyncio.sleep(self.dice.uniform(3.0, 6.0))
        self.proxy.speak()

    async def _dead(self) -> None:
        """Connections that exist never say anything again; new ones work: it is over at once for whoever makes them."""
        assert self.proxy is not None
        self._begins(What.DEAD)
        self.proxy.silence()

    async def _hold(self) -> None:
        """Somebody else writes to the file for a while."""
        self._begins(What.HELD)
        seconds = self.dice.uniform(2.0, 4.0)
        holder = await asyncio.to_thread(_lock, self.url, 5.0)
        await asyncio.sleep(seconds)
        holder.close()


def _lock(url: str, wait: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        str(make_url(url).database), isolation_level=None, timeout=wait, check_same_thread=False
    )
    connection.execute("BEGIN IMMEDIATE")
    return connection


def _free(url: str) -> bool:
    try:
        _lock(url, 0.0).close()
    except sqlite3.OperationalError:
        return False
    return True
