"""Notices: what leaves the process because of a commit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice


class NoticeWrites(Protocol):
    """What can be changed."""

    async def add(self, notices: Sequence[Notice]) -> None:
        """Enqueue notices; one whose key exists already is left as it is."""
        ...

    async def tell_admins(self, told: Notice) -> bool:
        """Enqueue a notice for each admin, named here or Slack's, unless they were told before; False when there is none."""
        ...

    async def refresh(
        self,
        kinds: Collection[NoticeKind],
        session_ids: Collection[str],
        now: datetime,
        *,
        coaches_at: datetime | None = None,
        released: Collection[str] = (),
    ) -> None:
        """Have the messages of these kinds about these sessions rendered and edited again, a coach's not before `coaches_at`.

        They are locked in the order of their keys, whatever their kind: one call for everything that one change is told by.
        The alerts of `released`, some of these sessions, wait for the end of an undo window no more: that window is closed.
        """
        ...

    async def alert_messages(self, session_ids: Collection[str], now: datetime) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown (channel, ts); None for one that is under way."""
        ...

    async def revive_missed(self, session_id: str, by_id: str, now: datetime) -> None:
        """Have the word to a client about a missed session name who noted it; put it back where a correction kept it unsaid."""
        ...

    async def withdraw_alerts(self, action_id: str, now: datetime) -> bool:
        """Drop a cancellation's alerts, copies included; False (and nothing dropped for good) when one began to go out."""
        ...
