"""Plans of reminders, and whose are to be made again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coaching.plans import Change, Planned
from coaching.why import Why


@dataclass(frozen=True, slots=True)
class Replan:
    """Whose plans are to be made again: a client's, or (None) everybody's; `after` is the last session dealt with, by end."""

    workspace_id: str
    person_id: str | None
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class NudgeAhead:
    """A reminder of a request that waits: the row's key, whose session the request is about, and who is told when (UTC)."""

    key: str
    request_id: str
    coach_id: str
    recipient: str
    to_admin: bool
    due_at: datetime


class PlanWrites(Protocol):
    """What can be changed."""

    async def drop(
        self,
        session_ids: Collection[str],
        why: Why,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out.

        `countdown_only` leaves the notice before the start: whoever keeps a session still wants to hear of it.
        """
        ...

    async def keep(self, session_ids: Collection[str]) -> None:
        """End the countdown of sessions whose client keeps them."""
        ...

    async def lock(self, session_ids: Collection[str]) -> Mapping[str, Sequence[Planned]]:
        """Lock and return every reminder these sessions ever had, by session; the sessions are locked already."""
        ...

    async def change(self, changes: Sequence[Change], why: Why, now: datetime) -> None:
        """Drop reminders, saying why, and have others wait for another time; what went out meanwhile stays told."""
        ...

    async def ask_replan(self, person_id: str | None = None) -> None:
        """Have the plans of a person's sessions (None: of all) made again; an unfinished one begins again.

        Before any session is locked: whoever makes the plans locks in this order.
        """
        ...

    async def warnings_ahead(self, person_id: str | None, now: datetime) -> list[tuple[str, str, datetime]]:
        """Return key, recipient and instant of the warnings of expiry that wait for the end of somebody's quiet hours."""
        ...

    async def nudges_ahead(self, person_id: str | None, now: datetime) -> Sequence[NudgeAhead]:
        """Return the reminders of requests that wait for an instant to come: somebody's, or (None) everybody's."""
        ...

    async def forget(self, keys: Collection[str]) -> None:
        """Take back what has not gone out, as though it had never been planned."""
        ...


class PlanSweeps(Protocol):
    """What is due, in all workspaces."""

    async def next(self) -> Replan | None:
        """Lock and return whose plans are to be made again next, None where nobody's are."""
        ...

    async def ahead(self, of: Replan, now: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return ends and ids of the next scheduled sessions whose plans are to be made again, soonest first."""
        ...

    async def done(self, of: Replan, up_to: tuple[datetime, str] | None) -> None:
        """Remember how far the plans were made again; None: to the end of this pass."""
        ...
