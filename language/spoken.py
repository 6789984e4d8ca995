"""The languages to choose from, each by its own name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale

from language import catalogue
from language.locales import ENGLISH

DEFAULT = str(ENGLISH)
_CHOSEN_AS = {"en_001": "en_GB"}
"""Catalogues of a language that many countries share, and the locale that people choose instead."""
_SHORT = {"US": "US", "GB": "UK"}
"""Countries that are shown by their abbreviation."""


def spoken() -> Mapping[str, str]:
    """Return the locales with a complete catalogue and their own names, US English first."""
    return _spoken(catalogue.FOLDER)


@cache
def _spoken(folder: Path) -> Mapping[str, str]:
    """Look once per process, because catalogues change only with a new release."""
    del folder  # the folder of the catalogues in use. Tests use others.
    names = {_CHOSEN_AS.get(name := str(locale), name) for locale in catalogue.complete()} - {DEFAULT, ENGLISH.language}
    others = sorted((own_name(name), name) for name in names)
    return {DEFAULT: own_name(DEFAULT)} | {name: own for own, name in others}


def own_name(name: str) -> str:
    """Return a language's name for itself: "Deutsch", "English (UK)", "Português (Brasil)"."""
    locale = Locale.parse(name)
    own = str(locale.get_language_name(locale))
    own = own[:1].upper() + own[1:]
    country = locale.territory
    if country is None:
        return own
    return f"{own} ({_SHORT.get(country) or locale.territories[country]})"
