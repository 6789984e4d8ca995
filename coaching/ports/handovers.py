"""Handing sessions over to another coach, and who is free for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from coaching.availability import Availability
from coaching.records import Busy, Move
from coaching.sessions import Hat, Session


class HandoverReads(Protocol):
    """Read operations."""

    async def of_session(self, session_id: str) -> list[Move]:
        """Return the hand-overs of a session, first to last."""
        ...

    async def hours(self, coach_ids: Collection[str]) -> Mapping[str, Availability]:
        """Return the hours of those of these coaches who have some."""
        ...

    async def beside(
        self, session_ids: Collection[str], people: Collection[str], apart: timedelta, now: datetime
    ) -> list[Busy]:
        """Return what these people have at the times of these sessions, or less than `apart` before or after them."""
        ...


class HandoverWrites(HandoverReads, Protocol):
    """Write operations."""

    async def hand_over(
        self,
        handed: Sequence[tuple[Session, Session]],
        *,
        at: datetime,
        by: str,
        roles: Mapping[str, Hat],
        action_id: str,
    ) -> None:
        """Give sessions to another coach, as (before, after), all or none. `roles`: the actor's, by session.

        Raises ChangedMeanwhile, SlotTaken, ClientBusy.
        """
        ...
