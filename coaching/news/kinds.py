"""Kinds of news, one row each. All code that treats kinds differently derives that from these rows."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from coaching.news.kind import USEFUL, About, Audience, Change, Family, Kind, NoticeKind, Undo

__all__ = [
    "ALERTS",
    "COPIED",
    "KINDS",
    "NUDGES",
    "OTHERS_RECEIPTS",
    "PLANNED",
    "QUIET",
    "REQUESTS",
    "TO_COACHES",
    "USEFUL",
    "About",
    "Audience",
    "Change",
    "Family",
    "Kind",
    "NoticeKind",
    "Undo",
    "about",
    "refreshed_by",
    "useful_until",
    "which",
]

ADMINS_USEFUL = timedelta(days=14)
"""How long news of what only admins can fix is worth delivering."""
ANSWER_USEFUL = timedelta(hours=1)
"""How long after somebody wrote to the app an answer is worth delivering."""

_AHEAD = frozenset({Change.STATE, Change.OUTCOME})
_JOINED = _AHEAD | {Change.LINK, Change.OVER}
"""What changes a message with the button that opens the meeting."""
_ENDED = frozenset({Change.STATE, Change.SETTLED})
_REQUESTED = _ENDED | {Change.OUTCOME, Change.OVER}


def _asking(
    kind: NoticeKind,
    to: Audience,
    *,
    undo: Undo | None = None,
    nudges: bool = False,
    refreshed_by: frozenset[Change] = _REQUESTED,
) -> Kind:
    """Return the row of a kind that asks for a decision, or that `nudges`: reminds of it before its deadline."""
    return Kind(
        kind=kind,
        family=Family.DECISIONS,
        to=to,
        about=About.REQUEST,
        refreshed_by=refreshed_by,
        copied=to is Audience.COACH and not nudges,
        asks=True,
        undo=undo,
        useful=None if nudges else USEFUL,
        quiet=nudges,
    )


_ROWS = (
    Kind(
        kind=NoticeKind.BOOKED,
        family=Family.BOOKINGS,
        to=Audience.CLIENT,
        about=About.SESSION,
        refreshed_by=_JOINED,
        held=True,
    ),
    Kind(
        kind=NoticeKind.COACH_BOOKED,
        family=Family.BOOKINGS,
        to=Audience.COACH,
        about=About.SESSION,
        refreshed_by=_JOINED,
        copied=True,
        held=True,
    ),
    Kind(
        kind=NoticeKind.RECEIPT,
        family=Family.CANCELLATIONS,
        to=Audience.CLIENT,
        about=About.CANCELLATION,
        refreshed_by=_ENDED,
        undo=Undo.WITHDRAWS_OTHERS,
    ),
    Kind(
        kind=NoticeKind.OWN_RECEIPT,
        family=Family.CANCELLATIONS,
        to=Audience.PERSON,
        about=About.CANCELLATION,
        refreshed_by=_ENDED,
    ),
    Kind(
        kind=NoticeKind.COACH_ALERT,
        family=Family.CANCELLATIONS,
        to=Audience.COACH,
        about=About.CANCELLATION,
        refreshed_by=_ENDED,
        copied=True,
        undo=Undo.WITHDRAWS,
    ),
    Kind(
        kind=NoticeKind.MOVED,
        family=Family.MOVES,
        to=Audience.CLIENT,
        about=About.MOVE,
        refreshed_by=_JOINED,
        quiet=True,
    ),
    Kind(
        kind=NoticeKind.COACH_MOVED,
        family=Family.MOVES,
        to=Audience.COACH,
        about=About.MOVE,
        refreshed_by=_JOINED,
        copied=True,
        held=True,
    ),
    Kind(
        kind=NoticeKind.HANDED_OVER,
        family=Family.HANDOVERS,
        to=Audience.CLIENT,
        about=About.MOVE,
        refreshed_by=_JOINED,
    ),
    Kind(
        kind=NoticeKind.COACH_HANDED,
        family=Family.HANDOVERS,
        to=Audience.COACH,
        about=About.MOVE,
        refreshed_by=_JOINED,
        copied=True,
        held=True,
    ),
    Kind(
        kind=NoticeKind.MOVE_ALLOWED,
        family=Family.MOVES,
        to=Audience.CLIENT,
        about=About.SESSION,
        refreshed_by=_JOINED,
        held=True,
        useful=None,
    ),
    Kind(
        kind=NoticeKind.LINK_CHANGED,
        family=Family.MEETINGS,
        to=Audience.CLIENT,
        about=About.LINK,
        refreshed_by=_JOINED,
        held=True,
    ),
    Kind(
        kind=NoticeKind.COACH_LINK,
        family=Family.MEETINGS,
        to=Audience.COACH,
        about=About.LINK,
        refreshed_by=_JOINED,
        held=True,
    ),
    Kind(
        kind=NoticeKind.REMINDER,
        family=Family.REMINDERS,
        to=Audience.CLIENT,
        about=About.SESSION,
        refreshed_by=_JOINED | {Change.KEPT},
        undo=Undo.REVIVES,
        useful=None,
        quiet=True,
    ),
    Kind(
        kind=NoticeKind.STARTING,
        family=Family.REMINDERS,
        to=Audience.CLIENT,
        about=About.SESSION,
        refreshed_by=_JOINED,
        held=True,
        undo=Undo.REVIVES,
        useful=None,
        quiet=True,
    ),
    _asking(NoticeKind.EXCEPTION, Audience.COACH, undo=Undo.WITHDRAWS),
    _asking(NoticeKind.ADMIN_EXCEPTION, Audience.ADMINS, undo=Undo.WITHDRAWS),
    _asking(NoticeKind.MOVE_ASKED, Audience.COACH),
    _asking(NoticeKind.ADMIN_MOVE_ASKED, Audience.ADMINS),
    # No session makes them untrue: they are edited by `credit_requests.retell`.
    _asking(NoticeKind.CREDITS_ASKED, Audience.HOLDER, refreshed_by=frozenset()),
    _asking(NoticeKind.ADMIN_CREDITS, Audience.ADMINS, refreshed_by=frozenset()),
    Kind(
        kind=NoticeKind.ANSWERED,
        family=Family.DECISIONS,
        to=Audience.CLIENT,
        about=About.REQUEST,
        refreshed_by=_REQUESTED,
    ),
    _asking(NoticeKind.NUDGE, Audience.COACH, undo=Undo.WITHDRAWS, nudges=True),
    _asking(NoticeKind.ADMIN_NUDGE, Audience.ADMINS, undo=Undo.WITHDRAWS, nudges=True),
    Kind(
        kind=NoticeKind.LATE_DECISION,
        family=Family.DECISIONS,
        to=Audience.CLIENT,
        about=About.DECISION,
        refreshed_by=_ENDED,
    ),
    Kind(kind=NoticeKind.NO_SHOW, family=Family.OUTCOMES, to=Audience.CLIENT, about=About.SESSION, refreshed_by=_AHEAD),
    Kind(kind=NoticeKind.GRANTED, family=Family.CREDITS, to=Audience.HOLDER, about=About.GRANT),
    Kind(
        kind=NoticeKind.EXPIRING, family=Family.CREDITS, to=Audience.HOLDER, about=About.GRANT, useful=None, quiet=True
    ),
    Kind(kind=NoticeKind.COACH_LEFT, family=Family.ADMINS, to=Audience.ADMINS, about=About.COACH, useful=ADMINS_USEFUL),
    Kind(
        kind=NoticeKind.CHANNEL_TROUBLE,
        family=Family.ADMINS,
        to=Audience.ADMINS,
        about=About.COACH,
        useful=ADMINS_USEFUL,
    ),
    Kind(
        kind=NoticeKind.ALERT_LOST,
        family=Family.ADMINS,
        to=Audience.ADMINS,
        about=About.COACH,
        refreshed_by=_AHEAD | _ENDED,
        useful=ADMINS_USEFUL,
    ),
    Kind(
        kind=NoticeKind.NOT_SHIFTED,
        family=Family.ADMINS,
        to=Audience.ADMINS,
        about=About.SESSION,
        refreshed_by=_AHEAD,
        useful=ADMINS_USEFUL,
    ),
    Kind(
        kind=NoticeKind.MAIL_LOCKED,
        family=Family.ADMINS,
        to=Audience.ADMINS,
        about=About.WORKSPACE,
        useful=ADMINS_USEFUL,
    ),
    Kind(kind=NoticeKind.WELCOME, family=Family.GREETINGS, to=Audience.PERSON, about=About.PERSON),
    Kind(kind=NoticeKind.ANSWER, family=Family.GREETINGS, to=Audience.PERSON, about=About.PERSON, useful=ANSWER_USEFUL),
    Kind(kind=NoticeKind.AGENDA, family=Family.DAYS, to=Audience.COACH_ALONE, about=About.COACH, useful=None),
    Kind(
        kind=NoticeKind.COACH_STARTING,
        family=Family.DAYS,
        to=Audience.COACH_ALONE,
        about=About.SESSION,
        refreshed_by=_JOINED,
        held=True,
        useful=None,
    ),
    Kind(
        kind=NoticeKind.OUTCOME_ASKED,
        family=Family.DAYS,
        to=Audience.COACH_ALONE,
        about=About.SESSION,
        refreshed_by=_AHEAD | {Change.OVER},
        useful=None,
    ),
    *(
        Kind(kind=kind, family=Family.ROLES, to=Audience.NAMED, about=about)
        for kind, about in (
            (NoticeKind.COACH_NAMED, About.PERSON),
            (NoticeKind.COACH_UNNAMED, About.PERSON),
            (NoticeKind.ADMIN_NAMED, About.PERSON),
            (NoticeKind.ADMIN_UNNAMED, About.PERSON),
            (NoticeKind.POOL_JOINED, About.POOL),
            (NoticeKind.POOL_LEFT, About.POOL),
        )
    ),
    Kind(kind=NoticeKind.ADDRESS_ASKED, family=Family.STAKEHOLDERS, to=Audience.MAIL, about=About.PERSON, useful=None),
)

KINDS: Mapping[NoticeKind, Kind] = {row.kind: row for row in _ROWS}
"""The row of every kind."""


def which(wanted: Callable[[Kind], bool]) -> frozenset[NoticeKind]:
    """Return the kinds whose rows satisfy a predicate."""
    return frozenset(row.kind for row in _ROWS if wanted(row))


def refreshed_by(change: Change) -> frozenset[NoticeKind]:
    """Return the kinds whose messages a change makes untrue."""
    return which(lambda row: change in row.refreshed_by)


def useful_until(kind: NoticeKind, at: datetime) -> datetime:
    """Return until when a notice due `at` (aware UTC) is worth delivering.

    Raises ValueError for a kind whose usefulness depends on the event it announces.
    """
    useful = KINDS[kind].useful
    if useful is None:
        raise ValueError(f"what a {kind} tells of says how long it is of use")
    return at + useful


TO_COACHES = which(lambda row: row.to is Audience.COACH)
"""Kinds that go to a coach's channel where there is one."""

COPIED = which(lambda row: row.copied)
"""Kinds of which stakeholders get copies. `about_id` of a copy is the coach."""

REQUESTS = which(lambda row: row.asks)
"""Kinds that ask for a decision on a request: the coach, a pool's contact, or each admin.

`about_id` of an admin's is the coach who has left, or the person who wants credits.
"""

NUDGES = which(lambda row: row.asks and row.quiet)
"""Kinds that remind of a pending request."""

ALERTS = which(lambda row: row.about is About.CANCELLATION and row.undo is Undo.WITHDRAWS)
"""Kinds that announce a cancellation once it can no longer be undone."""

OTHERS_RECEIPTS = which(lambda row: row.undo is Undo.WITHDRAWS_OTHERS)
"""Kinds that do the same, except to whoever canceled."""

PLANNED = which(lambda row: row.undo is Undo.REVIVES)
"""Kinds that are planned with a session, dropped when it is canceled, and planned again when it is restored."""

QUIET = which(lambda row: row.quiet)
"""Kinds that are sent outside of quiet hours when they are time-driven."""


def about(*what: About) -> frozenset[NoticeKind]:
    """Return the kinds that are about one of these."""
    return which(lambda row: row.about in what)
