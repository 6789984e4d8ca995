"""Numbers that people type into forms, in the digits of any script. Every form reads them here, in the same words.

Decimals may have a point or a comma: "1,5" is 1.5; "1,000" and "1 000" are a thousand. "1.000" is one in some languages and
a thousand in others, so it is refused.
"""

import re
import unicodedata
from decimal import Decimal

from handlers.inputs import BadInput
from handlers.parse import Body, typed_text

_MARKS = str.maketrans({"．": ".", "，": ",", "٫": ".", "٬": ",", "−": "-", "－": "-", "＋": "+"})
"""Marks of full-width and Arabic numbers, and the ASCII ones that mean the same."""
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_POINTS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_SPACED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[\s'’][0-9]{3})+(?:[.,][0-9]*)?")
"""With a mark between thousands: "1 200,50" in French, "1'200.50" in Switzerland."""
_COMMA = re.compile(r"([+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)),([0-9]{1,2})|([+-]?0),([0-9]+)")


def ascii_number(text: str) -> str:
    """Return a text with its digits, and the marks of numbers, in ASCII: "１．５" is "1.5"."""
    if text.isascii():
        return text
    return "".join(_digit(character) for character in text.translate(_MARKS))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def decimal_typed(text: str) -> Decimal | None:
    """Return a number written with a decimal point or comma, with or without thousands, or None for anything else."""
    given = ascii_number(text).strip()
    if _SPACED.fullmatch(given):
        given = re.sub(r"[\s'’]", "", given)
    if comma := _COMMA.fullmatch(given):
        # A thousands group never follows a leading zero: "0,125" is an eighth.
        given = f"{(comma[1] or comma[3]).replace('.', '')}.{comma[2] or comma[4]}"
    elif _THOUSANDS.fullmatch(given):
        given = given.replace(",", "")
    return Decimal(given) if _DECIMAL.fullmatch(given) else None


def clear_decimal(text: str, field: str) -> Decimal | None:
    """Return a number like `decimal_typed`. Raises BadInput at `field` when a point may be decimal or separate thousands."""
    found = decimal_typed(text)
    if _POINTS.fullmatch(ascii_number(text).strip()) and (found is None or found == round(found, 2)):
        raise BadInput(field, "write thousands without a point, like {example}", example="1000")
    return found


def number(typed: str | None, field: str, most: int) -> Decimal | None:
    """Return a number from 0 to `most`, or None if nothing is typed. Raises BadInput at `field`."""
    if typed is None or not typed.strip():
        return None
    found = clear_decimal(typed, field)
    if found is None or not 0 <= found <= most:
        raise BadInput(field, "write a number from 0 to {most}", most=most)
    return found


def whole(typed: str | None, field: str, most: int, *, least: int = 0) -> int | None:
    """Return a whole number from `least` to `most`, or None if nothing is typed. Raises BadInput at `field`."""
    return None if typed is None or not typed.strip() else needed_whole(typed, field, most, least=least)


def whole_at(body: Body, block: str, most: int, *, least: int = 0) -> int | None:
    """Return the whole number in a form's field, or None if nothing is typed; see `whole`. Raises BadInput, BadRequest."""
    return whole(typed_text(body, block, 255), block, most, least=least)


def needed_whole(typed: str | None, field: str, most: int, *, least: int = 0) -> int:
    """Return a whole number from `least` to `most`. Raises BadInput at `field`, also if nothing is typed."""
    found = clear_decimal(typed or "", field)
    if found is None or not least <= found <= most or found != int(found):
        raise BadInput(field, "write a whole number from {least} to {most}", least=least, most=most)
    return int(found)
