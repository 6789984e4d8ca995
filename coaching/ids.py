"""Ids that sort by creation time."""

import itertools
import secrets
from datetime import datetime

_counter = itertools.count(secrets.randbelow(1 << 12))


def new_id(now: datetime) -> str:
    """Return a fresh id of 28 hexadecimal digits: milliseconds since 1970, a counter, 40 random bits.

    The counter keeps ids in order when one process makes many at the same instant, as an import does with a hundred
    thousand entries.
    """
    return f"{int(now.timestamp() * 1000):012x}{next(_counter) & 0xFFFFFF:06x}{secrets.token_hex(5)}"
