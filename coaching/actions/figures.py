"""The figures of a business, for an admin. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching import zones
from coaching.actions.access import require_admin
from coaching.business import WEEK, week_ends
from coaching.clock import Clock
from coaching.figures import (
    AHEAD,
    COACHES,
    CoachFigures,
    CreditFigures,
    DayFigures,
    MonthFigures,
    months_ahead,
    months_back,
    offered,
)
from coaching.ports import Store
from coaching.records import Viewer, next_month
from coaching.sessions import Actor
from coaching.slots import day_bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an admin sees of the business. Days and months are those of the viewer's calendar.

    `coaches` are the first of `every` coach with sessions ahead or hours to book.
    """

    viewer: Viewer
    now: datetime
    days: Sequence[DayFigures]
    months: Sequence[MonthFigures]
    coaches: Sequence[CoachFigures]
    every: int
    credits: CreditFigures


async def open_figures(store: Store, clock: Clock, actor: Actor) -> Figures:
    """Return the figures. Raises AdminsOnly, RightsInDoubt."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        zone = zones.first_known(viewer.person.time_zone)
        today = now.astimezone(zone).date()
        week = [today + timedelta(days=n) for n in range(WEEK.days)]
        # What has started is not ahead any more: Home counts the same.
        begins = [now, *(day_bounds(day, zone.key)[0] for day in week[1:]), week_ends(viewer, now)]
        back, ahead = months_back(today), months_ahead(today)
        back_from = [day_bounds(month, zone.key)[0] for month in back]
        ahead_until = [day_bounds(next_month(month), zone.key)[0] for month in ahead]
        days = await queries.figures.days(begins)
        months = await queries.figures.months(back_from)
        coaches = await queries.figures.coaches(now, now + AHEAD, begins[0], begins[-1])
        first = sorted(coaches, key=lambda one: (-one.booked, one.coach.name or "", one.coach.id))[:COACHES]
        hours = await queries.handovers.hours({one.coach.id for one in first})
        outstanding, expiring = await queries.figures.credits(now, ahead_until)
    return Figures(
        viewer=viewer,
        now=now,
        days=[DayFigures(day, *counts) for day, counts in zip(week, days, strict=True)],
        months=[MonthFigures(month, *counts) for month, counts in zip(back, months, strict=True)],
        coaches=[
            replace(one, offered=offered(hours[one.coach.id], now, now + AHEAD)) if one.coach.id in hours else one
            for one in first
        ],
        every=len(coaches),
        credits=CreditFigures(outstanding, list(zip(ahead, expiring, strict=True))),
    )
