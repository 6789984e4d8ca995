"""Credits as a double-entry ledger: immutable transfers between accounts, balances as their sums.

Amounts are integer hundredths of a credit. Rounding favours the client.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from coaching.clock import require_utc
from coaching.errors import NotEnoughCredits
from coaching.localtime import LocalDay

ONE_CREDIT = 100

MOST_CREDITS = 1_000_000
"""More than anybody ever has. It keeps sums within the database's integers."""

ISSUED = "issued"
"""The source of granted credits, and the only account that may be negative."""
FORFEITED = "forfeited"
"""Holds the credits that a late cancellation does not return."""
EXPIRED = "expired"
"""Holds the credits that were not used in time."""
EARNED = "earned"
"""Holds the credits that paid for sessions that took place."""


def grant_account(grant_id: str) -> str:
    """Return the name of the account that holds what is left of a grant."""
    return f"grant:{grant_id}"


def session_account(session_id: str) -> str:
    """Return the name of the account that holds a session's payment until it is returned, forfeited or earned."""
    return f"session:{session_id}"


class TransferKind(StrEnum):
    """Why credits moved."""

    ISSUE = "issue"
    BOOK = "book"
    REFUND = "refund"
    FORFEIT = "forfeit"
    LATE_REFUND = "late_refund"
    EXPIRE = "expire"
    UNDO = "undo"
    EARN = "earn"
    MISS = "miss"
    REVOKE = "revoke"


class Ruling(StrEnum):
    """What decided the movement of a canceled session's credits: its policy, a late decision, or a later one."""

    POLICY = "policy"
    LATE = "late"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A movement of `amount` from `source` to `target`. `key` is unique in the database, so nothing moves twice.

    For a cancellation's movements, `cancellation_no` and `ruling` say which cancellation and what decided. `paid_by` is
    the grant that paid what comes back, which may go into another grant (`grant_id`). `by_id` is the person who took
    credits back.
    """

    key: str
    kind: TransferKind
    source: str
    target: str
    amount: int
    at: datetime
    session_id: str | None = None
    grant_id: str | None = None
    cancellation_no: int | None = None
    ruling: Ruling | None = None
    paid_by: str | None = None
    by_id: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.at)
        if self.amount <= 0:
            raise ValueError(f"a transfer moves something; {self.key} moves {self.amount}")


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits given to a client, or to a pool that they book from. `balance` is the sum of its transfers.

    `expires_at` None means never. `last_day` is the day of the owner's calendar that ends then, where a day was meant.
    A package's grant is for its `session_type` only; `pool` names the company whose pool it is. A returned grant has a
    `parent_id`, the grant that paid for what came back; its positions in a package are its parent's.
    """

    id: str
    label: str
    balance: int
    size: int
    expires_at: datetime | None
    session_type: str | None = None
    package_id: str | None = None
    pool: str | None = None
    last_day: LocalDay | None = None
    parent_id: str | None = None

    def __post_init__(self) -> None:
        require_utc(self.expires_at)

    def usable(self, now: datetime) -> bool:
        """Return whether it can pay for a booking made at `now`."""
        return self.balance > 0 and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an amount that one grant pays or gets back."""

    grant_id: str
    amount: int


def parse_credits(text: str) -> int:
    """Parse "1", "0.5" or "2.25" as hundredths of a credit.

    Raises ValueError for anything negative, above a million, finer than a hundredth, or not a number.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number of credits") from None
    # Check before multiplying: "1e999999999" is a short text, but a gigabyte as an integer.
    if not number.is_finite() or not 0 <= number <= MOST_CREDITS or number != round(number, 2):
        raise ValueError(f"{text!r} is not a number of credits: zero to {MOST_CREDITS:,}, in steps of 0.01")
    return int(number * ONE_CREDIT)


def share(amount: int, percent: int) -> int:
    """Return `percent` of `amount`, rounded up: a fraction of a hundredth goes to the client."""
    return -(-amount * percent // 100)


def split_refund(payments: Sequence[Part], percent: int) -> list[Part]:
    """Return what each paying grant gets back so that the total is exactly `share(paid, percent)`.

    Cumulative rounding: every part lies between 0 and what that grant paid, whatever the number of grants.
    """
    parts, paid, returned = [], 0, 0
    for payment in payments:
        paid += payment.amount
        due = share(paid, percent) - returned
        returned += due
        if due:
            parts.append(Part(payment.grant_id, due))
    return parts


def payers(grants: Iterable[Grant], session_type: str, now: datetime) -> list[Grant]:
    """Return the grants that can pay for a session of this type now, in the order in which they do.

    A package for this session type pays first, then the grant that expires first.
    """
    usable = [g for g in grants if g.usable(now) and g.session_type in (None, session_type)]
    return sorted(usable, key=lambda g: (g.session_type is None, g.expires_at is None, g.expires_at or now, g.id))


def plan_spend(
    grants: Iterable[Grant], price: int, session_type: str, now: datetime, first: str | None = None
) -> list[Part]:
    """Return which grants pay `price`: the one chosen to pay `first`, if it can, then the others in their order.

    Raises NotEnoughCredits.
    """
    usable = sorted(payers(grants, session_type, now), key=lambda grant: grant.id != first)
    parts, missing = [], price
    for grant in usable:
        if not missing:
            break
        amount = min(grant.balance, missing)
        parts.append(Part(grant.id, amount))
        missing -= amount
    if missing:
        raise NotEnoughCredits(price, sum(g.balance for g in usable))
    return parts


def package_grant(grants: Iterable[Grant], parts: Iterable[Part]) -> Grant | None:
    """Return the first package's grant among those that pay (`parts`): a session belongs to that package, or to none."""
    known = {grant.id: grant for grant in grants}
    paying = (known[part.grant_id] for part in parts if part.grant_id in known)
    return next((grant for grant in paying if grant.session_type is not None), None)


def unsettle(session_id: str, cancellation_no: int, settled: Sequence[Transfer], at: datetime) -> list[Transfer]:
    """Return the transfers that undo a cancellation: each of its movements reversed, under a key of its own."""
    return [
        Transfer(
            f"undo:{session_id}:{cancellation_no}:{move.key}"[:255],
            TransferKind.UNDO,
            move.target,
            move.source,
            move.amount,
            at,
            session_id,
            move.grant_id,
            cancellation_no,
        )
        for move in settled
    ]


def split_part(forfeited: Sequence[Part], amount: int) -> list[Part]:
    """Return what each grant gets back of what it forfeited, so that the total is exactly `amount` (hundredths).

    Cumulative rounding, as in `split_refund`: no grant gets back more than it forfeited. Raises ValueError when
    `amount` exceeds the total.
    """
    total = sum(part.amount for part in forfeited)
    if not 0 <= amount <= total:
        raise ValueError(f"{amount} of {total} cannot go back")
    parts, seen, returned = [], 0, 0
    for part in forfeited:
        seen += part.amount
        due = -(-seen * amount // total) - returned
        returned += due
        if due:
            parts.append(Part(part.grant_id, due))
    return parts


def still_kept(forfeited: Sequence[Part], returned: int) -> list[Part]:
    """Return what is still kept of each grant's part after a decision that returned `returned` (hundredths) in all."""
    back = {part.grant_id: part.amount for part in split_part(forfeited, returned)} if returned else {}
    left = [Part(part.grant_id, part.amount - back.get(part.grant_id, 0)) for part in forfeited]
    return [part for part in left if part.amount]
