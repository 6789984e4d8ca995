"""Kinds of news, one row each. All code that treats kinds differently derives that from these rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

USEFUL = timedelta(days=7)
"""How long most news and their edits are worth delivering. After a longer outage they are recorded as stale."""
ADMINS_USEFUL = timedelta(days=14)
"""How long news of what only admins can fix is worth delivering."""
ANSWER_USEFUL = timedelta(hours=1)
"""How long after somebody wrote to the app an answer is worth delivering."""


class NoticeKind(StrEnum):
    """What a notice is about. It is rendered from the present state when it is sent, so it is never out of date."""

    RECEIPT = "receipt"
    COACH_ALERT = "coach_alert"
    LATE_DECISION = "late_decision"
    REMINDER = "reminder"
    STARTING = "starting"
    BOOKED = "booked"
    COACH_BOOKED = "coach_booked"
    EXCEPTION = "exception"
    ADMIN_EXCEPTION = "admin_exception"
    MOVE_ASKED = "move_asked"
    ADMIN_MOVE_ASKED = "admin_move_asked"
    CREDITS_ASKED = "credits_asked"
    ADMIN_CREDITS = "admin_credits"
    ANSWERED = "answered"
    NUDGE = "nudge"
    ADMIN_NUDGE = "admin_nudge"
    MOVED = "moved"
    COACH_MOVED = "coach_moved"
    GRANTED = "granted"
    EXPIRING = "expiring"
    LINK_CHANGED = "link_changed"
    COACH_LINK = "coach_link"
    NO_SHOW = "no_show"
    MOVE_ALLOWED = "move_allowed"
    COACH_LEFT = "coach_left"
    CHANNEL_TROUBLE = "channel_trouble"
    ALERT_LOST = "alert_lost"
    NOT_SHIFTED = "not_shifted"
    MAIL_LOCKED = "mail_locked"
    WELCOME = "welcome"
    ANSWER = "answer"
    ADDRESS_ASKED = "address_asked"


class Family(StrEnum):
    """Kinds that are written, loaded and rendered together: the name of a file in each of those packages."""

    BOOKINGS = "bookings"
    CANCELLATIONS = "cancellations"
    MOVES = "moves"
    MEETINGS = "meetings"
    REMINDERS = "reminders"
    DECISIONS = "decisions"
    OUTCOMES = "outcomes"
    CREDITS = "credits"
    ADMINS = "admins"
    GREETINGS = "greetings"
    STAKEHOLDERS = "stakeholders"


class Audience(StrEnum):
    """Who is notified. COACH: in their channel, if they have one.

    HOLDER: the holder of credits, or a pool's contact. PERSON: whoever opened the app, or wrote to it. MAIL: an address.
    """

    CLIENT = "client"
    COACH = "coach"
    ADMINS = "admins"
    HOLDER = "holder"
    PERSON = "person"
    MAIL = "mail"


class About(StrEnum):
    """Which id a notice carries: `session_id` (SESSION), `about_id` (GRANT, COACH, PERSON), or otherwise `action_id`.

    None if it is about the WORKSPACE.
    """

    SESSION = "session"
    CANCELLATION = "cancellation"
    MOVE = "move"
    LINK = "link"
    REQUEST = "request"
    DECISION = "decision"
    GRANT = "grant"
    COACH = "coach"
    PERSON = "person"
    WORKSPACE = "workspace"


class Change(StrEnum):
    """A later change of a session because of which messages about it are edited."""

    STATE = "state"
    """It was canceled, restored or moved."""
    SETTLED = "settled"
    """A request about it was made or answered, or after its cancellation another session was booked instead."""
    OUTCOME = "outcome"
    """Its coach or an admin recorded how it went, or corrected that."""
    OVER = "over"
    """It was closed as completed by the passing of time."""
    KEPT = "kept"
    """Its client wants no more reminders."""
    LINK = "link"
    """It takes place under another link."""


class Undo(StrEnum):
    """What undoing a cancellation does to a notice, besides having it edited."""

    WITHDRAWS = "withdraws"
    """It was due at the end of the undo window, and is not sent."""
    REVIVES = "revives"
    """The cancellation had dropped it. It becomes pending again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row: the properties of every notice of a kind.

    `copied`: stakeholders of the coach or session type get a copy. All other kinds are private (K7).
    `asks`: it has the buttons that decide on a request.
    `held`: while a cancellation of its sessions may be undone, unsent notices are held back.
    `useful`: how long it is worth delivering; None: until the event it announces.
    `quiet`: if it is time-driven, it is sent outside of quiet hours (R1).
    """

    kind: NoticeKind
    family: Family
    to: Audience
    about: About
    refreshed_by: frozenset[Change] = frozenset()
    copied: bool = False
    asks: bool = False
    held: bool = False
    undo: Undo | None = None
    useful: timedelta | None = USEFUL
    quiet: bool = False

    @property
    def mailed(self) -> bool:
        """Whether people who want mails get it by mail. Admins act in Slack, and greetings are about Slack."""
        return self.to not in {Audience.ADMINS, Audience.PERSON}


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

PLANNED = which(lambda row: row.undo is Undo.REVIVES)
"""Kinds that are planned with a session, dropped when it is canceled, and planned again when it is restored."""

QUIET = which(lambda row: row.quiet)
"""Kinds that are sent outside of quiet hours when they are time-driven."""


def about(*what: About) -> frozenset[NoticeKind]:
    """Return the kinds that are about one of these."""
    return which(lambda row: row.about in what)
