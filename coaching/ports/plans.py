"""Plans of reminders, and which plans must be made again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coaching.plans import Change, Planned
from coaching.why import Why


@dataclass(frozen=True, slots=True)
class Replan:
    """Whose plans must be made again: a client's, or (None) everybody's.

    `after` is the last session handled so far, by (end, id).
    """

    workspace_id: str
    person_id: str | None
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class NudgeAhead:
    """A pending reminder of a request: its key, the request, the coach, and its recipient and due time (UTC)."""

    key: str
    request_id: str
    coach_id: str
    recipient: str
    to_admin: bool
    due_at: datetime


class PlanWrites(Protocol):
    """Write operations."""

    async def drop(
        self,
        session_ids: Collection[str],
        why: Why,
        now: datetime,
        *,
        countdown_only: bool = False,
    ) -> None:
        """Drop reminders that have not gone out.

        `countdown_only` keeps the reminder before the start: a client who keeps a session still needs that one.
        """
        ...

    async def keep(self, session_ids: Collection[str]) -> None:
        """End the countdown of sessions that their client has chosen to keep."""
        ...

    async def lock(self, session_ids: Collection[str]) -> Mapping[str, Sequence[Planned]]:
        """Lock and return every reminder these sessions ever had, by session. The sessions must be locked already."""
        ...

    async def change(self, changes: Sequence[Change], why: Why, now: datetime) -> None:
        """Drop reminders, recording why, and change the due time of others.

        Reminders sent in the meantime stay as they are.
        """
        ...

    async def ask_replan(self, person_id: str | None = None) -> None:
        """Have the plans of a person's sessions (None: all sessions) made again. An unfinished pass starts over.

        Call it before locking any session: the job that makes the plans locks in this order.
        """
        ...

    async def warnings_ahead(self, person_id: str | None, now: datetime) -> list[tuple[str, str, datetime]]:
        """Return (key, recipient, instant) of pending notices of expiry that wait for the end of quiet hours."""
        ...

    async def nudges_ahead(self, person_id: str | None, now: datetime) -> Sequence[NudgeAhead]:
        """Return the pending reminders of requests that are not due yet: a person's, or (None) everybody's."""
        ...

    async def forget(self, keys: Collection[str]) -> None:
        """Delete pending notices that have not gone out, as if they had never been planned."""
        ...


class PlanSweeps(Protocol):
    """Operations on due rows, in all workspaces."""

    async def next(self) -> Replan | None:
        """Lock and return the next entry of whose plans must be made again; None when there is none."""
        ...

    async def ahead(self, of: Replan, now: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return (end, id) of the next scheduled sessions whose plans must be made again, soonest first."""
        ...

    async def done(self, of: Replan, up_to: tuple[datetime, str] | None) -> None:
        """Record how far the plans were made again; None: this pass is complete."""
        ...
