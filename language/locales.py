"""Which locale of Unicode's data somebody reads in, by the name that Slack gives it."""

from collections.abc import Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

ENGLISH = Locale("en", territory="US")
_NOT_CLDR = {"es_LA": "es_419"}
"""Names of Slack's that Unicode does not know."""


@lru_cache(maxsize=256)
def locale_of(name: str | None) -> Locale:
    """Return the locale of one of Slack's names ("es-LA"), or of Unicode's ("es_419"); US English for what is none."""
    given = (name or "").replace("-", "_")
    try:
        return Locale.parse(_NOT_CLDR.get(given, given))
    except (ValueError, UnknownLocaleError):
        return ENGLISH


def with_parents(locale: Locale) -> Iterator[str]:
    """Return the names of the locales that a locale's readers understand, its own first: en_AU, en_001, en."""
    name = str(locale)
    parents = get_global("parent_exceptions")
    while name and name != "root":
        yield name
        name = parents.get(name) or name.rpartition("_")[0]
