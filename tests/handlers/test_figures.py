"""The figures of a business in an admin's Home: the days ahead, cancellations, booked time, credits."""

from datetime import timedelta

import pytest

from coaching.actions import decide
from coaching.actions.figures import open_figures
from coaching.availability import Availability, TimeOff, parse_hours
from coaching.errors import AdminsOnly
from coaching.figures import DayFigures, MonthFigures, offered
from coaching.sessions import Actor
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)


@pytest.fixture
async def business(stage: Stage) -> Stage:
    """Three cancellations (in time, late, late and returned), and sessions ahead with both coaches."""
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA, 1000, expires_at=stage.clock.now() + 40 * 24 * H)
    await stage.world.open(COACH)
    await stage.world.cancel(await stage.world.book(48 * H))
    kept, back = await stage.world.book(26 * H), await stage.world.book(28 * H)
    stage.clock.advance(10 * H)
    await stage.world.cancel(kept)
    await stage.world.cancel(back)
    decided = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[back.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, decided)
    await stage.world.book(24 * H)
    await stage.world.book(48 * H, coach=OTHER_COACH)
    return stage


async def shown(stage: Stage) -> Person:
    """Ada, with the figures open."""
    ada = stage.person(ADMIN)
    await ada.home()
    await ada.click("Figures…", on="home")
    await stage.settled()
    await ada.refresh()
    return ada


async def test_an_admin_opens_the_figures_and_comes_back(business: Stage) -> None:
    ada = await shown(business)
    assert ada.shown_home is not None
    text = ada.shown_home.text
    for part in ("The next 7 days", "Cancellations by month", "How much of their time is booked", "Credits"):
        assert part in text
    assert "Your upcoming sessions" not in text
    kinds = [block["type"] for block in ada.shown_home.data["blocks"]]
    assert kinds.count("data_table") == 4
    assert "`███████▒▒▒▒▒▒▒░░░░░░░` November 2026" in text
    await ada.click("‹ Back to Home", on="home")
    await ada.refresh()
    assert ada.shown_home is not None
    assert "Your upcoming sessions" in ada.shown_home.text


async def test_where_slack_takes_no_pictures_the_same_numbers_are_lines_with_bars(business: Stage) -> None:
    await business.pg.control().fault("older_blocks")
    ada = await shown(business)
    assert ada.shown_home is not None
    text = ada.shown_home.text
    assert "`███████▒▒▒▒▒▒▒░░░░░░░` November 2026" in text
    assert "November 2026 · 1 in time · 1 late and returned · 1 late and kept" in text
    assert "0.83 of 672 hours booked" in text
    assert {block["type"] for block in ada.shown_home.data["blocks"]} <= {
        "actions",
        "header",
        "section",
        "context",
        "divider",
    }


async def test_the_numbers_are_those_of_the_ledger_and_of_the_viewers_calendar(business: Stage) -> None:
    found = await open_figures(business.store, business.clock, Actor(WORKSPACE, ADMIN))
    assert found.months[-1] == MonthFigures(found.months[-1].month, in_time=1, late=1, returned=1)
    assert all(one == MonthFigures(one.month) for one in found.months[:-1])
    assert len(found.days) == 7
    assert sum(one.booked for one in found.days) == 2
    assert sum(one.canceled for one in found.days) == 3
    carla, otto = found.coaches
    assert (carla.coach.id, carla.sessions, carla.canceled, carla.percent) == (COACH, 1, 3, 0)
    assert carla.offered == timedelta(days=28)
    assert (otto.coach.id, otto.sessions, otto.offered, otto.percent) == (OTHER_COACH, 1, None, None)
    assert otto.booked == carla.booked == timedelta(minutes=50)
    async with business.store.read(WORKSPACE) as queries:
        held = sum(grant.balance for grant in await queries.grants.of_client(ANNA))
    assert found.credits.outstanding == held == 700
    assert sum(amount for _, amount in found.credits.expiring) == held
    assert found.days[0] == DayFigures(found.days[0].day)


async def test_only_admins_see_figures(business: Stage) -> None:
    for who in (ANNA, COACH):
        assert "Figures…" not in (await business.person(who).home()).buttons
        with pytest.raises(AdminsOnly):
            await open_figures(business.store, business.clock, Actor(WORKSPACE, who))


async def test_time_off_is_not_offered_and_overlapping_ones_count_once(stage: Stage) -> None:
    now = stage.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    hours = Availability(
        time_zone="UTC",
        hours=parse_hours("daily 9:00–17:00"),
        time_off=(
            TimeOff(now + 10 * H, now + 13 * H),
            TimeOff(now + 12 * H, now + 14 * H),
            TimeOff(now + 16 * H, now + 34 * H),
        ),
    )
    assert offered(hours, now, now + 48 * H) == (8 - 4 - 1) * H + (8 - 1) * H
