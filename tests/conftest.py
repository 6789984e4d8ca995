"""Fixtures for every test: both databases, a store on each, a clock that stands still."""

import contextlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from coaching.clock import ManualClock
from storage import SqlStore, create_engines
from tests.support import logs, memory, patience, postgres
from tests.support.databases import Databases
from tests.support.postgres import Server
from tests.support.proxy import Proxy, proxying
from tests.words import pseudo

memory.keep_temporary_files_in_memory()
logs.plain()

KINDS = ("sqlite", "postgresql")
START = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)

# Both give the same verdict on every run, so that a red test is about the change at hand; `deep` looks further.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "quick", max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile(
    "deep",
    max_examples=500,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SLOW,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tests run in any order: `--shuffle 7`, and the same again."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in another order")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle where it was asked for."""
    if (seed := config.getoption("shuffle")) is not None:
        random.Random(seed).shuffle(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that a test wants to be seen, whichever process it ran in."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    if name == "to be shown":
                        terminalreporter.write_line(f"\n{report.nodeid}\n{value}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[], Server]]:
    """Start PostgreSQL when the first test of this worker asks for it."""
    with contextlib.ExitStack() as stack:
        started: list[Server] = []

        def server() -> Server:
            if not started:
                started.append(stack.enter_context(postgres.running(*postgres.SHORT_LIVED)))
            return started[0]

        yield server


@pytest.fixture(scope="session")
def databases(postgres_server: Callable[[], Server]) -> Iterator[Databases]:
    """Make databases."""
    with tempfile.TemporaryDirectory(prefix="databases-") as directory:
        yield Databases(Path(directory), postgres_server)


@pytest.fixture(autouse=True)
def _nothing_left(databases: Databases) -> Iterator[None]:
    """Throw away the databases of each test: a run has about two thousand of them."""
    yield
    databases.over()


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Return a fresh, migrated database; the test runs on SQLite and on PostgreSQL."""
    return await databases.fresh(request.param)


@pytest.fixture
async def postgres_url(databases: Databases) -> str:
    """Return a fresh, migrated database on PostgreSQL, for what SQLite cannot do."""
    return await databases.fresh("postgresql")


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    """Stand between the bot and that database, to do to a connection what networks do."""
    async with proxying(make_url(postgres_url).port or 0) as proxy:
        yield proxy


@pytest.fixture
def proxied_url(postgres_url: str, proxy: Proxy) -> str:
    """Return that database's address by way of the proxy."""
    return make_url(postgres_url).set(port=proxy.port).render_as_string(hide_password=False)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """Return a store on a fresh database."""
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    yield SqlStore(engines)
    await engines.dispose()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at START."""
    return ManualClock(START)


@pytest.fixture(scope="session")
def pseudo_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pseudo-language's catalogue."""
    folder = tmp_path_factory.mktemp("locales")
    pseudo.write(folder)
    return folder


@pytest.fixture
def in_pseudo(pseudo_catalogue: Path) -> Iterator[None]:
    """A story told in the pseudo-language: what reaches people was seen by a translator, and fits Slack."""
    with pseudo.spoken(pseudo_catalogue) as judge:
        yield
    assert judge.naked == {}
