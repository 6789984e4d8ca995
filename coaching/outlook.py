"""What canceling a session returns: now, until when, and after that. Every view and message uses this."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.causes import Blocked
from coaching.clock import utc
from coaching.credits import share
from coaching.errors import InPast
from coaching.localtime import LocalDay
from coaching.policy import FULL, Policy, refund_cutoff
from coaching.quotes import SessionQuote, percent_of_terms, quote_session
from coaching.returns import Payment, final_ends
from coaching.sessions import Hat, Money, Person, Session, Status

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """What canceling returns up to and including `until` (UTC), from the previous step's end: `percent` of the price.

    `returned` is that in hundredths of a credit. `blocked`: why the session can no longer be canceled. `grace`:
    everything comes back only because the session was booked just now. `last_day`: the step ends with this calendar
    day, as the credits that paid do.
    """

    until: datetime
    percent: int
    returned: int
    blocked: Blocked | None = None
    grace: bool = False
    last_day: LocalDay | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The steps of a session's terms as seen at an instant: those ahead, with the present one first, and past ones.

    The last step ends at the start. After the start nothing is ahead, and nothing can be canceled.
    """

    ahead: Sequence[Step]
    over: Sequence[Step]

    @property
    def now(self) -> Step | None:
        """The present step; None after the start."""
        return self.ahead[0] if self.ahead else None

    @property
    def then(self) -> Sequence[Step]:
        """The steps that follow the present one."""
        return self.ahead[1:]

    @property
    def percent(self) -> int:
        """The percentage that comes back now."""
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

    Every figure comes from the same functions as a quote, so it is what will happen (M4). A session that is canceled or over is
    treated as if it were still scheduled: the steps are the terms it had. With `payments`, what the session was paid
    with, the final end of credits that were returned once already is a step too. Without them, only the terms count.
    Raises RuntimeError as `quote_session` does.
    """
    if session.status is not Status.SCHEDULED:
        session = replace(session, status=Status.SCHEDULED)
    counted_from, start = session.terms_start_at or session.starts_at, session.starts_at
    # Credits do not come back from their end on, that instant included: the last instant at which they do is just
    # before it.
    ends = {until - _TICK: day for until, day in final_ends(payments or ())}
    edges = [session.refund_cutoff_at, start, *(counted_from - tier.lead for tier in policy.tiers), *ends]
    steps: list[Step] = []
    for edge in sorted(edges):
        if edge > start:
            break
        if payments is None:
            percent = percent_of_terms(session, policy, edge, hat, refund_late=refund_late)
            returned = share(session.price, percent)
        else:
            line = quote_session(session, policy, edge, hat, refund_late=refund_late, payments=payments)
            percent, returned = _percent(line), line.returned
        cause = session.blocked(policy, edge, hat)
        if steps and (steps[-1].percent, steps[-1].returned, steps[-1].blocked) == (percent, returned, cause):
            steps.pop()
        grace = percent == FULL and edge == session.refund_cutoff_at and _only_by_grace(session, policy)
        steps.append(Step(edge, percent, returned, cause, grace, ends.get(edge) if ends else None))
    passed = sum(step.until < now for step in steps)
    return Outlook(steps[passed:], steps[:passed])


def would_be(
    policy: Policy, *, starts_at: datetime, booked_at: datetime, price: int, money: Money | None = None
) -> Session:
    """Return the session that a booking would make, as far as its terms go.

    Raises InPast unless it starts after `booked_at`.
    """
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
    """Return the steps of a booking that is not made yet, up to its start.

    Raises InPast unless it starts after `booked_at`.
    """
    session = would_be(policy, starts_at=starts_at, booked_at=booked_at, price=price)
    return outlook(session, policy, session.booked_at).ahead


def _percent(line: SessionQuote) -> int:
    """Return the share that comes back: what the terms return, less expired credits.

    Rounding never shows everything or nothing where that is not the case.
    """
    if not line.lapsed:
        return line.percent
    return max(1, line.returned * FULL // line.price) if line.returned else 0


def _only_by_grace(session: Session, policy: Policy) -> bool:
    """Return whether the full refund ends with the booking grace, and no window of the policy reaches that far."""
    cutoff, start = session.refund_cutoff_at, session.starts_at
    window = policy.full_window
    in_time = window is not None and cutoff <= start - window
    return not in_time and cutoff == min(session.booked_at + policy.booking_grace, start)
