"""People who were imported by e-mail are found in Slack, and get what waited for them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.directory import ASK_AGAIN, REFRESH_AFTER, Directory
from bot.ticker import Ticker
from coaching.actions.people import remember
from coaching.mail_ids import pending_id
from coaching.sessions import Hat, Person
from playground.workspace import User
from storage.importer import Import
from storage.tables import drafts, members
from tests.delivery.conftest import Stage
from tests.support.imports import Importer
from tests.support.world import ADMIN, ANNA, WORKSPACE

DAY = timedelta(hours=24)
NINA = pending_id("Nina@Example.com")


async def known(stage: Stage, *people: str) -> None:
    """Make rows for people as an import does."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of(people)
        await uow.commit()


def nina_joins(stage: Stage) -> None:
    stage.slack.workspace.users["U0NINA"] = User(
        "U0NINA", "nina", "Nina North", email="nina@example.com", tz="Europe/Oslo", locale="nb-NO"
    )


def directory(stage: Stage, **options: int) -> Directory:
    return Directory(stage.store, stage.client_for, clock=stage.clock, **options)


async def test_notices_wait_for_somebody_known_by_e_mail_and_arrive_when_they_are_found(stage: Stage) -> None:
    await known(stage, NINA)
    session = await stage.world.book(DAY * 3, client=NINA, price=0)
    quoted = await stage.world.quote(session, who=ADMIN, hat=Hat.ADMIN, subject=NINA)
    await stage.world.confirm(quoted)
    relay = stage.relay()
    await relay.drain()
    [row] = await stage.rows(kind="receipt")
    assert (row.state, row.attempts, row.recipient) == ("pending", 0, NINA)
    assert await directory(stage).look() == 0
    nina_joins(stage)
    stage.clock.advance(ASK_AGAIN + timedelta(seconds=1))
    assert await directory(stage).look() == 1
    await relay.drain()
    [post] = stage.posts("U0NINA")
    assert "1 session" in post.text
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer("U0NINA")
    assert viewer.member
    assert (viewer.person.time_zone, viewer.person.locale) == ("Europe/Oslo", "nb-NO")


@pytest.mark.parametrize("imported_before", [False, True])
async def test_somebody_who_appears_while_a_file_is_copied_is_found_all_the_same(
    stage: Stage, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imported_before: bool
) -> None:
    """The import knows them by e-mail only: it has looked for the last time."""
    nina = Person("U0NINA", "Nina North", "nina@example.com")
    importer, copy = Importer(database_url, tmp_path, stage.clock), Import._copy
    appearing = list[asyncio.Task[int]]()

    async def then_appears(work: Import, on_step: Callable[[str, int, int], None]) -> None:
        nina_joins(stage)
        linked = remember(stage.store, stage.clock, WORKSPACE, nina, stage.clock.now(), link=True)
        appearing.append(asyncio.create_task(linked))
        if stage.store.engines.dialect == "postgresql":
            await appearing[0]  # on SQLite nobody else writes meanwhile
        await copy(work, on_step)

    if imported_before:
        assert await importer.rows({"session_id": "S0", "client": "nina@example.com"}) == 0
    monkeypatch.setattr(Import, "_copy", then_appears)
    row = {"session_id": "S1", "client": "nina@example.com", "starts_at": "2026-11-21T10:00Z"}
    assert await importer.rows(row) == 0, importer.said
    await appearing[0]
    await directory(stage).look()
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.sessions.by_ids(["S0", "S1"])
    assert {one.client.id for one in found} == {"U0NINA"}
    assert await count(stage, select(members.c.id).where(members.c.id == NINA)) == 0


async def test_somebody_slack_does_not_know_is_not_asked_about_again_for_hours(stage: Stage) -> None:
    await known(stage, NINA, "U0GHOST")
    await directory(stage).look()
    asked = len(stage.calls("users.lookupByEmail")), len(stage.calls("users.info"))
    assert asked == (1, 1)
    await directory(stage).look()
    assert (len(stage.calls("users.lookupByEmail")), len(stage.calls("users.info"))) == asked
    stage.clock.advance(ASK_AGAIN + timedelta(seconds=1))
    await directory(stage).look()
    assert len(stage.calls("users.lookupByEmail")) == 2


async def test_a_person_known_by_id_only_is_asked_about_once(stage: Stage) -> None:
    await known(stage, "U0EXTRA1")
    assert await directory(stage).look() == 1
    assert await directory(stage).look() == 0
    async with stage.store.read(WORKSPACE) as queries:
        assert (await queries.people.viewer("U0EXTRA1")).person.name == "Extra 1"


async def test_one_look_asks_about_no_more_people_than_slack_allows_a_minute(stage: Stage) -> None:
    await known(stage, *(f"U0EXTRA{i}" for i in range(5)))
    assert [await directory(stage, per_look=3).look() for _ in range(3)] == [3, 2, 0]


async def test_what_slack_said_more_than_a_day_ago_is_asked_again_after_the_strangers(stage: Stage) -> None:
    await known(stage, "U0EXTRA1")
    assert await directory(stage, per_look=50).look() == 1
    stage.slack.workspace.users["U0EXTRA1"].tz = "Europe/Oslo"
    stage.slack.workspace.users["U0EXTRA1"].is_admin = True
    stage.clock.advance(REFRESH_AFTER - timedelta(seconds=1))
    before = len(stage.calls("users.info"))
    assert await directory(stage).look() == 0
    assert len(stage.calls("users.info")) == before
    stage.clock.advance(timedelta(seconds=2))
    await known(stage, "U0EXTRA2")
    assert await directory(stage, per_look=1).look() == 1  # the stranger comes first
    assert await directory(stage).look() == 0  # nobody new, so nothing waits for it
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer("U0EXTRA1")
    assert (viewer.person.time_zone, viewer.is_admin) == ("Europe/Oslo", True)
    asked = len(stage.calls("users.info"))
    await directory(stage).look()
    assert len(stage.calls("users.info")) == asked


async def test_a_rate_limit_ends_the_look_and_forgets_nobody(stage: Stage) -> None:
    await known(stage, *(f"U0EXTRA{i}" for i in range(3)))
    stage.slack.faults.add({"kind": "rate_limited", "method": "users.info", "calls": 1})
    assert await directory(stage).look() == 0
    assert len(stage.calls("users.info")) == 1
    assert await directory(stage).look() == 3


async def test_a_coach_known_by_e_mail_is_alerted_in_the_channel_and_directly_once_found(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(NINA, "C0COACH")
        await uow.commit()
    await stage.world.cancel(await stage.world.book(DAY * 3, coach=NINA))
    await stage.relay().drain()
    assert len(stage.posts("C0COACH")) == 1
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(NINA, None)
        await uow.commit()
    await stage.world.cancel(await stage.world.book(DAY * 4, coach=NINA))
    await stage.relay().drain()
    [row] = await stage.rows(kind="coach_alert", state="pending")
    assert (row.recipient, row.attempts) == (NINA, 0)


async def test_the_ticker_wakes_the_relay_meets_people_and_cleans_up(stage: Stage) -> None:
    await known(stage, NINA)
    nina_joins(stage)
    old = stage.clock.now() - timedelta(days=3)
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(
            drafts.insert(), {"workspace_id": WORKSPACE, "id": "d", "user_id": ANNA, "body": "{}", "updated_at": old}
        )
    session = await stage.world.book(DAY * 10)
    relay = await stage.running()
    async with Ticker(relay, directory(stage), stage.store, seconds=0.05, chores_seconds=0.1).running():
        stage.clock.set(session.refund_cutoff_at - DAY)
        await stage.until(lambda: stage.posts(ANNA))
        await stage.until(lambda: count(stage, select(members.c.id).where(members.c.id == "U0NINA")))
        await stage.until(lambda: none_left(stage))
    assert relay.alive()


async def count(stage: Stage, query: object) -> int:
    async with stage.store.engines.reader.connect() as connection:
        return len((await connection.execute(query)).all())  # type: ignore[call-overload]


async def none_left(stage: Stage) -> bool:
    return await count(stage, select(drafts.c.id)) == 0
