"""The languages that are spoken, as somebody chooses one: each by its own name."""

from collections.abc import Mapping

from babel import Locale

from language.catalogue import complete
from language.locales import ENGLISH

DEFAULT = str(ENGLISH)
_CHOSEN_AS = {"en_001": "en_GB"}
"""Where a catalogue is of a language as it is spoken in many countries: the one that people choose it as."""
_SHORT = {"US": "US", "GB": "UK"}
"""Countries that are called by their letters."""


def spoken() -> Mapping[str, str]:
    """Return the locales of the languages with a complete catalogue, with their own names; English as in the US first."""
    names = {_CHOSEN_AS.get(name := str(locale), name) for locale in complete()} - {DEFAULT, ENGLISH.language}
    others = sorted((own_name(name), name) for name in names)
    return {DEFAULT: own_name(DEFAULT)} | {name: own for own, name in others}


def own_name(name: str) -> str:
    """Return what a language calls itself: "Deutsch", "English (UK)", "Português (Brasil)"."""
    locale = Locale.parse(name)
    own = str(locale.get_language_name(locale))
    own = own[:1].upper() + own[1:]
    country = locale.territory
    if country is None:
        return own
    return f"{own} ({_SHORT.get(country) or locale.territories[country]})"
