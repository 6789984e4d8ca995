"""Which functions may ask what the judge calls wrong, and why."""

from tests.statements.judge import Fault

_ALL_COACHES = "An admin looks at all coaches: the page is as long as what is read."
_ANY = "It ends with the first coach who gives hours."
_AHEAD = "Sorted are the few that a claim looks at."
_LAST = "One look into the index finds the last workspace in it."
_COACHES = "To be mended: a form sorts every coach who gives hours by name, to show the first hundred."
_HISTORY = "Sorted are the newest lines of each grant, and what one person used of pools."

EXCUSED: dict[str, dict[Fault, str]] = {
    "coaches.CoachReads.all": {Fault.SCAN: _ALL_COACHES, Fault.WORKSPACE: _ALL_COACHES},
    "expiries.GrantSweeps.lock_expiring": {
        Fault.SORT: "Sorted is what is to be announced now: one message names all that ends for one person.",
    },
    "ledger.LedgerReads.movements": {Fault.SORT: _HISTORY},
    "claiming.Claiming._of": {Fault.SORT: _AHEAD},
    "claiming.Claiming.take": {Fault.SCAN: _LAST},
    "notices.NoticeQueue.lag": {Fault.SCAN: _LAST},
    "notices.NoticeQueue.next_in": {Fault.SCAN: _LAST, Fault.WORKSPACE: "It reads the first of each workspace."},
    "plans.PlanSweeps.ahead": {Fault.SORT: "Sorted are one person's sessions ahead."},
    "schedule.ScheduleReads.any_hours": {Fault.SCAN: _ANY, Fault.WORKSPACE: _ANY},
    "schedule.ScheduleReads.coaches": {
        Fault.SCAN: _COACHES,
        Fault.WORKSPACE: _COACHES,
        Fault.SORT: _COACHES,
    },
    "timeline.TimelineReads._lines": {Fault.SORT: "Sorted are the notices of one session."},
}
"""By function: the fault, and the reason for which it does no harm, or may stay for now."""
