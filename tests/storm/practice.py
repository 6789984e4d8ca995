"""Whom the storm meets: a practice with coaches, clients, their sessions and credits, in Slack and in the database."""

from datetime import timedelta
from typing import Any

from coaching.availability import Availability, parse_hours
from coaching.clock import SystemClock
from coaching.sessions import Person
from coaching.workspace import SessionType, Settings
from storage import SqlStore, create_engines
from tests.support.world import World

WORKSPACE = "T0STORM"
ADMIN = "U0ADMIN"
CLIENTS = [f"U0CLIENT{number}" for number in range(12)]
COACHES = [f"U0COACH{number}" for number in range(6)]
KIND = "Coaching"
APP = "A0STORM"
HOME_LINK = f"slack://app?team={WORKSPACE}&id={APP}&tab=home"
UNDO_WINDOW = timedelta(seconds=20)
"""Long enough for a receipt to arrive with its Undo whatever a storm does: a process stands still for up to 18 s."""
_LATE, _AHEAD = 4, 8
"""Sessions of each client that are canceled late, and others."""


def channel_of(coach: str) -> str:
    """Return the id of a coach's channel in Slack."""
    return coach.replace("U0", "C0")


def slack_seed() -> dict[str, Any]:
    """Return the people and channels of the practice's Slack workspace."""
    people = [ADMIN, *CLIENTS, *COACHES]
    users = [{"id": who, "name": who.lower(), "real_name": _name(who), "email": _mail(who)} for who in people]
    channels = [
        {"id": channel_of(coach), "name": f"alerts-{coach.lower()}", "members": [coach, "app"]} for coach in COACHES
    ]
    return {
        "team": {"id": WORKSPACE, "name": "Storm", "domain": "storm"},
        "app": {"id": APP, "bot_id": "B0STORM", "bot_user_id": "U0BOT"},
        "users": users,
        "channels": channels,
    }


async def open_practice(url: str) -> None:
    """Write everybody and everything into an empty, migrated database."""
    engines = create_engines(url, wait_seconds=60)
    try:
        clock = SystemClock()
        store = SqlStore(engines)
        world = World(store, clock, WORKSPACE)  # type: ignore[arg-type]  # it is only asked what time it is
        async with store.write(WORKSPACE) as uow:
            await uow.workspace.ensure("Storm")
            # Neither reminders nor nights: whatever is told here is told at once.
            await uow.workspace.save_settings(Settings(undo_window=UNDO_WINDOW, start_reminder=None))
            for who in (ADMIN, *CLIENTS, *COACHES):
                person = Person(who, _name(who), _mail(who), "America/New_York", "en-US", who == ADMIN)
                await uow.people.save(person, clock.now())
            for coach in COACHES:
                await uow.coaches.save(coach, channel_of(coach))
                hours = Availability(time_zone="America/New_York", hours=parse_hours("Mon–Sun 6:00–22:00"))
                await uow.schedule.save(coach, hours)
            await uow.catalogue.save_session_type(SessionType("coaching", KIND, timedelta(minutes=50), 100))
            await uow.commit()
        for number, client in enumerate(CLIENTS):
            await world.grant(client, 20_000)
            turn = number // len(COACHES)
            late = [timedelta(hours=4 + 2 * nth + turn) for nth in range(_LATE)]
            ahead = [timedelta(days=2 + nth, hours=2 * turn) for nth in range(_AHEAD)]
            for starts_in in (*late, *ahead):
                await world.book(starts_in, client=client, coach=COACHES[number % len(COACHES)], session_type=KIND)
    finally:
        await engines.dispose()


def _name(who: str) -> str:
    return f"{who.removeprefix('U0').capitalize()} Storm"


def _mail(who: str) -> str:
    return f"{who.lower()}@example.com"
