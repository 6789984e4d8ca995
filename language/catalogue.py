"""Catalogues: what each message is called in a language, read from `locales/` and kept in memory.

A catalogue with an entry that is empty or fuzzy is not complete, and is not used: its readers read English.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po
from babel.plural import PluralRule, to_gettext

from language.locales import with_parents

FOLDER = Path(__file__).resolve().parent.parent / "locales"
FILE = Path("LC_MESSAGES") / "sessions.po"
_ORDER = ("zero", "one", "two", "few", "many", "other")


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The translations of one language: by `key_of` its text, or for a message with plural forms all of them."""

    locale: Locale
    texts: dict[str, str]
    forms: dict[str, tuple[str, ...]]


def key_of(message: str, context: str | None = None) -> str:
    """Return what a message is found by; a context tells two meanings of the same English words apart."""
    return message if context is None else f"{context}\x04{message}"


def form_names(locale: Locale) -> list[str]:
    """Return the plural forms of a language in the order in which a catalogue holds them: one, few, many, other."""
    rule = locale.plural_form
    return [name for name in _ORDER if name in rule.tags or name == "other"]


def plural_header(locale: Locale) -> str:
    """Return the catalogue's Plural-Forms: those of Unicode's rule, which knows fractions, not those gettext made of it."""
    rule: PluralRule = locale.plural_form
    return str(to_gettext(rule))


def read(path: Path) -> Catalog:
    """Return a catalogue as it stands in its file. Raises OSError, ValueError."""
    with path.open("rb") as file:
        try:
            return read_po(file, locale=path.parent.parent.name, abort_invalid=True)
        except PoFileError as error:
            raise ValueError(str(error)) from error


def is_done(message: Message) -> bool:
    """Whether an entry has all of its translation, and nobody doubts it."""
    strings = strings_of(message)
    return not message.fuzzy and bool(strings) and all(strings)


def strings_of(message: Message) -> tuple[str, ...]:
    """Return an entry's translations: one, or one for each plural form."""
    found = message.string
    return tuple(map(str, found)) if isinstance(found, list | tuple) else (str(found or ""),)


def catalogue_for(locale: Locale) -> Catalogue | None:
    """Return the complete catalogue that a locale's readers understand, the nearest first; None: they read English."""
    for name in with_parents(locale):
        found = _complete(FOLDER, name)
        if found is not None:
            return found
    return None


def complete() -> list[Locale]:
    """Return the languages with a complete catalogue."""
    names = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/{FILE}"))
    return [found.locale for name in names if (found := _complete(FOLDER, name)) is not None]


def unspoken() -> list[str]:
    """Return the languages whose catalogue cannot be read or lacks something: their readers get English."""
    names = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/{FILE}"))
    return [name for name in names if _complete(FOLDER, name) is None]


@cache
def _complete(folder: Path, name: str) -> Catalogue | None:
    path = folder / name / FILE
    if not path.is_file():
        return None
    try:
        found = read(path)
    except (OSError, ValueError, UnknownLocaleError):
        return None
    entries = [message for message in found if message.id]
    if not entries or not all(map(is_done, entries)):
        return None
    texts, forms = {}, {}
    for message in entries:
        if isinstance(message.id, str):
            texts[key_of(message.id, message.context)] = strings_of(message)[0]
        else:
            forms[key_of(message.id[0], message.context)] = strings_of(message)
    return Catalogue(Locale.parse(name), texts, forms)
