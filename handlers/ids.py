"""Every name that travels to Slack and comes back: commands, actions, callbacks, blocks."""

from enum import StrEnum

COMMAND = "/sessions"


class Action(StrEnum):
    """action_id of buttons, menus and inputs."""

    LIST_UPCOMING = "list_upcoming"
    LIST_PAST = "list_past"
    LIST_EARLIER = "list_earlier"
    LIST_LATER = "list_later"
    LIST_AS_CLIENT = "list_as_client"
    LIST_AS_COACH = "list_as_coach"
    CANCEL_OPEN = "cancel_open"
    SESSION_MENU = "session_menu"
    SESSION_DETAILS = "session_details"
    SESSION_CANCEL = "session_cancel"
    SESSION_JOIN = "session_join"

    CHOOSE_MODE = "choose_mode"
    CHOOSE_SESSIONS = "choose_sessions"
    CHOOSE_EARLIER = "choose_earlier"
    CHOOSE_LATER = "choose_later"
    CHOOSE_ALL = "choose_all"
    CHOOSE_NONE = "choose_none"
    CHOOSE_REASON = "choose_reason"
    CHOOSE_LATE = "choose_late"
    CONFIRM_BACK = "confirm_back"

    LATE_REFUND = "late_refund"
    LATE_KEEP = "late_keep"
    LATE_REFUND_ALL = "late_refund_all"
    LATE_KEEP_ALL = "late_keep_all"
    RECORD = "record"

    REMINDER_KEEP = "reminder_keep"
    REMINDER_CANCEL = "reminder_cancel"

    HOME_LIST = "home_list"
    HOME_PAST = "home_past"
    HOME_COACH = "home_coach"
    HOME_SETUP = "home_setup"

    SETUP_ADD_COACH = "setup_add_coach"
    SETUP_COACH_MENU = "setup_coach_menu"
    SETUP_EARLIER = "setup_earlier"
    SETUP_LATER = "setup_later"
    SETUP_TERMS = "setup_terms"
    SETUP_PREFERENCES = "setup_preferences"
    SETUP_ADMINS = "setup_admins"
    INPUT = "input"


class Callback(StrEnum):
    """callback_id of modals."""

    LIST = "list"
    CHOOSE = "choose"
    CONFIRM = "confirm"
    RESULT = "result"
    DETAILS = "details"
    MESSAGE = "message"
    SETUP = "setup"
    SETUP_COACH = "setup_coach"
    SETUP_REMOVE = "setup_remove"
    SETUP_TERMS = "setup_terms"
    SETUP_PREFERENCES = "setup_preferences"
    SETUP_ADMINS = "setup_admins"


class Block(StrEnum):
    """block_id of inputs, and prefixes of those that are numbered."""

    MODE = "mode"
    SESSIONS = "sessions"
    REASON = "reason"
    LATE = "late"
    COACH = "coach"
    CHANNEL = "channel"
    FULL_HOURS = "full_hours"
    PART_PERCENT = "part_percent"
    PART_HOURS = "part_hours"
    REASON_RULE = "reason_rule"
    LATE_CANCEL = "late_cancel"
    GRACE = "grace"
    REMINDERS = "reminders"
    REASON_IN_CHANNEL = "reason_in_channel"
    SUPPORT = "support"
    ADMINS = "admins"


MODE_CANCEL, MODE_KEEP = "cancel", "keep"
LATE_RETURN, LATE_HOLD = "return", "keep"
YES, NO = "yes", "no"
EMPTY_PICK = "none"
MAX_VALUE = 2000
"""Longest value of a button, in characters: Slack's limit."""
