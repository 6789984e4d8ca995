"""Greetings: welcomes, and answers to what people write to the app."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.greetings import Answer, Welcome
from coaching.news.kinds import NoticeKind
from coaching.records import Viewer
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Greetings(News):
    """Nothing but what every message is written with."""

    loaded: Loaded

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        kind = Welcome if rows[0].kind is NoticeKind.WELCOME else Answer
        loaded = self.loaded
        return kind(viewer=viewer, settings=loaded.settings, now=loaded.now, home_link=loaded.home_link)


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load nothing more."""
    del reads, rows
    return Greetings(loaded)
