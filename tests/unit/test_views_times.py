"""Instants as people read them: zones, locales, clock changes, midnight."""

from datetime import UTC, datetime, timedelta

import pytest

from coaching.sessions import Person
from handlers.views.times import Times, times_for

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def clock(zone: str | None, locale: str | None = "en-US", *others: str) -> Times:
    return times_for(Person("U1", time_zone=zone, locale=locale), *others)


@pytest.mark.parametrize(
    ("zone", "locale", "expected"),
    [
        ("America/New_York", "en-US", "Tue, Nov 24, 3:00 – 3:50 PM"),
        ("Europe/London", "en-GB", "Tue 24\u00a0Nov, 20:00–20:50"),
        ("Asia/Tokyo", "ja-JP", "11月25日(水) 5:00～5:50"),
        ("Asia/Kathmandu", "en-US", "Wed, Nov 25, 1:45 – 2:35 AM"),
        ("America/New_York", "xx-XX", "Tue, Nov 24, 3:00 – 3:50 PM"),
        ("America/New_York", "not a locale", "Tue, Nov 24, 3:00 – 3:50 PM"),
        ("America/New_York", None, "Tue, Nov 24, 3:00 – 3:50 PM"),
    ],
)
def test_a_session_reads_as_people_say_it(zone: str, locale: str | None, expected: str) -> None:
    assert clock(zone, locale).when(START, START + timedelta(minutes=50), NOW) == expected


def test_noon_inside_a_session_names_both_halves_of_the_day() -> None:
    at = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert clock("America/New_York").when(at, at + HOUR, NOW) == "Tue, Nov 24, 11:30 AM – 12:30 PM"


def test_a_session_over_midnight_names_both_days() -> None:
    late = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)
    assert clock("America/New_York").when(late, late + HOUR, NOW) == "Tue, Nov 24, 11:30 PM – Wed, Nov 25, 12:30 AM"


def test_another_year_is_named_on_the_viewers_own_calendar() -> None:
    new_year = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
    assert clock("America/New_York").when(new_year, new_year + HOUR, NOW) == "Thu, Dec 31, 10:00 – 11:00 PM"
    assert clock("UTC").when(new_year, new_year + HOUR, NOW) == "Fri, Jan 1, 2027, 3:00 – 4:00 AM"


@pytest.mark.parametrize(
    ("zone", "month", "expected"),
    [
        ("America/New_York", 1, "Eastern Time (GMT−5:00)"),
        ("America/New_York", 7, "Eastern Time (GMT−4:00, DST)"),
        ("Europe/Dublin", 1, "Ireland Time (GMT+0:00)"),
        ("Europe/Dublin", 7, "Ireland Time (GMT+1:00, DST)"),
        ("Australia/Sydney", 1, "Australian Eastern Time (GMT+11:00, DST)"),
        ("Asia/Kolkata", 7, "India Time (GMT+5:30)"),
        ("America/Phoenix", 7, "Mountain Time (GMT−7:00)"),
        ("UTC", 7, "Coordinated Universal Time (GMT+0:00)"),
    ],
)
def test_the_zone_is_named_as_people_know_it(zone: str, month: int, expected: str) -> None:
    assert clock(zone).zone_line([datetime(2026, month, 15, tzinfo=UTC)]) == expected


def test_times_on_both_sides_of_a_clock_change_are_told_apart() -> None:
    times = clock("America/New_York")
    before, after = datetime(2026, 10, 30, 14, tzinfo=UTC), datetime(2026, 11, 3, 15, tzinfo=UTC)
    assert times.mixed([before, after])
    assert times.when(before, before + HOUR, NOW, mark=True) == "Fri, Oct 30, 10:00 – 11:00 AM (DST)"
    assert times.when(after, after + HOUR, NOW, mark=True) == "Tue, Nov 3, 10:00 – 11:00 AM"
    assert times.zone_line([before, after]) == "Eastern Time (GMT−5:00; GMT−4:00 where marked DST)"


def test_a_session_during_the_clock_change_says_which_hour_it_means() -> None:
    start = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 1:30 comes twice that night
    words = clock("America/New_York").when(start, start + timedelta(minutes=50), NOW)
    assert words == "Sun, Nov 1, 1:30 AM (DST) – Sun, Nov 1, 1:20 AM"


def test_a_cutoff_with_seconds_shows_them() -> None:
    assert clock("UTC").instant(START + timedelta(seconds=7), NOW) == "Tue, Nov 24, 8:00:07 PM"


@pytest.mark.parametrize("zone", [None, "", "Nowhere/Land", "America", "../etc/passwd", "/etc/passwd", "\x00"])
def test_an_unusable_zone_gives_way_to_the_sessions_zone_then_utc(zone: str | None) -> None:
    assert clock(zone, "en-US", "Nowhere", "Asia/Tokyo").zone.key == "Asia/Tokyo"
    assert clock(zone).zone.key == "UTC"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-DE", "Di., 1.\u00a0Dez."),
        ("en-GB", "Tue 1\u00a0Dec"),
        ("es-ES", "mar, 1\u00a0dic"),
        ("fr-FR", "mar. 1\u00a0déc."),
        ("pt-BR", "ter., 1\u00a0de\u00a0dez."),
        ("ja-JP", "12月1日(火)"),
        ("en-US", "Tue, Dec 1"),
    ],
)
def test_no_line_ends_between_a_days_number_and_its_month(locale: str, expected: str) -> None:
    first = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert clock("UTC", locale).day(first, NOW) == expected


def test_a_year_may_stand_on_the_next_line() -> None:
    assert clock("UTC", "de-DE").day(datetime(2027, 12, 1, 12, tzinfo=UTC), NOW) == "Mi., 1.\u00a0Dez. 2027"
