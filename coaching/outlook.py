"""What comes back of a session when it is canceled: now, until when, and what then. Every view and message asks this."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.causes import Blocked
from coaching.clock import utc
from coaching.errors import InPast
from coaching.localtime import LocalDay
from coaching.policy import FULL, Policy, refund_cutoff
from coaching.quotes import SessionQuote, quote_session
from coaching.returns import Payment, final_ends
from coaching.sessions import Hat, Money, Person, Session, Status

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """Up to and including `until` (UTC), and after the step before it, `returned` (hundredths) come back: `percent`.

    `blocked` says why it cannot be canceled any more; `grace` that everything comes back only because it was booked just now;
    `last_day` that it ends with a day of somebody's calendar, as the credits do that paid.
    """

    until: datetime
    percent: int
    returned: int
    blocked: Blocked | None = None
    grace: bool = False
    last_day: LocalDay | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The steps that are ahead at an instant, that of now first, and those that are over; the last one ends with the start.

    After the start nothing is ahead, and nothing can be canceled.
    """

    ahead: Sequence[Step]
    over: Sequence[Step]

    @property
    def now(self) -> Step | None:
        """What comes back now; None after the start."""
        return self.ahead[0] if self.ahead else None

    @property
    def then(self) -> Sequence[Step]:
        """What follows, step by step."""
        return self.ahead[1:]

    @property
    def percent(self) -> int:
        """What percentage comes back now."""
        return self.ahead[0].percent if self.ahead else 0


def outlook(
    session: Session,
    policy: Policy,
    now: datetime,
    hat: Hat = Hat.CLIENT,
    *,
    refund_late: bool = True,
    payments: Sequence[Payment] | None = None,
) -> Outlook:
    """Return what canceling the session as `hat` returns at `now` and at every later instant until the start.

    Every figure comes from `quote_session`, so this is what will happen (M4). A session that is canceled or over is looked at
    as if it were booked still: these are the terms it had. With `payments`, what the session was paid with, the end of credits
    that came back once is a step too; None: only the terms are looked at. Raises RuntimeError as `quote_session` does.
    """
    if session.status is not Status.SCHEDULED:
        session = replace(session, status=Status.SCHEDULED)
    counted_from, start = session.terms_start_at or session.starts_at, session.starts_at
    # Credits that have ended come back no more from the very moment on: the last one at which they do is just before it.
    ends = {until - _TICK: day for until, day in final_ends(payments or ())}
    edges = {session.refund_cutoff_at, start, *(counted_from - tier.lead for tier in policy.tiers), *ends}
    steps: list[Step] = []
    for edge in sorted(edges):
        if edge > start:
            break
        line = quote_session(session, policy, edge, hat, refund_late=refund_late, payments=payments)
        percent = _percent(line)
        cause = session.blocked(policy, edge, hat)
        if steps and (steps[-1].percent, steps[-1].returned, steps[-1].blocked) == (percent, line.returned, cause):
            steps.pop()
        grace = percent == FULL and edge == session.refund_cutoff_at and _only_by_grace(session, policy)
        steps.append(Step(edge, percent, line.returned, cause, grace, ends.get(edge)))
    passed = sum(step.until < now for step in steps)
    return Outlook(steps[passed:], steps[:passed])


def would_be(
    policy: Policy, *, starts_at: datetime, booked_at: datetime, price: int, money: Money | None = None
) -> Session:
    """Return the session that a booking would make, as far as its terms go. Raises InPast unless it starts after that."""
    starts_at, booked_at = utc(starts_at), utc(booked_at)
    if starts_at <= booked_at:
        raise InPast(f"{starts_at.isoformat()} is not after {booked_at.isoformat()}")
    nobody = Person("")
    return Session(
        workspace_id="",
        id="",
        client=nobody,
        coach=nobody,
        session_type="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        time_zone="UTC",
        booked_at=booked_at,
        refund_cutoff_at=refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at),
        policy_id="",
        price=price,
        money=money,
    )


def preview(policy: Policy, *, starts_at: datetime, booked_at: datetime, price: int) -> Sequence[Step]:
    """Return the steps from a booking that nobody has made yet to its start. Raises InPast unless it starts after that."""
    session = would_be(policy, starts_at=starts_at, booked_at=booked_at, price=price)
    return outlook(session, policy, session.booked_at).ahead


def _percent(line: SessionQuote) -> int:
    """What share comes back: what the terms return, less what has ended; never all, nor nothing, where that is not so."""
    if not line.lapsed:
        return line.percent
    return max(1, line.returned * FULL // line.price) if line.returned else 0


def _only_by_grace(session: Session, policy: Policy) -> bool:
    """Whether the last moment of full refund is the end of the booking grace, and no window of the policy reaches so far."""
    cutoff, start = session.refund_cutoff_at, session.starts_at
    window = policy.full_window
    in_time = window is not None and cutoff <= start - window
    return not in_time and cutoff == min(session.booked_at + policy.booking_grace, start)
