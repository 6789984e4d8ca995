"""Drafts: the choices and the quote of an open dialog, stored in the database rather than in Slack's view."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coaching.fates import Fate
from coaching.quotes import Quote
from coaching.sessions import EVERYBODY, Hat, side_of


class Stage(StrEnum):
    """How far a dialog has come."""

    CHOOSING = "choosing"
    QUOTED = "quoted"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One dialog of one person.

    `hat` is the role in which they act, `subject_id` the person whose sessions they look at. `moves` are the new times
    chosen so far: (session, the start it was chosen for, new start), aware UTC. `fates` are what is to become of the sessions
    in a time off, of which those to cancel are `picked`. When done, `action_id` names the
    cancellation, and `quote` holds the terms under which it was carried out.
    """

    id: str
    user_id: str
    hat: Hat
    subject_id: str
    stage: Stage = Stage.CHOOSING
    picked: tuple[str, ...] = ()
    reason: str | None = None
    refund_late: bool = True
    quote: Quote | None = None
    action_id: str | None = None
    moves: tuple[tuple[str, datetime, datetime], ...] = ()
    fates: tuple[tuple[str, Fate], ...] = ()

    @property
    def side(self) -> Hat:
        """The role whose rules apply, see `side_of`."""
        return side_of(self.hat, self.subject_id)

    @property
    def everybodys(self) -> bool:
        """Whether an admin chose among everybody's sessions."""
        return self.hat is Hat.ADMIN and self.subject_id == EVERYBODY
