"""The whole business of a workspace, as its admins see it."""

from datetime import datetime
from typing import Protocol

from coaching.business import Staff
from coaching.first_steps import FirstSteps


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
