"""What people are told of their credits, from the state found at delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from coaching.news.credits import Expiring, Granted
from coaching.news.kinds import NoticeKind
from coaching.packages import Holding
from coaching.records import Viewer
from coaching.why import Why
from coaching.workspace import Settings
from storage.notices import Claimed
from storage.repositories.deliveries import DeliveryReads


async def credit_news(
    reads: DeliveryReads,
    workspace_id: str,
    rows: Sequence[Claimed],
    viewers: Mapping[str, Viewer],
    settings: Settings,
    now: datetime,
) -> Mapping[str, Granted | Expiring | Why]:
    """Return by key what each of these notices says now, or why it is not worth saying any more."""
    if not rows:
        return {}
    held = {one.grant.id: one for one in await reads.holdings_by_id(workspace_id, {row.about_id or "" for row in rows})}
    told: dict[str, Granted | Expiring | Why] = {}
    for row in rows:
        viewer, first = viewers[row.recipient], held.get(row.about_id or "")
        if row.kind is NoticeKind.GRANTED:
            if first is not None and _useless(first, row, now) is None:
                told[row.key] = Granted(viewer=viewer, settings=settings, holding=first, now=now)
            else:
                told[row.key] = _useless(first, row, now) or Why.CREDITS_GONE
            continue
        together = await reads.told_together(workspace_id, row.recipient, row.due_at)
        group = [one for one in together if _useless(one, row, now) is None]
        if group:
            told[row.key] = Expiring(viewer=viewer, settings=settings, holdings=group, now=now)
        elif first is not None and first.told_id == row.recipient and first.warned_at != row.due_at:
            told[row.key] = Why.EXPIRY_MOVED
        else:
            told[row.key] = _useless(first, row, now) or Why.CREDITS_GONE
    return told


def _useless(held: Holding | None, row: Claimed, now: datetime) -> Why | None:
    if held is None:
        return Why.CREDITS_GONE
    if held.told_id != row.recipient:
        return Why.NOT_THEIRS
    if held.closed_at is not None or (held.grant.expires_at is not None and held.grant.expires_at <= now):
        return Why.CREDITS_EXPIRED
    return None if held.grant.balance > 0 else Why.CREDITS_GONE
