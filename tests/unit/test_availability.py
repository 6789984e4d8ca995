"""Weekly hours as people type them, and settings that contradict themselves."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.availability import (
    DAY,
    MAX_RANGES,
    MAX_TEXT,
    Availability,
    LocalRange,
    TimeOff,
    WeeklyHours,
    format_hours,
    parse_hours,
)
from coaching.errors import BadSetting

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


@st.composite
def days_of_ranges(draw: st.DrawFn) -> tuple[LocalRange, ...]:
    edges = sorted(draw(st.sets(st.integers(0, DAY), max_size=8)))
    touching = draw(st.booleans())
    pairs = pairwise(edges) if touching else zip(edges[::2], edges[1::2], strict=False)
    return tuple(LocalRange(opens, closes) for opens, closes in pairs)


weeks = st.tuples(*[days_of_ranges()] * 7).map(WeeklyHours)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Mon–Fri 9:00–17:00", "Mon–Fri 9:00–17:00"),
        ("Mon, Wed 9-12, 13:30-18", "Mon, Wed 9:00–12:00, 13:30–18:00"),
        ("Sat 10am-2pm", "Sat 10:00–14:00"),
        ("closed", "closed"),
        ("Closed.", "closed"),
        (
            "mon-fri 9-12 and 1-5pm, sat 10 a.m. to 2 p.m.; Sun closed",
            "Mon–Fri 9:00–12:00, 13:00–17:00; Sat 10:00–14:00",
        ),
        ("Monday: 9.30–11h30\nTuesdays from noon until 15h", "Mon 9:30–11:30; Tue 12:00–15:00"),
        ("weekdays 0900-1730 weekends closed", "Mon–Fri 9:00–17:30"),
        ("every day 0:00-24:00", "Mon–Sun 0:00–24:00"),
        ("Fri-Mon 9-10", "Mon, Fri–Sun 9:00–10:00"),
        ("Mon 9-12; Mon 13-17", "Mon 9:00–12:00, 13:00–17:00"),
        ("Mon 13-17, 9-12", "Mon 9:00–12:00, 13:00–17:00"),
        ("Mon 9-12, 12-17", "Mon 9:00–12:00, 12:00–17:00"),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, meant: str) -> None:
    assert format_hours(parse_hours(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "opens", "closes"),
    [
        ("9-5pm", 9, 17),
        ("1-3pm", 13, 15),
        ("10am-2", 10, 14),
        ("9-12pm", 9, 12),
        ("8pm-12am", 20, 24),
        ("8am-midnight", 8, 24),
        ("12am-1am", 0, 1),
        ("18-0:00", 18, 24),
        ("13-2:00pm", 13, 14),
    ],
)
def test_an_end_that_says_am_or_pm_speaks_for_the_other_and_midnight_can_close(
    typed: str, opens: int, closes: int
) -> None:
    assert list(parse_hours(f"Tue {typed}").rows()) == [(1, opens * 60, closes * 60)]


def test_hours_across_midnight_are_split_also_over_the_end_of_the_week() -> None:
    assert str(parse_hours("Fri, Sun 22:00–2:00")) == "Mon, Sat 0:00–2:00; Fri, Sun 22:00–24:00"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "write the weekly hours"),
        (" , ", "write the weekly hours"),
        ("Mon 9-5", "“9–5” ends before it starts: write 9:00–17:00 or 9am–5pm"),
        ("Mon 8-8", "“8–8” starts and ends at the same time"),
        ("Mon", "Mon has no hours"),
        ("Mon 9-12, Tue", "Tue has no hours"),
        ("9-17", "“9” has no day before it"),
        ("Mon closed 9-12", "“9” has no day before it"),
        ("Mnday 9-12", "“Mnday” is not a day or a time: did you mean Monday?"),
        ("xyz 9-12", "“xyz” is not a day or a time: write days as Mon"),
        ("Mon 25:00-26", "“25:00” is not a time of day"),
        ("Mon 24:01-25", "“24:01” is not a time of day"),
        ("Mon 9:75-10", "“9:75” is not a time of day"),
        ("Mon 13pm-2", "“13pm” is not a time: am and pm go with the hours 1 to 12"),
        ("Mon 24:00-2", "“24:00–2” starts where the day ends"),
        ("Mon 9", "“9” does not say until when"),
        ("Mon 9-", "“9” does not say until when"),
        ("Mon 9-Tue", "“9” does not say until when"),
        ("Mon- 9-12", "“Mon–” does not say until which day"),
        ("Mon-weekend 9-12", "“Mon–” does not say until which day"),
        ("Mon 9-12-13", "a dash stands between"),
        ("Mon 9-12, 11-13", "on Monday, 9:00–12:00 and 11:00–13:00 overlap"),
        ("Mon 22-2, Tue 1-9", "on Tuesday, 0:00–2:00 and 1:00–9:00 overlap"),
        ("Mon-Fri 9-12; Wed closed", "Wednesday is both open and closed"),
        ("closed, Mon 9-12", "“closed” beside other hours needs its day"),
        ("Mon 9:00:00-10", "“9:00:00-10” is not understood"),
        ("Mon <!channel> 9-10", "is not understood"),
        ("Mon " + ", ".join(f"{h}:00-{h}:20, {h}:30-{h}:50" for h in range(7)), f"at most {MAX_RANGES}"),
        ("Mon 9-10 " * MAX_TEXT, f"at most {MAX_TEXT:,} characters"),
    ],
)
def test_every_mistake_in_typed_hours_gets_a_sentence(typed: str, words: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse_hours(typed)
    assert caught.value.field == "hours"
    assert words in str(caught.value)
    assert len(str(caught.value)) < 200


@given(weeks)
def test_hours_survive_being_shown_and_typed_again(week: WeeklyHours) -> None:
    assert parse_hours(format_hours(week)) == week


@given(weeks)
def test_hours_survive_rows(week: WeeklyHours) -> None:
    assert WeeklyHours.of(week.rows()) == week


@given(st.text(alphabet=" ,;:-–.0123456789apmMonTueSdcl&h\n", max_size=40) | st.text(max_size=40))
def test_no_text_breaks_the_reader_and_what_it_reads_it_reads_again(typed: str) -> None:
    with contextlib.suppress(BadSetting):
        week = parse_hours(typed)
        assert parse_hours(str(week)) == week


@pytest.mark.parametrize(("opens", "closes"), [(-1, 10), (10, 10), (11, 10), (0, DAY + 1)])
def test_a_range_runs_forward_within_a_day(opens: int, closes: int) -> None:
    with pytest.raises(BadSetting, match="not a range within a day"):
        LocalRange(opens, closes)


def test_a_week_without_hours_is_false() -> None:
    assert not WeeklyHours()
    assert parse_hours("Sun 9-10")


@pytest.mark.parametrize("rows", [[(7, 0, 60)], [(-1, 0, 60)]])
def test_rows_name_a_weekday(rows: list[tuple[int, int, int]]) -> None:
    with pytest.raises(BadSetting, match="not a weekday"):
        WeeklyHours.of(rows)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(BadSetting, match="7 days"):
        WeeklyHours(((),) * 6)


def test_time_off_is_kept_in_utc_and_refuses_naive_and_backward_stretches() -> None:
    eastern = timezone(timedelta(hours=-5))
    off = TimeOff(datetime(2026, 11, 16, 7, 0, tzinfo=eastern), NOON + timedelta(hours=1))
    assert (off.starts_at, off.starts_at.tzinfo) == (NOON, UTC)
    with pytest.raises(ValueError, match="naive"):
        TimeOff(NOON.replace(tzinfo=None), NOON)
    with pytest.raises(ValueError, match="naive"):
        TimeOff(NOON, NOON.replace(tzinfo=None))
    with pytest.raises(BadSetting, match="ends after it starts"):
        TimeOff(NOON, NOON)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "america/new_york"),
        ("time_zone", ""),
        ("buffer_before", timedelta(minutes=-1)),
        ("buffer_after", timedelta(hours=13)),
        ("notice", timedelta(seconds=-1)),
        ("notice", timedelta(days=91)),
        ("horizon", timedelta(hours=23)),
        ("horizon", timedelta(days=367)),
        ("step", timedelta(0)),
        ("step", timedelta(minutes=4)),
        ("step", timedelta(minutes=25)),
        ("step", timedelta(minutes=7, seconds=30)),
        ("step", timedelta(days=2)),
        ("step", timedelta(minutes=-30)),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(setting: str, value: object) -> None:
    with pytest.raises(BadSetting) as caught:
        Availability(**{"time_zone": "Europe/London", setting: value})
    assert caught.value.field == setting


def test_notice_beyond_the_horizon_is_refused() -> None:
    with pytest.raises(BadSetting, match="shorter than how far ahead"):
        Availability(time_zone="UTC", notice=timedelta(days=2), horizon=timedelta(days=2))
