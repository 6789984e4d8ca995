"""What an admin sees of the whole business: the figures, what is broken, and what coaches have not decided."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coaching.actions.figures import open_figures
from coaching.actions.home import HOME_BROKEN, open_home
from coaching.actions.send_again import send_again
from coaching.actions.waiting import open_queue
from coaching.business import TroubleKind
from coaching.clock import ManualClock
from coaching.errors import AdminsOnly
from coaching.figures import MonthFigures
from coaching.news.admins import channel_trouble
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.sessions import Actor, Hat, Session
from coaching.waiting import UNDECIDED_WITHIN, WaitKind
from coaching.workspace import Settings
from storage import SqlStore
from storage.repositories import waiting
from storage.types import to_micros
from tests.support.imports import Importer
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE, World

H = timedelta(hours=1)
DAY = 24 * H
ADA = Actor(WORKSPACE, ADMIN)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.settings(Settings(undo_window=timedelta(0)))
    await world.grant(ANNA, 5000)
    await world.open()
    await world.open(OTHER_COACH)
    return world


async def months(world: World) -> list[MonthFigures]:
    return list((await open_figures(world.store, world.clock, ADA)).months)


async def late(world: World, *, price: int = 100, coach: str = COACH, count: int = 1) -> list[Session]:
    """Sessions that Anna canceled too late."""
    booked = [await world.book(26 * H + n * H, price=price, coach=coach) for n in range(count)]
    world.clock.advance(24 * H)
    return list((await world.cancel(*booked)).sessions)


async def test_imported_cancellations_count_in_no_month(
    world: World, database_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    importer = Importer(database_url, tmp_path, clock)
    start = (clock.now() + 2 * DAY).isoformat()
    assert await importer.rows({"session_id": "S1", "status": "canceled", "starts_at": start}) == 0, importer.said
    found = await open_figures(world.store, world.clock, ADA)
    assert sum(one.canceled for one in found.days) == 1, "it shows on its day"
    assert all(one == MonthFigures(one.month) for one in found.months)


async def test_a_late_cancellation_of_what_cost_nothing_kept_nothing(world: World) -> None:
    await late(world, price=0)
    found = (await months(world))[-1]
    assert found == MonthFigures(found.month, in_time=1)


async def test_cancellations_by_coaches_and_admins_are_not_the_clients(world: World) -> None:
    by_coach, by_admin, by_client = [await world.book(n * DAY) for n in (3, 4, 5)]
    await world.cancel(by_coach, who=COACH, hat=Hat.COACH)
    await world.confirm(await world.quote(by_admin, who=ADMIN, hat=Hat.ADMIN, subject=ANNA))
    await world.cancel(by_client)
    found = (await months(world))[-1]
    assert found == MonthFigures(found.month, in_time=1, by_others=2)


async def test_home_and_figures_count_the_same_next_days_and_nothing_that_has_started(world: World) -> None:
    started = await world.book(2 * H)
    last = await world.book(6 * DAY)
    await world.book(8 * DAY)
    await world.cancel(await world.book(30 * H))
    world.clock.set(started.starts_at + H)
    home = await open_home(world.store, world.clock, ADA)
    figures = await open_figures(world.store, world.clock, ADA)
    assert home.staff is not None
    assert last.starts_at > world.clock.now()
    assert (home.staff.booked, home.staff.canceled) == (1, 1)
    assert sum(one.booked for one in figures.days) == 1
    assert sum(one.canceled for one in figures.days) == 1
    assert sum(one.sessions for one in figures.coaches) == 1


async def test_an_admin_sees_late_cancellations_that_coaches_have_not_decided(world: World) -> None:
    await late(world)
    await late(world, coach=OTHER_COACH)
    queue = (await open_queue(world.store, world.clock, ADA)).queue
    assert queue.total == 0
    assert [one.kind for one in queue.others] == [WaitKind.LATE, WaitKind.LATE]
    assert queue.open_elsewhere == 2
    own = (await open_queue(world.store, world.clock, Actor(WORKSPACE, COACH))).queue
    assert (own.total, own.open_elsewhere) == (1, 0), "a coach sees their own"
    world.clock.advance(UNDECIDED_WITHIN)
    assert (await open_queue(world.store, world.clock, ADA)).queue.open_elsewhere == 0


async def test_what_an_admin_took_themselves_is_not_theirs_to_decide(world: World) -> None:
    await world.grant(ADMIN, 500)
    booked = await world.book(26 * H, client=ADMIN)
    world.clock.advance(24 * H)
    await world.cancel(booked, who=ADMIN)
    assert (await open_queue(world.store, world.clock, ADA)).queue.open_elsewhere == 0


async def test_of_very_many_open_decisions_home_says_that_there_are_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "COUNTED", 2)
    waiting._queue.cache_clear()
    try:
        await late(world, count=3)
        queue = (await open_queue(world.store, world.clock, ADA)).queue
    finally:
        waiting._queue.cache_clear()
    assert (queue.open_elsewhere, queue.more_elsewhere, queue.more) == (2, True, False)


async def test_a_channel_that_was_refused_in_both_weeks_is_one_of_those_shown(world: World) -> None:
    coaches = [f"U0C{n}" for n in range(HOME_BROKEN + 1)]
    for number in range(len(coaches)):
        async with world.store.write(WORKSPACE) as uow:
            await uow.coaches.save(coaches[number], f"C0{number}")
            for at in (world.clock.now() - 7 * DAY, world.clock.now()):
                await uow.notices.tell_admins(channel_trouble(coaches[number], f"C0{number}", "is_archived", at))
            await uow.commit()
        staff = (await open_home(world.store, world.clock, ADA)).staff
        assert staff is not None
        found = [one for one in staff.troubles if one.kind is TroubleKind.CHANNEL]
        assert len(found) == min(number + 1, HOME_BROKEN)
        assert all(one.since == world.clock.now() for one in found)
        assert (TroubleKind.CHANNEL in staff.more) == (number + 1 > HOME_BROKEN)


async def test_what_was_given_up_goes_out_anew_for_an_admin_only(world: World) -> None:
    session = await world.book(3 * DAY)
    now = world.clock.now()
    told = Notice(
        kind=NoticeKind.RECEIPT,
        dedupe_key="lost",
        recipient=ANNA,
        due_at=now,
        expires_at=now + H,
        session_id=session.id,
    )
    async with world.store.write(WORKSPACE) as uow:
        await uow.notices.add([told])
        await uow.commit()
    async with world.store.engines.writer.begin() as connection:
        lost = text(
            "UPDATE notices SET state = 'failed', why = 'given_up', finished_at = :now WHERE dedupe_key = 'lost'"
        )
        assert (await connection.execute(lost, {"now": to_micros(world.clock.now())})).rowcount == 1
    world.clock.advance(2 * DAY)
    with pytest.raises(AdminsOnly):
        await send_again(world.store, world.clock, Actor(WORKSPACE, ANNA), ANNA, session.id)
    assert await send_again(world.store, world.clock, ADA, COACH, session.id) == 0
    assert await send_again(world.store, world.clock, ADA, ANNA, session.id) == 1
    assert await send_again(world.store, world.clock, ADA, ANNA, session.id) == 0
    async with world.store.engines.reader.connect() as connection:
        asked = text("SELECT state, why, finished_at, expires_at > :now FROM notices WHERE dedupe_key = 'lost'")
        [row] = await connection.execute(asked, {"now": to_micros(world.clock.now())})
        assert tuple(row) == ("pending", None, None, True)
