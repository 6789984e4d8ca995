"""Ids that sort by the time they were made."""

import itertools
import secrets
from datetime import datetime

_counter = itertools.count(secrets.randbelow(1 << 12))


def new_id(now: datetime) -> str:
    """Return a fresh id of 28 hexadecimal digits: milliseconds since 1970, a counter, 48 random bits.

    The counter keeps what one process makes within a millisecond in order.
    """
    return f"{int(now.timestamp() * 1000):012x}{next(_counter) & 0xFFFF:04x}{secrets.token_hex(6)}"
