"""What the rest of delivery asks of a family of news, whatever its kinds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coaching.news.announcement import Announcement
from coaching.records import Viewer
from coaching.sessions import Session
from coaching.why import Why
from coaching.workspace import Settings
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Loaded:
    """What every message of a workspace is written with; `home_link` opens the app's Home, where it is known.

    `claimed` are action and recipient of the notices that go out with this batch.
    """

    workspace_id: str
    viewers: Mapping[str, Viewer]
    settings: Settings
    now: datetime
    home_link: str | None
    claimed: Collection[tuple[str, str]] = ()


class News(Protocol):
    """What the notices of one family in a batch are about, loaded for all of them at once."""

    def about(self, row: Claimed) -> Sequence[Session]:
        """Return the sessions that a notice tells its reader of, as they are now."""
        del row
        return ()

    def waits(self, row: Claimed) -> bool:
        """Return whether something else has to go out before this."""
        del row
        return False

    def useless(self, row: Claimed) -> Why | None:
        """Return why a notice is not to share a message with others; None where it may."""
        del row
        return None

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        """Return what the message of these notices says now, or why it is not worth saying any more.

        Several share one message only where they were put behind one leader; otherwise it is one. Where a coach's news goes
        is none of its business.
        """
        ...


class Load(Protocol):
    """Loads the news of a family."""

    async def __call__(self, reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
        """Return what these notices of one workspace are about."""
        ...
