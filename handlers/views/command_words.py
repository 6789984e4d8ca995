"""Words of the command: English ones, and those of every available language.

A translator writes a language's words for each command, separated by commas, the displayed one first. All of them are
understood from any person. Accents and case do not matter.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from coaching.texts import folded
from handlers.ids import COMMAND
from language import catalogue
from language.say import IN_ENGLISH, Say, say_for


class Command(StrEnum):
    """What can be typed after the command, by its English word."""

    PAST = "past"
    CANCEL = "cancel"
    BOOK = "book"
    CREDITS = "credits"
    HOURS = "hours"
    CALENDAR = "calendar"
    NOTIFICATIONS = "notifications"
    SETUP = "setup"
    ALL = "all"
    HELP = "help"
    FOR = "for"


def words_of(say: Say) -> Mapping[Command, list[str]]:
    """Return a language's words for each command, the displayed one first."""
    said = {
        Command.PAST: say.meant("command word", "past"),
        Command.CANCEL: say.meant("command word", "cancel"),
        Command.BOOK: say.meant("command word", "book"),
        Command.CREDITS: say.meant("command word", "credits"),
        Command.HOURS: say.meant("command word", "hours"),
        Command.CALENDAR: say.meant("command word", "calendar"),
        Command.NOTIFICATIONS: say.meant("command word", "notifications"),
        Command.SETUP: say.meant("command word", "setup"),
        Command.ALL: say.meant("command word", "all"),
        Command.HELP: say.meant("command word", "help"),
        Command.FOR: say.meant("command word", "for"),
    }
    return {command: [one.strip() for one in text.split(",")] for command, text in said.items()}


@lru_cache(maxsize=1024)
def as_typed(say: Say, command: Command | None = None) -> str:
    """Return what a person types in their own language: "/sessions book". The command alone opens their sessions."""
    return f"{COMMAND} {own_word(say, command)}" if command else COMMAND


def own_word(say: Say, command: Command) -> str:
    """Return the word that is displayed."""
    return words_of(say)[command][0]


def meaning(typed: str) -> Command | None:
    """Return what a word means in any available language, or None if nothing."""
    return _understood(catalogue.FOLDER).get(folded(typed))


def acting(typed: str) -> tuple[bool, str] | None:
    """Return whether credits are meant, and the rest, if the words begin with "for" or "credits for".

    Otherwise return None.
    """
    first, rest = _first(typed)
    of_credits = meaning(first) is Command.CREDITS
    if of_credits:
        first, rest = _first(rest)
    return (of_credits, rest) if meaning(first) is Command.FOR else None


def _first(typed: str) -> tuple[str, str]:
    found = re.match(r"\s*(\S*)\s*(.*)", typed, re.DOTALL)
    return (found[1], found[2].strip()) if found else ("", "")


@lru_cache(maxsize=8)
def _understood(folder: Path) -> Mapping[str, Command]:
    """Return every word with its meaning. An English word has the same meaning for all."""
    del folder  # the folder of the catalogues in use. Tests use others.
    languages = [say_for(str(locale)) for locale in catalogue.complete()]
    return {
        folded(word): command
        for say in (*languages, IN_ENGLISH)
        for command, words in words_of(say).items()
        for word in words
    }
