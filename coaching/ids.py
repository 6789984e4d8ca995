"""Ids that sort by the time they were made."""

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """Return a fresh id: milliseconds since 1970 and 64 random bits, as 28 hexadecimal digits."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(8)}"
