"""Whether translations call things as our vocabulary does: `locales/glossary.toml`, and where a language words it otherwise.

Where an English message holds a term, alone or as several of them, its translation holds one of the term's stems. A language's
`other_words.toml` lists the messages whose translation is right without, each with its reason.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message

from language.catalogue import FOLDER, key_of, strings_of

OTHER_WORDS = "other_words.toml"
_NO_WORDS = re.compile(r"\{[^}]*\}|`[^`]*`|:[a-z_]+:")


@dataclass(frozen=True, slots=True)
class Term:
    """A term of ours: what it looks like in English, where it means something else, and by language its stems."""

    english: str
    pattern: re.Pattern[str]
    else_: re.Pattern[str] | None
    stems: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class OtherWords:
    """A message that a language words without a stem of `terms`."""

    message: str
    terms: frozenset[str]
    reason: str


@cache
def terms(path: Path = FOLDER / "glossary.toml") -> tuple[Term, ...]:
    """Return the vocabulary, the longest terms first: a session type is no session."""
    given = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    given.sort(key=lambda one: -max(map(len, (one["english"], *one.get("forms", ())))))
    return tuple(
        Term(
            one["english"],
            _pattern(one["english"], *one.get("forms", ())),
            _words(one["means_else"]) if "means_else" in one else None,
            {name: tuple(map(_bare, own["stems"])) for name, own in one.items() if isinstance(own, dict)},
        )
        for one in given
    )


def _bare(text: str) -> str:
    """Return text without capitals and accents: "cancélela" has the stem "cancel"."""
    return "".join(char for char in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(char))


def _pattern(english: str, *forms: str) -> re.Pattern[str]:
    plural = f"{english[:-1]}ies" if english.endswith("y") else f"{english}s"
    return _words(sorted([english, plural, *forms], key=len, reverse=True))


def _words(of: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, of))})(?![\w-])", re.IGNORECASE)


def terms_in(english: str) -> list[Term]:
    """Return the terms that an English message holds; what is part of a longer one does not count."""
    left, found = _NO_WORDS.sub(" ", english), []
    for term in terms():
        left = term.else_.sub(" ", left) if term.else_ else left
    for term in terms():
        left, often = term.pattern.subn(" ", left)
        if often:
            found.append(term)
    return found


def other_words(folder: Path) -> dict[str, OtherWords]:
    """Return by message what a language words otherwise. Raises ValueError where an entry has no reason."""
    path = folder / OTHER_WORDS
    given = tomllib.loads(path.read_text(encoding="utf-8"))["message"] if path.exists() else []
    found = {}
    for one in given:
        if not one.get("reason"):
            raise ValueError(f"{path}: no reason for {one['english']!r}")
        key = key_of(one["english"], one.get("context"))
        found[key] = OtherWords(one["english"], frozenset(one["terms"]), one["reason"])
    return found


def strayed(messages: Iterable[Message], language: str, folder: Path) -> Iterator[str]:
    """Return the terms that translations of a language do not call by their name, and exceptions that nothing needs."""
    try:
        spared = other_words(folder)
    except (ValueError, KeyError) as error:
        yield f"{OTHER_WORDS}: {error}"
        return
    needed: dict[str, set[str]] = {}
    for message in messages:
        english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        key = key_of(english[0], message.context)
        for term in terms_in(" ".join(english)):
            stems = term.stems.get(language, ())
            if not stems or all(any(stem in _bare(text) for stem in stems) for text in strings_of(message)):
                continue
            needed.setdefault(key, set()).add(term.english)
            if key not in spared or term.english not in spared[key].terms:
                yield f"holds no word for “{term.english}” ({', '.join(stems)}): {english[0]!r}"
    for key, one in spared.items():
        if unneeded := one.terms - needed.get(key, set()):
            yield f"{OTHER_WORDS} spares {', '.join(sorted(unneeded))} in {one.message!r}, which needs no sparing"
