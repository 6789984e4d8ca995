"""Requests: what one person asks others to decide, with a deadline. One row each, whatever its kind."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.clock import require_utc


class RequestKind(StrEnum):
    """What a request is for. Codes are stored."""

    EXCEPTION = "exception"
    """To return what a late cancellation kept."""
    MOVE = "move"
    """To move a session that its policy no longer lets the client move, to one of some times."""
    CREDITS = "credits"
    """To get credits, for oneself or for a company pool."""


class RequestState(StrEnum):
    """The state of a request. Codes are stored."""

    OPEN = "open"
    DECIDED = "decided"
    """Of an exception: the decision is a refund."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Nobody decided in time."""
    WITHDRAWN = "withdrawn"
    """Taken back, or overtaken by what happened to its subject."""


@dataclass(frozen=True, slots=True)
class ToBook:
    """What credits are wanted for, as far as it was chosen: coach, session type, and the canceled session to replace."""

    coach_id: str | None = None
    type_id: str | None = None
    rebooks: str | None = None


NOTHING = ToBook()
"""Nothing in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request about one subject: when, with what note, and until when (aware UTC) it may be decided.

    Rows of one `action_id` are one request: it has one message and one deadline. `subject_id` is the session that it is
    about, and `number` which of the requests of this kind about it: of an exception, the cancellation's number.
    `by_admins`: the admins decide, because the coach has left or credits were passed on. Of a move, `times` are the
    starts that would do: those that were taken meanwhile are left out. `answered_at` and `answered_by` say when and by
    whom it was closed.

    Of credits, `subject_id` is the person who wants them, `amount` how many (hundredths), `pool_id` the pool to which
    they are to go (None: to the person), and `to_book` what they are for. `passed_by` is the pool's contact who passed
    it on to the admins, `reply` what was answered to the client, and `grant_id` the grant that was given.
    """

    action_id: str
    at: datetime
    by_id: str
    decide_by: datetime
    note: str | None = None
    state: RequestState = RequestState.OPEN
    by_admins: bool = False
    kind: RequestKind = RequestKind.EXCEPTION
    subject_id: str = ""
    number: int = 0
    times: tuple[datetime, ...] = ()
    answered_at: datetime | None = None
    answered_by: str | None = None
    amount: int | None = None
    pool_id: str | None = None
    to_book: ToBook = NOTHING
    passed_by: str | None = None
    reply: str | None = None
    grant_id: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.at, self.decide_by, self.answered_at, *self.times)

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.state is RequestState.OPEN

    @property
    def half_way(self) -> datetime:
        """Half-way to the deadline. From then on the admins decide about credits if the contact has said nothing."""
        return self.at + (self.decide_by - self.at) / 2

    def withdrawn_with(self, at: datetime, by_id: str) -> bool:
        """Return whether what somebody did then to its subject withdrew it: a cancellation, or a hand-over."""
        return self.state is RequestState.WITHDRAWN and (self.answered_at, self.answered_by) == (at, by_id)

    def overdue(self, now: datetime) -> bool:
        """Return whether nobody decided in time. The deadline itself is in time."""
        return self.open and now > self.decide_by
