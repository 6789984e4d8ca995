"""Plans follow people: what was planned by an old zone or old settings is planned again, in small transactions."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import text

from coaching.actions import plans, setup, upkeep
from coaching.actions.expiry import warn_expiring
from coaching.actions.people import remember
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.mail_ids import pending_id
from coaching.quiet import QuietHours
from coaching.sessions import Actor, Person, Session
from coaching.workspace import Settings
from storage import SqlStore
from storage.types import from_micros, to_micros
from tests.support.world import ADMIN, ANNA, BORIS, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = QuietHours(time(22), time(8))


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    for client in (ANNA, BORIS):
        await world.grant(client)
    return world


async def waiting(world: World, kind: str = "reminder", who: str = ANNA) -> list[datetime]:
    async with world.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text("SELECT due_at FROM notices WHERE kind = :kind AND recipient = :who AND state = 'pending' ORDER BY 1"),
            {"kind": kind, "who": who},
        )
        return [from_micros(row.due_at) for row in rows]


async def send(world: World) -> None:
    """Mark what is due as sent, as a relay does."""
    async with world.store.engines.writer.begin() as connection:
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE due_at <= :now AND state = 'pending'"),
            {"now": to_micros(world.clock.now())},
        )


async def choose(world: World, settings: Settings) -> None:
    await setup.save_preferences(
        world.store,
        Actor(WORKSPACE, ADMIN),
        new_id(world.clock.now()),
        reminder_offsets=settings.reminder_offsets,
        reason_in_channel=True,
        support_contact=None,
        undo_window=settings.undo_window,
        quiet_hours=settings.quiet_hours,
        start_reminder=settings.start_reminder,
        expiry_notice=settings.expiry_notice,
    )


async def moves_to(world: World, zone: str, who: str = ANNA) -> None:
    person = Person(who, "Somebody", f"{who.lower()}@example.com", zone)
    await remember(world.store, world.clock, WORKSPACE, person, datetime.now(UTC), link=True)


async def plan_again(world: World) -> int:
    return await upkeep.run(world.store, world.clock, plans.replan_due)


async def at_nine_in_new_york(world: World) -> Session:
    """A session whose free cancellation ends at 09:00 in New York, two days and more from now."""
    world.clock.set(world.clock.now().replace(hour=14, minute=0))
    return await world.book(4 * DAY)


async def test_who_moves_is_reminded_outside_of_the_night_of_their_new_zone(world: World) -> None:
    await world.settings(Settings(reminder_offsets=(2 * HOUR, 24 * HOUR), quiet_hours=NIGHT, start_reminder=HOUR))
    session = await at_nine_in_new_york(world)
    other = await world.book(4 * DAY, client=BORIS, coach=ADMIN)
    before = await waiting(world), await waiting(world, "starting"), await waiting(world, who=BORIS)
    await moves_to(world, "Asia/Tokyo")
    assert await plan_again(world) == 1
    cutoff = session.refund_cutoff_at  # 23:00 in Tokyo
    assert await waiting(world) == [cutoff - 25 * HOUR, cutoff - 2 * HOUR]
    assert await waiting(world, "starting") == [session.starts_at - HOUR]
    assert await waiting(world, who=BORIS) == before[2]
    await moves_to(world, "America/New_York")
    await plan_again(world)
    assert (await waiting(world), await waiting(world, "starting")) == before[:2]
    assert other.client.id == BORIS


async def test_new_offsets_and_a_new_start_reminder_count_for_sessions_that_are_booked(world: World) -> None:
    session = await at_nine_in_new_york(world)
    cutoff, start = session.refund_cutoff_at, session.starts_at
    await choose(world, Settings(reminder_offsets=(6 * HOUR, 48 * HOUR), start_reminder=2 * HOUR))
    await plan_again(world)
    assert await waiting(world) == [cutoff - 48 * HOUR, cutoff - 6 * HOUR]
    assert await waiting(world, "starting") == [start - 2 * HOUR]
    await choose(world, Settings(reminder_offsets=(24 * HOUR, 2 * HOUR), start_reminder=None))
    await plan_again(world)
    assert await waiting(world) == [cutoff - 24 * HOUR, cutoff - 2 * HOUR]
    assert await waiting(world, "starting") == []


async def test_what_a_change_makes_late_goes_out_at_once_and_once(world: World) -> None:
    session = await at_nine_in_new_york(world)
    world.clock.set(session.refund_cutoff_at - 30 * HOUR)
    await choose(world, Settings(reminder_offsets=(36 * HOUR, 2 * HOUR)))
    await plan_again(world)
    assert await waiting(world) == [world.clock.now(), session.refund_cutoff_at - 2 * HOUR]
    await send(world)
    await choose(world, Settings())
    await plan_again(world)
    # What was told 30 hours before stands for nothing nearer: the one at 24 hours still comes.
    assert await waiting(world) == [session.refund_cutoff_at - 24 * HOUR, session.refund_cutoff_at - 2 * HOUR]
    world.clock.set(session.refund_cutoff_at - 24 * HOUR)
    await send(world)
    await choose(world, Settings(reminder_offsets=(36 * HOUR, 30 * HOUR, 24 * HOUR)))
    await plan_again(world)
    assert await waiting(world) == []


async def test_only_what_decides_when_people_are_told_has_plans_made_again(world: World) -> None:
    await at_nine_in_new_york(world)
    await choose(world, Settings(undo_window=timedelta(0)))
    await moves_to(world, "America/New_York")
    assert await plan_again(world) == 0


async def test_a_whole_workspace_is_gone_through_in_small_transactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "AT_ONCE", 2)
    booked = [await world.book(timedelta(days=5, hours=n)) for n in range(5)]
    await choose(world, Settings(reminder_offsets=(3.5 * HOUR,)))
    assert await plans.replan_due(world.store, world.clock, 2) == 2
    changed = [s.refund_cutoff_at - 3.5 * HOUR for s in booked]
    assert [due for due in await waiting(world) if due in changed] == changed[:2]
    # Somebody changes them again in the middle: the pass begins anew, and nothing stays by the old settings.
    await choose(world, Settings(reminder_offsets=(5 * HOUR,)))
    assert await plan_again(world) == 5
    assert await waiting(world) == [s.refund_cutoff_at - 5 * HOUR for s in booked]


async def test_who_is_linked_from_an_e_mail_is_reminded_by_their_own_clock(world: World) -> None:
    await world.settings(Settings(reminder_offsets=(2 * HOUR,), quiet_hours=NIGHT, start_reminder=None))
    world.clock.set(world.clock.now().replace(hour=14, minute=0))
    by_mail = pending_id("pat@example.com")
    await world.grant(by_mail)
    session = await world.book(4 * DAY, client=by_mail)
    assert await waiting(world, who=by_mail) == [session.refund_cutoff_at - 11 * HOUR]  # 22:00 in New York
    pat = Person("U0PAT", "Pat", "Pat@example.com", "Asia/Tokyo")
    assert await remember(world.store, world.clock, WORKSPACE, pat, datetime.now(UTC), link=True) == 1
    await plan_again(world)
    assert await waiting(world, who="U0PAT") == [session.refund_cutoff_at - 2 * HOUR]  # 21:00 in Tokyo


async def test_a_warning_of_expiry_that_waits_for_the_morning_follows_its_holder(world: World) -> None:
    await world.settings(Settings(quiet_hours=NIGHT))
    world.clock.set(world.clock.now().replace(hour=5, minute=30))  # half past midnight in New York
    await world.grant(expires_at=world.clock.now() + 10 * DAY)
    await warn_expiring(world.store, world.clock, 10)
    assert await waiting(world, "expiring") == [world.clock.now().replace(hour=13, minute=0)]
    await moves_to(world, "Asia/Tokyo")  # where it is half past two in the afternoon
    await plan_again(world)
    await warn_expiring(world.store, world.clock, 10)
    assert await waiting(world, "expiring") == [world.clock.now()]
    await send(world)
    await moves_to(world, "America/New_York")
    await plan_again(world)
    assert await warn_expiring(world.store, world.clock, 10) == 0


async def test_a_warning_that_would_be_too_early_by_new_settings_is_taken_back(world: World) -> None:
    await world.settings(Settings(quiet_hours=NIGHT))
    world.clock.set(world.clock.now().replace(hour=5, minute=30))
    await world.grant(expires_at=world.clock.now() + 10 * DAY)
    await warn_expiring(world.store, world.clock, 10)
    await choose(world, Settings(quiet_hours=NIGHT, expiry_notice=7 * DAY))
    await plan_again(world)
    await warn_expiring(world.store, world.clock, 10)
    assert await waiting(world, "expiring") == []
    world.clock.advance(3 * DAY + 9 * HOUR)
    await warn_expiring(world.store, world.clock, 10)
    assert await waiting(world, "expiring") == [world.clock.now()]


async def test_undo_brings_the_countdown_back_by_the_settings_of_now(world: World) -> None:
    from coaching.actions import undo

    session = await at_nine_in_new_york(world)
    done = await world.cancel(session)
    await choose(world, Settings(reminder_offsets=(3 * HOUR, 24 * HOUR)))
    await plan_again(world)
    assert await waiting(world) == []
    action_id = done.draft.action_id or ""
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=action_id))
    cutoff = session.refund_cutoff_at
    assert await waiting(world) == [cutoff - 24 * HOUR, cutoff - 3 * HOUR]
