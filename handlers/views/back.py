"""Where credits of canceled sessions returned to, and until when they can be used there, in words."""

from collections.abc import Iterable, Sequence

from coaching.sessions import Session, Usable
from handlers.views.words import Reader, amount, in_credits, number, pool_of
from language.say import Say


def came_back_words(returned: int, sessions: Sequence[Session], reader: Reader) -> str:
    """Say what came back from canceled sessions, where it went, and until when it can be used there (mrkdwn)."""
    say, n, pools = reader.say, amount(returned), _by_pool(sessions)
    named = {pool: some for pool, some in pools.items() if pool}
    if not returned:
        words = say.plural("*{n} credit* came back.", "*{n} credits* came back.", n)
    elif not named:
        words = say.plural(
            "*{n} credit* came back, to where it came from.", "*{n} credits* came back, to where they came from.", n
        )
    elif len(pools) == 1:
        pool = pool_of(next(iter(named)), say)
        words = say.plural("*{n} credit* came back to {pool}.", "*{n} credits* came back to {pool}.", n, pool=pool)
    else:
        parts = [
            say("{credits} to {pool}", credits=in_credits(some, say), pool=pool_of(pool, say))
            for pool, some in named.items()
        ]
        words = say.plural(
            "*{n} credit* came back, to where it came from ({parts}).",
            "*{n} credits* came back, to where they came from ({parts}).",
            n,
            parts=say.listed(parts),
        )
    return say.sentences(words, usable_words(usable_of(sessions), reader))


def did_not_come_back(kept: int, say: Say) -> str:
    """Say how much of the price of canceled sessions was kept (mrkdwn)."""
    return say.plural("*{n} credit* did not come back.", "*{n} credits* did not come back.", amount(kept))


def _by_pool(sessions: Iterable[Session]) -> dict[str | None, int]:
    pools: dict[str | None, int] = {}
    for session in sessions:
        pool = session.package.pool if session.package else None
        back = session.cancellation.returned if session.cancellation else 0
        if back:
            pools[pool] = pools.get(pool, 0) + back
    return pools


def usable_words(usable: Iterable[Usable], reader: Reader) -> str:
    """Say until when returned credits can be used, or "" if none of them ever expires.

    If parts of them expire at different times, each is named with its amount.
    """
    soonest = sorted(usable, key=lambda one: (one.until is None, one.until))
    ends: dict[str | None, int] = {}
    for one in soonest:
        end = reader.ends(one.until, one.last_day)
        ends[end] = ends.get(end, 0) + one.amount
    say = reader.say
    if not any(ends):
        return ""
    if len(ends) == 1:
        [day] = ends
        return say("What came back is usable until {day}.", day=day or "")
    parts = [
        say("{part} until {day}", part=number(some, say), day=day)
        if day
        else say("{part} without end", part=number(some, say))
        for day, some in ends.items()
    ]
    return say("What came back is usable: {parts}.", parts=say.listed(parts))


def usable_of(sessions: Iterable[Session]) -> list[Usable]:
    """Return what came back from canceled sessions, by its expiry."""
    return [one for session in sessions if session.cancellation for one in session.cancellation.usable]
