"""News of credits, for their holders: new grants, and grants that expire soon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.news import credit_requests
from bot.delivery.news.credit_requests import CreditRequests
from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.credits import Expiring, Granted
from coaching.news.kinds import NoticeKind
from coaching.packages import Holding
from coaching.records import Viewer
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Credits(News):
    """Holdings by grant id, the requests that they answer, and the holdings that expire together by the warning's key."""

    loaded: Loaded
    held: Mapping[str, Holding]
    asked: CreditRequests
    together: Mapping[str, Sequence[Holding]]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        settings, now, first = self.loaded.settings, self.loaded.now, self.held.get(row.about_id or "")
        if row.kind is NoticeKind.GRANTED:
            why = _useless(first, row, now)
            if first is None or why is not None:
                return why or Why.CREDITS_GONE
            granted = Granted(viewer=viewer, settings=settings, now=now, holding=first)
            return self.asked.named(granted, row.action_id)
        group = [one for one in self.together[row.key] if _useless(one, row, now) is None]
        if group:
            return Expiring(viewer=viewer, settings=settings, now=now, holdings=group)
        if first is not None and first.told_id == row.recipient and first.warned_at != row.due_at:
            return Why.EXPIRY_MOVED
        return _useless(first, row, now) or Why.CREDITS_GONE


def _useless(held: Holding | None, row: Claimed, now: datetime) -> Why | None:
    if held is None:
        return Why.CREDITS_GONE
    if held.told_id != row.recipient:
        return Why.NOT_THEIRS
    if held.closed_at is not None or (held.grant.expires_at is not None and held.grant.expires_at <= now):
        return Why.CREDITS_EXPIRED
    return None if held.grant.balance > 0 else Why.CREDITS_GONE


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for notices of credits."""
    holdings = await reads.grants.by_ids({row.about_id or "" for row in rows})
    return Credits(
        loaded,
        {one.grant.id: one for one in holdings},
        await credit_requests.load(
            reads, await reads.requests.by_ids({row.action_id for row in rows if row.action_id}), loaded
        ),
        {
            row.key: await reads.grants.told_together(row.recipient, row.due_at)
            for row in rows
            if row.kind is NoticeKind.EXPIRING
        },
    )
