"""Lengths, credits and prices as people and products write them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from coaching.bringing.file_map import word_key

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_NUMBER = re.compile(r"[0-9]{1,4}")
_UNITS = re.compile(
    r"(?:([0-9]{1,2}(?:[.,][0-9]{1,2})?) ?(?:h|hr|hrs|hours?|std\.?|stunden?|horas?|heures?|時間))?"
    r"(?: ?(?:,|and|und|y|et|e)? ?([0-9]{1,4}) ?(?:m|min\.?|mins|minutes?|minuten?|minutos?|分)?)?"
)
_SIGNS: Mapping[str, str] = {"€": "EUR", "£": "GBP", "r$": "BRL", "us$": "USD", "ca$": "CAD", "a$": "AUD", "円": "JPY"}
"""Signs of one currency. "$" and "¥" are signs of several, so they say nothing."""
_CODE = re.compile(r"[A-Za-z]{3}")
_AMOUNT = re.compile(r"[0-9][0-9 .,'’]*")
_WHOLE = frozenset(
    {"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF", "RWF", "KMF", "DJF", "GNF", "BIF"}
)
"""Currencies without minor units."""
_MILS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


class BadAmount(Exception):
    """What is wrong with an amount, in words that follow it."""


def minutes(text: str) -> int:
    """Return a length in minutes: 50, 50 min, 1 h 30 min, 1.5 hours, 0:50. Raises BadAmount."""
    said = word_key(text)
    if _NUMBER.fullmatch(said):
        return int(said)
    if (clock := _CLOCK.fullmatch(said)) is not None:
        if int(clock[3] or 0):
            raise BadAmount("is no whole number of minutes")
        return int(clock[1]) * 60 + int(clock[2])
    found = _UNITS.fullmatch(said)
    if found is None or not said or not any(found.groups()):
        raise BadAmount("is no length: write 50, 50 min or 1 h 30 min")
    whole = Decimal((found[1] or "0").replace(",", ".")) * 60 + int(found[2] or 0)
    if whole != int(whole):
        raise BadAmount("is no whole number of minutes")
    return int(whole)


def minutes_between(length: timedelta) -> int:
    """Return the whole minutes between start and end. Raises BadAmount."""
    whole, rest = divmod(length, timedelta(minutes=1))
    if rest or whole <= 0:
        raise BadAmount("is not a whole number of minutes after the start")
    return whole


def decimal(text: str) -> str:
    """Return a number of credits with a decimal point: 0,5 is 0.5."""
    said = text.strip()
    return said.replace(",", ".") if said.count(",") == 1 and "." not in said else said


def currency_of(text: str) -> str | None:
    """Return the currency that a price names by itself, or None."""
    said = word_key(_AMOUNT.sub("", text)).strip(" -")
    if (sign := _SIGNS.get(said)) is not None:
        return sign
    return said.upper() if _CODE.fullmatch(said) else None


def cents(text: str, currency: str) -> str:
    """Return a price in minor units: $1,200.50 is 120050. Raises BadAmount."""
    found = _AMOUNT.search(text)
    if found is None or text.strip().startswith(("-", "(", "−")):
        raise BadAmount("is no price: write 120, 120.00 or 1,200.00")
    places = 0 if currency in _WHOLE else 3 if currency in _MILS else 2
    try:
        amount = Decimal(_pointed(re.sub(r"[ '’]", "", found[0].strip()), places)).scaleb(places)
    except InvalidOperation:
        raise BadAmount("is no price: write 120, 120.00 or 1,200.00") from None
    if amount != int(amount):
        raise BadAmount(f"has more places than {currency} has")
    return str(int(amount))


def _pointed(number: str, places: int) -> str:
    """Return a number with a decimal point and without signs between its thousands. Raises BadAmount."""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return number
    sign, behind = number[last], len(number) - last - 1
    other = "," if sign == "." else "."
    groups = number.replace(other, sign).split(sign)
    thousands = behind == 3 and all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3
    if thousands and (number.count(sign) > 1 or (other not in number and places != 3)):
        return number.replace(sign, "")
    before = number[:last]
    if sign in before:
        raise BadAmount("has signs between its digits that mean nothing")
    return f"{before.replace(other, '')}.{number[last + 1 :]}"
