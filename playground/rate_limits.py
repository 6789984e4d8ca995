"""The rate limit for posting: about one message a second per channel, with a small burst."""

import math
import time
from collections.abc import Callable


class RateLimiter:
    """A token bucket per key."""

    def __init__(self, *, per_second: float = 1.0, burst: int = 5, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> int | None:
        """Take one token. Return None, or the whole seconds to wait (at least 1) if there is no token."""
        now = self._clock()
        tokens, at = self._buckets.get(key, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - at) * self._rate)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            return max(1, math.ceil((1 - tokens) / self._rate))
        self._buckets[key] = (tokens - 1, now)
        return None
