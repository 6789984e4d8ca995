"""The booking dialog and the hours form, for nothing, little and very much, against Slack's limits and rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from coaching.actions.setup import COACHES_PAGE, Setup
from coaching.actions.slots import Booking, FreeTime, Hours
from coaching.availability import Availability, TimeOff, parse_hours
from coaching.credits import Grant, Part
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Hat, Person
from coaching.slots import Slot, days_with_slots, free_slots
from coaching.workspace import Coach, SessionType, Settings
from handlers.meta import BookingMeta
from handlers.views.book import Picks, booked_view, booking_view, nearest_words
from handlers.views.hours import hours_form, saved_view
from handlers.views.kit import Json
from handlers.views.session_types import type_form
from handlers.views.setup import setup_view
from handlers.views.time_off import time_off_form
from language.say import IN_ENGLISH
from tests.handlers.samples import ADMIN_VIEWER, ANNA, CARLA, COACH_VIEWER, HOSTILE, NOW, POLICY, VIEWER, session
from tests.unit.screens import PLACES, everywhere, refused, words

META = BookingMeta(subject="U0ANNA", session="s" * 28, rebooks="r" * 64, seal="f" * 16, round=9999)
FIFTY = timedelta(minutes=50)


def coaches(count: int) -> list[Person]:
    return [
        replace(CARLA, id=f"U0C{n}", name=HOSTILE[n % len(HOSTILE)] if n % 2 else f"Coach {n}") for n in range(count)
    ]


def types(count: int) -> list[SessionType]:
    return [
        SessionType(f"t{n}", HOSTILE[n % len(HOSTILE)] if n % 2 else f"Type {n}", FIFTY, n * 50) for n in range(count)
    ]


def free(availability: Availability, viewer: Viewer, now: datetime = NOW) -> FreeTime:
    zone = viewer.person.time_zone
    days = _days(availability, availability.time_zone if zone in (None, "nowhere") else str(zone), now)
    return FreeTime(viewer=viewer, coach=CARLA, availability=availability, length=FIFTY, days=days, now=now)


@cache
def _days(availability: Availability, zone: str, now: datetime) -> dict[date, Sequence[Slot]]:
    found = free_slots(availability, [], FIFTY, now, since=now, until=now + availability.horizon)
    return dict(days_with_slots(found, zone))


def hours(text: str = "Mon–Fri 9–17", step: int = 30, horizon: int = 60) -> Availability:
    return Availability(
        time_zone="Europe/London",
        hours=parse_hours(text),
        step=timedelta(minutes=step),
        horizon=timedelta(days=horizon),
        notice=timedelta(0),
    )


def booking(
    availability: Availability | None = None,
    *,
    viewer: Viewer = VIEWER,
    many: int = 1,
    grants: int = 1,
    price: int = 100,
    pays: Sequence[Part] | None = None,
    missing: int = 0,
) -> Booking:
    offered, kinds = coaches(many), types(many)
    chosen = replace(kinds[0], price=price) if availability else None
    held = [Grant(f"g{n}", HOSTILE[n % len(HOSTILE)], 150, 10, None, None) for n in range(grants)]
    return Booking(
        viewer=viewer,
        subject=ANNA,
        coaches=offered,
        types=kinds,
        coach=offered[0] if availability else None,
        session_type=chosen,
        free=free(availability, viewer) if availability else None,
        grants=held,
        payers=held if price else (),
        pays=pays if pays is not None or missing else [Part(f"g{n}", 100) for n in range(grants)],
        missing=missing,
        settings=Settings(support_contact="help@example.com <!here>"),
        now=NOW,
        policy_id="p",
        policy=Policy(),
    )


def menus(view: Json) -> dict[str, Json]:
    found = {}
    for block in view["blocks"]:
        element = block.get("accessory") or block.get("element")
        if element and "select" in element["type"]:
            found[element["action_id"]] = element
    return found


def offered(menu: Json) -> list[Json]:
    groups: list[Json] = menu.get("option_groups", [])
    plain: list[Json] = menu.get("options", [])
    return plain or [item for group in groups for item in group["options"]]


@pytest.mark.parametrize("many", [1, 2, 100, 101, 1000])
@pytest.mark.parametrize("step", [5, 30])
def test_any_number_of_coaches_types_days_and_times_stays_within_limits(many: int, step: int) -> None:
    for viewer in everywhere(VIEWER):
        shown = booking(hours("daily 0:00–24:00", step, 366), viewer=viewer, many=many, grants=many)
        view = booking_view(shown, META, Picks())
        assert refused(view) == []
        assert "submit" in view


def test_every_day_and_every_time_is_offered_however_many_there_are() -> None:
    shown = booking(hours("daily 0:00–24:00", 5, 366))
    assert shown.free is not None
    view = booking_view(shown, META, Picks())
    days, times = offered(menus(view)["book_day"]), offered(menus(view)["book_time"])
    assert [item["value"] for item in days] == [day.isoformat() for day in shown.free.days]
    assert len(days) == 367
    first = next(iter(shown.free.days.values()))
    assert [int(item["value"]) for item in times] == [int(slot.starts_at.timestamp()) for slot in first]
    for menu in menus(view).values():
        for item in offered(menu):
            assert len(item["text"]["text"]) <= 75


@pytest.mark.parametrize("count", [0, 1, 31, 32])
def test_few_days_are_a_plain_list_and_more_are_grouped_by_month(count: int) -> None:
    shown = booking(hours("daily 9–17", horizon=60))
    assert shown.free is not None
    days = dict(list(shown.free.days.items())[:count])
    view = booking_view(replace(shown, free=replace(shown.free, days=days)), META, Picks())
    assert refused(view) == []
    if not count:
        assert "has no free time in the next 60 days" in words(view)
        assert "submit" not in view
        return
    menu = menus(view)["book_day"]
    assert ("option_groups" in menu) == (count > 31)
    assert len(offered(menu)) == count


def test_what_is_chosen_is_shown_as_chosen_with_its_cutoff() -> None:
    shown = booking(hours())
    assert shown.free is not None
    day = list(shown.free.days)[3]
    slot = shown.free.days[day][2]
    view = booking_view(shown, META, Picks(day=day, start=slot.starts_at))
    assert menus(view)["book_day"]["initial_option"]["value"] == day.isoformat()
    assert menus(view)["book_time"]["initial_option"]["value"] == str(int(slot.starts_at.timestamp()))
    assert "Refundable until" in words(view)
    gone = booking_view(shown, META, Picks(day=day, start=slot.starts_at + timedelta(minutes=1)))
    assert "initial_option" not in menus(gone)["book_time"]


def test_a_repeated_hour_is_told_apart() -> None:
    now = datetime(2027, 11, 1, 12, tzinfo=UTC)
    east = replace(VIEWER, person=replace(ANNA, time_zone="America/New_York"))
    availability = replace(hours("Sun 0:00–4:00"), time_zone="America/New_York")
    shown = replace(booking(availability), free=free(availability, east, now), now=now, viewer=east)
    texts = [item["text"]["text"] for item in offered(menus(booking_view(shown, META, Picks()))["book_time"])]
    assert len(texts) == len(set(texts))
    assert "1:00 – 1:50 AM (DST)" in texts
    assert "1:00 – 1:50 AM" in texts


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_typed_pings_or_breaks_the_dialogs(text: str) -> None:
    person = replace(CARLA, name=text)
    shown = booking(hours(), missing=50)
    shown = replace(shown, coach=person, coaches=[person], subject=replace(ANNA, name=text))
    admin = replace(META, hat=Hat.ADMIN)
    assert refused(booking_view(shown, admin, Picks(), notice="x")) == []
    for n in (0, 1):
        made = session(n, hostile=True)
        assert refused(booked_view(made, VIEWER, POLICY, Hat.ADMIN, NOW)) == []
    kind = SessionType("t", text, FIFTY, 100)
    assert refused(type_form(kind, IN_ENGLISH)) == []
    at = Hours(viewer=ADMIN_VIEWER, coach=person, availability=hours(), now=NOW)
    assert refused(hours_form(at)) == refused(saved_view(at)) == refused(time_off_form(at)) == []


@pytest.mark.parametrize("count", [0, 1, 30, 1000])
def test_set_up_shows_what_fits(count: int) -> None:
    found = Setup(
        viewer=ADMIN_VIEWER,
        settings=Settings(),
        coaches=[Coach(person) for person in coaches(count)][:COACHES_PAGE],
        total=count,
        admins=[],
        now=NOW,
        types=types(count),
        bookable={"U0C1"},
    )
    assert refused(setup_view(found)) == []


@pytest.mark.parametrize("count", [0, 1, 60, 200])
def test_any_amount_of_time_off_stays_within_limits(count: int) -> None:
    off = tuple(TimeOff(NOW + timedelta(days=3 * n), NOW + timedelta(days=3 * n + 1)) for n in range(count))
    for zone, at in PLACES:
        viewer = replace(COACH_VIEWER, person=replace(CARLA, time_zone=zone, locale=at))
        shown = Hours(viewer=viewer, coach=CARLA, availability=replace(hours(), time_off=off), now=NOW)
        assert refused(hours_form(shown)) == []


def test_the_nearest_times_are_named_soonest_wanted_first() -> None:
    shown = free(hours(), VIEWER)
    near = shown.near(NOW + timedelta(days=4), 5)
    said = nearest_words(near, VIEWER, shown)
    assert len(near) == 5
    assert said.count("•") == 5
    assert nearest_words([], VIEWER, shown) == ""
