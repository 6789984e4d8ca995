"""Fixtures for every test: both databases, a store on each, a clock that stands still."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from tests.support import postgres
from tests.support.databases import Databases
from tests.support.postgres import Server

KINDS = ("sqlite", "postgresql")
START = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)

# Both give the same verdict on every run, so that a red test is about the change at hand; `deep` looks further.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("quick", derandomize=True, database=None, deadline=None, suppress_health_check=_SLOW)
settings.register_profile(
    "deep",
    max_examples=1000,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SLOW,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[], Server]]:
    """Start PostgreSQL when the first test of this worker asks for it."""
    with contextlib.ExitStack() as stack:
        started: list[Server] = []

        def server() -> Server:
            if not started:
                started.append(stack.enter_context(postgres.running()))
            return started[0]

        yield server


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, postgres_server: Callable[[], Server]) -> Databases:
    """Make databases."""
    return Databases(tmp_path_factory.mktemp("databases"), postgres_server)


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Return a fresh, migrated database; the test runs on SQLite and on PostgreSQL."""
    return await databases.fresh(request.param)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """Return a store on a fresh database."""
    engines = create_engines(database_url)
    yield SqlStore(engines)
    await engines.dispose()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at START."""
    return ManualClock(START)
