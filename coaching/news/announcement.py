"""The content of a notice, loaded from the present state on delivery, before it is rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.news.kinds import KINDS, NUDGES, Audience, NoticeKind
from coaching.records import Viewer
from coaching.sessions import Person, Session
from coaching.workspace import Settings


class MailOffer(StrEnum):
    """What a person's first receipt says about mail: it asks whether they want some, or that they said yes."""

    OPEN = "open"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The fields of every announcement: its reader, the settings, and the present instant (aware UTC).

    `mail_offer` is what a person's first receipt says about mail, where there is mail.
    """

    viewer: Viewer
    settings: Settings
    now: datetime
    mail_offer: MailOffer | None = None

    @property
    def taken_back(self) -> bool:
        """Whether what it tells of was undone, so that nobody who has not heard of it needs to."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCoach(Announcement):
    """The fields of all news for coaches, in their channel or by direct message.

    `unreachable_channel` is the alert channel that could not be posted to, when this goes by direct message instead;
    `unreachable_why` is Slack's error code. `copy_of` is the coach when this is a stakeholder's copy (K7). `by_type`:
    the reader is a stakeholder of the session types in it, not of the coach.
    """

    in_channel: bool = False
    unreachable_channel: str | None = None
    unreachable_why: str | None = None
    copy_of: Person | None = None
    by_type: bool = False

    @property
    def about(self) -> Sequence[Session]:
        """The sessions that this is about."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(ToCoach):
    """To a coach: a request, and its outcome.

    `kind` is the kind of notice: the request itself or a reminder of it, to a coach or an admin.
    """

    kind: NoticeKind

    @property
    def to_admin(self) -> bool:
        """Whether the viewer is an admin who decides because the coach has left."""
        return KINDS[self.kind].to is Audience.ADMINS

    @property
    def again(self) -> bool:
        """Whether this is a reminder: the viewer was notified of the request before."""
        return self.kind in NUDGES
