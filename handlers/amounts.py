"""Amounts that people type: credits, money, days. Each function raises BadInput at its block."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision

from coaching.credits import MOST_CREDITS, ONE_CREDIT
from coaching.sessions import Money
from handlers import parse
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.numbers import ascii_number, clear_decimal, decimal_typed
from handlers.parse import BadRequest, Body
from language.say import Say

HALF = Decimal("0.5")
"""The example of a part of a credit."""
_MONEY = re.compile(r"([^\d\s.,+-]{1,6})?\s*([0-9][0-9.,\s'’]{0,30}|[.,][0-9]{1,20})\s*([^\d\s.,+-]{1,6})?")
_DOLLARS = "$"
"""The mark of more than twenty currencies. Each language has one that it means, which another reader may not mean."""
_MOST_MONEY = 10**12
_CURRENCIES = frozenset(
    code for used in get_global("territory_currencies").values() for code, _begins, _ends, tender in used if tender
)
"""Currencies that a country uses or has used. "XXX" and gold have codes too, but are no means of payment."""


def credits_of(text: str, block_id: str, least: int = 0) -> int:
    """Return hundredths of a credit, at least `least` (hundredths). Raises BadInput that says what is wrong."""
    found = clear_decimal(text, block_id)
    if found is None:
        raise BadInput(block_id, "write a number of credits, like 3 or {half}", half=HALF)
    if found > MOST_CREDITS:
        raise BadInput(
            block_id,
            "that is too much: {n} credit at most",
            "that is too much: {n} credits at most",
            n=MOST_CREDITS,
        )
    # Checked before rounding: Decimal cannot round a number with more digits than its context.
    if found >= 0 and found != round(found, 2):
        step, quarter = Decimal("0.01"), Decimal("0.25")
        raise BadInput(
            block_id, "that is too fine: write it in steps of {step}, like {quarter}", step=step, quarter=quarter
        )
    if found * ONE_CREDIT < least:
        raise BadInput(block_id, "that is too little: {least} or more", least=Decimal(least) / ONE_CREDIT)
    return int(found * ONE_CREDIT)


def credits_typed(body: Body, block_id: Block, least: int = 1) -> int | None:
    """Return hundredths of a credit, or None if nothing was typed. Raises BadInput."""
    given = parse.typed_text(body, block_id, 20)
    return credits_of(given, block_id, least) if given is not None and given.strip() else None


@lru_cache(maxsize=64)
def _marks(locale: Locale) -> Mapping[str, str]:
    """Return the currency of each mark that a language gives to one currency: € and £, ￥ in Japanese."""
    shown = [(_plain(str(mark)), code) for code, mark in locale.currency_symbols.items() if code in _CURRENCIES]
    times = Counter(mark for mark, _ in shown)
    return {mark: code for mark, code in shown if times[mark] == 1 and mark != _DOLLARS}


def _plain(mark: str) -> str:
    return unicodedata.normalize("NFKC", mark).upper()


def money_typed(body: Body, block_id: Block, say: Say) -> Money | None:
    """Return a price like "900 USD", "EUR 99.50" or "99,50 €", or None if nothing was typed.

    Marks of currencies are those of the reader's language. Raises BadInput.
    """
    given = ascii_number(parse.typed_text(body, block_id, 40) or "").strip()
    if not given:
        return None
    match = _MONEY.fullmatch(given)
    amount = decimal_typed(match[2]) if match else None
    named = _plain((match[1] or match[3] or "") if match and not (match[1] and match[3]) else "")
    if amount is None or not named:
        raise BadInput(block_id, "write an amount with its currency, like 900 USD or 99.50 EUR")
    if named == _DOLLARS:
        raise BadInput(
            block_id, "several currencies are written with $: write the three letters, like 900 USD or 900 CAD"
        )
    code = _marks(say.locale).get(named, named)
    if code not in _CURRENCIES:
        raise BadInput(
            block_id, "{code} is no currency that we know: write its three letters, like USD or EUR", code=code
        )
    if amount >= _MOST_MONEY:
        raise BadInput(block_id, "that is too much: less than {most}", most=_MOST_MONEY)
    whole, _, rest = f"{amount:f}".partition(".")
    digits = get_currency_precision(code)
    if len(rest) > digits:
        if not digits:
            raise BadInput(block_id, "{code} has no cents", code=code)
        raise BadInput(
            block_id,
            "{code} has {n} digit after the point",
            "{code} has {n} digits after the point",
            code=code,
            n=digits,
        )
    return Money(int(whole + rest.ljust(digits, "0")), code)


def money_text(money: Money | None) -> str | None:
    """Return money in the form in which it is typed."""
    if money is None:
        return None
    digits = get_currency_precision(money.currency)
    text = f"{money.cents:0{digits + 1}d}"
    return f"{text[: len(text) - digits]}{'.' + text[-digits:] if digits else ''} {money.currency}"


def day_picked(body: Body, block_id: Block) -> date | None:
    """Return the chosen day, if any. Raises BadRequest."""
    given = parse.picker(body, block_id, "selected_date")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadRequest("an odd day") from None
