"""Parsing of sessions from CSV, line by line. Every mistake is reported with its column and how to fix it."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from coaching import credits
from coaching.cells import disarmed
from coaching.errors import BadSetting
from coaching.export_columns import AGREED_LOCALLY, FURTHER
from coaching.localtime import LocalTime, local_time
from coaching.mail_ids import pending_id
from coaching.meetings import meeting_link
from coaching.naming import kept_name, visible
from coaching.policy import Policy, refund_cutoff
from coaching.sessions import ERASED, Money
from coaching.written_times import BadTime, has_offset, parse_start
from coaching.zone_words import BadZone, ZoneFault, zone_written

REQUIRED = ("session_id", "client", "coach", "session_type", "starts_at", "duration_minutes", "time_zone")
OPTIONAL = ("package", "credits", "status", "meeting_link", "price_cents", "currency")
COLUMNS = REQUIRED + OPTIONAL
_KNOWN = {*COLUMNS, AGREED_LOCALLY, *FURTHER}

MAX_ID, MAX_NAME, MAX_EMAIL, MAX_MINUTES = 64, 120, 254, 1440
MAX_CREDITS = 1000
"""The highest price of a session in credits: more is a typing error, and sums of it would not fit the ledger."""

_T = TypeVar("_T")
_SLACK_ID = re.compile(rf"[UW][A-Z0-9]{{2,40}}|{ERASED}[0-9a-f]{{20}}")
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")
_NUMBER = re.compile(r"[0-9]{1,12}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a column (None: with the line), and how to fix it."""

    column: str | None
    message: str
    value: str = ""
    target: str | None = None
    """Which of our columns it is about, where `column` is somebody else's name for it."""

    def __str__(self) -> str:
        return self.message if self.column is None else f"{self.column}: {self.message}"


class BadLine(Exception):
    """A line cannot be imported; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class BadFile(Exception):
    """The rest of the file cannot be read. The message says why and how to fix it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLine:
    """One valid line. Instants are aware UTC; `price` is in hundredths of a credit; people are ids as in `Person`."""

    session_id: str
    client: str
    coach: str
    session_type: str
    starts_at: datetime
    length: timedelta
    time_zone: str
    local: LocalTime
    package: str | None
    price: int
    canceled: bool
    meeting_link: str | None
    money: Money | None


@dataclass(frozen=True, slots=True)
class Header:
    """The position of each column in this file."""

    places: Mapping[str, int]
    width: int


def parse_header(cells: Sequence[str]) -> Header:
    """Return the positions of the columns, which may come in any order. Raises BadFile."""
    names = [cell.strip().lower() for cell in cells]
    if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
        raise BadFile("The header is not separated by commas: save the file as CSV with commas between the columns.")
    missing = [name for name in REQUIRED if name not in names]
    unknown = [cell.strip() or "(empty)" for cell, name in zip(cells, names, strict=True) if name not in _KNOWN]
    twice = sorted({name for name in names if names.count(name) > 1 and name in _KNOWN})
    wrong = []
    if missing:
        wrong.append(f"the header lacks {', '.join(missing)}")
    if unknown:
        wrong.append(f"the header names unknown columns: {', '.join(repr(shown(name)) for name in unknown)}")
    if twice:
        wrong.append(f"the header names {', '.join(twice)} twice")
    if wrong:
        text = "; ".join(wrong)
        raise BadFile(f"{text[0].upper()}{text[1:]}. The columns are: {', '.join(COLUMNS)}.")
    return Header({name: place for place, name in enumerate(names)}, len(names))


class _Lines:
    """The lines given to the CSV reader. It records where the reader failed, so error messages need not be parsed."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.last, self.taken, self.over = "", 0, False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.last = next(self._lines)
        except StopIteration:
            self.over = True
            raise
        self.taken += len(self.last)
        return self.last


def read_records(lines: Iterable[str], separator: str = ",") -> Iterator[tuple[int, list[str] | BadLine]]:
    """Yield each record with the physical line (from 1) on which it starts; a malformed record comes as BadLine.

    Blank records are left out. Raises BadFile where a quotation mark is never closed: the records after it cannot be
    separated.
    """
    given = _Lines(lines)
    reader = csv.reader(given, strict=True, delimiter=separator)
    while True:
        start, given.taken = reader.line_num + 1, 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if given.over or given.taken > csv.field_size_limit():
                raise BadFile(
                    f"Line {start}: a quotation mark opens here and is never closed, or a value is longer than "
                    'anything this file can hold. Close it, and write a quotation mark inside a value twice ("").'
                ) from None
            if "\r" in given.last.rstrip("\r\n"):
                message = "has a bare carriage return: save the file with LF or CRLF line ends"
            else:
                message = 'is not valid CSV: put values with commas or quotation marks in "…", and write " inside as ""'
            yield start, BadLine([Problem(None, message)])
            continue
        if any(cell.strip() for cell in cells):
            yield start, cells


def parse_line(header: Header, cells: Sequence[str], now: datetime) -> ImportedLine:
    """Return the session in a line. `now` decides what cannot be completed yet.

    Raises BadLine naming every bad column.
    """
    if len(cells) != header.width:
        raise BadLine(
            [
                Problem(
                    None,
                    f"has {len(cells)} values, but the header names {header.width} columns: "
                    'put values that contain commas in "…" and keep empty ones',
                )
            ]
        )
    line = _Line(header, cells)
    session_id = line.read("session_id", _session_id)
    client = line.read("client", _person)
    coach = line.read("coach", _person)
    session_type = line.read("session_type", _needed_name)
    time_zone = line.read("time_zone", _zone)
    starts_at = None
    if time_zone is not None:
        starts_at = line.read("starts_at", lambda text: _start(text, time_zone))
    minutes = line.read("duration_minutes", _minutes)
    package = line.read("package", _name)
    money = _money(line)
    price = line.read("credits", lambda text: _price(text, packaged=bool(package), money=money))
    status = line.read("status", _status)
    link = line.read("meeting_link", _link)
    if client is not None and client == coach:
        line.wrong("coach", "is the same person as the client: a session needs two people")
    if starts_at is not None and minutes is not None and status == "completed":
        ends_at = starts_at + timedelta(minutes=minutes)
        if ends_at > now:
            line.wrong("status", "says completed, but the session is not over yet: write scheduled, or mend starts_at")
    if (
        line.problems
        or session_id is None
        or client is None
        or coach is None
        or session_type is None
        or time_zone is None
        or starts_at is None
        or minutes is None
        or price is None
    ):
        raise BadLine(line.problems)
    return ImportedLine(
        session_id=session_id,
        client=client,
        coach=coach,
        session_type=session_type,
        starts_at=starts_at,
        length=timedelta(minutes=minutes),
        time_zone=time_zone,
        local=local_time(
            starts_at,
            time_zone,
            by_instant=has_offset(line.text("starts_at")) and line.text(AGREED_LOCALLY).lower() != "yes",
        ),
        package=package or None,
        price=price,
        canceled=status == "canceled",
        meeting_link=link or None,
        money=money,
    )


def terms(policy: Policy, starts_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return (booked at, refund cutoff) of an imported session, both UTC.

    It was booked elsewhere, long ago, so its booking grace is over and the cutoff is start − window. Otherwise
    importing a session that starts tomorrow morning would make it refundable for another quarter of an hour.
    """
    window = policy.full_window or timedelta(0)
    booked_at = min(now, starts_at - window) - policy.booking_grace
    return booked_at, refund_cutoff(policy, starts_at=starts_at, booked_at=booked_at)


def shown(text: str, limit: int = 60) -> str:
    """Return text from a file shortened, on one line, without characters that could control a terminal."""
    clean = "".join(c if c.isprintable() else "�" for c in text[:limit])
    return clean + ("…" if len(text) > limit else "")


class _Line:
    """The cells of one line, and the problems found so far."""

    def __init__(self, header: Header, cells: Sequence[str]) -> None:
        self._header, self._cells = header, cells
        self.problems: list[Problem] = []

    def text(self, column: str) -> str:
        place = self._header.places.get(column)
        return "" if place is None else disarmed(self._cells[place].strip())

    def wrong(self, column: str, message: str, value: str = "") -> None:
        self.problems.append(Problem(column, message, value))

    def read(self, column: str, parse: Callable[[str], _T]) -> _T | None:
        """Return the parsed value of a column. If it is invalid, record a problem and return None."""
        text = self.text(column)
        if not text and column in REQUIRED:
            self.wrong(column, "is empty")
            return None
        try:
            return parse(text)
        except _Wrong as wrong:
            self.wrong(column, f"{shown(text)!r} {wrong}" if text else str(wrong), text)
            return None


class _Wrong(Exception):
    """The words that follow the value in a problem."""


def _session_id(text: str) -> str:
    if len(text) > MAX_ID:
        raise _Wrong(f"is too long: at most {MAX_ID} characters")
    if not text.isprintable() or not visible(text):
        raise _Wrong("contains control or invisible characters: remove them")
    return text


@lru_cache(maxsize=4096)
def _person(text: str) -> str:
    if _SLACK_ID.fullmatch(text):
        return text
    if "@" not in text:
        raise _Wrong("is neither a Slack user id (like U012AB3CD, in capitals) nor an e-mail address")
    person = pending_id(text)
    if not _EMAIL.fullmatch(text) or not text.isprintable() or len(person) - len(pending_id("")) > MAX_EMAIL:
        raise _Wrong("is not an e-mail address: write it like anna@example.com")
    return person


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    name = kept_name(text)
    if len(name) > MAX_NAME:
        raise _Wrong(f"is too long: at most {MAX_NAME} characters")
    # Format characters stay: emoji and right-to-left names need them. NUL and similar ones are refused by databases
    # too.
    if any(c < " " or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff" for c in name):
        raise _Wrong("contains control characters: remove them")
    return name


def _needed_name(text: str) -> str:
    name = _name(text)
    if not name:
        raise _Wrong("has nothing in it that can be seen, so it counts as empty")
    return name


_ZONE_FAULTS = {
    ZoneFault.UNKNOWN: "is not an IANA time zone: write one like America/New_York or Europe/London",
    ZoneFault.OTHER_CASE: "is written {meant}",
    ZoneFault.NO_PLACE: "names no place, and says nothing of when clocks change there: did you mean {meant}?",
    ZoneFault.NO_OFFSET: "is no whole number of hours from GMT-12 to GMT+14: write a place, like Asia/Kolkata",
}


def _zone(text: str) -> str:
    try:
        return zone_written(text)
    except BadZone as error:
        raise _Wrong(_ZONE_FAULTS[error.fault].format(meant=error.meant)) from None


def _start(text: str, time_zone: str) -> datetime:
    try:
        return parse_start(text, time_zone)
    except BadTime as error:
        raise _Wrong(str(error)) from None


def _minutes(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 0 < int(text) <= MAX_MINUTES:
        raise _Wrong(f"is not a whole number of minutes from 1 to {MAX_MINUTES}")
    return int(text)


def _price(text: str, *, packaged: bool, money: Money | None) -> int:
    if not text:
        return credits.ONE_CREDIT if packaged or money is None else 0
    if not _DECIMAL.fullmatch(text):
        raise _Wrong("is not a number of credits: write 1, 0.5 or 2.25, with a point and without a sign")
    try:
        price = credits.parse_credits(text)
    except ValueError:
        raise _Wrong("is finer than a hundredth of a credit: use steps of 0.01") from None
    if price > MAX_CREDITS * credits.ONE_CREDIT:
        raise _Wrong(f"is too much for one session: at most {MAX_CREDITS} credits")
    return price


def _status(text: str) -> str:
    status = {"": "scheduled", "cancelled": "canceled"}.get(text.lower(), text.lower())
    if status not in ("scheduled", "completed", "canceled"):
        raise _Wrong("is no status: write scheduled, completed or canceled")
    return status


def _link(text: str) -> str:
    try:
        return meeting_link(text) or ""
    except BadSetting as wrong:
        raise _Wrong(f"cannot be used: {wrong}") from None


def _money(line: _Line) -> Money | None:
    cents, currency = line.text("price_cents"), line.text("currency")
    if not cents and not currency:
        return None
    if not cents or not currency:
        empty, other = ("price_cents", "currency") if not cents else ("currency", "price_cents")
        line.wrong(empty, f"is empty while {other} is not: fill in both or none")
        return None
    good = True
    if not _NUMBER.fullmatch(cents):
        line.wrong("price_cents", f"{shown(cents)!r} is not a whole number of cents, zero or more")
        good = False
    if not _CURRENCY.fullmatch(currency):
        line.wrong("currency", f"{shown(currency)!r} is not a currency: write its three capital letters, like USD")
        good = False
    return Money(int(cents), currency) if good else None
