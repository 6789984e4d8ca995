"""Values read from the database: people, refunds, moves, and the time that a coach has given away."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from coaching.clock import require_utc
from coaching.localtime import instant_of
from coaching.sessions import Decision, Hat, Person, Usable
from coaching.texts import folded
from coaching.zones import ZoneInfo

EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""No session starts before or after that."""


class Scope(StrEnum):
    """Which of a person's sessions: those that have not ended, or the rest (over or canceled)."""

    UPCOMING = "upcoming"
    PAST = "past"


COUNTED = 1_000
"""The limit up to which lists are counted: what is longer reads "1,000+"."""


@dataclass(frozen=True, slots=True)
class Window:
    """Up to `limit` of a person's sessions in the role `hat`, after the first `offset`.

    Upcoming ones soonest first, past ones latest first.
    """

    hat: Hat
    scope: Scope
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one looks for a session by: its start (aware UTC), the other person, and its type."""

    id: str
    starts_at: datetime
    other: Person
    type_id: str
    session_type: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed down to: a month of the viewer's calendar (its first day), a person, a type, words.

    None or empty: anything.
    """

    month: date | None = None
    other_id: str = ""
    type_id: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        """Whether it narrows anything down."""
        return bool(self.month or self.other_id or self.type_id or self.words)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first instant of the month on the clocks of `zone`, and the first one after it (aware UTC)."""
        if self.month is None:
            return EVER
        first, after = self.month.replace(day=1), next_month(self.month)
        midnight = (datetime.combine(day, time()) for day in (first, after))
        begin, end = (instant_of(wall, zone) for wall in midnight)
        return begin, end

    def matches(self, one: Glimpse) -> bool:
        """Return whether a session is one of those. Its month is up to the database."""
        if (self.other_id and one.other.id != self.other_id) or (self.type_id and one.type_id != self.type_id):
            return False
        text = folded(f"{one.session_type} {one.other.name or ''}")
        return all(word in text for word in folded(self.words).split())


ANYTHING = Wanted()


def next_month(day: date, step: int = 1) -> date:
    """Return the first day of the month that is `step` months after the one of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
    return date(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as the workspace knows them.

    `member` is False when this id was not met before. `fetched_at` is when Slack last confirmed their data (wall time,
    aware UTC). `named`: an admin who was named here, whatever Slack says. `greeted`: they were welcomed.
    `mail_asked_in` is the key of the receipt that asked whether they want mails too.
    """

    person: Person
    is_coach: bool
    is_admin: bool
    member: bool = True
    fetched_at: datetime | None = None
    named: bool = False
    greeted: bool = False
    mail_asked_in: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.fetched_at)

    def speaking(self, language: str | None) -> "Viewer":
        """Return the viewer with a language: their own, or the workspace's if Slack never reported theirs."""
        if self.person.locale is not None or language is None:
            return self
        return replace(self, person=replace(self.person, locale=language))


@dataclass(frozen=True, slots=True)
class Refund:
    """What a cancellation (`decision` None) or a coach's decision on it returned.

    Unique per session, cancellation and decision. `percent` of a decision is the share of what was kept. `note` is what
    the coach told the client with it. `usable` says until when the returned credits can be used. `later`: this came
    after the first decision, out of what that had kept. It happens at most once. `forgiven`: a late cancellation
    returned everything because its policy forgives the first ones.
    """

    session_id: str
    cancellation_no: int
    decision: Decision | None
    action_id: str
    at: datetime
    by: str
    late: bool
    percent: int
    amount: int
    note: str | None = None
    usable: tuple[Usable, ...] = ()
    later: bool = False
    forgiven: bool = False

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True)
class Move:
    """A session's change of time. Instants are aware UTC. `late`: the session kept the terms of the old time.

    With `old_coach` and `new_coach` it is a hand-over: the coach changed, and the time did not.
    """

    session_id: str
    action_id: str
    at: datetime
    by: Person
    role: Hat
    old_starts_at: datetime
    new_starts_at: datetime
    late: bool
    old_coach: Person | None = None
    new_coach: Person | None = None


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What is known of a person: whether Slack was asked, and whether rows are pending under their e-mail."""

    person: Person
    met: bool
    awaited: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """A person's occupied time (aware UTC): scheduled sessions, and canceled ones that may still be undone (`held`)."""

    session_id: str
    starts_at: datetime
    ends_at: datetime
    coach_id: str
    client_id: str
    held: bool
