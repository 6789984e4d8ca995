"""When a coach can be booked: weekly hours in their own zone, time off, buffers, notice, horizon, grid (K6)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from coaching import zones
from coaching.clock import utc
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.hour_words import DAYS, ENGLISH, HourWords
from coaching.localtime import LocalDays
from coaching.typed_times import DAY, Days, Time, Token, bad_hours, meant, tokens_of

MAX_RANGES = 12
"""The limit of ranges in one day. More is a typing error."""
MAX_TEXT = 1000
MAX_OVERNIGHT = 12 * 60
"""The longest range (minutes) read as running past midnight: "9–5" lacks a "pm", but "22–2" is meant as written."""


@dataclass(frozen=True, slots=True, order=True)
class LocalRange:
    """Open from `opens` to before `closes`: minutes since 0:00 on the coach's clock; `closes` may be 24:00.

    Raises BadSetting.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY:
            raise BadSetting(
                Field.HOURS,
                "{range} is not a range within a day: it runs forward, between 0:00 and 24:00",
                range=str(self),
            )

    def __str__(self) -> str:
        return f"{_clock(self.opens)}–{_clock(self.closes)}"


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """A coach's week: for each day, Monday first, the ranges in which they give sessions, sorted.

    Raises BadSetting for ranges of one day that overlap, and for too many.
    """

    days: tuple[tuple[LocalRange, ...], ...] = ((),) * 7

    def __post_init__(self) -> None:
        if len(self.days) != len(DAYS):
            raise BadSetting(Field.HOURS, "a week has 7 days, not {days}", days=len(self.days))
        object.__setattr__(self, "days", tuple(tuple(sorted(ranges)) for ranges in self.days))
        _check(self.days, DAYS)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int]]) -> "WeeklyHours":
        """Return the week of (weekday with Monday 0, opens, closes) rows, as a table holds them. Raises BadSetting."""
        days: list[list[LocalRange]] = [[] for _ in DAYS]
        for weekday, opens, closes in rows:
            if not 0 <= weekday < len(DAYS):
                raise BadSetting(Field.HOURS, "{weekday} is not a weekday: Monday is 0, Sunday is 6", weekday=weekday)
            days[weekday].append(LocalRange(opens, closes))
        return cls(tuple(tuple(ranges) for ranges in days))

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Yield (weekday with Monday 0, opens, closes) in order: the input of `of`."""
        for weekday, ranges in enumerate(self.days):
            for one in ranges:
                yield weekday, one.opens, one.closes

    def __bool__(self) -> bool:
        return any(self.days)

    def __str__(self) -> str:
        return format_hours(self)


def _check(days: Sequence[Sequence[LocalRange]], names: Sequence[str]) -> None:
    """Refuse days with too many or overlapping ranges. Errors use the names of days given."""
    for name, ranges in zip(names, days, strict=True):
        if len(ranges) > MAX_RANGES:
            raise BadSetting(
                Field.HOURS,
                "{name} has {n} range, at most {most} are possible",
                "{name} has {n} ranges, at most {most} are possible",
                name=name,
                n=len(ranges),
                most=MAX_RANGES,
            )
        for earlier, later in pairwise(ranges):
            if later.opens < earlier.closes:
                raise BadSetting(
                    Field.HOURS,
                    "on {name}, {earlier} and {later} overlap: make them one range",
                    name=name,
                    earlier=str(earlier),
                    later=str(later),
                )


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A period in which the coach gives no sessions, whatever the weekly hours say. Instants, stored in UTC.

    `days` are the calendar days and times of day it was entered as (None: an earlier release kept its instants only).
    Raises ValueError for naive datetimes, and BadSetting when it does not end after it starts.
    """

    starts_at: datetime
    ends_at: datetime
    note: str | None = None
    days: LocalDays | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", utc(self.starts_at))
        object.__setattr__(self, "ends_at", utc(self.ends_at))
        if self.ends_at <= self.starts_at:
            raise BadSetting(Field.TIME_OFF, "time off ends after it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """When a coach can be booked. `hours` are local times in `time_zone` (an IANA name), whatever its offset on a day.

    Every session, booked or offered, has `buffer_before` and `buffer_after` around it, so two sessions are at least
    their sum apart. Buffers may reach outside the hours and into time off. Starts are offered at least `notice` and at
    most `horizon` (both elapsed time) from now, where the coach's clock shows a multiple of `step` since 0:00.
    Raises BadSetting with the field's name.
    """

    time_zone: str
    hours: WeeklyHours = field(default_factory=WeeklyHours)
    time_off: tuple[TimeOff, ...] = ()
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    notice: timedelta = timedelta(hours=4)
    horizon: timedelta = timedelta(days=60)
    step: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        if zones.known(self.time_zone) is None:
            raise BadSetting(Field.TIME_ZONE, "“{zone}” is no time zone we know", zone=self.time_zone)
        for of, span in ((Field.BUFFER_BEFORE, self.buffer_before), (Field.BUFFER_AFTER, self.buffer_after)):
            if not timedelta(0) <= span <= timedelta(hours=12):
                raise BadSetting(of, "what is kept free beside a session is between 0 minutes and 12 hours")
        if not timedelta(0) <= self.notice <= timedelta(days=90):
            raise BadSetting(Field.NOTICE, "the notice before a booking is between 0 and 90 days")
        if not timedelta(days=1) <= self.horizon <= timedelta(days=366):
            raise BadSetting(Field.HORIZON, "booking ahead is possible for 1 to 366 days")
        if self.notice >= self.horizon:
            raise BadSetting(
                Field.NOTICE, "the notice is shorter than how far ahead one can book, or nothing is ever free"
            )
        # A step that divides the day keeps the grid the same on every day and across midnight.
        if self.step < timedelta(minutes=5) or timedelta(days=1) % self.step or self.step % timedelta(minutes=1):
            raise BadSetting(
                Field.STEP, "starts are offered every 5, 10, 15, 20, 30 or 60 minutes, or any that divide a day"
            )
        object.__setattr__(self, "time_off", tuple(sorted(self.time_off, key=lambda off: (off.starts_at, off.ends_at))))


def format_hours(hours: WeeklyHours, words: HourWords = ENGLISH) -> str:
    """Return a week as people write it, on the 24-hour clock: "Mon–Fri 9:00–17:00; Sat 10:00–14:00", or "closed".

    `parse_hours` with the same words reads back the same value.
    """
    alike: dict[tuple[LocalRange, ...], list[int]] = {}
    for weekday, ranges in enumerate(hours.days):
        if ranges:
            alike.setdefault(ranges, []).append(weekday)
    groups = (f"{_day_names(days, words)} {', '.join(map(str, ranges))}" for ranges, days in alike.items())
    return "; ".join(groups) or words.shut


def _day_names(days: list[int], words: HourWords) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    short = words.short
    return ", ".join(
        f"{short[run[0]]}–{short[run[-1]]}" if len(run) > 2 else ", ".join(short[day] for day in run) for run in runs
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def parse_hours(text: str, words: HourWords = ENGLISH) -> WeeklyHours:
    """Parse a week as people write it: "Mon–Fri 9–12, 13:30–18; Sat 10am–2pm", "daily 8–20", "closed".

    Times without am or pm are on the 24-hour clock, unless the other end of the range has am or pm. A range that runs
    past midnight is split. English is accepted in addition to `words`.
    Raises BadSetting for the field `hours`, with a sentence that says what to write instead.
    """
    if len(text) > MAX_TEXT:
        raise bad_hours("at most {n} character of weekly hours", "at most {n} characters of weekly hours", n=MAX_TEXT)
    tokens = list(tokens_of(text, words))
    if [one for one in tokens if one != ","] == ["closed"]:
        return WeeklyHours()
    week: dict[int, list[LocalRange]] = {}
    shut: set[int] = set()
    position = 0
    while position < len(tokens):
        days, position = _read_days(tokens, position, words)
        if days and tokens[position : position + 1] == ["closed"]:
            shut |= set(days)
            position = _skip_commas(tokens, position + 1)
        elif days:
            position = _read_ranges(tokens, position, days, week, words)
    if not week and not shut:
        raise bad_hours("write the weekly hours, like “Mon–Fri 9:00–17:00”, or “closed”")
    for day in sorted(shut & set(week)):
        raise bad_hours("{day} is both open and closed: keep one of them", day=words.wide[day])
    found = [sorted(week.get(day, ())) for day in range(len(DAYS))]
    _check(found, words.wide)
    return WeeklyHours(tuple(map(tuple, found)))


def _skip_commas(tokens: list[Token], position: int) -> int:
    while position < len(tokens) and tokens[position] == ",":
        position += 1
    return position


def _read_days(tokens: list[Token], position: int, words: HourWords) -> tuple[Days, int]:
    """Return the days named from `position` on, and the position at which their hours begin."""
    days: dict[int, None] = {}
    position = _skip_commas(tokens, position)
    start = position
    while position < len(tokens) and isinstance(token := tokens[position], tuple):
        position += 1
        if tokens[position : position + 1] == ["-"]:
            last = tokens[position + 1] if position + 1 < len(tokens) else None
            if not isinstance(last, tuple) or len(last) != 1 or len(token) != 1:
                raise bad_hours(
                    "“{days}–” does not say until which day: write Mon–Fri", days=_day_names(list(token), words)
                )
            # Fri–Mon wraps around the end of the week.
            token, position = tuple((token[0] + n) % 7 for n in range((last[0] - token[0]) % 7 + 1)), position + 2
        days |= dict.fromkeys(token)
        position = _skip_commas(tokens, position)
    if position == start and position < len(tokens):
        found = tokens[position]
        if found == "closed":
            raise bad_hours("“closed” beside other hours needs its day: write “Sun closed”, or leave that day out")
        if found == "-":
            raise bad_hours("a dash stands between two times or two days: write 9:00–17:00 or Mon–Fri")
        raise bad_hours(
            "“{part}” has no day before it: write “Mon–Fri 9:00–17:00”", part=str(getattr(found, "text", found))
        )
    return tuple(days), position


def _read_ranges(
    tokens: list[Token], position: int, days: Days, week: dict[int, list[LocalRange]], words: HourWords
) -> int:
    """Add the ranges from `position` on to each of the days. Return the position after them."""
    start = position
    while position < len(tokens) and isinstance(tokens[position], Time):
        opens, closes, position = _read_range(tokens, position)
        for day in days:
            week.setdefault(day, []).append(LocalRange(opens, min(closes, DAY)))
            if closes > DAY:
                week.setdefault((day + 1) % 7, []).append(LocalRange(0, closes - DAY))
        position = _skip_commas(tokens, position)
    if position == start:
        named = _day_names(sorted(days), words)
        raise bad_hours("{named} has no hours: write “{named} 9:00–17:00” or “{named} closed”", named=named)
    return position


def _read_range(tokens: list[Token], position: int) -> tuple[int, int, int]:
    """Return when a range opens and closes (past 24:00 where it runs into the next day) and the position after it."""
    start = tokens[position]
    end = tokens[position + 2] if tokens[position + 1 : position + 2] == ["-"] and position + 2 < len(tokens) else None
    if not isinstance(start, Time) or not isinstance(end, Time):
        raise bad_hours(
            "“{part}” does not say until when: write a range like 9:00–17:00", part=str(getattr(start, "text", start))
        )
    opens, closes = meant(start, end)
    written = f"{start.text}–{end.text}"
    if opens >= DAY:
        raise bad_hours("“{written}” starts where the day ends: write it on the next day, from 0:00", written=written)
    if opens == closes:
        raise bad_hours(
            "“{written}” starts and ends at the same time: for the whole day write 0:00–24:00", written=written
        )
    if closes < opens:
        closes += DAY
        if closes - opens > MAX_OVERNIGHT and closes != DAY:
            raise bad_hours(
                "“{written}” ends before it starts: write 9:00–17:00 or 9am–5pm; past midnight, like 22:00–2:00",
                written=written,
            )
    return opens, closes, position + 3
