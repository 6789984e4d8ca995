"""What the rest of delivery needs from a family of news, whatever its kinds."""

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
    """The data that every message of a workspace is written with. `home_link` opens the app's Home, if it is known.

    `claimed` are (action, recipient) of the notices that go out with this batch.
    """

    workspace_id: str
    viewers: Mapping[str, Viewer]
    settings: Settings
    now: datetime
    home_link: str | None
    claimed: Collection[tuple[str, str]] = ()


class News(Protocol):
    """The data for one family's notices in a batch, loaded for all of them at once."""

    def about(self, row: Claimed) -> Sequence[Session]:
        """Return the sessions that a notice tells its reader about, in their current state."""
        del row
        return ()

    def waits(self, row: Claimed) -> bool:
        """Return whether another message has to go out first."""
        del row
        return False

    def useless(self, row: Claimed) -> Why | None:
        """Return why a notice is to be dropped before notices are grouped into messages, or None if it is not."""
        del row
        return None

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        """Return what the message of these notices says now, or why it is no longer worth sending.

        There are several rows only if they share one leader, otherwise there is one row. Where a coach's news goes is
        decided elsewhere.
        """
        ...


class Load(Protocol):
    """Loads the data for a family of news."""

    async def __call__(self, reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
        """Return the data for these notices of one workspace."""
        ...
