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
# ASCII digits only: int() also takes '٣', ' 3', '1_0' and '+3', on which other implementations trip.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature value of a body; `timestamp` is Unix seconds as sent in X-Slack-Request-Timestamp."""
    return "v0=" + hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def refusal(
    secret: bytes, *, timestamps: Sequence[str], signatures: Sequence[str], body: bytes, now: float
) -> Refusal | None:
    """Why a request is not Slack's, or None when it is; `now` is wall time in Unix seconds.

    Takes all values of both headers, because two different ones mean that somebody in between chose.
    """
    if len(timestamps) != 1 or len(signatures) != 1:
        return "unsigned"
    if not _TIMESTAMP.fullmatch(timestamps[0]):
        return "malformed_timestamp"
    if abs(now - int(timestamps[0])) > MAX_AGE_SECONDS:
        return "stale"
    expected = sign(secret, timestamps[0], body)
    # As bytes: compare_digest raises on text beyond ASCII, which anybody can send.
    given = signatures[0].encode("utf-8", "surrogateescape")
    return None if hmac.compare_digest(expected.encode(), given) else "bad_signature"
