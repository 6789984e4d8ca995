"""Quiet hours: time-driven notices are sent outside of them. Notices of what a person did go out at once (R1)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from coaching.clock import utc
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.hour_words import ENGLISH, HourWords
from coaching.typed_times import DAY, Time, meant, tokens_of
from coaching.zones import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which no time-driven notice goes out; `start` may be later than `end` (over midnight)."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise BadSetting(Field.QUIET_HOURS, "quiet hours that begin when they end would be the whole day")

    def night(self, instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """Return when the quiet hours around `instant` begin and end (UTC) in `zone`, or None outside of them."""
        instant = utc(instant)
        local = instant.astimezone(zone)
        at, day = local.time(), local.date()
        if self.start < self.end:
            if not self.start <= at < self.end:
                return None
            first, last = day, day
        elif at >= self.start:
            first, last = day, day + _DAY
        elif at < self.end:
            first, last = day - _DAY, day
        else:
            return None
        begins = utc(datetime.combine(first, self.start, zone))
        ends = utc(datetime.combine(last, self.end, zone))
        if ends <= instant:
            # Clocks went back: the hour of the end occurs twice, and this is the second time.
            ends = utc(datetime.combine(last, self.end.replace(fold=1), zone))
        return min(begins, instant), max(ends, instant)


def parse_quiet_hours(text: str, words: HourWords = ENGLISH) -> QuietHours | None:
    """Read "22:00–08:00", "10 pm to 8 am", or in `words`: "22 Uhr bis 8 Uhr". Nothing or "none" means no quiet hours.

    Raises BadSetting.
    """
    try:
        tokens = list(tokens_of(text, words))
    except BadSetting:
        # It says how to write weekly hours.
        tokens = [","]
    match tokens:
        case [] | ["closed"]:
            return None
        case [Time() as start, "-", Time() as end]:
            return QuietHours(*(time(*divmod(minutes % DAY, 60)) for minutes in meant(start, end)))
    raise BadSetting(Field.QUIET_HOURS, "write two times like 22:00–08:00, or leave it empty")


def quiet_text(quiet: QuietHours | None) -> str:
    """Return quiet hours as `parse_quiet_hours` reads them in every language."""
    return f"{quiet.start:%H:%M}–{quiet.end:%H:%M}" if quiet else ""


def awake(quiet: QuietHours | None, zone: ZoneInfo, instant: datetime, *, now: datetime, until: datetime) -> datetime:
    """Return when to send a time-driven notice due at `instant`, useless from `until` on, planned at `now` (all UTC).

    Outside the quiet hours of `zone`: when it is due. Within them: when they begin; if that has passed, when they end;
    if that is too late, at once.
    """
    night = quiet.night(instant, zone) if quiet is not None else None
    if night is None:
        return utc(instant)
    begins, ends = night
    if begins > now:
        return begins
    return ends if now < ends < until else now
