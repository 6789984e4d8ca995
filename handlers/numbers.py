"""Numbers that people type into forms."""

import re
from decimal import Decimal

from handlers.inputs import BadInput

_NUMBER = re.compile(r"\d{1,8}(\.\d{1,4})?")


def number(typed: str | None, field: str, most: int) -> Decimal | None:
    """Return a number from 0 to `most`, or None if nothing is typed. Raises BadInput at `field`."""
    if typed is None or not typed.strip():
        return None
    found = typed.strip()
    if not _NUMBER.fullmatch(found) or Decimal(found) > most:
        raise BadInput(field, "write a number from 0 to {most}", most=most)
    return Decimal(found)


def whole(typed: str | None, field: str, most: int) -> int | None:
    """Return a whole number from 0 to `most`, or None if nothing is typed. Raises BadInput at `field`."""
    found = number(typed, field, most)
    if found is not None and found != int(found):
        raise BadInput(field, "write a whole number from 0 to {most}", most=most)
    return None if found is None else int(found)
