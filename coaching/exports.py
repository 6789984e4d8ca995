"""What leaves the product as CSV: sessions, the ledger and the timeline, a line for each.

Instants are UTC in ISO 8601, with `Z`. Local times have no offset and are in the session's time zone. Amounts are in
credits. Whoever is known by an e-mail address only is named by it; everybody else by their Slack user id.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta

from coaching import zones
from coaching.cells import armed
from coaching.export_columns import AGREED_LOCALLY, FURTHER, What
from coaching.imports import COLUMNS
from coaching.localtime import instant_of, wall_at
from coaching.sessions import PENDING, Person, Status

VALID = timedelta(hours=1)
"""How long an export can be fetched after it was asked for."""
BYTE_ORDER_MARK = "\ufeff"
"""Before a file for spreadsheets: without it some read names with accents wrongly."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on (None: from the beginning), before `until` (None: to the end). Aware UTC."""

    since: datetime | None = None
    until: datetime | None = None

    def __contains__(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Export:
    """What an admin asked for in Slack, to be fetched once by them. Instants are aware UTC."""

    id: str
    maker: Person
    made_at: datetime
    what: Sequence[What]
    span: Span
    fetched_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it can no longer be fetched."""
        return self.fetched_at is not None or now >= self.made_at + VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSession:
    """A session as its row and those that it names have it. Amounts are in hundredths of a credit."""

    id: str
    client_id: str
    client_name: str | None
    client_email: str | None
    coach_id: str
    coach_name: str | None
    coach_email: str | None
    session_type: str
    package: str | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    by_instant: bool
    price: int
    price_cents: int | None
    currency: str | None
    meeting_link: str | None
    status: str
    origin: str
    booked_at: datetime
    refund_cutoff_at: datetime
    reschedules: int
    canceled_at: datetime | None
    canceled_by: str | None
    canceled_role: str | None
    reason: str | None
    returned: int | None

    def cells(self) -> list[str]:
        """Return the line: first what an import takes, in its order."""
        zone = zones.first_known(self.time_zone)
        completed = self.status in (Status.COMPLETED, Status.NO_SHOW)
        return [
            armed(self.id),
            named(self.client_id),
            named(self.coach_id),
            armed(self.session_type),
            instant(self.starts_at),
            str(round((self.ends_at - self.starts_at).total_seconds() / 60)),
            self.time_zone,
            armed(self.package or ""),
            credits_of(self.price),
            str(Status.COMPLETED) if completed else self.status,
            armed(self.meeting_link or ""),
            _number(self.price_cents),
            self.currency or "",
            "no" if self.by_instant else "yes",
            local(self.starts_at, zone),
            instant(self.ends_at),
            local(self.ends_at, zone),
            self.status,
            armed(self.client_name or ""),
            armed(self.client_email or ""),
            armed(self.coach_name or ""),
            armed(self.coach_email or ""),
            instant(self.booked_at),
            instant(self.refund_cutoff_at),
            str(self.reschedules),
            self.origin,
            instant(self.canceled_at),
            named(self.canceled_by),
            self.canceled_role or "",
            armed(self.reason or ""),
            "" if self.returned is None else credits_of(self.returned),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTransfer:
    """A transfer of the ledger. `holder` is whose grant it moves: a person, or a pool with this name."""

    key: str
    at: datetime
    kind: str
    source: str
    target: str
    amount: int
    session_id: str | None
    grant_id: str | None
    grant: str | None
    holder_id: str | None
    holder_name: str | None
    pool: str | None
    client_id: str | None
    cancellation_no: int | None
    ruling: str | None
    by_id: str | None

    def cells(self) -> list[str]:
        """Return the line."""
        return [
            instant(self.at),
            self.kind,
            armed(self.source),
            armed(self.target),
            credits_of(self.amount),
            named(self.holder_id),
            armed(self.holder_name or ""),
            armed(self.pool or ""),
            named(self.client_id),
            armed(self.grant or ""),
            armed(self.grant_id or ""),
            armed(self.session_id or ""),
            _number(self.cancellation_no),
            self.ruling or "",
            named(self.by_id),
            armed(self.key),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEntry:
    """An entry of a session's timeline."""

    session_id: str
    id: str
    at: datetime
    time_zone: str | None
    event: str
    actor_id: str
    actor_name: str | None
    role: str
    amount: int | None
    detail: str | None
    old_starts_at: datetime | None

    def cells(self) -> list[str]:
        """Return the line."""
        return [
            armed(self.session_id),
            instant(self.at),
            local(self.at, zones.first_known(self.time_zone)) if self.time_zone else "",
            self.event,
            named(self.actor_id),
            armed(self.actor_name or ""),
            self.role,
            "" if self.amount is None else credits_of(self.amount),
            armed(self.detail or ""),
            instant(self.old_starts_at),
            self.id,
        ]


Exported = ExportedSession | ExportedTransfer | ExportedEntry

HEADERS: dict[What, Sequence[str]] = {
    What.SESSIONS: (*COLUMNS, AGREED_LOCALLY, *FURTHER),
    What.LEDGER: (
        "at",
        "kind",
        "from_account",
        "to_account",
        "credits",
        "holder",
        "holder_name",
        "pool",
        "client",
        "grant",
        "grant_id",
        "session_id",
        "cancellation",
        "decided_as",
        "by",
        "key",
    ),
    What.TIMELINE: (
        "session_id",
        "at",
        "at_local",
        "event",
        "by",
        "by_name",
        "by_as",
        "credits",
        "detail",
        "moved_from",
        "entry_id",
    ),
}


def span_of(first: date | None, last: date | None, zone: zones.ZoneInfo) -> Span:
    """Return the span of whole days on a zone's calendar, both ends included. None: open on that side.

    So are the first and the last year of the calendar: some of their days have no instant in UTC.
    """
    return Span(
        None if first is None or first.year == MINYEAR else instant_of(datetime.combine(first, time()), zone),
        None
        if last is None or last.year == MAXYEAR
        else instant_of(datetime.combine(last + timedelta(days=1), time()), zone),
    )


def header_of(what: What) -> str:
    """Return the first line of a file."""
    return lines([HEADERS[what]])


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def happened(one: Exported) -> datetime:
    """Return the instant by which a span takes a line: the start of a session, else when it happened."""
    return one.starts_at if isinstance(one, ExportedSession) else one.at


def named(person_id: str | None) -> str:
    """Return how a person is named, as an import reads it."""
    return armed((person_id or "").removeprefix(PENDING))


def instant(at: datetime | None) -> str:
    """Return an instant in ISO 8601, or nothing."""
    return "" if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def local(at: datetime, zone: zones.ZoneInfo) -> str:
    """Return what the clocks of a zone show at an instant."""
    return wall_at(at, zone).isoformat()


def credits_of(hundredths: int) -> str:
    """Return an amount in credits, as short as it is exact."""
    whole, part = divmod(hundredths, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
