"""New zone rules for tests: a release in which New York keeps another zone's clocks, and what follows from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.actions import upkeep
from coaching.sessions import Session
from storage.reconciliation import findings
from storage.rules import RULES
from tests.support.invariants import OF_ZONES
from tests.support.world import WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_YORK, WEST = "America/New_York", "America/Los_Angeles"
EARLIER, LATER = "America/Puerto_Rico", "America/Chicago"
"""Zones whose clocks New York gets in these tests: in winter an hour ahead of it (its instants come earlier), and one behind."""


@contextmanager
def newer(path: Path, like: str, release: str = "2099a") -> Iterator[None]:
    """Run with a later release's rules, in which New York keeps another zone's clocks."""
    with zones.loaded_from(doctored(path / release, release, **{NEW_YORK: like})):
        yield


async def follow(world: World) -> int:
    return sum([await upkeep.run(world.store, world.clock, job) for name, job in upkeep.JOBS if "zone" in name])


async def after(world: World, session: Session) -> Session:
    async with world.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    return found


async def given_as_instant(world: World, session: Session) -> None:
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET by_instant = true WHERE id = :id"), {"id": session.id})


async def pending(world: World, session: Session) -> list[tuple[str, int]]:
    query = text("SELECT kind, due_at FROM notices WHERE session_id = :id AND state = 'pending' ORDER BY kind, due_at")
    async with world.store.engines.reader.connect() as connection:
        return [(row.kind, row.due_at) for row in await connection.execute(query, {"id": session.id})]


async def broken(world: World) -> dict[str, tuple[str, ...]]:
    async with world.store.engines.reader.connect() as connection:
        found = await findings(connection, rules=(*RULES, *OF_ZONES), now=world.clock.now())
    return {one.rule.id: one.examples for one in found}
