"""Rate-limits log lines that strangers can cause: nobody outside may fill a disk."""

import time
from collections.abc import Callable

EVERY_SECONDS = 10.0


class Seldom:
    """Decides for each kind of line whether it may be written now. Kinds are our own names, never outside input."""

    def __init__(
        self, every_seconds: float = EVERY_SECONDS, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._every = every_seconds
        self._monotonic = monotonic
        self._written: dict[str, float] = {}
        self._kept_back: dict[str, int] = {}

    def due(self, kind: str) -> int | None:
        """Return how many lines of this kind were held back since the last one, or None to hold back this one too."""
        now = self._monotonic()
        if now - self._written.get(kind, float("-inf")) < self._every:
            self._kept_back[kind] = self._kept_back.get(kind, 0) + 1
            return None
        self._written[kind] = now
        return self._kept_back.pop(kind, 0)
