"""How people want to hear: in Slack, by mail, or both; with or without invitations; and which reminders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from coaching.news.kinds import KINDS, Audience, Family, NoticeKind, which
from coaching.records import Viewer
from coaching.sessions import Person

REMINDERS = which(lambda row: row.useful is None and (row.quiet or row.family is Family.DAYS))
"""Kinds that only remind: they come by the clock, and are of no use after what they announce."""
MAIL_ONLY = which(lambda row: row.to is Audience.MAIL)
"""Kinds that Slack never gets."""
EIGHT = 8 * 60
"""When coaches who have chosen nothing get their agenda."""
AGENDA_MINUTES = range(5 * 60, 12 * 60 + 1, 30)
"""When they can choose to get it."""
Mailable = Callable[[Person], bool]
"""Tells whether a person has an address that can be written to."""


RECEIPTS = which(lambda row: row.to is Audience.CLIENT and row.family in {Family.BOOKINGS, Family.CANCELLATIONS})
"""Kinds that confirm to a client what was done. A person's first one asks whether they want mails too."""


class Ways(StrEnum):
    """How a person hears what concerns them."""

    SLACK = "slack"
    BOTH = "both"
    MAIL = "mail"

    @property
    def by_mail(self) -> bool:
        """Whether mails are sent to them."""
        return self is not Ways.SLACK


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen. `invitations`: their mails bring sessions into their calendar.

    `unwanted` are the kinds of reminders that they do not want. `agenda_minute` is when a coach gets their agenda: minutes
    since midnight.
    """

    ways: Ways
    invitations: bool = True
    unwanted: frozenset[NoticeKind] = frozenset()
    agenda_minute: int = EIGHT


def usual(person: Person) -> Preferences:
    """Return what holds for somebody who has chosen nothing: by mail only who is known by e-mail only."""
    return Preferences(Ways.SLACK if person.in_slack else Ways.MAIL)


def has_address(person: Person) -> bool:
    """Return whether a person has an address from which mails do not come back."""
    return person.address is not None and not person.mails_come_back


def reminders_for(viewer: Viewer) -> Sequence[NoticeKind]:
    """Return the kinds of reminders that a person may get in one of their roles."""
    roles = {
        Audience.COACH: viewer.is_coach,
        Audience.COACH_ALONE: viewer.is_coach,
        Audience.ADMINS: viewer.is_admin,
    }
    return [kind for kind, row in KINDS.items() if kind in REMINDERS and roles.get(row.to, True)]
