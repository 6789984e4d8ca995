"""How often something may happen. What strangers can cause is limited in all, what a person may do is limited for each."""

import time
from collections import OrderedDict
from collections.abc import Callable

Refused = Callable[[str], None]
"""Counts a refused request by its reason."""


class Pace:
    """So many at once, and then one every so many seconds."""

    def __init__(self, burst: int, every_seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._every = every_seconds
        self._monotonic = monotonic
        self._left = float(burst)
        self._at = monotonic()

    def wait(self) -> float:
        """Return in how many seconds the next one is allowed: 0 if it is now."""
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._at) / self._every)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) * self._every

    def take(self) -> None:
        """Count one."""
        self.wait()
        self._left = max(0.0, self._left - 1)

    def give_back(self) -> None:
        """Count one less."""
        self._left = min(self._burst, self._left + 1)


class Callers:
    """Limits those who know an address each by their own pace, and all who guess one together.

    Guesses cost a look into the database. If too many come, only addresses that were right before are still looked up:
    a flood of guesses locks nobody out whose calendar was read since this process started.
    """

    def __init__(
        self,
        own: Callable[[], Pace],
        guesses: Pace,
        *,
        most: int = 10_000,
    ) -> None:
        self._own = own
        self._guesses = guesses
        self._most = most
        self._known: OrderedDict[str, Pace] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return in how many seconds this caller is looked at: 0 if it is now, which is counted.

        Whoever is not known counts as guessing until they were right: many may be looked up at the same time.
        """
        pace = self._known.get(key, self._guesses)
        seconds = pace.wait()
        if not seconds:
            pace.take()
        return seconds

    def wait_own(self, key: str) -> float:
        """Return the same for a caller whose address is known to be right."""
        if key not in self._known:
            self._add(key)
            return 0.0
        return self.wait(key)

    def was_right(self, key: str) -> None:
        """Record that this key leads somewhere: it was no guess."""
        if key not in self._known:
            self._guesses.give_back()
            self._add(key)
        self._known.move_to_end(key)

    def was_wrong(self, key: str) -> None:
        """Record that this key leads nowhere. If it was known, this was its last look without being a guess."""
        if self._known.pop(key, None) is not None:
            self._guesses.take()

    def _add(self, key: str) -> None:
        self._known[key] = pace = self._own()
        pace.take()
        if len(self._known) > self._most:
            self._known.popitem(last=False)
