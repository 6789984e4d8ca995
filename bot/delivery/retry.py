"""When to try again: pure rules, in seconds."""

import random
from dataclasses import dataclass

MAX_LOST = 2
"""First messages to which no reply came are sent this often at most: once, and once more."""
MAX_SERVER_ERRORS = 5
"""First messages that Slack answers with an error of its own are posted this often at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the relay goes; all in seconds but the counts. The defaults are for Slack."""

    lease: float = 15.0
    """How long what is claimed is left to a process that says nothing; it is renewed three times as often."""
    batch: int = 400
    """The most that is claimed at a time; less where calls are slow."""
    ahead: float = 2.0
    """No more is claimed than can be sent in this time."""
    concurrency: int = 10
    """Calls under way, and as many messages a kill may double: one that is answered counts until that is written down."""
    backoff: float = 1.0
    backoff_limit: float = 60.0
    unknown_again: float = 15.0
    """Until a message whose fate is unknown is sent again: long enough for a hiccup of Slack's to pass."""
    unknown_limit: float = 960.0
    """The longest that one waits which Slack answers with an error again and again."""
    unlinked_again: float = 60.0
    """Until it is looked again whether a person known by e-mail only can be reached."""
    dead_token: float = 30.0
    """Until a token that Slack refused is tried again."""
    reclaim: float = 2.0
    """How often what other processes left behind is looked for."""
    send_timeout: float = 15.0
    """The longest a call may take."""
    channel_rest: float = 1.0
    """How long a channel is left alone after a message: Slack takes about one a second."""
    limited: float = 1.0
    """How long a conversation waits after the first 429 that does not say for how long."""
    probe_timeout: float = 5.0
    tick: float = 1.0
    flush: float = 0.25
    """The longest that an answer of Slack's is known and not written down."""


def backoff(pace: Pace, attempts: int) -> float:
    """Return the seconds to wait after that many tries in vain (from 1): doubling, with jitter so that rows spread out."""
    most = min(pace.backoff_limit, pace.backoff * 2.0 ** min(max(attempts, 1) - 1, 16))
    return most * random.uniform(0.5, 1.0)  # noqa: S311 - spreading, not secrecy


def growing(pace: Pace, errors: int) -> float:
    """Return the seconds to wait after so many errors of Slack's own (from 1): 15 s, then four times as long each time."""
    return min(pace.unknown_limit, pace.unknown_again * 4.0 ** min(max(errors, 1) - 1, 16))
