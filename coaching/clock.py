"""Clocks: the business clock decides cutoffs and what is due. It is always passed in."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

_NO_OFFSET = timedelta(0)


def utc(instant: datetime) -> datetime:
    """Return `instant` in UTC.

    Raises ValueError for a naive datetime: it names no instant, and guessing its zone is how reminders go out an hour
    off.
    """
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant.isoformat()} names no instant; attach its time zone first")
    return instant.astimezone(UTC)


def require_utc(*instants: datetime | None) -> None:
    """Refuse datetimes that are not aware and in UTC. Value classes call this in `__post_init__`; None passes.

    Raises ValueError for naive datetimes, and for other zones: arithmetic in those follows the wall clock, not elapsed
    time.
    """
    for instant in instants:
        # Nearly all have the very zone object: asking them for their offset takes five times as long.
        if instant is not None and instant.tzinfo is not UTC and instant.utcoffset() != _NO_OFFSET:
            raise ValueError(f"{instant.isoformat()} is not an aware instant in UTC")


class Clock(Protocol):
    """Something that tells the business time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is set or advanced: for tests and for writing history."""

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """Return the instant that was set, aware, in UTC."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Set the clock to `instant`, which may lie in the past."""
        self._now = utc(instant)

    def advance(self, by: timedelta) -> None:
        """Move the clock on by `by`."""
        self._now += by


class ShiftedClock:
    """Another clock, moved by a distance that can be changed while it runs: the demo's time machine."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base = base or SystemClock()
        self.shift = timedelta(0)

    def now(self) -> datetime:
        """Return the base clock's instant plus the shift, aware, in UTC."""
        return self._base.now() + self.shift
