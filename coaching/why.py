"""Why a notice was dropped, given up or left as it is: stored as a code, put into words only where it is shown."""

from enum import StrEnum


class Why(StrEnum):
    """The outcome of a notice and its cause. Some codes are stored with Slack's own error code beside them.

    Codes are stored: never rename or remove one without a migration that rewrites the rows.
    """

    # It had become useless.
    NOTHING_LEFT = "nothing_left"
    TOO_LATE = "too_late"
    PERHAPS_TOO_LATE = "perhaps_too_late"
    SESSION_CANCELED = "session_canceled"
    SESSION_MOVED = "session_moved"
    SESSION_HANDED = "session_handed"
    CORRECTED = "corrected"
    REPLACED = "replaced"
    TAKEN_BACK = "taken_back"
    DECIDED = "decided"
    ADMINS_DECIDE = "admins_decide"

    # A reminder.
    NEWER_REMINDER = "newer_reminder"
    KEPT = "kept"
    CUTOFF_PASSED = "cutoff_passed"
    REPLANNED_BOOKED = "replanned_booked"
    REPLANNED_RESTORED = "replanned_restored"
    REPLANNED_RULES = "replanned_rules"
    REPLANNED_CHANGED = "replanned_changed"

    # A mail.
    NO_ADDRESS = "no_address"
    NOT_WANTED = "not_wanted"
    CAME_BACK = "came_back"

    # Nobody wants it.
    REMINDER_OFF = "reminder_off"

    # A stakeholder's copy.
    NOT_NAMED = "not_named"
    COACHS_OWN = "coachs_own"

    # A coach's alert of what they canceled themselves.
    OWN_RECEIPT = "own_receipt"

    # News of credits.
    NOT_THEIRS = "not_theirs"
    CREDITS_GONE = "credits_gone"
    CREDITS_EXPIRED = "credits_expired"
    EXPIRY_MOVED = "expiry_moved"

    # News of roles.
    ROLE_CHANGED = "role_changed"

    # News for admins.
    NOTHING_AHEAD = "nothing_ahead"
    ANOTHER_CHANNEL = "another_channel"
    ADMINS_DID_IT = "admins_did_it"
    SETTLED = "settled"
    MAIL_WORKS = "mail_works"

    # The message is out and is no longer edited.
    EDIT_TOO_LATE = "edit_too_late"
    EDIT_REFUSED = "edit_refused"
    NO_PLACE = "no_place"

    # Slack refused it, or did not answer.
    REFUSED = "refused"
    ONCE_MORE = "once_more"
    NEVER_CONFIRMED = "never_confirmed"
    AGAIN = "again"
    ALWAYS_ERRORS = "always_errors"

    # It is out, perhaps more than once.
    PERHAPS_TWICE = "perhaps_twice"
    SEVERAL_TIMES = "several_times"
    KILLED = "killed"

    # The process stopped while sending it.
    INTERRUPTED = "interrupted"
    GIVEN_UP = "given_up"

    UNWRITABLE = "unwritable"
    OTHER = "other"
    """Words of an earlier release that have no code. The row keeps them beside it.

    Unknown codes of a later release read as this.
    """

    @classmethod
    def _missing_(cls, value: object) -> "Why":  # noqa: ARG003 - the name that Enum calls it by
        return cls.OTHER
