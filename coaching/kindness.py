"""Kindness: the first late cancellations of a client in some months come back by themselves. Pure rules."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import require_utc, utc
from coaching.policy import Policy
from coaching.zones import ZoneInfo, first_known


@dataclass(frozen=True, slots=True)
class Forgiven:
    """When late cancellations of a client were forgiven before (aware UTC), and the zone of the client's calendar.

    Undone ones are not among them.
    """

    at: tuple[datetime, ...] = ()
    time_zone: str | None = None

    def __post_init__(self) -> None:
        require_utc(*self.at)

    def since(self, start: datetime) -> int:
        """Return how many were forgiven at an instant or after it."""
        return sum(at >= start for at in self.at)


LONGEST_MONTH = timedelta(days=32)
"""More than a month lasts, whatever clocks do in it."""
NOBODY: Mapping[str, Forgiven] = {}
"""Of no client anything was forgiven."""


def months_back(now: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Return the same time of day so many calendar months before `now` on a zone's clock (UTC).

    On the last day of a shorter month if that has no such day. Of a time that the clock shows twice there, the earlier
    one; what happens at this very instant still counts as within the months.
    """
    local = now.astimezone(zone).replace(tzinfo=None)
    whole = local.year * 12 + local.month - 1 - months
    year, month = divmod(whole, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return utc(local.replace(year=year, month=month + 1, day=day, fold=0).replace(tzinfo=zone))


def place(policy: Policy, forgiven: Forgiven, elsewhere: str, now: datetime, *, before: int = 0) -> int:
    """Return which of the late cancellations that a policy forgives a client's next one is, or 0 if it is none of them.

    `before` are those that the same action forgives already. Where the client's zone is not known, months count in the
    zone `elsewhere`.
    """
    if not policy.forgiven_times:
        return 0
    start = months_back(now, policy.forgiven_months, first_known(forgiven.time_zone, elsewhere))
    number = forgiven.since(start) + before + 1
    return number if number <= policy.forgiven_times else 0
