"""Notices: the messages that leave the process because of a commit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice


class NoticeWrites(Protocol):
    """Write operations."""

    async def add(self, notices: Sequence[Notice]) -> None:
        """Enqueue notices. One whose key exists already is left unchanged."""
        ...

    async def tell_admins(self, told: Notice) -> bool:
        """Enqueue a notice for every admin, named here or in Slack, unless they got it before.

        Return False when there is no admin.
        """
        ...

    async def refresh(
        self,
        kinds: Collection[NoticeKind],
        session_ids: Collection[str],
        now: datetime,
        *,
        clients_at: datetime | None = None,
        coaches_at: datetime | None = None,
        released: Collection[str] = (),
    ) -> None:
        """Have messages of these kinds about these sessions edited again.

        Those to coaches are not edited before `coaches_at`, others not before `clients_at`. Rows are locked in the
        order of their keys, whatever their kind, so make one call for all messages that a change affects. What
        announces the cancellation of `released`, a subset of these sessions, no longer waits for the end of its undo
        window, which is closed.
        """
        ...

    async def refresh_links(self, action_id: str, now: datetime) -> Collection[tuple[str, str]]:
        """Have all messages edited about the sessions whose meeting link an action changed.

        Return (recipient, session) of the news of earlier changes that was not sent yet. It waits until this commits.
        """
        ...

    async def alert_messages(self, session_ids: Collection[str], now: datetime) -> Collection[tuple[str, str] | None]:
        """Return where alerts and requests about these sessions are shown: (channel, ts), None for one being sent."""
        ...

    async def revive_missed(self, session_id: str, by_id: str, now: datetime) -> None:
        """Update who recorded a session as missed in the client's notice.

        If a correction had dropped the notice before it was sent, it becomes pending again.
        """
        ...

    async def send_again(self, recipient: str, session_id: str | None, since: datetime, now: datetime) -> int:
        """Have what was given up since then go out to a recipient, about this session or about none.

        Return how many messages that are. What has a time of its own, as a reminder has, is left alone after it.
        """
        ...

    async def withdraw(self, action_id: str, by: str, now: datetime) -> bool:
        """Drop what announces a cancellation to anybody but `by`, who canceled: alerts, their copies, receipts.

        On False one is already being sent: roll the transaction back.
        """
        ...
