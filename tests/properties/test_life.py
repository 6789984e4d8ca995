"""Whatever people do in whatever order, money adds up and everybody is told once: on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text

from coaching.actions import credits, decide, exceptions, outcomes, packages, upkeep
from coaching.clock import ManualClock
from coaching.packages import Holder
from coaching.policy import Policy
from coaching.sessions import Actor, Status
from coaching.workspace import Settings
from storage import SqlStore, create_engines
from storage.repositories import checkpoints
from storage.tables import metadata
from tests.conftest import KINDS, START
from tests.properties.dialogs import BESIDE
from tests.properties.imports import life_on
from tests.support import patience
from tests.support.databases import Databases
from tests.support.world import ADMIN, ANNA, BORIS, COACH, World

LONG = timedelta(days=3650)
HOUR = timedelta(hours=1)


async def _neighbours(store: SqlStore) -> None:
    """Fill a second workspace with the same people: nothing that happens next door may touch it.

    They lived two months ago, and the upkeep, which works for all workspaces, left them nothing to do for ten years.
    """
    clock = ManualClock(START - timedelta(days=60))
    world = World(store, clock, BESIDE)
    await world.people()
    await world.settings(Settings(policy=Policy(booking_grace=timedelta(0), decide_within=LONG)))
    lasting, _ending = [await world.grant(credits=300, expires_at=clock.now() + n * HOUR) for n in (LONG / HOUR, 60)]
    admin = Actor(BESIDE, ADMIN)
    pool = await packages.save_pool(
        store, clock, admin, "pool", pool_id=None, name="Acme", contact_id=BORIS, member_ids=[ANNA]
    )
    give = credits.Give(actor=admin, request_key="give", holder=Holder(pool_id=pool), amount=150)
    await credits.give(store, clock, give)
    await credits.take_back(store, clock, admin, "take back", lasting, 1)
    canceled, asked, decided, _over, missed = [await world.book(n * HOUR) for n in (72, 20, 22, 50, 55)]
    _ahead = await world.book(LONG)
    clock.advance(HOUR)
    await world.cancel(canceled)
    for session in (asked, decided):
        done = await world.cancel(session)
        ask = exceptions.Ask(actor=Actor(BESIDE, ANNA), action_id=done.draft.action_id or "")
        await exceptions.ask(store, clock, ask)
    decision = decide.DecideLate(actor=Actor(BESIDE, COACH), session_ids=[decided.id], refund=True, part=17)
    await decide.decide_late(store, clock, decision)
    clock.advance(70 * HOUR)
    await outcomes.close(
        store,
        clock,
        outcomes.CloseSession(actor=Actor(BESIDE, COACH), session_id=missed.id, outcome=Status.NO_SHOW),
    )
    for days in (0, 40):  # by then what came back has expired too
        clock.advance(timedelta(days=days))
        for _, job in upkeep.JOBS:
            await upkeep.run(store, clock, job)
    async with store.engines.writer.begin() as connection:
        # Every day has its agenda. Here the next one comes in the year 2100.
        later = text("UPDATE coaches SET agenda_due = 4102444800000000 WHERE workspace_id = :ws")
        await connection.execute(later, {"ws": BESIDE})


async def _rows(store: SqlStore) -> dict[str, set[tuple[object, ...]]]:
    async with store.engines.reader.connect() as connection:
        return {
            table.name: {
                tuple(row)
                for row in await connection.execute(
                    text(f"SELECT * FROM {table.name} WHERE workspace_id = :ws"), {"ws": BESIDE}
                )
            }
            for table in metadata.sorted_tables
        }


_LIVED_IN = (
    "sessions",
    "transfers",
    "refunds",
    "notices",
    "timeline",
    "drafts",
    "requests",
    "pools",
    "pool_members",
    "checkpoints",
)


@contextmanager
def _practice(databases: Databases, kind: str) -> Iterator[tuple[asyncio.Runner, SqlStore, str]]:
    with asyncio.Runner() as runner:
        url = runner.run(databases.fresh(kind))
        engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
        try:
            yield runner, SqlStore(engines), url
        finally:
            runner.run(engines.dispose())


def _live(databases: Databases, kind: str, how: settings) -> None:
    # A checkpoint after every other movement: in production a life of twenty steps would never see one.
    with mock.patch.object(checkpoints, "EVERY", 2), _practice(databases, kind) as (runner, store, url):
        runner.run(_neighbours(store))
        before = runner.run(_rows(store))
        assert all(before[name] for name in _LIVED_IN)
        run_state_machine_as_test(life_on(runner, store, url), settings=how)  # type: ignore[no-untyped-call]
        assert runner.run(_rows(store)) == before


@pytest.mark.parametrize("kind", KINDS)
def test_money_and_promises_hold_whatever_people_do(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("quick"), max_examples=12, stateful_step_count=20))


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_money_and_promises_hold_in_a_long_life(databases: Databases, kind: str) -> None:
    _live(databases, kind, settings(settings.get_profile("deep"), max_examples=150, stateful_step_count=25))
