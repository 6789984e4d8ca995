"""What is sold and to whom: the catalogue of packages, company pools, and grants with where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coaching.clock import require_utc
from coaching.credits import Grant, TransferKind
from coaching.sessions import Money, Person
from coaching.zones import ZoneInfo

CREDITS = "Credits"
"""The label of a grant that is no package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPackage:
    """A package that is sold: so many `sessions` of one type, for `valid_days` (None: without end) from the day it is given.

    `session_type` is that type's name, `unit` its price in hundredths of a credit. `sessions` None: it came in with an
    import, and nobody has said yet what it is sold for. `policy_id` names the terms of its own that bookings get, if any.
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
        """Whether it can be given now."""
        return self.sessions is not None and not self.retired


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What a company pays for and several of its people book from. `contact` looks after it and is told about it."""

    id: str
    name: str
    contact: Person | None = None
    members: Sequence[Person] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose credits: a person's or a pool's, one of the two."""

    client_id: str | None = None
    pool_id: str | None = None

    def __post_init__(self) -> None:
        if (self.client_id is None) == (self.pool_id is None):
            raise ValueError("credits belong to a person or to a pool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A grant with its history in brief: who gave it and when, what was issued, what was paid for it, the admins' note.

    `told_id` is who hears about it: its client, or its pool's contact. Instants are aware UTC; `warned_at` is when they
    are told that it expires, `closed_at` when what was left of it expired.
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

    def __post_init__(self) -> None:
        require_utc(self.granted_at, self.warned_at, self.closed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of an account's history. `change` is what the account gained or lost, 0 where `amount` moved elsewhere.

    `who` gave, took back or used it, where that is known; `session_type`, `coach` and `starts_at` say which session.
    """

    at: datetime
    kind: TransferKind
    amount: int
    change: int
    label: str
    pool: str | None = None
    who: Person | None = None
    session_type: str | None = None
    coach: Person | None = None
    starts_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.at, self.starts_at)


def valid_until(given_at: datetime, days: int | None, zone: ZoneInfo) -> date | None:
    """Return the last day of a package given now, on its holder's calendar; None: it never expires."""
    return None if days is None else given_at.astimezone(zone).date() + timedelta(days=days)
