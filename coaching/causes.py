"""Why something cannot be done, as types. Rules return them, errors carry them, and views choose words by them."""

from enum import StrEnum


class Blocked(StrEnum):
    """Why a session cannot be canceled or moved."""

    CANCELED = "canceled"
    STARTED = "started"
    OVER = "over"
    LATE = "late"
    MOVED_OFTEN = "moved_often"
    NO_COACH = "no_coach"
    """The person who gave the session is no longer a coach here: they may look at it, and admins act on it."""
    NOT_GIVEN = "not_given"
    """Its coach gives no such sessions any more. They keep the time that was agreed on, and decide about another one."""


ASKABLE = frozenset({Blocked.LATE, Blocked.MOVED_OFTEN, Blocked.NOT_GIVEN})
"""Why a client cannot move a session themselves where its coach can still move it."""


class Unclosable(StrEnum):
    """Why a session cannot be closed as completed or a no-show at some instant."""

    CANCELED = "canceled"
    NOT_STARTED = "not_started"
    NOT_ENDED = "not_ended"
    TOO_LATE = "too_late"


class Obstacle(StrEnum):
    """Why a time cannot be booked: the first reason that applies."""

    NO_HOURS = "no_hours"
    """This person takes no bookings at all."""
    NO_TYPE = "no_type"
    """This session type is no longer offered."""
    NOT_GIVEN = "not_given"
    """This coach does not give sessions of this type."""
    NOT_FOR_THEM = "not_for_them"
    """This client may not book sessions of this type by themselves."""
    AT_MOST = "at_most"
    """This client has as many sessions of this type booked as they may have at a time."""
    PAST = "past"
    NOTICE = "notice"
    HORIZON = "horizon"
    HOURS = "hours"
    TIME_OFF = "time_off"
    BUSY = "busy"


class NoUndo(StrEnum):
    """Why a cancellation cannot be undone."""

    TIME = "time"
    CLOSED = "closed"
    """Something else was booked for that time, or in place of what somebody else than its client canceled."""
    NO_COACH = "no_coach"
    """Its coach is no longer a coach here."""
    STARTED = "started"
    TOLD = "told"
    SPENT = "spent"
    DECIDED = "decided"
    SLOT = "slot"
    CHANGED = "changed"


class NoRequest(StrEnum):
    """Why something cannot be asked for."""

    BY_ONESELF = "by_oneself"
    """The person can do it without asking."""
    TOO_LATE = "too_late"
    """The session has started or is canceled."""
    NO_TIMES = "no_times"
    """The coach has no free time to choose from."""
    UNREACHABLE = "unreachable"
    """Nobody who could decide can be asked."""
    NO_ADMIN = "no_admin"
    """No other admin is known who could give credits."""


class NoException(StrEnum):
    """Why no exception can be requested."""

    DECIDED = "decided"
    RETURNED = "returned"
    UNDONE = "undone"
    UNREACHABLE = "unreachable"
