"""Slack's request signature, checked on the raw bytes before anything is parsed.

Rule: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Literal

MAX_AGE_SECONDS = 300
Refusal = Literal["unsigned", "malformed_timestamp", "stale", "bad_signature"]
# ASCII digits only: int() also accepts '٣', ' 3', '1_0' and '+3', which other implementations reject.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the X-Slack-Signature of a body. `timestamp` is Unix seconds as sent in X-Slack-Request-Timestamp."""
    return "v0=" + hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def odd_head(*, timestamps: Sequence[str], signatures: Sequence[str], now: float) -> Refusal | None:
    """Return why a request cannot be Slack's, judged by its head alone, or None if it can. `now` is Unix seconds.

    Takes all values of both headers: two different values mean that something in between tampered with them.
    """
    if len(timestamps) != 1 or len(signatures) != 1:
        return "unsigned"
    if not _TIMESTAMP.fullmatch(timestamps[0]):
        return "malformed_timestamp"
    if abs(now - int(timestamps[0])) > MAX_AGE_SECONDS:
        return "stale"
    return None if _SIGNATURE.fullmatch(signatures[0]) else "bad_signature"


def covers(secret: bytes, *, timestamp: str, signature: str, body: bytes) -> bool:
    """Return whether a signature that passed `odd_head` is Slack's for this body."""
    return hmac.compare_digest(sign(secret, timestamp, body), signature)
