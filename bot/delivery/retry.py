"""When to try again. These are pure rules, in seconds."""

import random
from dataclasses import dataclass

MAX_LOST = 2
"""How often a first message without a reply is sent at most: once, and once more."""
MAX_SERVER_ERRORS = 5
"""How often a first message is posted at most if Slack answers with an error of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the relay works. All values are seconds, except counts. The defaults are for Slack."""

    lease: float = 15.0
    """How long a claim is left to a silent process. It is renewed three times as often."""
    batch: int = 400
    """The most rows to claim at a time, or fewer if calls are slow."""
    ahead: float = 2.0
    """No more is claimed than can be sent in this time."""
    concurrency: int = 10
    """Calls under way at once, and the most messages a kill may double.

    A call that is answered counts until its outcome is recorded.
    """
    backoff: float = 1.0
    backoff_limit: float = 60.0
    unknown_again: float = 15.0
    """The wait before a message in doubt is sent again: long enough for a hiccup of Slack's to pass."""
    unknown_limit: float = 960.0
    """The longest wait for a message that Slack answers with an error again and again."""
    unlinked_again: float = 60.0
    """The wait before we check again whether a person known only by e-mail can be reached."""
    dead_token: float = 30.0
    """The wait before a token that Slack refused is tried again."""
    reclaim: float = 2.0
    """How often we look for what other processes left behind."""
    send_timeout: float = 15.0
    """The longest a call may take."""
    channel_rest: float = 1.0
    """How long a channel rests after a message: Slack takes about one a second."""
    limited: float = 1.0
    """How long a conversation waits after a first 429 that names no time."""
    probe_timeout: float = 5.0
    tick: float = 1.0
    flush: float = 0.25
    """The longest that an answer from Slack waits to be recorded."""


def backoff(pace: Pace, attempts: int) -> float:
    """Return the seconds to wait after so many failed tries (from 1): doubling, with jitter that spreads the rows."""
    most = min(pace.backoff_limit, pace.backoff * 2.0 ** min(max(attempts, 1) - 1, 16))
    return most * random.uniform(0.5, 1.0)  # noqa: S311 - spreading, not secrecy


def growing(pace: Pace, errors: int) -> float:
    """Return the seconds to wait after so many errors of Slack's own (from 1): 15 s, then four times as long each."""
    return min(pace.unknown_limit, pace.unknown_again * 4.0 ** min(max(errors, 1) - 1, 16))
