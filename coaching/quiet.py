"""Quiet hours: a reminder that would fall in the night comes the evening before (R1)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from coaching.clock import utc
from coaching.errors import BadSetting
from coaching.zones import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nobody is reminded; `start` may be later than `end` (over midnight)."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise BadSetting("quiet_hours", "quiet hours that begin when they end would be the whole day")

    def before(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return `instant`, or the beginning of the night it falls in (both UTC), by the clock of `zone`."""
        local = utc(instant).astimezone(zone)
        at = local.time()
        if self.start < self.end:
            if not self.start <= at < self.end:
                return utc(instant)
            day = local.date()
        elif at >= self.start:
            day = local.date()
        elif at < self.end:
            day = local.date() - timedelta(days=1)
        else:
            return utc(instant)
        return min(utc(instant), utc(datetime.combine(day, self.start, zone)))
