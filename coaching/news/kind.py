"""What a kind of news is: its name, and the properties that a row of `kinds.py` gives it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

USEFUL = timedelta(days=7)
"""How long most news and their edits are worth delivering. After a longer outage they are recorded as stale."""


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
    HANDED_OVER = "handed_over"
    COACH_HANDED = "coach_handed"
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
    AGENDA = "agenda"
    COACH_STARTING = "coach_starting"
    OUTCOME_ASKED = "outcome_asked"
    OWN_RECEIPT = "own_receipt"
    COACH_NAMED = "coach_named"
    COACH_UNNAMED = "coach_unnamed"
    ADMIN_NAMED = "admin_named"
    ADMIN_UNNAMED = "admin_unnamed"
    POOL_JOINED = "pool_joined"
    POOL_LEFT = "pool_left"


class Family(StrEnum):
    """Kinds that are written, loaded and rendered together: the name of a file in each of those packages."""

    BOOKINGS = "bookings"
    CANCELLATIONS = "cancellations"
    MOVES = "moves"
    HANDOVERS = "handovers"
    MEETINGS = "meetings"
    REMINDERS = "reminders"
    DECISIONS = "decisions"
    OUTCOMES = "outcomes"
    CREDITS = "credits"
    ADMINS = "admins"
    GREETINGS = "greetings"
    STAKEHOLDERS = "stakeholders"
    DAYS = "days"
    ROLES = "roles"


class Audience(StrEnum):
    """Who is notified. COACH: in their channel, if they have one. COACH_ALONE: directly, never in a channel.

    HOLDER: the holder of credits, or a pool's contact. PERSON: whoever opened the app, wrote to it, or did something in
    it. NAMED: whoever was given a role, or lost one. MAIL: an address.
    """

    CLIENT = "client"
    COACH = "coach"
    COACH_ALONE = "coach_alone"
    ADMINS = "admins"
    HOLDER = "holder"
    PERSON = "person"
    NAMED = "named"
    MAIL = "mail"


class About(StrEnum):
    """Which id a notice carries: `session_id` (SESSION), `about_id` (GRANT, COACH, PERSON, POOL), or otherwise `action_id`.

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
    POOL = "pool"
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
    WITHDRAWS_OTHERS = "withdraws_others"
    """The same, except for whoever canceled: theirs was sent at once."""
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
