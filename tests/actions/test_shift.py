"""New zone rules: what was meant in local time goes on being at that time, and nothing that was shown ends earlier."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.actions import shift, undo
from coaching.actions.reschedule import MoveSessions, NewTime, move_sessions
from coaching.clock import ManualClock
from coaching.errors import ClientBusy, SlotTaken
from coaching.ids import new_id
from coaching.news.kinds import NoticeKind
from coaching.quiet import QuietHours
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from storage import SqlStore
from storage.types import from_micros
from tests.actions.shifting import (
    DAY,
    EARLIER,
    HOUR,
    LATER,
    NEW_YORK,
    WEST,
    after,
    broken,
    follow,
    given_as_instant,
    newer,
    pending,
)
from tests.support import patience
from tests.support.notices import told
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    await world.open()
    return world


@pytest.fixture
def release(tmp_path: Path) -> Iterator[None]:
    with newer(tmp_path, EARLIER):
        yield


async def test_a_session_keeps_its_local_time_and_its_people_are_told_once(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)  # Saturday 10:00 in New York, 15:00 UTC
    assert session.local is not None
    assert (session.local.wall.isoformat(), session.local.rules) == ("2026-11-21T10:00:00", zones.version())
    with newer(tmp_path, EARLIER):
        assert "sessions_follow_the_zone_rules" in await broken(world)
        assert await follow(world) == 1
        assert await follow(world) == 0
        moved = await after(world, session)
        assert moved.starts_at == session.starts_at - HOUR
        assert moved.ends_at == session.ends_at - HOUR
        assert moved.local is not None
        assert (moved.local.wall, moved.local.rules) == (session.local.wall, "2099a")
        assert await broken(world) == {}
        assert await told(world.store, NoticeKind.MOVED) == [(ANNA, None)]
        assert await told(world.store, NoticeKind.COACH_MOVED) == [(COACH, None)]
    assert (moved.reschedules, moved.version) == (0, 2)


async def test_no_cutoff_that_was_shown_ends_earlier(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    with newer(tmp_path, EARLIER):
        await follow(world)
        moved = await after(world, session)
    assert moved.refund_cutoff_at == session.refund_cutoff_at
    assert moved.terms_start_at == session.starts_at
    with newer(tmp_path, LATER, "2099b"):
        await follow(world)
        again = await after(world, session)
    assert again.starts_at == session.starts_at + HOUR
    assert again.refund_cutoff_at >= moved.refund_cutoff_at


async def test_a_later_start_takes_cutoff_and_reminders_along(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    before = await pending(world, session)
    with newer(tmp_path, LATER):
        await follow(world)
        moved = await after(world, session)
    assert moved.refund_cutoff_at == session.refund_cutoff_at + HOUR
    hour = HOUR // timedelta(microseconds=1)
    assert [(kind, due + hour) for kind, due in before if kind in {"reminder", "starting"}] == [
        one for one in await pending(world, session) if one[0] in {"reminder", "starting"}
    ]


async def test_who_keeps_a_session_is_not_reminded_of_its_cutoff_again(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    async with world.store.write(WORKSPACE) as uow:
        await uow.plans.keep([session.id])
        await uow.plans.drop([session.id], "kept", world.clock.now(), countdown_only=True)
        await uow.commit()
    with newer(tmp_path, LATER):
        await follow(world)
    assert [kind for kind, _ in await pending(world, session)] == ["starting"]


async def test_sessions_in_a_row_follow_together_whatever_the_direction(world: World, tmp_path: Path) -> None:
    row = [await world.book(5 * DAY + number * HOUR, length=HOUR) for number in range(4)]
    for release, like, by in (("2099a", EARLIER, -HOUR), ("2099b", LATER, HOUR)):
        with newer(tmp_path, like, release):
            await follow(world)
            assert [(await after(world, one)).starts_at for one in row] == [one.starts_at + by for one in row]
            assert await broken(world) == {}


@pytest.mark.usefixtures("release")
async def test_nothing_is_put_where_it_would_overlap_and_the_admins_are_told(world: World, tmp_path: Path) -> None:
    with zones.loaded_from():
        session = await world.book(5 * DAY)
        other = await world.book(5 * DAY - HOUR, client=BORIS, price=0)
    await given_as_instant(world, other)
    await follow(world)
    assert (await after(world, session)).starts_at == session.starts_at
    assert await told(world.store, NoticeKind.MOVED) == []
    assert await told(world.store, NoticeKind.NOT_SHIFTED) == [(ADMIN, COACH)]
    found = await broken(world)
    assert found["sessions_follow_the_zone_rules"] == (f"{session.id} {NEW_YORK} {session.local.rules}",)  # type: ignore[union-attr]
    assert found["instants_read_as_they_did"] == (f"{other.id} {NEW_YORK}",)
    assert await follow(world) == 0
    assert await told(world.store, NoticeKind.NOT_SHIFTED) == [(ADMIN, COACH)]


@pytest.mark.usefixtures("release")
async def test_a_client_is_not_put_into_two_sessions_at_once(world: World) -> None:
    with zones.loaded_from():
        session = await world.book(5 * DAY)
        other = await world.book(5 * DAY - HOUR, coach=OTHER_COACH)
    await given_as_instant(world, other)
    await follow(world)
    assert (await after(world, session)).starts_at == session.starts_at


async def test_nobody_waits_for_another_coachs_session_that_stays(world: World, tmp_path: Path) -> None:
    waits = await world.book(5 * DAY)
    stays = await world.book(5 * DAY - HOUR, coach=OTHER_COACH)
    fixed = await world.book(5 * DAY - 2 * HOUR, coach=OTHER_COACH, client=BORIS, price=0)
    await given_as_instant(world, fixed)
    with newer(tmp_path, EARLIER):
        await follow(world)
        await follow(world)
        assert [(await after(world, one)).starts_at for one in (waits, stays)] == [waits.starts_at, stays.starts_at]
        assert sorted(await told(world.store, NoticeKind.NOT_SHIFTED)) == [(ADMIN, COACH), (ADMIN, OTHER_COACH)]
        assert await follow(world) == 0


async def in_the_west(world: World, session: Session) -> None:
    """Let a session be meant on the clocks of Los Angeles, which go the other way in `apart`."""
    assert session.local is not None
    wall = (session.local.wall - 3 * HOUR).isoformat()
    query = text("UPDATE sessions SET time_zone = :west, local_start = :wall WHERE id = :id")
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(query, {"id": session.id, "wall": wall, "west": WEST})


@contextmanager
def apart(path: Path) -> Iterator[None]:
    """Run with rules by which New York's sessions come an hour earlier and those of Los Angeles an hour later."""
    with zones.loaded_from(doctored(path / "apart", "2099a", **{NEW_YORK: EARLIER, WEST: "America/Anchorage"})):
        yield


async def test_sessions_of_one_coach_that_change_places_both_shift(world: World, tmp_path: Path) -> None:
    east = await world.book(5 * DAY, length=HOUR)
    west = await world.book(5 * DAY - HOUR, length=HOUR, client=BORIS, price=0)
    await in_the_west(world, west)
    with apart(tmp_path):
        await follow(world)
        assert (await after(world, east)).starts_at == west.starts_at
        assert (await after(world, west)).starts_at == east.starts_at
        assert await broken(world) == {}
    with pytest.raises(ClientBusy):  # they are guarded again
        await world.book(5 * DAY, client=COACH, coach=OTHER_COACH, price=0, length=HOUR)


async def test_sessions_of_two_coaches_that_would_change_places_stay_and_the_admins_are_told(
    world: World, tmp_path: Path
) -> None:
    east = await world.book(5 * DAY, length=HOUR)
    west = await world.book(5 * DAY - HOUR, length=HOUR, coach=OTHER_COACH)
    await in_the_west(world, west)
    with apart(tmp_path):
        await follow(world)
        await follow(world)
        assert [(await after(world, one)).starts_at for one in (east, west)] == [east.starts_at, west.starts_at]
        assert sorted(await told(world.store, NoticeKind.NOT_SHIFTED)) == [(ADMIN, COACH), (ADMIN, OTHER_COACH)]
        assert await follow(world) == 0


async def test_sessions_that_wait_for_one_another_hold_up_none_behind_them(world: World, tmp_path: Path) -> None:
    east = await world.book(5 * DAY, length=HOUR)
    west = await world.book(5 * DAY - HOUR, length=HOUR, coach=OTHER_COACH)
    await in_the_west(world, west)
    behind = await world.book(6 * DAY, client=BORIS, price=0)
    with apart(tmp_path):
        assert await shift.follow_with_sessions(world.store, world.clock, 1) == 1  # a page is one session
        assert (await after(world, behind)).starts_at == behind.starts_at - HOUR
        assert await told(world.store, NoticeKind.NOT_SHIFTED) == []
        for _ in range(2):
            assert await shift.follow_with_sessions(world.store, world.clock, 1) == 1
        assert [(await after(world, one)).starts_at for one in (east, west)] == [east.starts_at, west.starts_at]
        assert await shift.follow_with_sessions(world.store, world.clock, 1) == 0


async def test_nobody_books_the_place_where_an_import_is_about_to_go(world: World, tmp_path: Path) -> None:
    imported = await world.book(5 * DAY)
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE sessions SET may_overlap = true"))
    if world.store.engines.writer.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    with newer(tmp_path, EARLIER):
        now, people = world.clock.now(), {ANNA, COACH}
        async with world.store.write(WORKSPACE) as uow:
            await uow.shifts.lock(COACH, "2099a", now, 9)
            around = await uow.shifts.around(people, now, now + 9 * DAY, "2099a", now)
            assert [s.id for s in around.due] == [imported.id]
            booking = asyncio.create_task(world.book(5 * DAY - HOUR, client=BORIS, price=0))
            await lock_is_waited_for(world)
            pair = (imported, replace(imported, starts_at=imported.starts_at - HOUR, ends_at=imported.ends_at - HOUR))
            await uow.shifts.apply([pair], now, "shift")
            await uow.commit()
        with pytest.raises(SlotTaken):
            await booking


async def lock_is_waited_for(world: World) -> None:
    """Wait until somebody waits for a person's lock."""
    query = text("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with asyncio.timeout(patience.SECONDS):
        while True:
            async with world.store.engines.reader.connect() as connection:
                if (await connection.execute(query)).scalar_one():
                    return


async def test_two_replicas_shift_once(world: World, tmp_path: Path) -> None:
    for number in range(6):
        await world.book(5 * DAY + number * HOUR, client=ANNA if number % 2 else BORIS, price=0)
    with newer(tmp_path, EARLIER):
        done = await asyncio.gather(*(shift.follow_with_sessions(world.store, world.clock, 200) for _ in range(3)))
        assert sum(done) == 6
        assert await broken(world) == {}
    assert sorted(await told(world.store, NoticeKind.MOVED)) == [(ANNA, None), (BORIS, None)]


async def test_older_rules_in_another_replica_shift_nothing_back(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    with newer(tmp_path, EARLIER):
        await follow(world)
    assert await follow(world) == 0
    assert (await after(world, session)).starts_at == session.starts_at - HOUR
    assert "sessions_follow_the_zone_rules" in await broken(world)


async def test_rows_from_before_are_named_where_the_machines_rules_read_otherwise(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await world.book(5 * DAY)
    as_before = "UPDATE sessions SET local_start = NULL, by_instant = true, zone_rules = '0', rules_seen = '0'"
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(text(as_before))
    assert await broken(world) == {}
    monkeypatch.setattr(zones, "MACHINE_PATH", (str(doctored(tmp_path, "2020a", **{NEW_YORK: EARLIER})),))
    await follow(world)
    found = await after(world, session)
    assert found.starts_at == session.starts_at
    assert await broken(world) == {"instants_read_as_they_did": (f"{session.id} {NEW_YORK}",)}


async def test_a_cancellation_that_is_taken_back_follows_afterwards(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    canceled = await world.cancel(session)
    with newer(tmp_path, EARLIER):
        assert await follow(world) == 0
        command = undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=canceled.draft.action_id or "")
        await undo.undo(world.store, world.clock, command)
        assert await follow(world) == 1
        assert (await after(world, session)).starts_at == session.starts_at - HOUR
        assert await broken(world) == {}


async def test_what_was_moved_means_its_new_time(world: World, tmp_path: Path) -> None:
    session = await world.book(5 * DAY)
    times = [NewTime(session.id, session.starts_at, session.starts_at + DAY)]
    command = MoveSessions(
        actor=Actor(WORKSPACE, ANNA),
        request_key=new_id(world.clock.now()),
        hat=Hat.CLIENT,
        subject_id=ANNA,
        times=times,
    )
    await move_sessions(world.store, world.clock, command)
    with newer(tmp_path, EARLIER):
        await follow(world)
        found = await after(world, session)
    assert found.starts_at == session.starts_at + DAY - HOUR
    assert found.local is not None
    assert found.local.wall.isoformat() == "2026-11-22T10:00:00"


async def test_clients_are_told_in_the_morning_where_that_is_early_enough(world: World, tmp_path: Path) -> None:
    await world.settings(Settings(quiet_hours=QuietHours(time(21), time(8))))
    await world.book(5 * DAY)
    world.clock.set(datetime(2026, 11, 17, 4, tzinfo=UTC))  # 11 PM in New York by the rules of now
    with newer(tmp_path, EARLIER):
        await follow(world)
    query = text("SELECT due_at FROM notices WHERE kind = :kind")
    async with world.store.engines.reader.connect() as connection:
        client, coach = [
            from_micros((await connection.execute(query, {"kind": kind})).scalar_one())
            for kind in ("moved", "coach_moved")
        ]
    assert (client, coach) == (datetime(2026, 11, 17, 12, tzinfo=UTC), world.clock.now())
