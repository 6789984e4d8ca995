"""What a file does not say by itself: asked once for the whole file, before anything is read into sessions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from coaching.bringing import amounts
from coaching.bringing.file_map import DateOrder, FileMap, Meaning, Target, word_key
from coaching.bringing.moments import BadMoment, moment, orders
from coaching.bringing.reader import Places
from coaching.bringing.statuses import meaning_of
from coaching.bringing.words import is_person, person_in
from coaching.bringing.zones import UnknownName, zone_in_file
from coaching.imports import BadFile, BadLine, shown

MOST = 200
"""Different words of a kind. A column with more is another column than somebody thought."""
_BOTH = frozenset(DateOrder)


class Ask(StrEnum):
    """What has to be answered."""

    COLUMN = "column"
    ORDER = "order"
    STATUS = "status"
    ZONE = "zone"
    PERSON = "person"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a file. `word` is theirs (or the target that has no column), `line` the first that has it.

    `meant` is what it probably means: a proposal, never an answer.
    """

    ask: Ask
    word: str
    line: int
    count: int = 1
    meant: str | None = None


@dataclass(slots=True)
class Facts:
    """What the whole file says. `order` is that of its dates, if they say it or somebody did."""

    lines: int = 0
    order: DateOrder | None = None
    questions: list[Question] = field(default_factory=list)


@dataclass(slots=True)
class _Word:
    text: str
    line: int
    count: int = 0
    meant: str | None = None


class _Words:
    """The words that nobody explained yet, each once."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._found: dict[str, _Word] = {}

    def add(self, text: str, line: int, meant: str | None = None) -> None:
        word = self._found.setdefault(word_key(text), _Word(text, line, meant=meant))
        word.count += 1
        if len(self._found) > MOST:
            raise BadFile(f"The column {shown(self._column)!r} has more than {MOST} words that mean nothing here.")

    def questions(self, ask: Ask) -> list[Question]:
        return [Question(ask, word.text, word.line, word.count, word.meant) for word in self._found.values()]


def facts(found: FileMap, names: Sequence[str], records: Iterable[tuple[int, list[str] | BadLine]]) -> Facts:
    """Return what a whole file says, and what is open. `records` are those after the header. Raises BadFile."""
    survey = _Survey(found, names)
    for number, record in records:
        survey.add(number, record)
    return survey.result()


class _Survey:
    """Everything in a file that has to be known before it is read into sessions."""

    def __init__(self, found: FileMap, names: Sequence[str]) -> None:
        self._map, self._places = found, Places(found, names)
        self._dates = _Dates()
        self._statuses, self._zones, self._people, self._prices = (
            _Words(found.named(target)) for target in (Target.STATUS, Target.ZONE, Target.COACH, Target.PRICE)
        )
        self._lines, self._ranges = 0, True

    def add(self, number: int, record: list[str] | BadLine) -> None:
        """Look at one record. What is wrong with it is said when it is read."""
        self._lines += 1
        if isinstance(record, BadLine):
            return
        try:
            cells = self._places.cells(record)
        except BadLine:
            return
        if status := self._places.text(cells, Target.STATUS):
            meaning = meaning_of(status, self._map.statuses)
            if meaning is None:
                self._statuses.add(status, number)
            if meaning is Meaning.LEFT_OUT:
                return
        self._add_times(number, cells)
        coach = self._places.text(cells, Target.COACH)
        if coach and not is_person(person_in(coach, self._map.people)):
            self._people.add(coach, number)
        price = self._places.text(cells, Target.PRICE)
        if price and not self._places.text(cells, Target.CURRENCY) and amounts.currency_of(price) is None:
            self._prices.add(price, number)

    def _add_times(self, number: int, cells: Sequence[str]) -> None:
        zones = [self._places.text(cells, Target.ZONE)]
        for target in (Target.START, Target.END):
            if text := self._places.text(cells, target):
                self._dates.add(text, number)
                behind, ranged = _behind(text)
                zones.append(behind)
                if target is Target.START:
                    self._ranges = self._ranges and ranged
        for zone in filter(None, zones):
            try:
                zone_in_file(zone, self._map.zones)
            except UnknownName as unknown:
                self._zones.add(zone, number, unknown.meant)

    def result(self) -> Facts:
        """Return what was found."""
        order, open_order = self._dates.order(self._map.order)
        lacking = self._map.lacking()
        if self._lines and self._ranges and Target.START not in lacking:
            # Each start has its end behind a dash.
            lacking = [target for target in lacking if target is not Target.DURATION]
        asked = [
            *(Question(Ask.COLUMN, str(target), 1) for target in lacking),
            *open_order,
            *self._statuses.questions(Ask.STATUS),
            *self._zones.questions(Ask.ZONE),
            *self._people.questions(Ask.PERSON),
            *self._prices.questions(Ask.CURRENCY)[:1],
        ]
        return Facts(self._lines, order, asked)


class _Dates:
    """The orders in which every date of the file exists."""

    def __init__(self) -> None:
        self._possible = _BOTH
        self._example: tuple[str, int] | None = None
        self._first: dict[DateOrder, tuple[str, int]] = {}

    def add(self, text: str, line: int) -> None:
        found = orders(text)
        if not found:  # it says by itself, or exists in no order: then its line is refused
            return
        self._example = self._example or (text, line)
        if len(found) == 1:
            self._first.setdefault(next(iter(found)), (text, line))
            self._possible &= found

    def order(self, said: DateOrder | None) -> tuple[DateOrder | None, list[Question]]:
        """Return the order of the dates, or the question about it. Raises BadFile where there is none for all."""
        if self._example is None:
            return said, []
        if not self._possible:
            (day, at), (month, there) = self._first[DateOrder.DAY_FIRST], self._first[DateOrder.MONTH_FIRST]
            raise BadFile(
                f"Line {at} has {shown(day)!r}, where the day comes first, and line {there} has {shown(month)!r}, where "
                "the month does: write all dates in one way."
            )
        if said in self._possible:
            return said, []
        if len(self._possible) == 1 and said is None:
            return next(iter(self._possible)), []
        text, line = self._example if len(self._possible) > 1 else self._first[next(iter(self._possible))]
        return None, [Question(Ask.ORDER, text, line)]


def _behind(text: str) -> tuple[str, bool]:
    """Return the name of a zone behind a time, and whether the text has an end as well."""
    for order in DateOrder:
        try:
            found = moment(text, order)
        except BadMoment:
            continue
        return ("" if _is_offset(found.zone) else found.zone), found.until is not None
    return "", False


def _is_offset(zone: str) -> bool:
    return not zone or any(sign.isdigit() for sign in zone) or zone.casefold() in ("z", "utc", "gmt")
