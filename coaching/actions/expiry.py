"""Expiry: holders are notified before their credits expire, and what is left then leaves their account."""

from datetime import datetime

from coaching.actions.setup import MAX_UNDO
from coaching.clock import Clock
from coaching.credits import EXPIRED, Transfer, TransferKind, grant_account
from coaching.ids import new_id
from coaching.news.credits import expiring
from coaching.news.notice import Notice
from coaching.packages import Holding
from coaching.ports import Store, UnitOfWork
from coaching.quiet import awake
from coaching.zones import first_known

CLOSED_AFTER = MAX_UNDO
"""How long after its expiry a grant is closed: until then, what came back just before it may still be undone.

Nobody can spend it in the meantime: only the time decides whether a grant pays (`Grant.usable`).
"""


async def warn_expiring(store: Store, clock: Clock, limit: int) -> int:
    """Notify holders of what expires soon, one message each for all their grants. Return how many grants that were.

    A pool's contact is notified for the pool. Without a contact nobody is.
    """
    now = clock.now()
    async with store.sweep() as sweep:
        found = [(ws, held) for ws, held in await sweep.grants.lock_expiring(now, limit) if _open(held, now)]
        groups: dict[tuple[str, str | None], list[Holding]] = {}
        for workspace_id, held in found:
            groups.setdefault((workspace_id, held.told_id), []).append(held)
        for (workspace_id, told_id), group in groups.items():
            uow = sweep.within(workspace_id)
            at = now
            if told_id is not None:
                at = await _waking(uow, told_id, group, now)
                await uow.notices.add([_notice(group, told_id, at)])
            await uow.grants.mark_warned([held.grant.id for held in group], at)
        await sweep.commit()
    return len(found)


def _open(held: Holding, now: datetime) -> bool:
    """Check again under the lock: the grant may have been announced, spent or moved in the meantime."""
    return held.warned_at is None and held.closed_at is None and held.grant.usable(now)


def _notice(group: list[Holding], told_id: str, at: datetime) -> Notice:
    ends = sorted((held.grant.expires_at, held.grant.id) for held in group if held.grant.expires_at is not None)
    return expiring(ends[0][1], told_id, at, ends[-1][0])


async def _waking(uow: UnitOfWork, told_id: str, group: list[Holding], now: datetime) -> datetime:
    """Return now, or the end of the recipient's quiet hours, unless something expires before that."""
    quiet = (await uow.workspace.settings()).quiet_hours
    if quiet is None:
        return now
    zone = first_known((await uow.people.viewer(told_id)).person.time_zone)
    ends = [held.grant.expires_at for held in group if held.grant.expires_at is not None]
    # What became known during the quiet hours is announced when they end.
    return awake(quiet, zone, now, now=now, until=min(ends))


async def close_expired(store: Store, clock: Clock, limit: int) -> int:
    """Move what is left of expired grants to `expired`. Return how many grants were closed."""
    now = clock.now()
    before = now - CLOSED_AFTER
    async with store.sweep() as sweep:
        found = await sweep.grants.lock_expired(before, limit)
        by_workspace: dict[str, list[Holding]] = {}
        for workspace_id, held in found:
            expires_at = held.grant.expires_at
            # While we waited for the lock, another worker may have closed it, or a return may have made it usable
            # again.
            if held.closed_at is None and expires_at is not None and expires_at <= before:
                by_workspace.setdefault(workspace_id, []).append(held)
        for workspace_id, group in by_workspace.items():
            uow = sweep.within(workspace_id)
            await uow.ledger.post([_sweep(held, now) for held in group if held.grant.balance > 0])
            await uow.grants.mark_closed([held.grant.id for held in group], now)
        await sweep.commit()
    return len(found)


def _sweep(held: Holding, now: datetime) -> Transfer:
    # A grant expires again after each return to it, so the key needs more than its id.
    grant = held.grant
    key, source = f"expire:{grant.id}:{new_id(now)}", grant_account(grant.id)
    return Transfer(key, TransferKind.EXPIRE, source, EXPIRED, grant.balance, now, grant_id=grant.id)
