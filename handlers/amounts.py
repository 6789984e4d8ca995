"""Amounts that people type: credits, money, whole numbers, days. Each raises BadSetting at its field."""

import re
from datetime import date

from babel import Locale
from babel.numbers import get_currency_precision

from coaching.credits import parse_credits
from coaching.errors import BadSetting
from coaching.sessions import Money
from handlers import parse
from handlers.ids import Block
from handlers.parse import BadRequest, Body

_MONEY = re.compile(r"(?:([A-Za-z]{3})\s*)?(\d{1,12}(?:\.\d{1,3})?)(?:\s*([A-Za-z]{3}))?")
_CURRENCIES = frozenset(Locale.parse("en").currencies)


def credits_typed(body: Body, block_id: Block) -> int | None:
    """Return hundredths of a credit, None where nothing was typed."""
    given = parse.typed_text(body, block_id, 20)
    if given is None or not given.strip():
        return None
    try:
        return parse_credits(given)
    except ValueError:
        raise BadSetting(block_id, "a number of credits, like 3 or 0.5") from None


def money_typed(body: Body, block_id: Block) -> Money | None:
    """Return a price like "900 USD" or "EUR 99.50", None where nothing was typed."""
    given = (parse.typed_text(body, block_id, 30) or "").strip()
    if not given:
        return None
    match = _MONEY.fullmatch(given.replace(",", "") if "." in given else given)
    code = ((match[1] or match[3] or "") if match and not (match[1] and match[3]) else "").upper()
    if match is None or code not in _CURRENCIES:
        raise BadSetting(block_id, "write an amount with its currency, like 900 USD or 99.50 EUR")
    whole, _, rest = match[2].partition(".")
    digits = get_currency_precision(code)
    if len(rest) > digits:
        raise BadSetting(block_id, f"{code} has {digits} digits after the point" if digits else f"{code} has no cents")
    return Money(int(whole + rest.ljust(digits, "0")), code)


def money_text(money: Money | None) -> str | None:
    """Return money as it is typed."""
    if money is None:
        return None
    digits = get_currency_precision(money.currency)
    text = f"{money.cents:0{digits + 1}d}"
    return f"{text[: len(text) - digits]}{'.' + text[-digits:] if digits else ''} {money.currency}"


def whole_typed(body: Body, block_id: Block, most: int) -> int | None:
    """Return a whole number from 1 to `most`, None where nothing was typed."""
    given = (parse.typed_text(body, block_id, 20) or "").strip()
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.0+)?", given) or not 0 < float(given) <= most:
        raise BadSetting(block_id, f"a whole number from 1 to {most:,}")
    return int(float(given))


def day_picked(body: Body, block_id: Block) -> date | None:
    """Return the day that is chosen, if any. Raises BadRequest."""
    given = parse.picker(body, block_id, "selected_date")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadRequest("an odd day") from None
