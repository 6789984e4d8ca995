"""Why something cannot be done, as types: rules return them, errors carry them, and words for people are chosen by them."""

from enum import StrEnum


class Blocked(StrEnum):
    """Why a session cannot be canceled or moved."""

    CANCELED = "canceled"
    STARTED = "started"
    OVER = "over"
    LATE = "late"
    MOVED_OFTEN = "moved_often"
    NO_COACH = "no_coach"
    """Whoever gave it is no coach here any more: they may look, and admins act."""


class Unclosable(StrEnum):
    """Why a session cannot be closed in some way at some instant."""

    CANCELED = "canceled"
    NOT_STARTED = "not_started"
    NOT_ENDED = "not_ended"
    TOO_LATE = "too_late"


class Obstacle(StrEnum):
    """Why a time cannot be booked, the first that applies."""

    NO_HOURS = "no_hours"
    """Whoever is asked for takes no bookings at all."""
    NO_TYPE = "no_type"
    """That kind of session is not offered any more."""
    PAST = "past"
    NOTICE = "notice"
    HORIZON = "horizon"
    HOURS = "hours"
    TIME_OFF = "time_off"
    BUSY = "busy"


class NoUndo(StrEnum):
    """Why a cancellation cannot be taken back."""

    TIME = "time"
    CLOSED = "closed"
    """Something else was booked for that time."""
    STARTED = "started"
    TOLD = "told"
    SPENT = "spent"
    DECIDED = "decided"
    SLOT = "slot"
    CHANGED = "changed"


class NoException(StrEnum):
    """Why no exception can be asked for."""

    DECIDED = "decided"
    RETURNED = "returned"
    UNDONE = "undone"
    UNREACHABLE = "unreachable"
