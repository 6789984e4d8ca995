"""What canceling one session would return, instant by instant, under terms that nobody has booked under yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coaching.clock import utc
from coaching.errors import InPast
from coaching.policy import Policy, refund_cutoff
from coaching.quotes import quote_session
from coaching.sessions import Blocked, Hat, Person, Session


@dataclass(frozen=True, slots=True)
class Step:
    """Up to and including `until` (UTC), and after the step before it, a client gets `returned` (hundredths) back.

    `blocked` says why they cannot cancel any more; `grace` that everything comes back only because it was booked just now.
    """

    until: datetime
    percent: int
    returned: int
    blocked: Blocked | None = None
    grace: bool = False


def preview(policy: Policy, *, starts_at: datetime, booked_at: datetime, price: int) -> Sequence[Step]:
    """Return the steps from the booking to the start, which is the last one's end; after it nothing can be canceled.

    Every figure comes from `quote_session`, so this is what will happen (M4). Raises InPast unless it starts after the booking.
    """
    session = _session(policy, utc(starts_at), utc(booked_at), price)
    steps: list[Step] = []
    for edge in _edges(policy, session):
        line = quote_session(session, policy, edge, Hat.CLIENT)
        cause = session.blocked(policy, edge, Hat.CLIENT)
        step = Step(edge, line.percent, line.returned, cause, grace=_is_grace(policy, session, edge))
        if steps and (steps[-1].percent, steps[-1].blocked) == (step.percent, step.blocked):
            steps.pop()
        steps.append(step)
    return steps


def _session(policy: Policy, starts_at: datetime, booked_at: datetime, price: int) -> Session:
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
    )


def _edges(policy: Policy, session: Session) -> list[datetime]:
    """The instants after which something may change."""
    found = {session.refund_cutoff_at, session.starts_at, *(session.starts_at - tier.lead for tier in policy.tiers)}
    return sorted(edge for edge in found if session.booked_at <= edge <= session.starts_at)


def _is_grace(policy: Policy, session: Session, edge: datetime) -> bool:
    window = policy.full_window
    in_time = window is not None and edge <= session.starts_at - window
    return edge == session.refund_cutoff_at and not in_time
