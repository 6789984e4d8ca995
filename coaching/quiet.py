"""Quiet hours: a reminder that would fall in the night comes the evening before (R1)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from coaching.clock import utc
from coaching.errors import BadSetting


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


@lru_cache(maxsize=1024)
def zone_of(*names: str | None) -> ZoneInfo:
    """Return the first of these IANA zones that this computer knows, else UTC: a reminder never fails for want of a zone."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (KeyError, ValueError, OSError):
                # Unknown here, no name at all, or a folder of zones ("America"): Slack and older data may say any of them.
                continue
    return ZoneInfo("UTC")
