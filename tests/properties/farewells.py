"""At the end of a life its clients are erased: whatever had happened, nothing of them is left and the books balance."""

import sys
from datetime import timedelta

from coaching.actions import erase, upkeep
from coaching.errors import BadSetting
from tests.properties.dialogs import PAT, PAT_MAIL
from tests.properties.machine import Life
from tests.support.imports import everything
from tests.support.invariants import violations
from tests.support.world import ANNA

_OVER = timedelta(days=60)
"""By then every session that a life books is over."""


class Farewells(Life):
    """A practice whose clients are erased in the end."""

    def teardown(self) -> None:
        """Erase Anna and Pat, unless the life has failed already."""
        if sys.exc_info()[0] is None and self.ids:
            self.run(self._say_farewell())
        super().teardown()

    async def _say_farewell(self) -> None:
        self.clock.advance(_OVER)
        for _, job in upkeep.JOBS:
            await upkeep.run(self.store, self.clock, job)
        gone = {who for who in (ANNA, PAT, PAT_MAIL) if await self._erased(who)}
        async with self.store.engines.reader.connect() as connection:
            found = await violations(connection, self.ws)
        # The dialogs were theirs, and are gone.
        assert [one for one in found if "shown before it was made" not in one] == []
        here = [row for rows in (await everything(self.store)).values() for row in rows if row[0] == self.ws]
        for who in gone:
            assert [row for row in here if any(who in str(value) for value in row)] == []

    async def _erased(self, who: str) -> bool:
        try:
            await erase.erase_here(self.store, self.clock, self.ws, who)
        except BadSetting:
            return False
        return True
