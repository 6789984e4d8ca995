"""The bounds of what an admin sets: the last value inside is taken, the first one beyond is refused at its field."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import setup
from coaching.clock import ManualClock
from coaching.credits import ONE_CREDIT
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.ids import new_id
from coaching.sessions import Actor
from coaching.workspace import SessionType
from storage import SqlStore
from tests.support.world import ADMIN, WORKSPACE, World

ADA = Actor(WORKSPACE, ADMIN)
TICK, SECOND, MINUTE, DAY = timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ZERO = timedelta(0)
PREFERENCES: dict[str, Any] = {
    "reminder_offsets": [],
    "reason_in_channel": False,
    "support_contact": None,
    "undo_window": ZERO,
    "quiet_hours": None,
    "start_reminder": None,
    "expiry_notice": None,
}


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    return world


async def prefer(world: World, name: str, value: object) -> None:
    key = new_id(world.clock.now())
    await setup.save_preferences(world.store, ADA, key, **{**PREFERENCES, name: value})


async def offer(world: World, length: timedelta) -> None:
    kind = SessionType("", f"Lasts {length}", length, 100)
    await setup.save_session_type(world.store, ADA, new_id(world.clock.now()), kind)


@pytest.mark.parametrize(
    ("name", "taken", "refused", "field"),
    [
        (
            "reminder_offsets",
            [[TICK], [30 * DAY], [MINUTE * n for n in range(1, 6)]],
            [[ZERO], [30 * DAY + TICK], [MINUTE * n for n in range(1, 7)]],
            Field.REMINDERS,
        ),
        ("undo_window", [ZERO, 600 * SECOND], [-TICK, 600 * SECOND + TICK], Field.UNDO_WINDOW),
        ("start_reminder", [TICK, 7 * DAY], [ZERO, 7 * DAY + TICK], Field.START_REMINDER),
        ("expiry_notice", [DAY, 366 * DAY], [ZERO, DAY - TICK, DAY * 1.5, 367 * DAY], Field.EXPIRY_NOTICE),
    ],
)
async def test_a_preference_is_taken_within_its_bounds_only(
    world: World, name: str, taken: list[object], refused: list[object], field: Field
) -> None:
    for value in taken:
        await prefer(world, name, value)
    for value in refused:
        with pytest.raises(BadSetting) as caught:
            await prefer(world, name, value)
        assert caught.value.field is field


async def test_a_session_lasts_from_five_minutes_to_a_day_and_whole_minutes(world: World) -> None:
    for length in (5 * MINUTE, DAY):
        await offer(world, length)
    for length in (4 * MINUTE, DAY + MINUTE, 5 * MINUTE + SECOND):
        with pytest.raises(BadSetting) as caught:
            await offer(world, length)
        assert caught.value.field is Field.TYPE_MINUTES


async def test_a_session_type_has_a_name_of_80_characters_and_a_price_of_a_million_credits_at_most(
    world: World,
) -> None:
    longest = SessionType("", "n" * 80, 5 * MINUTE, 0)
    dearest = SessionType("", "Dear", 5 * MINUTE, 1_000_000 * ONE_CREDIT)
    for kind in (longest, dearest):
        await setup.save_session_type(world.store, ADA, new_id(world.clock.now()), kind)
    for kind, field in (
        (replace(longest, name="n" * 81), Field.TYPE_NAME),
        (replace(longest, name=""), Field.TYPE_NAME),
        (replace(dearest, name="Dearer", price=dearest.price + 1), Field.TYPE_PRICE),
        (replace(dearest, name="Odd", price=-1), Field.TYPE_PRICE),
    ):
        with pytest.raises(BadSetting) as caught:
            await setup.save_session_type(world.store, ADA, new_id(world.clock.now()), kind)
        assert caught.value.field is field
