"""How much a group of processes has computed and waited: what a busy machine takes from it is neither."""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.25
"""How often somebody looks."""
_TICK = os.sysconf("SC_CLK_TCK")
_AT_WORK = 0.05
"""Whoever computes for this share of the time is at work, and does not wait."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a processor, and seconds in which everybody slept."""

    computed: float = 0.0
    waited: float = 0.0

    def most(self) -> float:
        """Return the greater of the two."""
        return max(self.computed, self.waited)


class Watch:
    """Looks at a session of processes from time to time (`man 5 proc`)."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._seen: dict[int, float] | None = None
        self._looked = 0.0
        self._spent = Spent()

    def begin(self) -> None:
        """Count from the next look on."""
        self._seen, self._spent = None, Spent()

    def spent(self) -> Spent:
        """Return what was spent since the beginning; look if it is time to."""
        now = time.monotonic()
        passed = now - self._looked
        if passed < LOOK_SECONDS:
            return self._spent
        ready, seen = self._look()
        if self._seen is not None:
            computed = sum(seconds - self._seen.get(one, 0.0) for one, seconds in seen.items())
            # Whoever stands in line for a processor does not wait for anything of its own.
            waited = 0.0 if ready or computed > _AT_WORK * passed else passed
            self._spent = Spent(self._spent.computed + computed, self._spent.waited + waited)
        self._seen, self._looked = seen, now
        return self._spent

    def _look(self) -> tuple[bool, dict[int, float]]:
        """Return whether a thread runs or could, and what each process has computed so far."""
        ready, seen = False, {}
        for home in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                fields = _fields(home)
                if int(fields[3]) != self._session:
                    continue
                seen[int(home.name)] = (int(fields[11]) + int(fields[12])) / _TICK
                ready = ready or any(_fields(thread)[0] in "RD" for thread in (home / "task").iterdir())
        return ready, seen


def _fields(home: Path) -> list[str]:
    """Return what is known of a process or thread, from its state on: its name before that may hold anything."""
    return (home / "stat").read_text().rpartition(")")[2].split()
