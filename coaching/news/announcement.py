"""What a notice has to say, loaded from the present state when it is delivered, before it becomes words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.records import Viewer
from coaching.sessions import Person, Session
from coaching.workspace import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What every announcement has: who reads it, and when (aware UTC)."""

    viewer: Viewer
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCoach(Announcement):
    """What all news to coaches has, whether it goes to their channel or directly.

    `unreachable_channel` is the alert channel that could not be posted to, when this goes by direct message instead;
    `unreachable_why` is Slack's code for that. `copy_of` is the coach when this is a stakeholder's copy (K7),
    and `by_type` says that its reader is named for the session types in it, and not for the coach.
    """

    in_channel: bool = False
    unreachable_channel: str | None = None
    unreachable_why: str | None = None
    copy_of: Person | None = None
    by_type: bool = False

    @property
    def about(self) -> Sequence[Session]:
        """The sessions that this tells of."""
        raise NotImplementedError
