"""The relay: claims what is due, delivers it, writes down what became of it, and never holds a transaction meanwhile."""

import asyncio
import contextlib
import itertools
import os
import secrets
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.delivery.admins import log_unheard
from bot.delivery.compose import compose
from bot.delivery.gate import Gate, Way
from bot.delivery.outcomes import broken, outcomes
from bot.delivery.parcels import Parcel
from bot.delivery.retry import Pace
from bot.delivery.slack import (
    Delivered,
    Locked,
    NotSent,
    NotYet,
    Refused,
    Sent,
    ServerError,
    SlackChannel,
    TooFast,
    Unknown,
)
from bot.metrics import Metrics
from coaching.clock import Clock
from coaching.errors import StorageBusy
from coaching.notices import NoticeState
from storage.engine import Engines
from storage.notices import Claimed, NoticeQueue, Outcome, untouched
from storage.repositories.base import PolicyCache
from storage.repositories.deliveries import DeliveryReads
from storage.unit_of_work import busy_as_typed_error

log = structlog.get_logger(__name__)

_WORDS: dict[type, str] = {
    Sent: "sent",
    TooFast: "rate_limited",
    NotSent: "retry",
    Unknown: "ambiguous",
    ServerError: "server_error",
    Refused: "failed",
    Locked: "locked",
    NotYet: "waiting",
}


@dataclass(frozen=True, slots=True)
class _Packed:
    """A parcel on its way, and until when (monotonic seconds) its lease surely holds."""

    parcel: Parcel
    good_until: float


class Relay:
    """Delivers notices until it is stopped; several may share a database.

    Messages of one conversation go out one after the other, in due order; different conversations at the same time.
    """

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        slack: SlackChannel,
        *,
        metrics: Metrics | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.clock = clock
        self._engines = engines
        self._queue = NoticeQueue(engines)
        self._slack = slack
        self._metrics = metrics
        self._pace = pace or Pace()
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._claims = itertools.count(1)
        self._policies: PolicyCache = {}
        self._gates: dict[str, Gate] = defaultdict(lambda: Gate(self._pace, time.monotonic))
        self._lanes: dict[tuple[str, str], deque[_Packed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._backlog = 0
        self._under_way: dict[str, int] = defaultdict(int)
        self._behind: set[tuple[str, str]] = set()
        """Conversations with a message to be tried again of which the database does not know yet."""
        self._done: list[Outcome] = []
        self._slots = asyncio.Semaphore(self._pace.concurrency)
        self._woken = asyncio.Event()
        self._progress = asyncio.Event()
        self.home_link: str | None = None
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None
        self._seen_alive = time.monotonic()
        self._reclaimed = float("-inf")
        self._more = False

    def wake(self) -> None:
        """Look for work now: something was committed, or the clock moved."""
        self._woken.set()
        self._progress.set()

    def alive(self, within: float = 30.0) -> bool:
        """Whether the relay went round during the last `within` seconds."""
        return time.monotonic() - self._seen_alive <= within

    def troubles(self) -> dict[str, str]:
        """Why nothing goes out, by workspace, where that is so."""
        return {workspace_id: gate.why for workspace_id, gate in self._gates.items() if gate.why}

    @asynccontextmanager
    async def running(self, *, stop_seconds: float = 10.0) -> AsyncIterator["Relay"]:
        """Deliver in the background until the block ends; then finish what is in flight, `stop_seconds` at most."""
        self._loop = asyncio.create_task(self._run(), name="relay")
        try:
            yield self
        finally:
            await self.stop(stop_seconds)

    async def stop(self, seconds: float = 10.0) -> None:
        """Begin nothing new, let calls in flight end within `seconds`, and give the rest back."""
        self._stopping = True
        self.wake()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        if self._loop is not None:
            await self._loop
            self._loop = None
        try:
            await self._flush()
        except StorageBusy:
            log.warning("the database is busy; what was just sent counts as unknown", notices=len(self._done))

    async def drain(self) -> None:
        """Deliver until nothing is due now. What waits for a retry, an open gate or a person is left waiting."""
        idle = False
        while not idle:
            self._seen_alive = time.monotonic()
            self._progress.clear()
            self._more = False
            claimed = await self._claim()
            if self._done and (len(self._done) >= self._pace.flush_at or not self._tasks):
                await self._flush()
            idle = not (claimed or self._tasks or self._done or self._more)
            if not (idle or self._more) and (not claimed or self._full):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.flush):
                        await self._progress.wait()
                if not self._progress.is_set():
                    await self._flush()

    async def measure(self) -> None:
        """Set the lag metric. Raises StorageBusy."""
        if self._metrics is not None:
            self._metrics.relay_lag.set((await self._queue.lag(self.clock.now())).total_seconds())

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self.drain()
            except StorageBusy as error:
                log.warning("the database is busy; notices wait", why=str(error.__cause__ or error)[:200])
                await asyncio.sleep(self._pace.tick)
                continue
            except Exception:
                # Whatever it is, the next round may fare better, and without this loop nobody is told anything.
                log.exception("the relay stumbled")
                await asyncio.sleep(self._pace.tick)
                continue
            if self._stopping:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.tick):
                    await self._woken.wait()

    @property
    def _full(self) -> bool:
        return self._backlog > self._pace.batch // 2

    async def _claim(self) -> bool:
        """Take what is due while there is room; return whether there was anything."""
        if self._stopping:
            return False
        if time.monotonic() - self._reclaimed >= self._pace.reclaim:
            taken_back = await self._queue.reclaim(self.clock.now())
            self._reclaimed = time.monotonic()
            if taken_back.rows:
                log.warning("notices of a relay that died were taken back", notices=taken_back.rows)
            log_unheard(taken_back.unheard)
        if self._full:
            return False
        found = False
        for workspace_id, gate in list(self._gates.items()):
            if gate.way is Way.ONE and not self._under_way[workspace_id]:
                found = await self._try_one(workspace_id, gate) or found
        shut = [workspace_id for workspace_id, gate in self._gates.items() if gate.way is not Way.OPEN]
        return await self._take(self._pace.batch, excluding=shut) > 0 or found

    async def _try_one(self, workspace_id: str, gate: Gate) -> bool:
        if gate.wants_probe:
            reply = await self._slack.probe(workspace_id, self._pace.probe_timeout)
            if isinstance(reply, Locked):
                self._lock(workspace_id, gate, reply.code)
                return False
            if not isinstance(reply, Sent):
                gate.failed(f"Slack does not answer ({_WORDS[type(reply)]})")
                return False
            gate.probed()
        if await self._take(1, only=workspace_id) == 0:
            gate.answered()
            return False
        return True

    async def _take(self, limit: int, *, excluding: Sequence[str] = (), only: str | None = None) -> int:
        good_until = time.monotonic() + self._pace.lease - self._pace.send_timeout * 2 - 1.0
        now = self.clock.now()
        owner = f"{self._name}-{next(self._claims)}"
        rows = await self._queue.claim(
            owner, now, lease=timedelta(seconds=self._pace.lease), limit=limit, excluding=excluding, only=only
        )
        by_workspace: dict[str, list[Claimed]] = defaultdict(list)
        for row in rows:
            by_workspace[row.workspace_id].append(row)
        while by_workspace:
            workspace_id, some = by_workspace.popitem()
            try:
                await self._load(workspace_id, some, good_until)
            except StorageBusy:
                left = [row for others in by_workspace.values() for row in others]
                self._done += [untouched(row) for row in (*some, *left)]
                raise
            except Exception:
                log.exception("notices could not be loaded together", notices=len(some))
                await self._load_apart(workspace_id, some, good_until)
        return len(rows)

    async def _load_apart(self, workspace_id: str, rows: Sequence[Claimed], good_until: float) -> None:
        """Find the one notice that cannot be loaded, so that it does not keep the others from people."""
        for row in rows:
            try:
                await self._load(workspace_id, [row], good_until)
            except Exception:  # noqa: BLE001 - logged for the batch already; a busy database shows at the next claim
                self._done += broken([row], self._pace)

    async def _load(self, workspace_id: str, rows: Sequence[Claimed], good_until: float) -> None:
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                reads = DeliveryReads(connection, self._policies)
                composed = await compose(
                    reads,
                    workspace_id,
                    rows,
                    self.clock.now(),
                    unlinked_again=self._pace.unlinked_again,
                    home_link=self.home_link,
                )
        self._done += composed.settled
        for parcel in composed.parcels:
            lane = (workspace_id, parcel.conversation)
            if lane in self._behind:
                self._done += [untouched(row) for row in parcel.rows]
                continue
            if lane not in self._lanes:
                self._lanes[lane] = deque()
                task = asyncio.create_task(self._walk(lane), name="relay lane")
                self._tasks.add(task)
                task.add_done_callback(self._walked)
            self._lanes[lane].append(_Packed(parcel, good_until))
            self._backlog += 1
            self._under_way[workspace_id] += 1

    def _walked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._progress.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a relay lane failed", exc_info=error)

    async def _walk(self, lane: tuple[str, str]) -> None:
        """Deliver one conversation's messages, one after the other, up to one that has to be tried again."""
        queue = self._lanes[lane]
        try:
            while queue:
                packed = queue[0]
                try:
                    async with self._slots:
                        results = await self._deliver(lane, packed)
                except asyncio.CancelledError:
                    # Cut off at shutdown with the call perhaps under way.
                    stopped = Delivered(Unknown("stopped"))
                    self._done += outcomes(packed.parcel, stopped, self._pace, self.clock.now())
                    raise
                finally:
                    queue.popleft()
                    self._backlog -= 1
                    self._under_way[lane[0]] -= 1
                self._done += results
                self._count(results)
                if any(result.conversation for result in results if result.state is NoticeState.PENDING):
                    self._behind.add(lane)
                    return
                # Not at every message: each round asks the database.
                if len(self._done) >= self._pace.flush_at or self._backlog == self._pace.batch // 2:
                    self._progress.set()
        finally:
            for packed in queue:
                self._done += [untouched(row) for row in packed.parcel.rows]
                self._backlog -= 1
                self._under_way[lane[0]] -= 1
            del self._lanes[lane]

    async def _deliver(self, lane: tuple[str, str], packed: _Packed) -> list[Outcome]:
        parcel = packed.parcel
        workspace_id = parcel.workspace_id
        gate = self._gates[workspace_id]
        # What was loaded before the trouble waits too: with a busy computer the pause may be over before its turn comes.
        shut = gate.way is Way.CLOSED or gate.wants_probe
        if self._stopping or shut or time.monotonic() > packed.good_until:
            return [untouched(row) for row in parcel.rows]
        started = time.monotonic()
        try:
            delivered = await self._slack.deliver(parcel, self._pace.send_timeout)
        except Exception:
            log.exception("a notice could not be put into words", kinds=sorted({str(r.kind) for r in parcel.rows}))
            return broken(parcel.rows, self._pace)
        if self._metrics is not None:
            self._metrics.deliveries.labels(channel="slack", outcome=_WORDS[type(delivered.reply)]).inc()
            self._metrics.delivery_seconds.labels(channel="slack").observe(time.monotonic() - started)
        self._judge(lane, gate, delivered)
        return outcomes(parcel, delivered, self._pace, self.clock.now())

    def _judge(self, lane: tuple[str, str], gate: Gate, delivered: Delivered) -> None:
        """Let a reply open or close the ways for what comes after it."""
        match delivered.reply:
            case Sent() | NotYet():
                gate.answered()
            case Refused(code):
                gate.answered()
                log.warning("Slack refused a notice", code=code)
            case TooFast(seconds):
                gate.limited(seconds)
            case NotSent(why) | Unknown(why) | ServerError(why):
                gate.failed(f"Slack does not answer ({why})")
                certain = isinstance(delivered.reply, NotSent)
                log.warning("Slack did not take a notice", why=why, ambiguous=not certain)
            case Locked(code):
                self._lock(lane[0], gate, code)

    def _lock(self, workspace_id: str, gate: Gate, code: str) -> None:
        gate.rest(self._pace.dead_token, f"Slack refuses this installation ({code})")
        log.error("Slack refuses this installation; notices wait", code=code, workspace_id=workspace_id)

    def _count(self, results: Sequence[Outcome]) -> None:
        if self._metrics is None:
            return
        for outcome in results:
            if outcome.state is not NoticeState.PENDING:
                self._metrics.notices.labels(kind=str(outcome.notice.kind), state=str(outcome.state)).inc()

    async def _flush(self) -> None:
        """Write down what is settled. While the database is busy it is kept and tried again: it has happened."""
        batch, self._done = self._done, []
        behind = set(self._behind)
        if not batch:
            return
        for pause in (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, None):
            try:
                unheard = await self._queue.finish(batch, self.clock.now())
            except StorageBusy:
                if pause is None:
                    self._done = batch + self._done
                    raise
                await asyncio.sleep(pause)
            else:
                log_unheard(unheard)
                self._behind -= behind
                # What the admins hear, and what stood behind a message that was tried again, may go out now.
                self._more = self._more or any(one.for_admins or one.notice.conversation for one in batch)
                return
