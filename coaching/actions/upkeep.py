"""Upkeep: the time-driven jobs. Due work is found in rows. Each job looks for its own, one batch at a time."""

from collections.abc import Awaitable, Callable

from coaching.actions import credit_answers
from coaching.actions.days import plan_agendas, plan_sessions
from coaching.actions.departed import hand_over
from coaching.actions.expiry import close_expired, warn_expiring
from coaching.actions.outcomes import complete_due
from coaching.actions.plans import replan_due
from coaching.actions.requests import decide_overdue
from coaching.actions.shift import follow_with_days_off, follow_with_expiries, follow_with_sessions
from coaching.clock import Clock
from coaching.ports import Store

BATCH = 200
"""How many rows one transaction of a job handles, so that clicks do not wait long for it."""

MOST_BATCHES = 50
"""How many batches one round of a job takes, so that other jobs and clicks need not wait for a whole import."""

Job = Callable[[Store, Clock, int], Awaitable[int]]
"""Handles at most a given number of due rows in short transactions and returns how many it found. Safe to repeat."""

JOBS: tuple[tuple[str, Job], ...] = (
    ("new zone rules: sessions", follow_with_sessions),
    ("new zone rules: days off", follow_with_days_off),
    ("new zone rules: expiries", follow_with_expiries),
    ("coaches' sessions", plan_sessions),  # before "completed": whoever is to be asked is asked first
    ("agendas", plan_agendas),
    ("completed", complete_due),
    ("requests", decide_overdue),
    ("requests of coaches who left", hand_over),
    ("requests that pools' contacts left unanswered", credit_answers.hand_over),
    ("plans", replan_due),  # before "expiring", which finds the withdrawn notices' grants again
    ("expiring", warn_expiring),
    ("expired", close_expired),
)
"""All jobs by name, in the order in which they run."""


async def run(store: Store, clock: Clock, job: Job, *, batch: int = BATCH) -> int:
    """Repeat a job until nothing is due, or enough was done for one round. Return how many rows were handled.

    Raises StorageBusy.
    """
    done = 0
    for _ in range(MOST_BATCHES):
        found = await job(store, clock, batch)
        done += found
        if found < batch:
            break
    return done
