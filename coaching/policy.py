"""Cancellation policies: windows, tiers and the cutoff, as immutable values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from coaching.clock import utc
from coaching.errors import BadPolicy

FULL = 100
NEVER = datetime.max.replace(tzinfo=UTC)
"""No session starts as late as that."""

MOST_FORGIVEN, MOST_MONTHS = 100, 120
"""The most late cancellations that a policy forgives, and the most months in which they are counted."""
LONGEST = timedelta(days=3650)
"""The longest window of a policy, so that dates stay within what calendars and databases can represent."""


class ReasonRule(StrEnum):
    """Whether a client is asked why they cancel."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Tier:
    """`percent` of the price comes back when the session is canceled at least `lead` before the start."""

    lead: timedelta
    percent: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The terms under which a session is booked. A session keeps its policy for life.

    `tiers` run from the longest lead to the shortest, with falling percentages. `booking_grace` is how long after
    booking everything comes back. `return_period` is how long credits stay usable that come back shortly before or
    after their grant's end (M8). A client may move a session until `reschedule_window` before its start, at most
    `reschedule_limit` times (None: no limit). An exception request that nobody decides within `decide_within` returns
    `undecided_percent` of what was kept. Of a client's late cancellations within `forgiven_months` the first
    `forgiven_times` return everything by themselves (0: none).

    Raises BadPolicy when the values contradict each other.
    """

    tiers: tuple[Tier, ...] = (Tier(timedelta(hours=24), FULL),)
    reason: ReasonRule = ReasonRule.OPTIONAL
    late_cancel: bool = True
    booking_grace: timedelta = timedelta(minutes=15)
    return_period: timedelta = timedelta(days=30)
    reschedule_window: timedelta = timedelta(hours=24)
    reschedule_limit: int | None = 3
    decide_within: timedelta = timedelta(days=3)
    undecided_percent: int = 0
    forgiven_times: int = 0
    forgiven_months: int = 6

    def __post_init__(self) -> None:
        for tier in self.tiers:
            if tier.lead < timedelta(0) or not 0 < tier.percent <= FULL:
                raise BadPolicy("a tier returns 1 to 100 percent and its window is not negative")
        for earlier, later in zip(self.tiers, self.tiers[1:], strict=False):
            if later.lead >= earlier.lead or later.percent >= earlier.percent:
                raise BadPolicy(
                    "tiers run from the longest window to the shortest, each returning less than the one before"
                )
        if self.booking_grace < timedelta(0) or self.return_period < timedelta(0):
            raise BadPolicy("booking grace and return period are not negative")
        if self.reschedule_window < timedelta(0) or (self.reschedule_limit is not None and self.reschedule_limit < 0):
            raise BadPolicy("reschedule window and limit are not negative")
        if self.decide_within <= timedelta(0) or not 0 <= self.undecided_percent <= FULL:
            raise BadPolicy("a coach has some time to decide, and 0 to 100 percent come back after it")
        if not 0 <= self.forgiven_times <= MOST_FORGIVEN or not 1 <= self.forgiven_months <= MOST_MONTHS:
            raise BadPolicy(
                "0 to {most} late cancellations are forgiven, in 1 to {months} months",
                most=MOST_FORGIVEN,
                months=MOST_MONTHS,
            )
        spans = (self.booking_grace, self.return_period, self.reschedule_window, self.decide_within)
        if any(span > LONGEST for span in (*spans, *(tier.lead for tier in self.tiers))):
            raise BadPolicy("windows are at most {n} day", "windows are at most {n} days", n=LONGEST.days)

    @property
    def forgives(self) -> bool:
        """Whether a client can cancel late and have it forgiven."""
        return self.forgiven_times > 0 and (self.late_cancel or any(tier.percent < FULL for tier in self.tiers))

    @property
    def full_window(self) -> timedelta | None:
        """The shortest lead that still returns everything; None when no tier does."""
        return next((tier.lead for tier in self.tiers if tier.percent == FULL), None)


class TermsOf(StrEnum):
    """Whose bookings some terms apply to: all of the workspace, those of a session type, or those paid by a package."""

    WORKSPACE = "workspace"
    TYPE = "type"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class TermsScope:
    """The workspace, or one session type or package by its id."""

    of: TermsOf = TermsOf.WORKSPACE
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms that new bookings in a scope get.

    `name` is that of the session type or package. `own`: the scope has terms of its own; without them, `inherited`
    applies, the terms of the package's session type or else the workspace's. `price` is the session type's, in
    hundredths of a credit.
    """

    scope: TermsScope
    policy: Policy
    own: bool = True
    name: str | None = None
    inherited: Policy | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Policies under which a client cannot cancel a session whose cutoff has passed, if it starts before an instant.

    What counts is the start from which the session's terms count.
    """

    policies: Sequence[str]
    starts_before: datetime


def closed_to_clients(policies: Mapping[str, Policy], now: datetime) -> list[Closed]:
    """Return what is closed to clients at `now` under these policies, by id: late, with nothing to come back."""
    found: dict[timedelta | None, list[str]] = {}
    for policy_id, policy in policies.items():
        if not policy.late_cancel:
            parts = [tier.lead for tier in policy.tiers if tier.percent < FULL]
            found.setdefault(min(parts, default=None), []).append(policy_id)
    return [
        Closed(sorted(ids), NEVER if lead is None else now + lead)
        for lead, ids in sorted(found.items(), key=lambda item: str(item[0]))
    ]


def refund_cutoff(policy: Policy, *, starts_at: datetime, booked_at: datetime) -> datetime:
    """Return the last instant (UTC) at which canceling returns everything: the cutoff.

    max(start − window, booked at + booking grace), never after the start. Elapsed time in UTC, not calendar days.
    """
    starts_at, booked_at = utc(starts_at), utc(booked_at)
    grace_ends = booked_at + policy.booking_grace
    window = policy.full_window
    cutoff = grace_ends if window is None else max(starts_at - window, grace_ends)
    return min(cutoff, starts_at)


UNASKED_GRACE = timedelta(hours=24)
"""How long clients can take it back for free that somebody else booked or handed over a session for them."""


def unasked_cutoff(cutoff: datetime, *, starts_at: datetime, now: datetime) -> datetime:
    """Return the cutoff of what somebody else arranges for a client at `now`: a day at least, never after the start."""
    return max(cutoff, min(utc(starts_at), now + UNASKED_GRACE))


def refund_percent(policy: Policy, *, starts_at: datetime, cutoff: datetime, now: datetime) -> int:
    """Return what percentage of the price canceling at `now` returns. The cutoff and tier edges are inclusive."""
    if now <= cutoff:
        return FULL
    return max(
        (tier.percent for tier in policy.tiers if tier.percent < FULL and now <= starts_at - tier.lead), default=0
    )
