"""What the columns and words of somebody else's file mean here."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from coaching.imports import BadFile, shown
from coaching.texts import folded


class Target(StrEnum):
    """What a column of theirs can be."""

    CLIENT = "client"
    COACH = "coach"
    TYPE = "session_type"
    START = "start"
    """One column, or a date and a time."""
    END = "end"
    """One column, or a date and a time; a time alone is on the day of the start."""
    DURATION = "duration"
    ZONE = "time_zone"
    STATUS = "status"
    ID = "session_id"
    PACKAGE = "package"
    CREDITS = "credits"
    LINK = "meeting_link"
    PRICE = "price"
    CURRENCY = "currency"


class DateOrder(StrEnum):
    """Which number of a date such as 03/12/2026 is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class Meaning(StrEnum):
    """What a status of theirs is here."""

    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    CANCELED = "canceled"
    LEFT_OUT = "leave out"
    """Lines with it are not brought in: nothing was ever agreed."""


NEEDED = (Target.CLIENT, Target.COACH, Target.TYPE, Target.START, Target.DURATION, Target.ZONE)
"""What every session has. A duration may come from the end."""
CONSTANT = (Target.COACH, Target.TYPE, Target.DURATION, Target.ZONE, Target.PACKAGE, Target.CREDITS, Target.CURRENCY)
"""What can be the same for a whole file, so that it needs no column."""
_TWO = (Target.START, Target.END)
_Kind = TypeVar("_Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMap:
    """How a file is read. Words of theirs are keys in `statuses`, `zones` and `people`, as `word_key` makes them."""

    columns: Mapping[Target, Sequence[str]]
    always: Mapping[Target, str] = field(default_factory=dict)
    order: DateOrder | None = None
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None

    def known(self, target: Target) -> bool:
        """Return whether every line has this, by a column or always."""
        if target is Target.DURATION and self.columns.get(Target.END):
            return True
        return bool(self.columns.get(target) or self.always.get(target))

    def lacking(self) -> list[Target]:
        """Return what no session can be made without and this file does not have yet."""
        return [target for target in NEEDED if not self.known(target)]

    def named(self, target: Target) -> str:
        """Return the names of the columns of a target, for messages."""
        return " + ".join(self.columns.get(target) or ()) or str(target)


def word_key(text: str) -> str:
    """Return the key of a word of theirs: without case, accents and superfluous space."""
    return " ".join(folded(text).split())


def columns_key(names: Iterable[str]) -> str:
    """Return the key of a set of columns, by which the meaning of a file is remembered."""
    every = "\x1f".join(sorted({word_key(name) for name in names if name.strip()}))
    return hashlib.sha256(every.encode()).hexdigest()[:40]


def dump(found: FileMap) -> str:
    """Return a file map as it is stored."""
    return json.dumps(_plain(found), ensure_ascii=False)


def load(text: str) -> FileMap:
    """Return a stored file map. Raises BadFile."""
    return _read(json.loads(text))


def written(found: FileMap) -> str:
    """Return a file map as a TOML file, which `read` reads."""
    top, tables = [], []
    for name, value in _plain(found).items():
        if isinstance(value, dict):
            tables += ["", f"[{name}]", *(f"{_quoted(key)} = {_toml(one)}" for key, one in value.items())]
        else:
            top.append(f"{name} = {_toml(value)}")
    return "\n".join(["# What the columns and words of a file mean.", *top, *tables, ""])


def read(text: str) -> FileMap:
    """Return the file map in a TOML file. Raises BadFile that says what is wrong with it."""
    try:
        return _read(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"The mapping is not TOML: {error}.") from None


def _plain(found: FileMap) -> dict[str, Any]:
    columns = {str(target): list(names) for target, names in found.columns.items() if names}
    plain: dict[str, Any] = {
        "encoding": found.encoding,
        "separator": found.separator,
        "order": found.order and str(found.order),
        "columns": {target: names[0] if len(names) == 1 else names for target, names in columns.items()},
        "always": {str(target): value for target, value in found.always.items() if value},
        "statuses": {word: str(meaning) for word, meaning in found.statuses.items()},
        "zones": dict(found.zones),
        "people": dict(found.people),
    }
    return {name: value for name, value in plain.items() if value}


def _read(given: Mapping[str, Any]) -> FileMap:
    known = ("encoding", "separator", "order", "columns", "always", "statuses", "zones", "people")
    for name in given:
        if name not in known:
            raise BadFile(f"The mapping has {shown(name)!r}, which means nothing. It may have: {', '.join(known)}.")
    columns = {_one(Target, name, "columns"): _names(name, value) for name, value in _table(given, "columns").items()}
    for target, names in columns.items():
        if len(names) > (2 if target in _TWO else 1):
            raise BadFile(f"The mapping gives {target} {len(names)} columns: a date and a time at most.")
    always = {_one(Target, name, "always"): value for name, value in _texts(given, "always").items()}
    for target in always:
        if target not in CONSTANT:
            raise BadFile(f"The mapping has the same {target} for every line. That can be: {', '.join(CONSTANT)}.")
    separator = _text(given, "separator")
    if separator is not None and len(separator) != 1:
        raise BadFile("The mapping's separator is not one character.")
    order = _text(given, "order")
    return FileMap(
        columns=columns,
        always=always,
        order=None if order is None else _one(DateOrder, order, "order"),
        statuses={
            word_key(word): _one(Meaning, value, f"statuses, {shown(word)!r}")
            for word, value in _texts(given, "statuses").items()
        },
        zones={word_key(word): value for word, value in _texts(given, "zones").items()},
        people={word_key(word): value for word, value in _texts(given, "people").items()},
        encoding=_text(given, "encoding"),
        separator=separator,
    )


def _table(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise BadFile(f"The mapping's {name} is not a table: write [{name}] and a line for each.")
    return value


def _texts(given: Mapping[str, Any], name: str) -> Mapping[str, str]:
    table = _table(given, name)
    for key, value in table.items():
        if not isinstance(value, str):
            raise BadFile(f'The mapping\'s {name} has a value for {shown(key)!r} that is not text: put it in "…".')
    return table


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise BadFile(f'The mapping\'s {name} is not text: put it in "…".')
    return value


def _names(target: str, value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise BadFile(f"The mapping's column for {shown(target)} is not a name, nor a list of two.")
    return tuple(" ".join(one.split()) for one in names)


def _one(kind: type[_Kind], text: str, where: str) -> _Kind:
    try:
        return kind(text)
    except ValueError:
        every = ", ".join(one.value for one in kind)
        raise BadFile(f"The mapping has {shown(text)!r} ({where}), which means nothing. It may be: {every}.") from None


def _toml(value: object) -> str:
    # Strings and lists of strings are written alike in JSON and TOML, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quoted(key: str) -> str:
    return key if key.isascii() and key.isidentifier() else _toml(key)
