"""Two clocks are never compared: the business clock may be years away from the database's and the machine's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, bindparam, event, text

from bot.doctor import database as doctor
from coaching.actions import setup, upkeep
from coaching.actions.people import remember
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.mail_ids import pending_id
from coaching.news.notice import NoticeState
from coaching.sessions import Actor, Person
from coaching.workspace import Settings
from storage import SqlStore
from storage.claims import Outcome
from storage.clock import database_now
from storage.housekeeping import Housekeeping
from storage.notices import NoticeQueue
from storage.reconciliation import Finding, findings
from storage.rules import RULES
from storage.rules.waiting import WAITING
from storage.strangers import Strangers
from storage.tables import inbound, members, notices
from storage.types import DatabaseInstant, Instant, TwoClocks, WallInstant
from tests.support.world import ADMIN, ANNA, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(
    params=[datetime(2060, 5, 4, 12, tzinfo=UTC), datetime(2020, 5, 4, 12, tzinfo=UTC)], ids=["ahead", "behind"]
)
async def world(store: SqlStore, request: pytest.FixtureRequest) -> World:
    world = World(store, ManualClock(request.param))
    await world.people()
    await world.grant()
    return world


async def broken(world: World) -> list[Finding]:
    async with world.store.engines.reader.connect() as connection:
        return await findings(connection, rules=(*RULES, *WAITING), now=world.clock.now())


async def busy(world: World) -> None:
    """Leave work of every state behind: sent, under a lease, to be tried again, waiting; plans to be gone through again."""
    by_mail = pending_id("pat@example.com")
    await world.grant(by_mail)
    await world.book(9 * DAY, client=by_mail)
    for days in (5, 6, 7):
        await world.cancel(await world.book(days * DAY))
    await world.book(8 * DAY)
    preferences = Settings()
    await setup.save_preferences(
        world.store,
        Actor(WORKSPACE, ADMIN),
        new_id(world.clock.now()),
        reminder_offsets=(HOUR,),
        reason_in_channel=preferences.reason_in_channel,
        support_contact=None,
        undo_window=preferences.undo_window,
        quiet_hours=None,
        start_reminder=HOUR,
        expiry_notice=None,
    )
    await remember(
        world.store, world.clock, WORKSPACE, Person("U0PAT", "Pat", "pat@example.com"), datetime.now(UTC), link=True
    )
    for _, job in upkeep.JOBS:
        await upkeep.run(world.store, world.clock, job)
    world.clock.advance(timedelta(minutes=2))
    now, queue = world.clock.now(), NoticeQueue(world.store.engines)
    [sent] = await queue.claim("one", now, lease=timedelta(minutes=5), limit=1)
    done = Outcome(notice=sent, state=NoticeState.SENT, channel="D1", message_ts="1.1")
    await queue.record([done], now)
    [refused] = await queue.claim("two", now, lease=timedelta(minutes=5), limit=1)
    again = Outcome(notice=refused, state=NoticeState.PENDING, retry_after=600.0, attempts=1)
    await queue.record([again], now)
    assert len(await queue.claim("three", now, lease=timedelta(minutes=5), limit=1)) == 1


async def test_doctor_finds_nothing_wrong_with_work_under_way_whatever_the_business_clock_says(
    world: World, database_url: str
) -> None:
    await busy(world)
    assert await broken(world) == []
    groups, _ = await doctor.look(database_url, None, world.clock.now(), str)
    assert [fault.id for group in groups for fault in group.faults] == []


async def test_what_a_dead_process_left_is_found_and_taken_back_by_the_databases_clock(world: World) -> None:
    await busy(world)
    queue = NoticeQueue(world.store.engines)
    assert (await queue.reclaim(world.clock.now())).rows == 0
    async with world.store.engines.writer.begin() as connection:
        hour = HOUR // timedelta(microseconds=1)
        await connection.execute(text("UPDATE notices SET lease_until = lease_until - :hour"), {"hour": hour})
    assert [finding.rule.id for finding in await broken(world)] == ["no_abandoned_deliveries"]
    assert (await queue.reclaim(world.clock.now())).rows == 1
    assert await broken(world) == []


async def test_what_is_to_be_tried_later_waits_by_the_databases_clock(world: World) -> None:
    await busy(world)
    now, queue = world.clock.now(), NoticeQueue(world.store.engines)
    claimed = await queue.claim("all", now + HOUR / 2, lease=timedelta(minutes=5), limit=50)
    async with world.store.engines.reader.connect() as connection:
        found = await connection.execute(text("SELECT dedupe_key FROM notices WHERE retry_at IS NOT NULL"))
    held, taken = {row.dedupe_key for row in found}, {one.key for one in claimed}
    assert held
    assert taken
    assert not held & taken


async def test_no_clock_is_written_down_as_anothers(world: World) -> None:
    """Assignments are no comparisons, which refuse themselves: every statement that runs is looked at here."""
    seen, mixed = set(), []

    def look(_connection: object, statement: Any, *_rest: object) -> None:
        for column, value in (getattr(statement, "_values", None) or {}).items():
            name = getattr(column, "name", column)
            mine, theirs = statement.table.c[name].type, getattr(value, "type", None)
            if isinstance(mine, Instant) and isinstance(theirs, Instant):
                seen.add(name)
                if mine.clock != theirs.clock:
                    mixed.append(f"{name} is given {theirs.clock} time")

    event.listen(world.store.engines.writer.sync_engine, "before_execute", look)
    await busy(world)
    assert {"lease_until", "retry_at"} <= seen
    assert mixed == []


async def test_requests_and_people_are_not_forgotten_for_the_business_clock(world: World) -> None:
    await busy(world)
    await Housekeeping(world.store.engines).purge(world.clock.now())
    async with world.store.engines.reader.connect() as connection:
        assert (await connection.execute(text("SELECT COUNT(*) FROM inbound"))).scalar_one() > 0
    strangers = Strangers(world.store.engines)
    await remember(world.store, world.clock, WORKSPACE, Person(ANNA, "Anna Lee"), datetime.now(UTC), link=True)
    old = await strangers.old(datetime.now(UTC) - DAY, datetime.now(UTC) - HOUR, 50)
    assert (WORKSPACE, ANNA) not in old


def test_comparing_two_clocks_is_refused_where_the_statement_is_written() -> None:
    business = bindparam("now", type_=Instant)
    for column in (notices.c.lease_until, notices.c.retry_at, inbound.c.at, members.c.fetched_at, members.c.sought_at):
        with pytest.raises(TwoClocks):
            column < business  # noqa: B015 - the comparison itself is what is tried
        with pytest.raises(TwoClocks):
            business >= column  # noqa: B015
    for sqlite in (True, False):
        with pytest.raises(TwoClocks):
            notices.c.due_at <= database_now(sqlite=sqlite)  # noqa: B015
        assert isinstance(notices.c.lease_until <= database_now(sqlite=sqlite), ColumnElement)
    assert isinstance(members.c.fetched_at < bindparam("old", type_=WallInstant), ColumnElement)
    assert isinstance(notices.c.retry_at < bindparam("at", type_=DatabaseInstant), ColumnElement)
