"""Numbers, amounts, durations and lists as a locale writes them.

Results are cached, because the same few values recur. The cache key `look` is the locale's name, which hashes quickly.
"""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel.dates import format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from language.locales import UNSPACED

# Unicode's locale data uses thin and no-break spaces. Slack's fonts and text search need plain ones.
SPACES = str.maketrans({"\u202f": " ", "\u2009": " ", "\u00a0": " "})
Unit = Literal["month", "day", "hour", "minute", "second"]
# Babel counts 30 days as a month.
_SECONDS: dict[Unit, int] = {"month": 2592000, "day": 86400, "hour": 3600, "minute": 60, "second": 1}


@lru_cache(maxsize=2048)
def number(value: int | Decimal, look: str) -> str:
    """Return "1,234.5"."""
    return format_decimal(value, locale=look).translate(SPACES)


@lru_cache(maxsize=256)
def percent(value: int, look: str) -> str:
    """Return "50%", or "50 %" in a locale that writes a space."""
    return format_percent(Decimal(value) / 100, locale=look).translate(SPACES)


@lru_cache(maxsize=1024)
def money(smallest: int, currency: str, look: str) -> str:
    """Return "$120.00" for an amount in the currency's smallest unit. An unknown currency is shown by its code."""
    value = Decimal(smallest).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=look).translate(SPACES)


@lru_cache(maxsize=1024)
def duration(count: int, unit: Unit, look: str) -> str:
    """Return "24 hours": a count of one unit, at most a million."""
    length = timedelta(seconds=count * _SECONDS[unit])
    text = format_timedelta(length, granularity=unit, threshold=10**6, locale=look).translate(SPACES)
    if look.partition("_")[0] in UNSPACED:
        text = text.replace(" ", "")
    return text.replace(str(count), number(count, look)) if count >= 1000 else text


@lru_cache(maxsize=1024)
def ago(seconds: int, look: str) -> str:
    """Return "2 hours ago". It is rounded down to whole minutes, hours or days."""
    unit = next(unit for unit, length in _SECONDS.items() if seconds >= length)
    whole = timedelta(seconds=-(seconds // _SECONDS[unit] * _SECONDS[unit]))
    text = format_timedelta(whole, granularity=unit, threshold=10**6, add_direction=True, locale=look)
    text = text.translate(SPACES)
    return text.replace(" ", "") if look.partition("_")[0] in UNSPACED else text


@lru_cache(maxsize=512)
def every(names: tuple[str, ...], look: str) -> str:
    """Return "Anna, Boris, and Carla"."""
    return names[0] if len(names) == 1 else format_list(names, "standard", locale=look)


@lru_cache(maxsize=512)
def either(names: tuple[str, ...], look: str) -> str:
    """Return "Anna, Boris, or Carla"."""
    return names[0] if len(names) == 1 else format_list(names, "or", locale=look)
