"""What an admin looks for among everybody's sessions."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from coaching.clock import require_utc
from coaching.localtime import instant_of
from coaching.records import EVER
from coaching.sessions import Status
from coaching.zones import ZoneInfo


@dataclass(frozen=True, slots=True)
class Turn:
    """A place between two pages: behind a session's start (aware UTC) and id, or before them if `back`."""

    at: datetime
    id: str
    back: bool = False

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What everybody's sessions are narrowed down to: people, days of the viewer's calendar (both included), a state.

    Empty or None: anything.
    """

    coach_id: str = ""
    client_id: str = ""
    first: date | None = None
    last: date | None = None
    status: Status | None = None

    def __bool__(self) -> bool:
        """Whether it narrows anything down."""
        return bool(self.coach_id or self.client_id or self.first or self.last or self.status)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first instant of the days on the clocks of `zone`, and the first one after them (aware UTC)."""
        begin = EVER[0] if self.first is None else instant_of(datetime.combine(self.first, time()), zone)
        if self.last is None:
            return begin, EVER[1]
        return begin, instant_of(datetime.combine(self.last + timedelta(days=1), time()), zone)


EVERYTHING = Sought()
