"""Sessions and the people and settings around them, as immutable values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.causes import Blocked
from coaching.clock import require_utc
from coaching.localtime import LocalDay, LocalTime
from coaching.policy import FULL, Policy, refund_percent
from coaching.requests import Request, RequestState

MAX_PER_ACTION = 100
"""How many sessions one action may cancel (C3)."""

MAX_REASON = 3000
"""The longest reason in characters: what Slack's input takes."""


class Status(StrEnum):
    """The state of a session."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


SYSTEM_ID = "system"
"""The actor's id in rows that the passing of time causes."""

OVER = frozenset({Status.COMPLETED, Status.NO_SHOW})
"""The states of a session that took place or was missed, set by time or by its coach."""


class Hat(StrEnum):
    """The role in which a person looks at or acts on a session."""

    CLIENT = "client"
    COACH = "coach"
    ADMIN = "admin"
    SYSTEM = "system"


EVERYBODY = "*"
"""In place of the person whose sessions an admin looks at: those of the whole workspace."""


def side_of(hat: Hat, subject_id: str) -> Hat:
    """Return the role whose rules apply: among everybody's sessions an admin stands in for their coaches (ADR 0058)."""
    return Hat.COACH if hat is Hat.ADMIN and subject_id == EVERYBODY else hat


class Decision(StrEnum):
    """The state of the credits that a late cancellation kept."""

    OPEN = "open"
    REFUNDED = "refunded"
    PARTLY = "partly"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Person:
    """A person in the workspace. `id` is a Slack user id, or `mail:<address>` until that person appears in Slack.

    `refused_address` is an address at which a mail server took nothing for them. It says nothing about another one.
    """

    id: str
    name: str | None = None
    email: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    is_admin: bool = False
    refused_address: str | None = None

    @property
    def in_slack(self) -> bool:
        """Whether Slack can reach this person."""
        return not self.id.startswith((PENDING, ERASED))

    @property
    def erased(self) -> bool:
        """Whether this is a pseudonym: the person was erased, and nothing new can be theirs."""
        return self.id.startswith(ERASED)

    @property
    def address(self) -> str | None:
        """Their mail address, whether it can be written to or not, or None if none is known."""
        return self.email or (self.id.removeprefix(PENDING) if self.id.startswith(PENDING) else None)

    @property
    def mails_come_back(self) -> bool:
        """Whether a mail server took nothing for them at the address that they have now."""
        refused, address = self.refused_address, self.address
        return refused is not None and address is not None and refused.lower() == address.lower()


PENDING = "mail:"
"""Prefix of the id of a person who is known by e-mail only."""
ERASED = "erased-"
"""Prefix of the pseudonym that takes the place of an erased person's id."""


@dataclass(frozen=True, slots=True)
class Package:
    """A session's place in a prepaid package. `pool` names the company whose pool holds it (None: the client's own).

    Returned credits can pay for more sessions than were sold. A position beyond the size then enlarges the package.
    """

    name: str
    position: int
    size: int
    grant_id: str
    pool: str | None = None

    def __post_init__(self) -> None:
        if self.position > self.size:
            object.__setattr__(self, "size", self.position)


@dataclass(frozen=True, slots=True)
class Money:
    """A price outside credits: minor units of an ISO 4217 currency."""

    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class Usable:
    """Returned credits (hundredths), and until when they can be used (aware UTC; None: without end).

    `last_day` is the day of the owner's calendar that ends then, where a day was meant.
    """

    amount: int
    until: datetime | None
    last_day: LocalDay | None = None

    def __post_init__(self) -> None:
        require_utc(self.until)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """How a session was canceled: who, when, why, and what came back (hundredths of a credit).

    `returned` includes `returned_late`, which a decision returned afterwards. `usable` says until when all of it can be
    used, `usable_late` the same of `returned_late` (empty in rows from before this was stored). The person who canceled
    may undo it until `undo_until`. `rebooked_at` is the start of the session booked instead. `asked` is the client's
    exception request, `note` the coach's words to the client with the decision. The first decision was made at
    `decided_at` and returned `decided_amount`. `after_all`: of what that decision kept, some was returned later, once.
    `kept_at_once`: whoever canceled chose then what it keeps, which is the first decision.
    `forgiven`: it was late, and everything came back because its policy forgives the first ones.
    """

    action_id: str
    at: datetime
    by: Person
    role: Hat
    reason: str | None
    late: bool
    percent: int
    returned: int
    decision: Decision | None
    decided_by: Person | None = None
    decided_at: datetime | None = None
    undo_until: datetime | None = None
    rebooked_at: datetime | None = None
    asked: Request | None = None
    note: str | None = None
    returned_late: int = 0
    usable: tuple[Usable, ...] = ()
    usable_late: tuple[Usable, ...] = ()
    decided_amount: int = 0
    after_all: bool = False
    kept_at_once: bool = False
    forgiven: bool = False

    def __post_init__(self) -> None:
        require_utc(self.at, self.decided_at)

    @property
    def in_part(self) -> bool:
        """Whether the terms themselves returned a part. Not so where the credits they would have returned had ended."""
        return self.late and 0 < self.percent < FULL and self.returned > self.returned_late

    @property
    def decided_since(self) -> bool:
        """Whether somebody decided about it after it was made. A coach who keeps credits decides while canceling."""
        if self.role is not Hat.COACH and not self.kept_at_once:
            return self.decided_by is not None
        return self.after_all or (self.asked is not None and self.asked.state is RequestState.DECIDED)

    def told_later(self, client_id: str, now: datetime) -> bool:
        """Return whether its client hears of it only when it can no longer be undone: somebody else canceled."""
        return self.undo_until is not None and now <= self.undo_until and self.by.id != client_id

    @property
    def nothing_back(self) -> bool:
        """Whether it came after the cutoff and the terms returned nothing."""
        return self.late and self.percent < FULL and not self.in_part


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One booked session. Instants are aware UTC; `price` is in hundredths of a credit.

    `terms_start_at` is the start that the terms count from where that is not `starts_at`: a session that was moved late
    keeps the terms of its old time. `meeting_link` is its own, `default_link` that of its type, or else of its coach.
    `late_move_allowed`: the coach lets the client move it inside the window. `local` is what the clocks of `time_zone`
    show at its start; None in rows older than this column until they are reviewed. `unconfirmed`: it counts as completed
    because time passed, and nobody has said so yet. `given`: it is over, canceled, or its coach gives such sessions.
    """

    workspace_id: str
    id: str
    client: Person
    coach: Person
    session_type: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    booked_at: datetime
    refund_cutoff_at: datetime
    policy_id: str
    price: int
    money: Money | None = None
    package: Package | None = None
    meeting_link: str | None = None
    default_link: str | None = None
    status: Status = Status.SCHEDULED
    version: int = 1
    cancellation_no: int = 0
    reschedules: int = 0
    reminders_kept: bool = False
    terms_start_at: datetime | None = None
    late_move_allowed: bool = False
    cancellation: Cancellation | None = None
    type_id: str = ""
    local: LocalTime | None = None
    unconfirmed: bool = False
    given: bool = True

    def __post_init__(self) -> None:
        require_utc(self.starts_at, self.ends_at, self.booked_at, self.refund_cutoff_at)

    @property
    def link(self) -> str | None:
        """Where the session takes place: its own link, or else the one of its type or coach (ADR 0043)."""
        return self.meeting_link or self.default_link

    def blocked(self, policy: Policy, now: datetime, hat: Hat) -> Blocked | None:
        """Return why `hat` cannot cancel this session at `now`, or None when it can be canceled.

        Only a client is refused by the late rule: nothing would come back and the policy forbids late cancellation.
        """
        if self.status is Status.CANCELED:
            return Blocked.CANCELED
        if self.status in OVER or now >= self.ends_at:
            return Blocked.OVER
        if now > self.starts_at:
            return Blocked.STARTED
        if hat is Hat.CLIENT and not policy.late_cancel and self.percent_back(policy, now) == 0:
            return Blocked.LATE
        return None

    def percent_back(self, policy: Policy, now: datetime) -> int:
        """Return what percentage of the price the policy returns when the session is canceled at `now`."""
        counted_from = self.terms_start_at or self.starts_at
        return refund_percent(policy, starts_at=counted_from, cutoff=self.refund_cutoff_at, now=now)

    def immovable(self, policy: Policy, now: datetime, hat: Hat) -> Blocked | None:
        """Return why `hat` cannot move this session at `now`, or None when it can be moved.

        A coach or an admin may move any session that has not started. A client is bound by the window, by the limit, and
        by what the coach gives, unless the coach made an exception for this session.
        """
        if self.status is Status.CANCELED:
            return Blocked.CANCELED
        if self.status in OVER or now >= self.ends_at:
            return Blocked.OVER
        if now > self.starts_at:
            return Blocked.STARTED
        if hat is not Hat.CLIENT or self.late_move_allowed:
            return None
        if not self.given:
            return Blocked.NOT_GIVEN
        if policy.reschedule_limit is not None and self.reschedules >= policy.reschedule_limit:
            return Blocked.MOVED_OFTEN
        return Blocked.LATE if now > self.starts_at - policy.reschedule_window else None


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts. Every action checks what it touches against these two ids."""

    workspace_id: str
    user_id: str
