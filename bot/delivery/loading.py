"""Turns claimed rows into messages. A row that cannot be loaded does not hold up the others."""

from collections import defaultdict
from collections.abc import Sequence

import structlog

from bot.delivery.compose import Reaches, compose
from bot.delivery.parcels import Composed
from bot.delivery.replies import broken
from bot.delivery.retry import Pace
from coaching.clock import Clock
from coaching.errors import StorageBusy
from storage.claims import Claimed, untouched
from storage.engine import Engines
from storage.repositories.base import PolicyCache, Transaction
from storage.repositories.deliveries import DeliveryReads
from storage.unit_of_work import busy_as_typed_error

_GIVEN_BACK = "the database is busy; claimed notices are given back"
log = structlog.get_logger(__name__)


class Loader:
    """Loads the data that messages are rendered from. `home_link` opens the app's Home, if it is known.

    `mail`: whoever the channel does not reach gets a mail.
    """

    def __init__(self, engines: Engines, clock: Clock, pace: Pace, reaches: Reaches, *, mail: bool) -> None:
        self._engines, self._clock, self._pace, self._reaches, self._mail = engines, clock, pace, reaches, mail
        self._policies: PolicyCache = {}
        self.home_link: str | None = None

    async def load(self, rows: Sequence[Claimed]) -> Composed:
        """Return messages, and outcomes for rows without a message. Every row occurs once.

        While the database is busy, rows are given back.
        """
        by_workspace: dict[str, list[Claimed]] = defaultdict(list)
        for row in rows:
            by_workspace[row.workspace_id].append(row)
        found = Composed()
        for workspace_id, some in by_workspace.items():
            try:
                one = await self._of(workspace_id, some)
            except StorageBusy as error:
                log.warning(_GIVEN_BACK, why=str(error)[:200])
                one = Composed(settled=[untouched(row) for row in some])
            except Exception:
                log.exception("notices could not be loaded together", notices=len(some))
                one = await self._apart(workspace_id, some)
            found.parcels += one.parcels
            found.settled += one.settled
        dealt = {id(row) for parcel in found.parcels for row in parcel.rows} | {id(o.notice) for o in found.settled}
        if forgotten := [row for row in rows if id(row) not in dealt]:
            log.error("notices led to nothing", keys=[row.key for row in forgotten])
            found.settled += broken(forgotten, self._pace)
        return found

    async def _apart(self, workspace_id: str, rows: Sequence[Claimed]) -> Composed:
        """Load rows one by one, so that only the one that cannot be loaded fails."""
        found = Composed()
        for at, row in enumerate(rows):
            try:
                one = await self._of(workspace_id, [row])
            except StorageBusy as error:
                log.warning(_GIVEN_BACK, why=str(error)[:200])
                found.settled += [untouched(left) for left in rows[at:]]
                break
            except Exception:  # noqa: BLE001 - logged for the batch already
                one = Composed(settled=broken([row], self._pace))
            found.parcels += one.parcels
            found.settled += one.settled
        return found

    async def _of(self, workspace_id: str, rows: Sequence[Claimed]) -> Composed:
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                return await compose(
                    DeliveryReads(Transaction(connection, self._policies), workspace_id),
                    rows,
                    self._clock.now(),
                    unlinked_again=self._pace.unlinked_again,
                    reaches=self._reaches,
                    home_link=self.home_link,
                    mail=self._mail,
                )
