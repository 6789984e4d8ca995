"""What people are told of their credits, from the state found at delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from coaching.news.credits import Expiring, Granted
from coaching.news.kinds import NoticeKind
from coaching.packages import Holding
from coaching.records import Viewer
from coaching.workspace import Settings
from storage.notices import Claimed
from storage.repositories.deliveries import DeliveryReads

NOT_THEIRS = "these credits are somebody else's to hear about now"
NOTHING_LEFT = "nothing is left of these credits"
EXPIRED = "these credits have expired"
EXPIRY_MOVED = "the day they expire was moved"


async def credit_news(
    reads: DeliveryReads,
    workspace_id: str,
    rows: Sequence[Claimed],
    viewers: Mapping[str, Viewer],
    settings: Settings,
    now: datetime,
) -> Mapping[str, Granted | Expiring | str]:
    """Return by key what each of these notices says now, or why it is not worth saying any more."""
    if not rows:
        return {}
    held = {one.grant.id: one for one in await reads.holdings_by_id(workspace_id, {row.about_id or "" for row in rows})}
    told: dict[str, Granted | Expiring | str] = {}
    for row in rows:
        viewer, first = viewers[row.recipient], held.get(row.about_id or "")
        if row.kind is NoticeKind.GRANTED:
            if first is not None and _useless(first, row, now) is None:
                told[row.key] = Granted(viewer=viewer, settings=settings, holding=first, now=now)
            else:
                told[row.key] = _useless(first, row, now) or NOTHING_LEFT
            continue
        together = await reads.told_together(workspace_id, row.recipient, row.due_at)
        group = [one for one in together if _useless(one, row, now) is None]
        if group:
            told[row.key] = Expiring(viewer=viewer, settings=settings, holdings=group, now=now)
        elif first is not None and first.told_id == row.recipient and first.warned_at != row.due_at:
            told[row.key] = EXPIRY_MOVED
        else:
            told[row.key] = _useless(first, row, now) or NOTHING_LEFT
    return told


def _useless(held: Holding | None, row: Claimed, now: datetime) -> str | None:
    if held is None:
        return NOTHING_LEFT
    if held.told_id != row.recipient:
        return NOT_THEIRS
    if held.closed_at is not None or (held.grant.expires_at is not None and held.grant.expires_at <= now):
        return EXPIRED
    return None if held.grant.balance > 0 else NOTHING_LEFT
