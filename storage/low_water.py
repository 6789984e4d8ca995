"""A low-water mark for claims from a long backlog: no notice that is due before it can be claimed.

Claims begin with what is due first, where the entries of notices that have been sent are. PostgreSQL keeps these in the
index as long as any older transaction is open, and a claim would pass all of them.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coaching.news.notice import Medium
from storage.claim_statements import low_water
from storage.types import EPOCH

LOOKS = 8
"""After so many looks that left more, claims begin at the mark. Each time after so many others, a look begins at the start."""


class LowWater:
    """Says where a look begins. What becomes free to go before the mark is found by a look from the start."""

    def __init__(self, medium: Medium) -> None:
        self._medium = medium
        self._mark = EPOCH
        self._looks = 0
        """How many in a row have left more."""

    @property
    def begin(self) -> datetime:
        """The due time at which the next look begins. EPOCH means the start."""
        return self._mark if self._looks % LOOKS else EPOCH

    def fell(self, due_at: datetime) -> None:
        """Note that a notice that was due then is free to go again."""
        self._mark = min(self._mark, due_at)

    async def looked(self, connection: AsyncConnection, begun: datetime, *, more: bool) -> None:
        """Note that a look that began at `begun` left `more` or nothing. The mark is found anew after one from the start.

        What is leased now may be given back, whoever has it: it is never before the mark.
        """
        self._looks = self._looks + 1 if more else 0
        if self._looks < LOOKS:
            self._mark = EPOCH
        elif begun == EPOCH:
            self._mark = (await connection.execute(low_water(self._medium))).scalar_one() or EPOCH
