"""The whole business of a workspace, as its admins see it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from coaching.business import Staff
from coaching.first_steps import FirstSteps
from coaching.workspace import Coach, Refusal


class BusinessReads(Protocol):
    """Read operations."""

    async def staff(self, now: datetime, until: datetime, *, named: int, each: int) -> Staff:
        """Return how many coaches there are, the first `named` without hours, and the first `each` of what is broken.

        The sessions that start from now `until` then are counted.
        """
        ...

    async def first_steps(self, now: datetime) -> FirstSteps | None:
        """Return how far the first steps are, or None if they are over."""
        ...

    async def channels_refused(
        self, given: Sequence[Coach], copied: Collection[str], now: datetime
    ) -> Mapping[str, Refusal]:
        """Return how channels refused a message, if that was this week or last week.

        By the coach's id for their present alert channel, and by the channel's own for those that get copies (`copied`).
        """
        ...
