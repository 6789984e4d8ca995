"""What is sold and to whom: the catalogue of packages, company pools, and grants with their origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coaching.clock import require_utc
from coaching.credits import Grant, TransferKind
from coaching.sessions import Money, Person
from coaching.zones import ZoneInfo

CREDITS = "Credits"
"""The label of a grant that does not come from a package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPackage:
    """A package for sale: `sessions` of one type, valid for `valid_days` (None: without end) from the day it is given.

    `session_type` is that type's name, `unit` its price in hundredths of a credit. `sessions` is None for an imported
    package whose size nobody has set yet. `policy_id` names the package's own policy, if any.
    """

    id: str
    name: str
    type_id: str
    session_type: str
    unit: int
    sessions: int | None
    valid_days: int | None = None
    money: Money | None = None
    retired: bool = False
    policy_id: str | None = None

    @property
    def offered(self) -> bool:
        """Whether it can be given to somebody now."""
        return self.sessions is not None and not self.retired


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A company's pool of credits, from which several of its people book.

    `contact` manages the pool and gets its notices. `size` is how many members it has; a list of pools leaves the members
    themselves out. A `retired` pool gets no credits any more. What it has can be booked with, and comes back to it.
    """

    id: str
    name: str
    contact: Person | None = None
    members: Sequence[Person] = ()
    size: int = 0
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """The owner of credits: either a person or a pool."""

    client_id: str | None = None
    pool_id: str | None = None

    def __post_init__(self) -> None:
        if (self.client_id is None) == (self.pool_id is None):
            raise ValueError("credits belong to a person or to a pool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A grant with a summary of its history: who gave it and when, what was issued, the price paid, the admins' note.

    `told_id` is the person who gets its notices: its client, or its pool's contact. Instants are aware UTC; `warned_at`
    is when they are notified that it expires, `closed_at` when the rest of it expired. `withdrawn` was taken back or has
    expired, and `booked` pays for sessions of its client that are ahead, where that was asked for.
    """

    grant: Grant
    holder: Holder
    issued: int
    granted_at: datetime
    granted_by: Person | None = None
    money: Money | None = None
    note: str | None = None
    warned_at: datetime | None = None
    closed_at: datetime | None = None
    told_id: str | None = None
    withdrawn: int = 0
    booked: int = 0

    def __post_init__(self) -> None:
        require_utc(self.granted_at, self.warned_at, self.closed_at)


@dataclass(frozen=True, slots=True)
class Spread:
    """What became of the credits of a grant: they are left, pay for sessions ahead, or are used."""

    left: int
    booked: int
    used: int


def spread(held: Holding, holdings: Sequence[Holding]) -> Spread | None:
    """Return what became of a person's own grant, or None where that is not known.

    What came back from it into grants of their own (among `holdings`) is neither left in it nor used. Of a pool's grant
    a person knows only their own bookings, and of a returned one not how much came back.
    """
    grant = held.grant
    if grant.pool is not None or grant.parent_id is not None:
        return None
    back = [one for one in holdings if one.grant.parent_id == grant.id]
    elsewhere = held.withdrawn + sum(one.grant.balance + one.booked + one.withdrawn for one in back)
    left, booked = max(0, grant.balance), max(0, held.booked)
    return Spread(left, booked, max(0, held.issued - left - booked - elsewhere))


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of an account's history.

    `change` is what the account gained or lost, 0 where `amount` moved elsewhere. `balance` is what it held afterwards,
    in hundredths; None in a person's history for credits of a `pool`, whose balance is not theirs. `who` gave, took back
    or used the credits, where that is known; `session_type`, `coach` and `starts_at` describe the session.
    """

    at: datetime
    kind: TransferKind
    amount: int
    change: int
    label: str
    balance: int | None = None
    pool: str | None = None
    who: Person | None = None
    session_type: str | None = None
    coach: Person | None = None
    starts_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.at, self.starts_at)


@dataclass(frozen=True, slots=True)
class Turn:
    """Where one page of an account's history ends and the next begins: beside the movement made `at`, with this `key`.

    `number` is its place among the movements of its grant, which orders those of one instant, or 0 if it has none.
    `balance` is what the account held between that movement and the page to turn to, in hundredths. Movements never
    change, so it stays true. `newer`: that page has what came after the movement, otherwise what came before it.
    """

    at: datetime
    number: int
    key: str
    balance: int
    newer: bool = False

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True)
class Movements:
    """A page of an account's history, newest first, and where the pages beside it begin (None: there is none)."""

    lines: Sequence[Movement] = ()
    newer: Turn | None = None
    older: Turn | None = None


def valid_until(given_at: datetime, days: int | None, zone: ZoneInfo) -> date | None:
    """Return the last day of a package given at `given_at`, on its holder's calendar; None: it never expires."""
    return None if days is None else given_at.astimezone(zone).date() + timedelta(days=days)
