"""A file's local times follow new zone rules; its times with an offset are instants and stay."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.actions import upkeep
from coaching.clock import ManualClock
from storage import SqlStore
from storage.reconciliation import findings
from tests.support.imports import Importer, everything, session
from tests.support.invariants import OF_ZONES, violations

ZONE = "America/New_York"


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


async def test_only_what_the_file_gives_in_local_time_follows_new_rules(
    importer: Importer, store: SqlStore, clock: ManualClock, tmp_path: Path
) -> None:
    lines = (
        {"session_id": "local", "starts_at": "2026-11-20T10:00", "time_zone": ZONE},
        {"session_id": "instant", "starts_at": "2026-11-20T13:00-05:00", "time_zone": ZONE},
    )
    assert await importer.rows(*lines) == 0
    rules = doctored(tmp_path / "later", "2099a", **{ZONE: "America/Puerto_Rico"})
    with zones.loaded_from(rules):
        for _, job in upkeep.JOBS:
            await upkeep.run(store, clock, job)
        assert (await session(store, "local")).starts_at == datetime(2026, 11, 20, 14, tzinfo=UTC)
        assert (await session(store, "instant")).starts_at == datetime(2026, 11, 20, 18, tzinfo=UTC)
        async with store.engines.reader.connect() as connection:
            [named] = await findings(connection, rules=OF_ZONES, now=clock.now())
            assert await violations(connection) == []
        assert (named.rule.id, named.examples) == ("instants_read_as_they_did", (f"instant {ZONE}",))
        before = await everything(store)
        assert await importer.rows(*lines) == 0
        assert await everything(store) == before
