"""A database that stays locked, as the person who clicks meets it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coaching.clock import ManualClock
from tests.handlers.canceling import FAR, shown, statuses, title
from tests.handlers.conftest import Stage, served
from tests.support.databases import Databases
from tests.support.world import ANNA

WAIT = 1.0
"""How long the bot waits for the lock, in seconds."""


@pytest.fixture
async def stage(databases: Databases, clock: ManualClock) -> AsyncIterator[Stage]:
    async with served(databases, clock, wait_seconds=WAIT) as stage:
        yield stage


async def test_a_busy_database_says_so_with_a_reference_and_changes_nothing(stage: Stage) -> None:
    await stage.world.grant(ANNA, 100)
    await stage.world.book(timedelta(days=2), session_type="Coaching")
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick(FAR)
    await anna.submit()
    async with stage.store.engines.writer.connect():
        await anna.submit()
    assert "We are very busy right now and nothing was changed" in shown(anna)
    assert shown(anna).endswith(stage.logged("database busy")["request_id"])
    assert [view.title for view in anna.modals] == ["Confirm cancellation?", "Sorry"]
    assert len(await statuses(stage)) == 1
    await anna.close()
    await anna.submit()
    assert title(anna) == "Sessions canceled"
