"""The relay: it claims due notices, delivers them and records the outcomes. No transaction is open during a call."""

import asyncio
import contextlib
import itertools
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from bot.delivery.attendance import Attendance
from bot.delivery.calls import Calls, passed
from bot.delivery.channels.channel import Channel
from bot.delivery.gate import Gate, Way
from bot.delivery.loading import Loader
from bot.delivery.retry import Pace
from bot.delivery.tray import Tray
from bot.metrics import Metrics
from coaching.clock import Clock
from coaching.errors import StorageBusy
from coaching.news.notice import Notice
from storage.claims import Reclaimed, untouched
from storage.engine import Engines
from storage.notices import NoticeQueue
from storage.presence import Presence

log = structlog.get_logger(__name__)

_CLAIM_PAUSE = 0.05
"""Seconds between two claims while there is work. Each claim is a transaction."""
_UNWRITTEN = 2.0
"""Seconds after which an unrecorded answer is reported to the operator as trouble."""
_RESTS = 5.0
"""The longest that a relay which other processes wake rests before it looks by itself, in seconds."""
_SHORTEST_REST = 0.1
"""The shortest: the clock may stand still."""
_LAST_WORDS = 8.0
"""Seconds that recording the last outcomes may take when the relay stops."""


class Relay:
    """Delivers the notices of one medium until it is stopped. Several relays may share a database.

    Messages of one conversation go out one after the other, in due order, those of different ones at the same time. The
    start of a call is recorded before the call, with the outcomes of earlier calls. So a killed process doubles at most
    `Pace.concurrency` messages. `direct_url` leads to PostgreSQL itself (see `Presence`). `mail`: another relay sends by
    mail what this channel does not reach.
    """

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        channel: Channel,
        *,
        metrics: Metrics | None = None,
        pace: Pace | None = None,
        direct_url: str | None = None,
        mail: bool = False,
    ) -> None:
        self.clock = clock
        self._queue = NoticeQueue(engines, channel.medium)
        self._metrics = metrics
        self._pace = pace or Pace()
        self._attendance = Attendance(Presence(engines, direct_url, medium=channel.medium), self._pace, self._take_over)
        self._loader = Loader(engines, clock, self._pace, channel.reaches, mail=mail)
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._claims = itertools.count(1)
        self._tray = Tray(self._pace, time.monotonic)
        self._calls = Calls(channel, self._tray, self._pace, clock, metrics)
        self._under_way: set[asyncio.Task[None]] = set()
        self._claiming: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._progress = asyncio.Event()
        self._look = False
        """Whether the database may hold notices that can be claimed."""
        self._stopping = False
        self.is_woken: Callable[[], bool] = lambda: False
        """Whether other processes wake this relay when they commit more than their own relays take."""
        self.on_more: Callable[[], None] = lambda: None
        """Called when a claim left some behind: other relays may take it."""
        self._rests_until = float("-inf")
        self._loop: asyncio.Task[None] | None = None
        self._seen_alive = time.monotonic()
        self._renewed = self._reclaimed = float("-inf")
        self._claim_again = self._write_again = self._nothing_until = float("-inf")
        self._failed_writes = 0
        self._lost: dict[str, float] = {}  # claims that may have taken something, and until when that matters

    @property
    def home_link(self) -> str | None:
        """The link that opens the app's Home, if it is known."""
        return self._loader.home_link

    @home_link.setter
    def home_link(self, link: str | None) -> None:
        self._loader.home_link = link

    def wake(self) -> None:
        """Look for work now: something was committed, or the clock was moved."""
        self._look = True
        self._nothing_until = self._rests_until = float("-inf")
        self._woken.set()
        self._progress.set()

    @property
    def rests(self) -> bool:
        """Whether this relay looks for nothing, because nothing can have become due of which it was not told."""
        return time.monotonic() < self._rests_until

    @property
    def takes_all(self) -> bool:
        """Whether this relay takes what is committed now, so that no other has to look for it."""
        return bool(self._tray.room) and not self._stopping and not self._calls.gates_shut()

    def tick(self) -> None:
        """Look for work, unless this relay rests. The ticker calls this every second."""
        if not self.rests:
            self.wake()

    def alive(self, within: float = 30.0) -> bool:
        """Return whether the relay's loop has run during the last `within` seconds."""
        return time.monotonic() - self._seen_alive <= within

    def troubles(self) -> dict[str, str]:
        """Return why nothing goes out, by workspace. The key "" is for trouble that concerns all workspaces."""
        found = {workspace_id: gate.why for workspace_id, gate in self._calls.gates.items() if gate.why}
        if self._tray.unwritten_for() > _UNWRITTEN:
            found[""] = "what became of messages cannot be written down"
        return found

    @asynccontextmanager
    async def running(self, *, stop_seconds: float = 10.0) -> AsyncIterator["Relay"]:
        """Deliver in the background until the block ends, then finish what is in flight, within `stop_seconds`.

        If no other relay is running, this one takes over at once what a dead one left behind.
        """
        async with self._attendance.present():
            try:
                self._loop = asyncio.create_task(self._run(), name="relay")
                yield self
            finally:
                await self.stop(stop_seconds)

    async def stop(self, seconds: float = 10.0) -> None:
        """Start nothing new, let calls in flight end within `seconds`, and give the rest back."""
        self._stopping = True
        self.wake()
        if self._under_way:
            _, late = await asyncio.wait(set(self._under_way), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        last = self._loop or asyncio.create_task(self.drain(), name="relay's last words")
        self._loop = None
        self.wake()
        _, late = await asyncio.wait({last}, timeout=_LAST_WORDS)
        if late:
            if self._claiming is not None:
                # Going on without us, it would take notices that nobody sends until its lease ends.
                late.add(self._claiming)
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=1.0)
            log.warning("the database does not answer; what was just sent counts as unknown")

    async def drain(self) -> None:
        """Deliver until nothing is due now. Notices that wait for a retry, a gate or a person stay pending."""
        self._look = True
        while True:
            self._seen_alive = time.monotonic()
            self._progress.clear()
            await self._keep()
            await self._write()
            self._claim()
            if self._tray.empty and not self._claiming and (self._stopping or not self._look):
                return
            await self._pause()

    async def measure(self) -> None:
        """Set the lag metric. Raises StorageBusy."""
        if self._metrics is not None:
            lag = await self._queue.lag(self.clock.now(), excluding=self._calls.foreign)
            self._metrics.lag_of(self._calls.channel.medium).set(lag.total_seconds())

    async def _run(self) -> None:
        while not self._stopping or not self._tray.empty or self._claiming:
            self._woken.clear()
            try:
                await self.drain()
                if self._stopping:
                    return
                rest = await self._rest()
            except Exception:
                # Whatever the error is, the next round may fare better. Without this loop no notice goes out.
                log.exception("the relay stumbled")
                await asyncio.sleep(self._pace.tick)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._woken.wait()

    async def _rest(self) -> float:
        """Return for how many seconds no work can come up of which this relay would not be told."""
        rest = self._pace.tick
        # Behind a gate are notices whose time the database does not know.
        if self.is_woken() and not self._calls.gates_shut():
            with contextlib.suppress(StorageBusy):
                due = await self._queue.next_in(self.clock.now())
                if due is None or due > 0.0:
                    rest = _RESTS if due is None else min(_RESTS, max(_SHORTEST_REST, due))
        self._rests_until = time.monotonic() + rest if rest > self._pace.tick else float("-inf")
        return rest

    # Leases

    async def _take_over(self) -> None:
        """Reclaim what dead relays held. Only for a relay that is alone."""
        self._taken_back(await self._queue.take_over(self.clock.now(), process=self._name))

    async def _keep(self) -> None:
        """Renew our leases, and reclaim what other relays left behind. Claims of our own are never reclaimed."""
        now = time.monotonic()
        try:
            if now - self._renewed >= self._pace.lease / 3:
                self._renewed = now
                if owners := self._tray.owners:
                    await self._queue.renew(owners, timedelta(seconds=self._pace.lease))
            if not self._stopping and now - self._reclaimed >= self._pace.reclaim:
                self._reclaimed = now
                self._lost = {owner: until for owner, until in self._lost.items() if until > now}
                held = self._tray.owners
                self._taken_back(await self._queue.reclaim(self.clock.now(), mine=held, lost=self._lost))
        except StorageBusy as error:
            log.warning("the database is busy; leases are renewed later", why=_why(error))
            self._renewed = min(self._renewed, time.monotonic() - self._pace.lease / 3 + self._pace.tick)

    def _taken_back(self, taken: Reclaimed) -> None:
        if taken.rows:
            log.warning("notices of a relay that died were taken back", notices=taken.rows)
            self.wake()
        _log_unheard(taken.unheard)

    # Claiming

    def _claim(self) -> None:
        """Start a claim if there may be work and there is room for it."""
        ready = self._look and not self._stopping and self._claiming is None and self._tray.room
        if not ready or time.monotonic() < self._next_claim():
            return
        self._look = False
        self._claiming = asyncio.create_task(self._claimed(), name="relay claim")

    def _next_claim(self) -> float:
        """Return from when on to look.

        Where nothing was found only what ends here can bring more, and that waits a moment.
        """
        return max(self._claim_again, self._nothing_until) if self._tray.busy else self._claim_again

    async def _claimed(self) -> None:
        try:
            for workspace_id, gate in list(self._calls.gates.items()):
                if gate.way is Way.ONE and not self._tray.holds(workspace_id):
                    await self._try_one(workspace_id, gate)
            shut = [workspace_id for workspace_id, gate in self._calls.gates.items() if gate.way is not Way.OPEN]
            room = self._tray.room
            found = await self._take(room, excluding=shut) if room else 0
            if room and not found and not self._look:
                # Nothing was committed or recorded meanwhile, which this claim would have missed.
                self._nothing_until = time.monotonic() + self._pace.flush
            # What stands in line hides what can be claimed only until a claim has come across it.
            passing = self._queue.has_more and found < room
            self._claim_again = time.monotonic() + (_CLAIM_PAUSE if self._tray.busy and not passing else 0.0)
        except StorageBusy as error:
            log.warning("the database is busy; notices wait", why=_why(error))
            self._claim_again = time.monotonic() + self._pace.tick
        except Exception:
            log.exception("notices could not be claimed")
            self._claim_again = time.monotonic() + self._pace.tick
        finally:
            self._claiming = None
            self._progress.set()

    async def _try_one(self, workspace_id: str, gate: Gate) -> None:
        if gate.wants_probe and not await self._calls.probe(workspace_id):
            return
        if await self._take(1, only=workspace_id) == 0 and not self._queue.has_more:
            gate.answered()  # there is nothing to try it with

    async def _take(self, limit: int, *, excluding: Sequence[str] = (), only: str | None = None) -> int:
        owner, lease = f"{self._name}-{next(self._claims)}", timedelta(seconds=self._pace.lease)
        rows = []
        self._tray.about_to_claim(owner)
        try:
            rows = await self._queue.claim(
                owner, self.clock.now(), lease=lease, limit=limit, excluding=excluding, only=only
            )
        except BaseException:
            # Its commit may have happened, or may still happen, and only its answer was lost.
            self._lost[owner] = time.monotonic() + 2 * self._pace.lease
            raise
        finally:
            self._tray.claimed(owner, rows)
        found = await self._loader.load(rows)
        self._tray.settle(found.settled)
        self._tray.add(found.parcels)
        if self._queue.has_more:
            self._look = True
            self.on_more()
        return len(rows)

    # Recording and sending

    async def _write(self) -> None:
        """Record outcomes and the start of the next calls, in one transaction.

        Outcomes that cannot be recorded now are kept: they happened.
        """
        # While outcomes wait for others, so does what may be sent next: both are one commit.
        if time.monotonic() < self._write_again or self._tray.due_in():
            return
        chosen = self._tray.choose(self._way)
        if not chosen and self._tray.due_in() is None:
            return
        batch, asked = self._tray.take_done(), passed()
        rows = [row for parcel in chosen for row in parcel.rows]
        lease = timedelta(seconds=self._pace.lease)
        try:
            recorded = await self._queue.record(batch, self.clock.now(), begin=rows, lease=lease)
        except BaseException as error:
            self._tray.unrecorded(batch)
            self._tray.put_back(chosen)
            if isinstance(error, asyncio.CancelledError):
                raise
            self._failed_writes += 1
            self._write_again = time.monotonic() + min(1.0, 0.05 * 2.0 ** min(self._failed_writes, 10))
            if not isinstance(error, StorageBusy):
                raise
            log.warning(
                "the database is busy; what was sent is written down later", notices=len(batch), why=_why(error)
            )
            return
        self._failed_writes = 0
        self._tray.recorded(batch)
        _log_unheard(recorded.unheard)
        # Notices that waited behind these, and the admins' notices, may go out now.
        self._look = self._look or bool(batch)
        for parcel in chosen:
            if any(recorded.begun.get((r.workspace_id, r.key, r.owner)) != r.revision for r in parcel.rows):
                # Another relay has claimed it, or its content has changed. Rows that are still ours are given back.
                self._tray.settle(untouched(row) for row in parcel.rows)
                continue
            self._tray.begun(parcel)
            task = asyncio.create_task(self._calls.make(parcel, asked), name="relay call")
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._under_way.discard(call)
        self._progress.set()

    def _way(self, workspace_id: str) -> Way:
        gate = self._calls.gates[workspace_id]
        return Way.CLOSED if self._stopping or gate.wants_probe else gate.way

    async def _pause(self) -> None:
        """Wait until a call ends, work comes in or something is due."""
        now = time.monotonic()
        due = [self._pace.tick, self._renewed + self._pace.lease / 3 - now]
        write = self._tray.due_in()
        write = self._tray.rested_in() if write is None else write
        due += [] if write is None else [max(write, self._write_again - now)]
        if self._look and self._claiming is None and self._tray.room:
            due.append(self._next_claim() - now)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(due))):
                await self._progress.wait()


def _why(error: StorageBusy) -> str:
    return str(error.__cause__ or error)[:200]


def _log_unheard(unheard: Sequence[tuple[str, Notice]]) -> None:
    """Log notices that reach nobody because no admin is known."""
    for workspace_id, told in unheard:
        log.warning(
            "no admin is known to be told; name one with FIRST_ADMIN",
            workspace_id=workspace_id,
            what=str(told.kind),
            coach=told.about_id,
            channel=told.trouble_channel,
            why=told.trouble,
        )
