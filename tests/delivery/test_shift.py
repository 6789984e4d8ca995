"""What people read when new zone rules shift their sessions, and what the admins read of those that could not follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.actions import book as booking
from coaching.actions import upkeep
from coaching.sessions import Actor, Hat, Person, Session
from coaching.stakeholders import NewsOf
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


VANCOUVER = "America/Vancouver"
TEN = datetime(2026, 12, 10, 17, tzinfo=UTC)  # 10:00 AM in Vancouver by the rules of now
HOUR = timedelta(hours=1)


@pytest.fixture
async def session(stage: Stage) -> Session:
    """Anna of Vancouver has a session with Carla of New York, and the ops channel hears what Carla hears."""
    async with stage.store.write(WORKSPACE) as uow:
        anna = Person(ANNA, "Anna Lee", "anna@example.com", VANCOUVER, "en-US")
        await uow.people.save(anna, stage.clock.now())
        await uow.stakeholders.save(NewsOf.COACH, COACH, [ADMIN])
        await uow.commit()
    return await book(stage, TEN)


async def book(stage: Stage, at: datetime, *, client: str = ANNA) -> Session:
    command = booking.Book(
        actor=Actor(WORKSPACE, client),
        role=Hat.CLIENT,
        client_id=client,
        coach_id=COACH,
        session_type="Coaching",
        starts_at=at,
        length=HOUR,
        time_zone=VANCOUVER,
        price=0,
    )
    return await booking.book(stage.store, stage.clock, command)


@contextmanager
def newer(path: Path) -> Iterator[None]:
    """Run with a later release's rules, by which Vancouver changes its clocks as it used to."""
    with zones.loaded_from(doctored(path / "2099a", "2099a", **{VANCOUVER: "America/Los_Angeles"})):
        yield


async def follow(stage: Stage) -> None:
    for _, job in upkeep.JOBS:
        await upkeep.run(stage.store, stage.clock, job)
    await stage.relay().drain()


async def test_client_and_coach_read_that_it_is_still_at_its_local_time(
    stage: Stage, session: Session, tmp_path: Path
) -> None:
    with newer(tmp_path):
        await follow(stage)
    [anna] = [post for post in stage.posts(ANNA) if "New rules" in post.text]
    assert "New rules for the clocks in Vancouver: your session keeps its local time" in anna.text
    assert "still Thu, Dec 10, 10:00 – 11:00 AM in Vancouver" in anna.text
    assert "on your clock" not in anna.text
    [carla] = [post for post in stage.posts("C0COACH") if "New rules" in post.text]
    assert "still Thu, Dec 10, 10:00 – 11:00 AM in Vancouver" in carla.text
    assert "on your clock Thu, Dec 10, 1:00 – 2:00 PM instead of Thu, Dec 10, 12:00 – 1:00 PM" in carla.text
    [copy] = [post for post in stage.posts(ADMIN) if "New rules" in post.text]
    assert "Carla Coach's session keeps its local time" in copy.text
    assert "told what Carla Coach is told" in copy.text


async def test_several_sessions_are_one_message(stage: Stage, session: Session, tmp_path: Path) -> None:
    await book(stage, TEN + HOUR)
    await book(stage, TEN + 2 * HOUR, client=BORIS)
    with newer(tmp_path):
        await follow(stage)
    [anna] = [post for post in stage.posts(ANNA) if "New rules" in post.text]
    assert "your sessions keep their local time" in anna.text
    assert anna.text.count("still Thu") == 2
    assert len([post for post in stage.posts(BORIS) if "New rules" in post.text]) == 1
    [carla] = [post for post in stage.posts("C0COACH") if "New rules" in post.text]
    assert carla.text.count("still Thu") == 3


async def test_admins_read_which_session_could_not_follow_and_why(
    stage: Stage, session: Session, tmp_path: Path
) -> None:
    other = await book(stage, TEN + HOUR, client=BORIS)
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET by_instant = true WHERE id = :id"), {"id": other.id})
    with newer(tmp_path):
        await follow(stage)
        [ada] = [post for post in stage.posts(ADMIN) if "New rules" in post.text]
    assert "New rules for the clocks in Vancouver: one session could not follow" in ada.text
    assert "It was meant for Thu, Dec 10, 10:00 AM in Vancouver." in ada.text
    assert "it would overlap another session, so it stays where it is, and nobody else was told" in ada.text
    assert [post for post in stage.posts(ANNA) if "New rules" in post.text] == []


async def test_what_was_settled_meanwhile_is_not_told(stage: Stage, session: Session, tmp_path: Path) -> None:
    other = await book(stage, TEN + HOUR, client=BORIS)
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET by_instant = true WHERE id = :id"), {"id": other.id})
    with newer(tmp_path):
        for _, job in upkeep.JOBS:
            await upkeep.run(stage.store, stage.clock, job)
        await stage.world.cancel(session)
        await stage.relay().drain()
    assert await stage.states(kind="not_shifted") == {"dropped": 1}
