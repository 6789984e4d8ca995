"""Books, cancels and decides as fast as it can until it is killed, telling what it was answered: a victim for tests.

`python -m tests.support.canceler URL SEED` prints one line per finished cancellation: its action id and the sessions.
"""

import asyncio
import random
import sys
from datetime import timedelta

from coaching.actions import cancel, decide
from coaching.clock import ManualClock, SystemClock
from coaching.errors import ClientBusy
from coaching.policy import Policy, Tier
from coaching.sessions import Actor, Hat
from coaching.workspace import Settings
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.world import ANNA, WORKSPACE, World

HALF = Policy(tiers=(Tier(timedelta(hours=24), 100), Tier(timedelta(hours=12), 50)), booking_grace=timedelta(0))


async def main(url: str, seed: int) -> None:
    """Work on the database at `url` until somebody ends this."""
    choose = random.Random(seed)
    coach = f"U0COACH{seed}"
    world = World(SqlStore(create_engines(url, wait_seconds=patience.FOR_DATABASE)), ManualClock(SystemClock().now()))
    await world.people()
    async with world.store.write(WORKSPACE) as uow:
        await uow.coaches.save(coach, None)
        await uow.commit()
    # No undo window: a slot given back is free at once, for this loop books it again.
    await world.settings(Settings(policy=HALF, undo_window=timedelta(0)))
    while True:
        await world.grant(ANNA, 150)
        await world.grant(ANNA, 150, expires_at=world.clock.now() + timedelta(hours=choose.randint(1, 9)))
        hours = choose.sample(range(2, 40), 2)
        try:
            sessions = [await world.book(timedelta(hours=n), coach=coach, price=150) for n in hours]
        except ClientBusy:
            # Another process has booked her then, or one that was killed had. Later there is room: what they left lies near now.
            world.clock.advance(timedelta(hours=1))
            continue
        world.clock.advance(timedelta(hours=1))
        who, hat = choose.choice([(ANNA, Hat.CLIENT), (coach, Hat.COACH)])
        quoted = await world.quote(*sessions, who=who, hat=hat, refund_late=choose.random() < 0.5)
        done = await world.confirm(quoted)
        assert isinstance(done, cancel.Canceled)
        print(done.draft.action_id, *(s.id for s in done.sessions), flush=True)  # noqa: T201 - what it is for
        await decide.decide_late(
            world.store,
            world.clock,
            decide.DecideLate(
                actor=Actor(WORKSPACE, coach),
                session_ids=[s.id for s in sessions],
                refund=choose.random() < 0.5,
            ),
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
