"""Which functions may ask what the judge calls wrong, and why."""

from tests.statements.judge import Fault

_ALL_COACHES = "An admin looks at all coaches: the page is as long as what is read."
_ANY = "It ends with the first coach who gives hours."
_AHEAD = "Sorted are the few that a claim looks at."
_LAST = "One look into the index finds the last workspace in it."
_COUNTED = "An admin sees how many coaches there are, of whom there are a few thousand at most."
_FEW = "An admin opens the set-up: it reads coaches, session types and packages, and one row of what there are many of."
_NAMED = "It reads what admins named, when an address was removed from it: a few for each coach and session type."
_WHOSE = "An admin names the stakeholders of coaches and session types: a workspace has few."
_OFFERS = "An admin chooses among the packages or pools of a workspace, of which there are a few hundred."
_AUDIT = "Only tests ask it."
_LISTED = "An admin looks at all of them: the page is as long as what is read."
_ONCE = "A channel's id changes once in its life; nothing else asks for notices by their channel."
_ERASED = "Whoever is erased may be named anywhere: each table is read once, seldom in the life of a workspace."
_WINDOW = (
    "It has bounds of time. In the crowd most sessions lie within them, and PostgreSQL reads all where it needs most."
)
_FIGURES = "An admin asks for the figures of all coaches, and of all grants that are open, each from its checkpoint."
_HISTORY = "Sorted are the first lines of each grant of one person or pool, and those of a few grants."

Excuses = dict[str, dict[Fault, str]]

EXCUSED: Excuses = {
    "coaches.CoachReads.all": {Fault.WORKSPACE: _ALL_COACHES},
    "expiries.GrantSweeps.lock_expiring": {
        Fault.SORT: "Sorted is what is to be announced now: one message names all that ends for one person.",
    },
    "figures.FigureReads.coaches": {Fault.WORKSPACE: _FIGURES},
    "figures.FigureReads.credits": {Fault.WORKSPACE: _FIGURES, Fault.SCAN: _FIGURES},
    "figures.FigureReads.days": {Fault.SCAN: _WINDOW},
    "figures.FigureReads.months": {Fault.SCAN: _WINDOW},
    "movements.MovementReads.movements": {Fault.SORT: _HISTORY},
    "claiming.Claiming._of": {Fault.SORT: _AHEAD},
    "claiming.Claiming._look": {Fault.SCAN: _LAST},
    "notices.NoticeQueue.lag": {Fault.SCAN: _LAST},
    "notices.NoticeQueue.next_in": {Fault.SCAN: _LAST, Fault.WORKSPACE: "It reads the first of each workspace."},
    "linking.Links._hand_addresses": {Fault.WORKSPACE: _WHOSE},
    "linking.Links._hand_keys": {Fault.WORKSPACE: _WHOSE},
    "stakeholders.StakeholderReads.whose": {Fault.WORKSPACE: _WHOSE},
    "stakeholders.StakeholderWrites.forget_unnamed": {Fault.WORKSPACE: _NAMED, Fault.SCAN: _NAMED},
    "plans.PlanSweeps.ahead": {Fault.SORT: "Sorted are one person's sessions ahead."},
    "schedule.ScheduleReads.any_hours": {Fault.WORKSPACE: _ANY},
    "waiting.WaitingReads.queue": {
        Fault.SORT: "Sorted are what is open in a workspace, late cancellations of some days, and one coach's last sessions.",
    },
    "timeline.TimelineReads._lines": {Fault.SORT: "Sorted are the notices of one session."},
}
"""By function: the fault, and the reason for which it does no harm, or may stay for now."""

SELDOM: Excuses = {
    "business.BusinessReads.first_steps": {Fault.SCAN: _FEW, Fault.WORKSPACE: _FEW},
    "business.BusinessReads.staff": {Fault.SCAN: _COUNTED, Fault.WORKSPACE: _COUNTED},
    "catalogue.CatalogueReads.packages": {Fault.SORT: _OFFERS},
    "pools.PoolReads.first": {Fault.SORT: _OFFERS},
    "channels.ChannelMoves.move": {Fault.SCAN: _ONCE, Fault.WORKSPACE: _ONCE},
    "coaches.CoachReads.former": {
        Fault.SORT: "Sorted are those that are shown.",
        Fault.SCAN: _COUNTED,
        Fault.WORKSPACE: _COUNTED,
    },
    "coaches.CoachReads.number": {Fault.SCAN: _COUNTED, Fault.WORKSPACE: _COUNTED},
    "coaches.CoachReads.page": {Fault.SORT: "Sorted are those that are shown."},
    "coaches.CoachReads.ids_ahead": {Fault.SORT: "Sorted are the sessions ahead of one coach, who leaves."},
    "erasing.ErasureReads.ids_of": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureReads._anywhere": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureReads.needed": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureWrites._delete_drafts": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureWrites._shorten": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureWrites.settle": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureWrites.erase": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "erasing.ErasureWrites._rename_notices": {Fault.SCAN: _ERASED, Fault.WORKSPACE: _ERASED},
    "exports.ExportReads.page": {Fault.SORT: "Sorted is one page, which was found in the order of its keys."},
    "ledger.LedgerReads.balances": {Fault.SCAN: _AUDIT, Fault.WORKSPACE: _AUDIT},
    "stakeholders.StakeholderReads.all": {Fault.SCAN: _LISTED, Fault.WORKSPACE: _LISTED},
    "stakeholders.StakeholderReads.of": {Fault.SCAN: _WHOSE, Fault.WORKSPACE: _WHOSE},
}
"""The same for what the walk does not meet, or not with so many at once."""
