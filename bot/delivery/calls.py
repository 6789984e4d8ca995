"""Calls: sending one message, and what its answer means for later messages."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.delivery.channels.channel import (
    NOT_OURS,
    Channel,
    Delivered,
    Locked,
    NotSent,
    NotYet,
    Refused,
    Reply,
    Sent,
    ServerError,
    TooFast,
    Unknown,
)
from bot.delivery.gate import Gate
from bot.delivery.parcels import Parcel
from bot.delivery.replies import broken, outcomes
from bot.delivery.retry import Pace
from bot.delivery.tray import Tray, lane_of
from bot.metrics import Metrics
from coaching.clock import Clock
from coaching.news.notice import Medium, NoticeState
from coaching.stakeholders import is_channel
from storage.claims import Outcome, untouched

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


def passed() -> float:
    """Return monotonic seconds that include the time the machine sleeps, if the system counts it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Calls:
    """Makes a channel's calls. Each outcome goes into the tray. What it says about Slack's state goes into the gate."""

    def __init__(self, channel: Channel, tray: Tray, pace: Pace, clock: Clock, metrics: Metrics | None) -> None:
        self.gates: dict[str, Gate] = defaultdict(lambda: Gate(pace, time.monotonic))
        self.foreign: set[str] = set()
        """Workspaces that this process has no token for."""
        self.channel = channel
        self._tray = tray
        self._pace = pace
        self._clock = clock
        self._metrics = metrics

    def gates_shut(self) -> bool:
        """Return whether a workspace has trouble."""
        return any(gate.why for gate in self.gates.values())

    async def probe(self, workspace_id: str) -> bool:
        """Make a harmless call to a workspace that did not answer. Return whether a message may be risked."""
        gate = self.gates[workspace_id]
        reply = await self.channel.probe(workspace_id, self._pace.probe_timeout)
        if isinstance(reply, Locked):
            self._lock(workspace_id, gate, reply.code)
        elif isinstance(reply, Sent):
            self.foreign.discard(workspace_id)
            gate.probed()
        else:
            gate.failed(f"{self.channel.called} does not answer ({_WORDS[type(reply)]})")
        return isinstance(reply, Sent)

    async def make(self, parcel: Parcel, asked: float) -> None:
        """Make one call.

        `asked` is the `passed()` time at which the claim was last checked. If the machine slept since then, the call is
        not made, because another process may have claimed the message.
        """
        started = time.monotonic()
        called = passed() - asked <= self._pace.lease / 3
        results = [untouched(row) for row in parcel.rows]
        try:
            if called:
                results = await self._deliver(parcel)
        except asyncio.CancelledError:
            # Canceled at shutdown, perhaps during the call.
            results = outcomes(parcel, Delivered(Unknown("stopped")), self._pace, self._clock.now())
            raise
        except Exception:
            log.exception("what became of a notice could not be made out")
            results = outcomes(parcel, Delivered(Unknown("error")), self._pace, self._clock.now())
        finally:
            self._tray.ended(parcel, results, time.monotonic() - started if called else None)
            self._count(results)

    async def _deliver(self, parcel: Parcel) -> list[Outcome]:
        started = time.monotonic()
        try:
            delivered = await self.channel.deliver(parcel, self._pace.send_timeout)
        except Exception:
            log.exception("a notice could not be put into words", kinds=sorted({str(r.kind) for r in parcel.rows}))
            return broken(parcel.rows, self._pace)
        if self._metrics is not None:
            self._metrics.deliveries.labels(
                channel=str(self.channel.medium), outcome=_WORDS[type(delivered.reply)]
            ).inc()
            self._metrics.delivery_seconds.labels(channel=str(self.channel.medium)).observe(time.monotonic() - started)
        leader, *others = outcomes(parcel, self._judged(parcel, delivered), self._pace, self._clock.now())
        return [self._with_outage(leader, delivered.reply), *others]

    def _with_outage(self, leader: Outcome, reply: Reply | NotYet) -> Outcome:
        """Add that the mail server lets nobody in, or that it does: it is the same for every process that has it."""
        if self.channel.medium is not Medium.MAIL:
            return leader
        if isinstance(reply, Locked):
            return replace(leader, locked_out=reply.code)
        return replace(leader, let_in=isinstance(reply, (Sent, Refused)))

    def _judged(self, parcel: Parcel, delivered: Delivered) -> Delivered:
        """Update the gate and the lane by a reply. Return the reply, with the wait filled in after a rate limit."""
        lane, gate = lane_of(parcel), self.gates[parcel.workspace_id]
        if isinstance(delivered.reply, (Sent, Refused)):
            self._tray.answered(lane)
        match delivered.reply:
            case Sent() | NotYet():
                gate.answered()
                if parcel.ts is None and is_channel(parcel.target):
                    self._tray.rest(lane)
            case Refused(code):
                gate.answered()
                log.warning(f"{self.channel.called} refused a notice", code=code)
            case TooFast(told, only_here):
                seconds = self._tray.limited(lane, told)
                if only_here:
                    gate.answered()
                else:
                    gate.limited(parcel.conversation, seconds, self.channel.called)
                return replace(delivered, reply=TooFast(seconds))
            case NotSent(why) | Unknown(why) | ServerError(why):
                gate.failed(f"{self.channel.called} does not answer ({why})")
                certain = isinstance(delivered.reply, NotSent)
                log.warning(f"{self.channel.called} did not take a notice", why=why, ambiguous=not certain)
            case Locked(code):
                self._lock(parcel.workspace_id, gate, code)
        return delivered

    def _lock(self, workspace_id: str, gate: Gate, code: str) -> None:
        if code == NOT_OURS:
            gate.rest(self._pace.dead_token, "its messages wait for a process with its token")
            if workspace_id not in self.foreign:
                self.foreign.add(workspace_id)
                log.warning(
                    "messages of another workspace wait: the token is not of that one, so they are not sent here and do not "
                    "count as late; start a bot with its token, or correct DATABASE_URL or SLACK_BOT_TOKEN",
                    workspace_id=workspace_id,
                )
            return
        gate.rest(self._pace.dead_token, f"{self.channel.called} refuses this installation ({code})")
        log.error(
            f"{self.channel.called} refuses this installation; notices wait", code=code, workspace_id=workspace_id
        )

    def _count(self, results: Sequence[Outcome]) -> None:
        if self._metrics is None:
            return
        for outcome in results:
            if outcome.state is not NoticeState.PENDING:
                self._metrics.notices.labels(kind=str(outcome.notice.kind), state=str(outcome.state)).inc()
