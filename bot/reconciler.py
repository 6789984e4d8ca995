"""Checks the rules of `storage.rules` in the background, for those who watch `/metrics`."""

import time

import structlog

from bot.metrics import Metrics
from storage.engine import create_auditor
from storage.reconciliation import findings
from storage.rules import RULES, Rule
from storage.unit_of_work import busy_as_typed_error

FIRST_SECONDS = 60.0
EVERY_SECONDS = 900.0
REST = 50
"""After an audit it rests so many times as long as the audit took: at a million sessions that is two minutes of a core."""
log = structlog.get_logger(__name__)


class Reconciler:
    """Checks every rule every 15 minutes, first a minute after the start, on connections of its own.

    Where that would take more than a fiftieth of the time, it checks less often. The result is a gauge per rule, and a
    log entry whenever it changes. Raises StorageBusy.
    """

    def __init__(
        self,
        url: str,
        metrics: Metrics,
        *,
        first_seconds: float = FIRST_SECONDS,
        every_seconds: float = EVERY_SECONDS,
        rest: float = REST,
    ) -> None:
        self._url = url
        self._metrics = metrics
        self._first_seconds, self._every_seconds, self._rest = first_seconds, every_seconds, rest
        self._next_at = time.monotonic() + first_seconds
        self._last: dict[str, int] = {}

    async def look(self) -> None:
        """Check every rule if it is time. A rule that cannot be checked keeps its figure until the next time."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + self._first_seconds  # in case the database is too busy now
        started = time.perf_counter()
        engine = create_auditor(self._url)
        try:
            with busy_as_typed_error():
                async with engine.connect() as connection:
                    for rule in RULES:
                        self._tell(rule, sum(f.count for f in await findings(connection, rules=(rule,), examples=1)))
                        # No snapshot is kept for longer than one rule takes: it would keep old rows from being cleared.
                        await connection.rollback()
        finally:
            await engine.dispose()
        took = time.perf_counter() - started
        self._next_at = time.monotonic() + max(self._every_seconds, took * self._rest)
        self._metrics.reconciliation_seconds.set(took)
        self._metrics.reconciled_at.set_to_current_time()

    def _tell(self, rule: Rule, found: int) -> None:
        self._metrics.reconciliation_violations.labels(rule=rule.id).set(found)
        if found != self._last.get(rule.id, 0):
            if found:
                log.error("a rule is broken", rule=rule.id, truth=rule.truth, count=found, advice=rule.advice)
            else:
                log.info("a rule holds again", rule=rule.id, truth=rule.truth)
        self._last[rule.id] = found
