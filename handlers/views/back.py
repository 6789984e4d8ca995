"""Where what canceled sessions returned has gone, and until when it can be used there, in words."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from coaching.credits import ONE_CREDIT
from coaching.sessions import Session, Usable
from handlers.views.kit import typed
from handlers.views.words import Reader, amount, in_credits, pool_of


def came_back_to(sessions: Iterable[Session]) -> str:
    """Return where what canceled sessions returned has gone, to follow "came back": a company's pool, or to its owner.

    Where only a part is a pool's, the sentence says how much.
    """
    pools = _by_pool(sessions)
    named = {pool: some for pool, some in pools.items() if pool}
    if len(pools) == 1 and named:
        return f" to {typed(next(iter(named)))}'s pool"
    origin = f", to where {'it' if sum(pools.values()) == ONE_CREDIT else 'they'} came from"
    parts = [f"{in_credits(some)} to {typed(pool)}'s pool" for pool, some in named.items()]
    return f"{origin} ({', '.join(parts)})" if parts else origin


def came_back_words(returned: int, sessions: Sequence[Session], reader: Reader) -> str:
    """Say what came back of canceled sessions, where it has gone, and until when it can be used there (mrkdwn)."""
    say, n, pools = reader.say, amount(returned), _by_pool(sessions)
    named = {pool: some for pool, some in pools.items() if pool}
    if not returned or not named:
        words = say.plural("*{n} credit* came back", "*{n} credits* came back", n)
    elif len(pools) == 1:
        pool = pool_of(next(iter(named)), say)
        words = say.plural("*{n} credit* came back to {pool}", "*{n} credits* came back to {pool}", n, pool=pool)
    else:
        parts = [
            say("{credits} to {pool}", credits=in_credits(some, say), pool=pool_of(pool, say))
            for pool, some in named.items()
        ]
        words = say.plural(
            "*{n} credit* came back, to where it came from ({parts})",
            "*{n} credits* came back, to where they came from ({parts})",
            n,
            parts=", ".join(parts),
        )
    until = usable_words(usable_of(sessions), reader)
    return f"{words}, {until}" if until else words


def _by_pool(sessions: Iterable[Session]) -> dict[str | None, int]:
    pools: dict[str | None, int] = {}
    for session in sessions:
        pool = session.package.pool if session.package else None
        back = session.cancellation.returned if session.cancellation else 0
        if back:
            pools[pool] = pools.get(pool, 0) + back
    return pools


def usable_words(usable: Iterable[Usable], reader: Reader) -> str:
    """Say until when something can be used, to follow an amount: "usable until …", "" where nothing of it ever ends.

    Where parts of it end at different times, each is named with its amount.
    """
    ends: dict[tuple[datetime | None, str | None], int] = {}
    for one in usable:
        end = (one.until, reader.ends(one.until, one.last_day))
        ends[end] = ends.get(end, 0) + one.amount
    say = reader.say
    if not any(said for _, said in ends):
        return ""
    if len(ends) == 1:
        [(_, said)] = ends
        return say("usable until {day}", day=said or "")
    soonest = sorted(ends.items(), key=lambda end: (end[0][0] is None, end[0]))
    parts = [
        say("{part} until {day}", part=amount(some), day=said) if said else say("{part} without end", part=amount(some))
        for (_, said), some in soonest
    ]
    return say("usable: {parts}", parts=", ".join(parts))


def usable_of(sessions: Iterable[Session]) -> list[Usable]:
    """Return what came back of canceled sessions, by when it can be used no more."""
    return [one for session in sessions if session.cancellation for one in session.cancellation.usable]
