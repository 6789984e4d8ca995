"""Where credits go back to, and until when they can be used there.

They go back into the grant that paid, if that lasts long enough. Otherwise they go into a *returned* grant of the same
owner that lasts a whole return period (M8). The end of a returned grant is final for its client: only what a coach or
an admin returns gets a new one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coaching.clock import require_utc
from coaching.credits import FORFEITED, Part, Ruling, Transfer, TransferKind, grant_account, session_account
from coaching.ids import new_id
from coaching.localtime import LocalDay, local_day
from coaching.packages import CREDITS
from coaching.sessions import Usable
from coaching.zones import ZoneInfo, first_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A grant that paid, and the zone of its owner's calendar (`time_zone`), by which its credits end.

    `expires_at` is aware UTC (None: never); `last_day` is the day that ends then, where a day was meant. `closed`: what
    was left of it has been expired already, whatever this clock shows. `parent_id` is the grant that a returned grant
    came from.
    """

    id: str
    label: str = CREDITS
    expires_at: datetime | None = None
    closed: bool = False
    parent_id: str | None = None
    pool: str | None = None
    time_zone: str | None = None
    last_day: LocalDay | None = None

    def __post_init__(self) -> None:
        require_utc(self.expires_at)


@dataclass(frozen=True, slots=True)
class Payment:
    """What a grant has in a session's account, or in what that session forfeited, in hundredths of a credit."""

    source: Source
    amount: int

    @property
    def part(self) -> Part:
        """The grant's id and the amount only."""
        return Part(self.source.id, self.amount)


@dataclass(frozen=True, slots=True)
class Back:
    """A part of what comes back: `amount` (hundredths) of what `grant_id` paid, usable until `until` (None: no end).

    `last_day` is the day of the owner's calendar that ends then, where a day is meant. The part goes back into that
    grant, or with a `parent_id` into a grant returned from that one. `lapsed`: it would come back after `until`, so it
    does not. `label` and `pool` name the credits.
    """

    grant_id: str
    amount: int
    until: datetime | None
    parent_id: str | None = None
    lapsed: bool = False
    label: str = CREDITS
    pool: str | None = None
    last_day: LocalDay | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A grant to open for what comes back. It has the owner and the session types of `parent_id`."""

    id: str
    parent_id: str
    last_day: LocalDay


Opened = Mapping[tuple[str, datetime | None], Returned]
"""The grants that one action opens, by parent and end. All returns of the action share them."""


def go_back(
    payment: Payment, amount: int, now: datetime, period: timedelta, *, given: bool, elsewhere: str = "UTC"
) -> Back:
    """Return where an amount goes back to at `now`, and until when it can be used.

    `given`: a coach, an admin or a deadline returns it, not the client by canceling. Where the owner's zone is not
    known, a return period ends with a day in the zone `elsewhere`.
    """
    source = payment.source
    ends, final = source.expires_at, source.parent_id is not None and not given
    very = Back(source.id, amount, ends, label=source.label, pool=source.pool, last_day=source.last_day)
    lasts = not source.closed and (ends is None or now < ends)
    if lasts and (ends is None or final or ends >= now + period):
        return very
    if final:
        return replace(very, lapsed=True)
    last = _last_day(now + period, first_known(source.time_zone, elsewhere))
    return replace(very, until=last.end(), parent_id=source.parent_id or source.id, last_day=last)


def final_ends(payments: Iterable[Payment]) -> list[tuple[datetime, LocalDay | None]]:
    """Return the final ends of credits that a client gets back by canceling, each with its last day, if any."""
    sources = [payment.source for payment in payments]
    return [
        (one.expires_at, one.last_day) for one in sources if one.parent_id is not None and one.expires_at is not None
    ]


def _last_day(at: datetime, zone: ZoneInfo) -> LocalDay:
    """Return the day on which an instant falls, or the next one if that day's last second is earlier."""
    day = local_day(at.astimezone(zone).date(), zone.key)
    return day if day.end() >= at else local_day(day.day + timedelta(days=1), zone.key)


def to_open(backs: Iterable[Back], now: datetime) -> dict[tuple[str, datetime | None], Returned]:
    """Return the grants to open for what comes back at `now`."""
    return {
        (back.parent_id, back.until): Returned(new_id(now), back.parent_id, back.last_day)
        for back in dict.fromkeys(backs)
        if back.parent_id is not None and back.last_day is not None
    }


def usable(backs: Iterable[Back]) -> tuple[Usable, ...]:
    """Return what comes back, grouped by when it ends, the soonest first."""
    ends: dict[tuple[datetime | None, LocalDay | None], int] = {}
    for back in backs:
        if not back.lapsed:
            ends[back.until, back.last_day] = ends.get((back.until, back.last_day), 0) + back.amount
    found = [Usable(amount, until, last_day) for (until, last_day), amount in ends.items()]
    return tuple(sorted(found, key=lambda one: (one.until is None, one.until)))


def settle(
    session_id: str,
    cancellation_no: int,
    payments: Sequence[Payment],
    backs: Sequence[Back],
    opened: Opened,
    at: datetime,
) -> list[Transfer]:
    """Return the transfers that settle a canceled session: what comes back to where it goes, the rest to `forfeited`.

    Keys carry the cancellation number and the grant that paid, so one cancellation settles once, however often it is
    retried.
    """
    source, transfers, which = session_account(session_id), [], (cancellation_no, Ruling.POLICY)
    coming = {back.grant_id: back for back in backs if not back.lapsed}
    for payment in payments:
        paid_by, back = payment.source.id, coming.get(payment.source.id)
        returned = back.amount if back else 0
        key = f"cancel:{session_id}:{cancellation_no}:{paid_by}"
        if back is not None:
            kind, into = TransferKind.REFUND, _into(back, opened)
            transfers.append(
                Transfer(
                    f"{key}:{kind}", kind, source, grant_account(into), returned, at, session_id, into, *which, paid_by
                )
            )
        if payment.amount > returned:
            kind, amount = TransferKind.FORFEIT, payment.amount - returned
            transfers.append(
                Transfer(f"{key}:{kind}", kind, source, FORFEITED, amount, at, session_id, paid_by, *which, paid_by)
            )
    return transfers


def late_refund(
    session_id: str,
    cancellation_no: int,
    backs: Sequence[Back],
    opened: Opened,
    at: datetime,
    *,
    later: bool = False,
) -> list[Transfer]:
    """Return the transfers of a late refund: these parts of what the cancellation forfeited go back.

    `later`: they come from what an earlier decision kept. Its keys are different, so that this too happens only once.
    """
    transfers, ruling = [], Ruling.LATER if later else Ruling.LATE
    for back in backs:
        key, into = f"{ruling}:{session_id}:{cancellation_no}:{back.grant_id}", _into(back, opened)
        kind, target = TransferKind.LATE_REFUND, grant_account(into)
        which = (session_id, into, cancellation_no, ruling, back.grant_id)
        transfers.append(Transfer(key, kind, FORFEITED, target, back.amount, at, *which))
    return transfers


def _into(back: Back, opened: Opened) -> str:
    return back.grant_id if back.parent_id is None else opened[back.parent_id, back.until].id
