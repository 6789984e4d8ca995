"""The rules on `/metrics`: tried in the background now and then, and told in the log when something changes."""

import asyncio
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.directory import Directory
from bot.metrics import Metrics
from bot.reconciler import Reconciler
from bot.ticker import Ticker
from bot.web import create_web_app, serving
from coaching.clock import ManualClock
from coaching.errors import StorageBusy
from storage import SqlStore
from storage.rules import RULES
from tests.delivery.conftest import Stage
from tests.support.postgres import free_port
from tests.support.world import World

VIOLATIONS = "sessions_reconciliation_violations"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def always(url: str, metrics: Metrics) -> Reconciler:
    """A reconciler for which it is always time."""
    return Reconciler(url, metrics, first_seconds=0, every_seconds=0, rest=0)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def reschedules(store: SqlStore, number: int) -> None:
    async with store.engines.writer.begin() as connection:
        await connection.execute(text(f"UPDATE sessions SET reschedules = {number}"))


async def test_every_rule_has_a_figure_and_every_change_one_line_in_the_log(
    database_url: str, store: SqlStore, clock: ManualClock, metrics: Metrics
) -> None:
    world = World(store, clock)
    await world.people()
    await world.grant()
    for day in (2, 3):
        await world.book(timedelta(days=day))
    reconciler = always(database_url, metrics)
    before = time.time()
    with capture_logs() as logs:
        await reconciler.look()
        assert {value(metrics, VIOLATIONS, rule=rule.id) for rule in RULES} == {0}
        assert (value(metrics, "sessions_reconciliation_timestamp_seconds") or 0) >= before
        assert (value(metrics, "sessions_reconciliation_duration_seconds") or 0) > 0
        assert logs == []
        await reschedules(store, 9)
        await reconciler.look()
        await reconciler.look()
        assert value(metrics, VIOLATIONS, rule="moves_are_counted") == 2
        await reschedules(store, 0)
        await reconciler.look()
        assert value(metrics, VIOLATIONS, rule="moves_are_counted") == 0
    rule = next(rule for rule in RULES if rule.id == "moves_are_counted")
    told = {"rule": rule.id, "truth": rule.truth}
    assert logs == [
        {"log_level": "error", "event": "a rule is broken", **told, "count": 2, "advice": rule.advice},
        {"log_level": "info", "event": "a rule holds again", **told},
    ]


async def test_it_looks_only_when_it_is_time(database_url: str, metrics: Metrics) -> None:
    await Reconciler(database_url, metrics).look()
    assert value(metrics, "sessions_reconciliation_timestamp_seconds") == 0
    seldom = Reconciler(database_url, metrics, first_seconds=0)
    await seldom.look()
    first = value(metrics, "sessions_reconciliation_timestamp_seconds")
    await seldom.look()
    assert first == value(metrics, "sessions_reconciliation_timestamp_seconds") != 0


async def test_what_is_due_does_not_wait_for_a_long_audit(stage: Stage, database_url: str) -> None:
    relay = await stage.running()
    directory = Directory(stage.store, stage.client_for, clock=stage.clock)
    looking = asyncio.Event()

    class Endless(Reconciler):
        async def look(self) -> None:
            looking.set()
            await asyncio.Event().wait()

    endless = Endless(database_url, stage.metrics)
    session = await stage.world.book(timedelta(days=2))
    async with Ticker(relay, directory, stage.store, endless, seconds=0.05, chores_seconds=0.1).running():
        await looking.wait()
        stage.clock.set(session.ends_at + timedelta(hours=1))

        async def over() -> bool:
            async with stage.store.read(session.workspace_id) as queries:
                [now] = await queries.sessions.by_ids([session.id])
            return now.status is not session.status

        await stage.until(over)


async def test_after_a_long_audit_it_rests_for_long(
    database_url: str, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)

    def passed() -> float:
        clock.now += 60
        return clock.now

    monkeypatch.setattr("bot.reconciler.time", SimpleNamespace(monotonic=lambda: clock.now, perf_counter=passed))
    reconciler = Reconciler(database_url, metrics, first_seconds=0)
    await reconciler.look()
    ended = clock.now
    assert value(metrics, "sessions_reconciliation_duration_seconds") == 60
    metrics.reconciliation_seconds.set(0)
    clock.now = ended + 60 * 50 - 1
    await reconciler.look()
    assert value(metrics, "sessions_reconciliation_duration_seconds") == 0
    clock.now = ended + 60 * 50
    await reconciler.look()
    assert value(metrics, "sessions_reconciliation_duration_seconds") == 60


async def test_a_database_that_does_not_answer_is_busy_and_tried_again(metrics: Metrics) -> None:
    reconciler = always(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none", metrics)
    for _ in range(2):
        with pytest.raises(StorageBusy):
            await reconciler.look()


async def test_the_ticker_keeps_the_figures_on_metrics(stage: Stage, database_url: str) -> None:
    relay = await stage.running()
    directory = Directory(stage.store, stage.client_for, clock=stage.clock)
    reconciler = always(database_url, stage.metrics)

    async def readiness() -> dict[str, bool | str]:
        return {}

    app = create_web_app(
        slack=None, signing_secret=None, readiness=readiness, metrics=stage.metrics, metrics_token=None
    )
    ticker = Ticker(relay, directory, stage.store, reconciler, seconds=0.05, chores_seconds=0.1)
    async with ticker.running(), serving(app, "127.0.0.1", 0) as port:

        async def shown() -> str:
            async with stage.session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                return await answer.text()

        await stage.until(lambda: value(stage.metrics, "sessions_reconciliation_timestamp_seconds"))
        assert f'{VIOLATIONS}{{rule="no_slot_twice"}} 0.0' in await shown()
        await stage.world.book(timedelta(days=2))
        await reschedules(stage.store, 9)
        await stage.until(lambda: value(stage.metrics, VIOLATIONS, rule="moves_are_counted"))
        assert f'{VIOLATIONS}{{rule="moves_are_counted"}} 1.0' in await shown()
