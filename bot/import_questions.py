"""The questions at a terminal about a file that another product wrote. Nothing is taken for answered but an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TextIO, TypeVar

from rich.console import Console
from rich.text import Text

from bot.import_words import asked, columns_table
from coaching.bringing.columns import proposed
from coaching.bringing.file_map import CONSTANT, NEEDED, DateOrder, FileMap, Meaning, Target, word_key
from coaching.bringing.questions import Ask, Question
from coaching.bringing.words import is_person
from coaching.imports import shown
from coaching.zone_words import BadZone, zone_meant

_T = TypeVar("_T")
_NONE, _SAME = "-", "="
_WORDS: Mapping[Target, str] = {
    Target.CLIENT: "the client's e-mail address or Slack user id",
    Target.COACH: "the coach (e-mail address, Slack user id or name)",
    Target.TYPE: "the session type",
    Target.START: "the start (a day and a time in two columns: 3+4)",
    Target.END: "the end",
    Target.DURATION: "the length",
    Target.ZONE: "the time zone",
    Target.STATUS: "the status",
    Target.ID: "an id of the session, which makes it safe to bring the file in again",
    Target.PACKAGE: "the package",
    Target.CREDITS: "the price in credits",
    Target.LINK: "the meeting link",
    Target.PRICE: "the price in money",
    Target.CURRENCY: "the currency of the price",
}


class Questions:
    """Asks on a console. `stream` is where the answers come from: the terminal where it is None."""

    def __init__(self, console: Console, stream: TextIO | None = None) -> None:
        self._console, self._stream = console, stream

    def columns(self, names: Sequence[str], examples: Sequence[Sequence[str]], known: FileMap | None) -> FileMap:
        """Ask what each column is. What is known, or what the names say, is proposed."""
        self._say("Another product wrote this file. These are its columns:")
        self._console.print(columns_table(names, examples))
        self._say(
            "Answer each question with a number, or with = and a value that is the same for every line (=UTC), or with - for "
            "none. Return takes what stands in brackets."
        )
        base = known or FileMap(columns=proposed(names))
        columns: dict[Target, Sequence[str]] = {}
        always: dict[Target, str] = {}
        for target in Target:
            if target is Target.DURATION and columns.get(Target.END):
                continue
            if target is Target.CURRENCY and not columns.get(Target.PRICE):
                continue
            found = self._ask(
                f"Which column is {_WORDS[target]}?",
                lambda text, target=target: _column(text, target, names),  # type: ignore[misc]  # mypy infers no default
                _default(base, target, names),
            )
            if isinstance(found, str):
                always[target] = found
            elif found:
                columns[target] = found
        return replace(base, columns=columns, always=always)

    def answer(self, found: FileMap, question: Question) -> FileMap:
        """Ask one question about the file, and return what is known with its answer."""
        words = asked(question, found)
        key = word_key(question.word)
        if question.ask is Ask.ORDER:
            order = self._ask(f"{words} (day/month)", _order)
            return replace(found, order=order)
        if question.ask is Ask.STATUS:
            meaning = self._ask(f"{words} ({', '.join(Meaning)})", _meaning)
            return replace(found, statuses={**found.statuses, key: meaning})
        if question.ask is Ask.ZONE:
            return replace(found, zones={**found.zones, key: self._ask(words, _zone, question.meant)})
        if question.ask is Ask.PERSON:
            return replace(found, people={**found.people, key: self._ask(words, _person, question.meant)})
        if question.ask is Ask.CURRENCY:
            return replace(found, always={**found.always, Target.CURRENCY: self._ask(words, _currency)})
        target = Target(question.word)
        value = self._ask(f"What is {_WORDS[target]}, for every line?", lambda text: _constant(text, target))
        return replace(found, always={**found.always, target: value})

    def sure(self, question: str) -> bool:
        """Return whether the answer is yes."""
        return self._ask(f"{question} (yes/no)", _yes, "no")

    def _ask(self, question: str, parse: Callable[[str], _T], default: str | None = None) -> _T:
        while True:
            brackets = f" [{default}]" if default else ""
            text = self._console.input(Text(f"{question}{brackets}: "), stream=self._stream)
            if self._stream is not None and not text:
                raise EOFError
            try:
                return parse(text.strip() or default or "")
            except ValueError as wrong:
                self._say(str(wrong))

    def _say(self, sentence: str) -> None:
        self._console.print(Text(sentence), soft_wrap=True)


def _default(base: FileMap, target: Target, names: Sequence[str]) -> str | None:
    if columns := [name for name in base.columns.get(target, ()) if name in names]:
        return "+".join(str(names.index(name) + 1) for name in columns)
    if value := base.always.get(target):
        return f"{_SAME}{value}"
    return None if target in NEEDED else _NONE


def _column(text: str, target: Target, names: Sequence[str]) -> Sequence[str] | str:
    """Return the columns of an answer, or the value for every line. Raises ValueError in words for people."""
    if text.startswith(_SAME):
        return _constant(text[1:].strip(), target)
    if text in ("", _NONE):
        if target in NEEDED and target not in (*CONSTANT, Target.DURATION):
            raise ValueError("No session can be made without it.")
        return ()
    if text in names:
        return (text,)
    found = []
    for part in text.split("+"):
        number = part.strip()
        if not number.isdecimal() or not 1 <= int(number) <= len(names):
            raise ValueError(f"{shown(part)!r} is no number from 1 to {len(names)}.")
        found.append(names[int(number) - 1])
    if len(found) > (2 if target in (Target.START, Target.END) else 1):
        raise ValueError("That is one column too many.")
    return tuple(found)


def _constant(text: str, target: Target) -> str:
    if target not in CONSTANT:
        raise ValueError("It differs from line to line: it needs a column.")
    if not text:
        raise ValueError("Nothing stands behind the =.")
    if target is Target.ZONE:
        return _zone(text)
    if target is Target.COACH:
        return _person(text)
    return text


def _order(text: str) -> DateOrder:
    for order in DateOrder:
        if text and order.startswith(text.casefold()):
            return order
    raise ValueError("Answer day or month.")


def _meaning(text: str) -> Meaning:
    for meaning in Meaning:
        if meaning == text.casefold():
            return meaning
    raise ValueError(f"Answer one of: {', '.join(Meaning)}.")


def _zone(text: str) -> str:
    try:
        return zone_meant(text)
    except BadZone as error:
        meant = f" Did you mean {error.meant}?" if error.meant else ""
        raise ValueError(f"That is no time zone: write a place, like Europe/London, or UTC.{meant}") from None


def _person(text: str) -> str:
    if not is_person(text):
        raise ValueError("Answer with an e-mail address or a Slack user id.")
    return text


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise ValueError("Answer with three letters, like USD.")
    return text.upper()


def _yes(text: str) -> bool:
    if text.casefold() in ("y", "yes"):
        return True
    if text.casefold() in ("n", "no"):
        return False
    raise ValueError("Answer yes or no.")
