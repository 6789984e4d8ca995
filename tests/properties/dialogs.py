"""What the state machine chooses among: policies, lengths, instants beside an edge, open dialogs."""

from dataclasses import dataclass
from datetime import timedelta

from coaching.actions import cancel
from coaching.policy import Policy, ReasonRule, Tier
from coaching.sessions import Actor, Hat, side_of
from tests.properties.model import Line

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
LENGTH = timedelta(minutes=50)
UNDO_WINDOW = timedelta(seconds=60)
PAT_MAIL, PAT = "mail:pat@example.com", "U0PAT"
POLICIES = (
    Policy(),
    Policy(tiers=(Tier(24 * HOUR, 100), Tier(12 * HOUR, 50), Tier(2 * HOUR, 33)), undecided_percent=50),
    Policy(tiers=(Tier(24 * HOUR, 100),), late_cancel=False, reason=ReasonRule.REQUIRED),
    Policy(tiers=(Tier(12 * HOUR, 50),), booking_grace=timedelta(0), decide_within=HOUR, undecided_percent=100),
    Policy(tiers=(), reason=ReasonRule.OFF, booking_grace=timedelta(0), decide_within=2 * HOUR, undecided_percent=33),
    Policy(return_period=timedelta(0), booking_grace=48 * HOUR),
    Policy(booking_grace=timedelta(0), return_period=timedelta(0), decide_within=TICK),
    Policy(tiers=(Tier(timedelta(0), 100),)),
    # Steps down to the start, with full refund only by the booking grace; and steps after which nothing can be canceled.
    Policy(tiers=(Tier(24 * HOUR, 75), Tier(HOUR, 50), Tier(timedelta(0), 1)), undecided_percent=99),
    Policy(tiers=(Tier(48 * HOUR, 100), Tier(24 * HOUR, 66), Tier(6 * HOUR, 33)), late_cancel=False, forgiven_times=1),
    Policy(forgiven_times=2, forgiven_months=1, booking_grace=timedelta(0)),
    Policy(tiers=(Tier(48 * HOUR, 100), Tier(24 * HOUR, 50)), forgiven_times=1, booking_grace=timedelta(0)),
)
BESIDE = "T0BESIDE"
"""The workspace next door, where nothing may change."""


@dataclass
class Dialog:
    """A dialog somebody has open: what it last showed, to be confirmed at any later time."""

    actor: Actor
    draft_id: str
    hat: Hat
    subject: str
    refund_late: bool
    shown: list[Line]
    seals: list[str]
    at_once: bool
    done: bool = False

    @property
    def side(self) -> Hat:
        """Whose rules apply: among everybody's sessions an admin stands in for their coaches."""
        return side_of(self.hat, self.subject)


def lines_of(answer: cancel.Quoted | cancel.Canceled) -> list[Line]:
    return [
        (
            line.session_id,
            line.percent,
            line.returned,
            line.late,
            tuple(sorted((b.grant_id, b.amount, b.until, b.parent_id, b.lapsed) for b in line.back)),
            line.forgiven,
        )
        for line in answer.quote.lines
    ]
