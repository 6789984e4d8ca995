"""A practice, and the doctor as the tests call it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.doctor.run import run_doctor
from coaching import zones
from coaching.clock import ManualClock
from storage import SqlStore
from storage.types import to_micros
from tests.support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in a directory without a .env, in an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(zones, "MACHINE_PATH", ())


@pytest.fixture
async def world(store: SqlStore) -> World:
    """A practice with a session ahead and a late one canceled a moment ago, for a private reason."""
    world = World(store, ManualClock(datetime.now(UTC) - HOUR))
    await world.people()
    await world.grant()
    late = await world.book(5 * HOUR)
    await world.book(100 * HOUR)
    world.clock.advance(HOUR)
    async with store.engines.writer.begin() as connection:  # a relay has been here
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE due_at <= :now"),
            {"now": to_micros(world.clock.now())},
        )
    await world.confirm(await world.quote(late, reason="My dog Rex is ill"))
    return world


Doctor = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Run it in this process, with these settings; it returns the exit code and what was printed, in one long line."""

    async def run(url: str, workspace: str | None = None, *, json: bool = False, **settings: str) -> tuple[int, str]:
        for name, value in {"DATABASE_URL": url, **settings}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = await run_doctor(workspace, json=json)
        printed = capsys.readouterr()
        return code, " ".join((printed.out + printed.err).split())

    return run
