"""Upkeep takes turns: one job with much to do keeps neither the others nor people waiting."""

from coaching.actions import upkeep
from coaching.clock import Clock, ManualClock
from coaching.ports import Store
from storage import SqlStore


async def test_a_job_with_much_to_do_stops_after_a_round_and_goes_on_in_the_next(
    store: SqlStore, clock: ManualClock
) -> None:
    left = 60 * upkeep.BATCH

    async def job(_store: Store, _clock: Clock, most: int) -> int:
        nonlocal left
        done = min(left, most)
        left -= done
        return done

    assert await upkeep.run(store, clock, job) == upkeep.MOST_BATCHES * upkeep.BATCH
    assert await upkeep.run(store, clock, job) == 10 * upkeep.BATCH
    assert left == 0
