"""Catalogues: the translations of one language, read from `locales/` and kept in memory.

A catalogue with an empty or fuzzy entry is incomplete and is not used: its readers get English.
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
    """The translations of one language.

    `texts` has one text per `key_of` a message. `forms` has all plural forms per `key_of` the singular message.
    """

    locale: Locale
    texts: dict[str, str]
    forms: dict[str, tuple[str, ...]]


def key_of(message: str, context: str | None = None) -> str:
    """Return the key of a message. A context separates two meanings of the same English words."""
    return message if context is None else f"{context}\x04{message}"


def form_names(locale: Locale) -> list[str]:
    """Return the names of a language's plural forms, in the order of a catalogue: one, few, many, other."""
    rule = locale.plural_form
    return [name for name in _ORDER if name in rule.tags or name == "other"]


def plural_header(locale: Locale) -> str:
    """Return the catalogue's Plural-Forms header.

    It follows Unicode's rule, which covers fractions. The rules that gettext derives from it do not.
    """
    rule: PluralRule = locale.plural_form
    return str(to_gettext(rule))


def read(path: Path) -> Catalog:
    """Return the catalogue in a file. Raises OSError, ValueError."""
    with path.open("rb") as file:
        try:
            return read_po(file, locale=path.parent.parent.name, abort_invalid=True)
        except PoFileError as error:
            raise ValueError(str(error)) from error


def is_done(message: Message) -> bool:
    """Return whether an entry is fully translated and not fuzzy."""
    strings = strings_of(message)
    return not message.fuzzy and bool(strings) and all(strings)


def strings_of(message: Message) -> tuple[str, ...]:
    """Return an entry's translations: one, or one for each plural form."""
    found = message.string
    return tuple(map(str, found)) if isinstance(found, list | tuple) else (str(found or ""),)


def catalogue_for(locale: Locale) -> Catalogue | None:
    """Return the nearest complete catalogue for a locale's readers, or None if they read English."""
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
    """Return the languages whose catalogue is unreadable or incomplete. Their readers get English."""
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
