"""Which Unicode locale belongs to a reader, by the name that Slack gives it."""

from collections.abc import Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

ENGLISH = Locale("en", territory="US")
_NOT_CLDR = {"es_LA": "es_419"}
"""Slack's locale names that Unicode does not know."""
UNSPACED = frozenset({"ja", "zh"})
"""Languages without spaces between sentences, and between a number and its unit."""


@lru_cache(maxsize=256)
def locale_of(name: str | None) -> Locale:
    """Return the locale for a name of Slack's ("es-LA") or Unicode's ("es_419"); US English for any other name."""
    given = (name or "").replace("-", "_")
    try:
        return Locale.parse(_NOT_CLDR.get(given, given))
    except (ValueError, UnknownLocaleError):
        return ENGLISH


def with_parents(locale: Locale) -> Iterator[str]:
    """Return the locales that a locale's readers understand, their own first: en_AU, en_001, en."""
    name = str(locale)
    parents = get_global("parent_exceptions")
    while name and name != "root":
        yield name
        name = parents.get(name) or name.rpartition("_")[0]
