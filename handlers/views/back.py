"""Where what canceled sessions returned has gone, and until when it can be used there, in words."""

from collections.abc import Iterable
from datetime import datetime

from coaching.credits import ONE_CREDIT
from coaching.sessions import Session, Usable
from handlers.views.kit import typed
from handlers.views.words import Reader, in_credits, number


def came_back_to(sessions: Iterable[Session]) -> str:
    """Return where what canceled sessions returned has gone, to follow "came back": a company's pool, or to its owner.

    Where only a part is a pool's, the sentence says how much.
    """
    pools: dict[str | None, int] = {}
    for session in sessions:
        pool = session.package.pool if session.package else None
        back = session.cancellation.returned if session.cancellation else 0
        if back:
            pools[pool] = pools.get(pool, 0) + back
    named = {pool: amount for pool, amount in pools.items() if pool}
    if len(pools) == 1 and named:
        return f" to {typed(next(iter(named)))}'s pool"
    origin = f", to where {'it' if sum(pools.values()) == ONE_CREDIT else 'they'} came from"
    parts = [f"{in_credits(amount)} to {typed(pool)}'s pool" for pool, amount in named.items()]
    return f"{origin} ({', '.join(parts)})" if parts else origin


def usable_words(usable: Iterable[Usable], reader: Reader) -> str:
    """Say until when something can be used, to follow an amount: "usable until …", "" where nothing of it ever ends.

    Where parts of it end at different times, each is named with its amount.
    """
    ends: dict[tuple[datetime | None, str | None], int] = {}
    for one in usable:
        end = (one.until, reader.ends(one.until, one.last_day))
        ends[end] = ends.get(end, 0) + one.amount
    if not any(said for _, said in ends):
        return ""
    if len(ends) == 1:
        [(_, said)] = ends
        return f"usable until {said}"
    soonest = sorted(ends.items(), key=lambda end: (end[0][0] is None, end[0]))
    parts = [f"{number(amount)} {f'until {said}' if said else 'without end'}" for (_, said), amount in soonest]
    return f"usable: {', '.join(parts)}"


def usable_of(sessions: Iterable[Session]) -> list[Usable]:
    """Return what came back of canceled sessions, by when it can be used no more."""
    return [one for session in sessions if session.cancellation for one in session.cancellation.usable]
