"""Sessions from the records of a file whose columns and words are known."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from coaching.bringing import amounts
from coaching.bringing.amounts import BadAmount
from coaching.bringing.file_map import DateOrder, FileMap, Meaning, Target
from coaching.bringing.moments import BadMoment, Moment, moment
from coaching.bringing.statuses import meaning_of
from coaching.bringing.text import fitted
from coaching.bringing.words import is_person, person_in
from coaching.bringing.zones import UnknownName, zone_in_file
from coaching.cells import armed, disarmed
from coaching.imports import COLUMNS, MAX_ID, BadFile, BadLine, ImportedLine, Problem, parse_header, parse_line, shown
from coaching.written_times import BadTime, parse_start

_HEADER = parse_header(COLUMNS)
_OFFSET = re.compile(r"(?:utc|gmt)? ?([+\u2212-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_THEIRS: Mapping[str, Target] = {
    "starts_at": Target.START,
    "duration_minutes": Target.DURATION,
    "price_cents": Target.PRICE,
    **{str(target): target for target in Target if str(target) in COLUMNS},
}
_T = TypeVar("_T")


class Places:
    """Where a file has what."""

    def __init__(self, found: FileMap, names: Sequence[str]) -> None:
        """Raise BadFile for columns that the file does not have."""
        missing = sorted({name for columns in found.columns.values() for name in columns} - set(names))
        if missing:
            raise BadFile(f"The file has no column {', '.join(repr(shown(name)) for name in missing)}.")
        self.width = len(names)
        self._at = {target: [names.index(name) for name in columns] for target, columns in found.columns.items()}
        self._always = found.always

    def cells(self, record: Sequence[str]) -> list[str]:
        """Return a record as wide as the header. Raises BadLine."""
        return fitted(record, self.width)

    def own(self, cells: Sequence[str], target: Target) -> str:
        """Return what a line itself says."""
        return " ".join(text for at in self._at.get(target, ()) if (text := disarmed(cells[at].strip())))

    def text(self, cells: Sequence[str], target: Target) -> str:
        """Return what a line says, or what is the same for all lines."""
        return self.own(cells, target) or self._always.get(target, "")


class Reader:
    """Makes sessions of records. `order` is that of the dates, once it is known."""

    def __init__(self, found: FileMap, names: Sequence[str], now: datetime, order: DateOrder | None = None) -> None:
        self._map, self._now, self._order = found, now, order or found.order
        self._places = Places(found, names)

    def line(self, record: Sequence[str]) -> ImportedLine | None:
        """Return the session of a record, or None where its status says to leave it out.

        Raises BadLine that names every bad column as the file names it.
        """
        line = _Line(self._map, self._places, self._places.cells(record), self._order)
        cells = line.translated()
        if cells is None:
            return None
        if line.problems:
            raise BadLine(line.problems)
        try:
            return parse_line(_HEADER, [armed(cells.get(name, "")) for name in COLUMNS], self._now)
        except BadLine as error:
            raise BadLine([self._theirs(problem) for problem in error.problems]) from None

    def _theirs(self, problem: Problem) -> Problem:
        target = _THEIRS.get(problem.column or "")
        return (
            problem
            if target is None
            else Problem(self._map.named(target), problem.message, problem.value, problem.column)
        )


class _Line:
    """One record on its way into our columns."""

    def __init__(self, found: FileMap, places: Places, cells: Sequence[str], order: DateOrder | None) -> None:
        self._map, self._places, self._cells, self._order = found, places, cells, order
        self.problems: list[Problem] = []

    def translated(self) -> dict[str, str] | None:
        status = self._status()
        if status is Meaning.LEFT_OUT:
            return None
        zone = self._read(Target.ZONE, lambda text: zone_in_file(text, self._map.zones)) or ""
        starts_at = zoned = ""
        length = ""
        start = self._read(Target.START, self._start)
        if start is not None:
            starts_at, zoned = self._instant(start, zone)
            if starts_at:
                length = self._length(start, starts_at, zoned or zone)
        cells = {
            "client": self._person(Target.CLIENT),
            "coach": self._person(Target.COACH),
            "session_type": self._text(Target.TYPE),
            "starts_at": starts_at,
            "duration_minutes": length,
            "time_zone": zone or zoned,
            "package": self._text(Target.PACKAGE),
            "credits": amounts.decimal(self._text(Target.CREDITS)),
            "status": str(status or ""),
            "meeting_link": self._text(Target.LINK),
            **self._price(),
        }
        return {**cells, "session_id": self._id(cells)}

    def _text(self, target: Target) -> str:
        return self._places.text(self._cells, target)

    def _wrong(self, target: Target, text: str, words: str) -> None:
        said = f"{shown(text)!r} {words}" if text else words
        self.problems.append(Problem(self._map.named(target), said, text, str(target)))

    def _read(self, target: Target, parse: Callable[[str], _T]) -> _T | None:
        text = self._text(target)
        if not text:
            if target is not Target.ZONE:
                self._wrong(target, "", "is empty")
            return None
        try:
            return parse(text)
        except (BadMoment, BadAmount, BadTime) as wrong:
            self._wrong(target, text, str(wrong))
        except UnknownName as unknown:
            meant = f": does it mean {unknown.meant}?" if unknown.meant else ""
            self._wrong(target, text, f"is a time zone that nobody has named yet{meant}")
        return None

    def _status(self) -> Meaning | None:
        text = self._text(Target.STATUS)
        if not text:
            return Meaning.SCHEDULED
        meaning = meaning_of(text, self._map.statuses)
        if meaning is None:
            self._wrong(Target.STATUS, text, "is a status that nobody has explained yet")
        return meaning

    def _person(self, target: Target) -> str:
        text = self._text(target)
        found = person_in(text, self._map.people)
        if text and not is_person(found):
            self._wrong(target, text, "is neither an e-mail address nor a Slack user id, and nobody said who it is")
        return found

    def _start(self, text: str) -> Moment:
        found = moment(text, self._order)
        if found.day is None or found.at is None:
            raise BadMoment("has no day" if found.day is None else "has no time")
        return found

    def _instant(self, start: Moment, zone: str) -> tuple[str, str]:
        """Return a start in our words, and the zone behind its time."""
        local = f"{start.day}T{start.at}"
        if not start.zone:
            if not zone and not self.problems:
                self._wrong(Target.ZONE, "", "is empty")
            return local, ""
        if (offset := _offset(start.zone)) is not None:
            return local + offset, ""
        zoned = self._named_zone(Target.START, start.zone)
        if zoned is None:
            return "", ""
        if not zone or zoned == zone:
            return local, zoned
        try:
            return f"{parse_start(local, zoned):%Y-%m-%dT%H:%M:%S}Z", zoned
        except BadTime as wrong:
            self._wrong(Target.START, local, str(wrong))
            return "", ""

    def _named_zone(self, target: Target, name: str) -> str | None:
        try:
            return zone_in_file(name, self._map.zones)
        except UnknownName:
            self._wrong(target, name, "is a time zone that nobody has named yet")
            return None

    def _length(self, start: Moment, starts_at: str, zone: str) -> str:
        """Return the minutes of a session: as the line says, else until its end, else as every line."""
        if self._places.own(self._cells, Target.DURATION):
            return str(self._read(Target.DURATION, amounts.minutes) or "")
        until, text = start.until, self._text(Target.END)
        if not text and until is None:
            return str(self._read(Target.DURATION, amounts.minutes) or "")
        try:
            end = moment(text, self._order) if text else Moment(at=until)
            return str(amounts.minutes_between(self._until(end, start, starts_at, zone)))
        except (BadMoment, BadAmount, BadTime) as wrong:
            self._wrong(Target.END if text else Target.START, text, str(wrong))
            return ""

    def _until(self, end: Moment, start: Moment, starts_at: str, zone: str) -> timedelta:
        if end.at is None:
            raise BadMoment("has no time")
        begins = parse_start(starts_at, zone or "UTC")
        day = end.day or start.day
        behind = end.zone or start.zone
        offset = _offset(behind) or ""
        if behind and not offset:
            zone = self._named_zone(Target.END, behind) or zone
        ends = parse_start(f"{day}T{end.at}{offset}", zone or "UTC")
        if end.day is None and ends <= begins and start.day is not None:  # past midnight
            ends = parse_start(f"{start.day + timedelta(days=1)}T{end.at}{offset}", zone or "UTC")
        return ends - begins

    def _price(self) -> dict[str, str]:
        text = self._text(Target.PRICE)
        if not text:
            return {}
        currency = self._places.own(self._cells, Target.CURRENCY).upper() or amounts.currency_of(text)
        currency = currency or self._text(Target.CURRENCY).upper()
        if not currency:
            self._wrong(Target.PRICE, text, "is in a currency that nobody has named")
            return {}
        cents = self._read(Target.PRICE, lambda price: amounts.cents(price, currency or ""))
        return {} if cents is None else {"price_cents": cents, "currency": currency}

    def _id(self, cells: Mapping[str, str]) -> str:
        """Return the id of a session. Where the file has none, it is made of what identifies a session to people."""
        text = self._text(Target.ID)
        if text and len(text) <= MAX_ID:
            return text
        if not text:
            starts_at = cells["starts_at"]
            try:
                instant = f"{parse_start(starts_at, cells['time_zone']).astimezone(UTC):%Y%m%dT%H%M%S}"
            except (BadTime, LookupError):
                instant = starts_at
            text = "\x1f".join([cells["client"].lower(), cells["coach"].lower(), cells["session_type"], instant])
        return f"file-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _offset(zone: str) -> str | None:
    """Return an offset from Greenwich in ISO 8601, or None for other zones."""
    if zone.casefold() in ("z", "utc", "gmt"):
        return "Z"
    found = _OFFSET.fullmatch(zone.strip())
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    return f"{'+' if sign == '+' else '-'}{int(hours):02}:{minutes or '00'}"
