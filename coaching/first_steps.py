"""What a new workspace has to set up before its first session, and what of it is done."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from coaching.sessions import Person


class Step(StrEnum):
    """A step of the set-up, in the order in which they are best taken."""

    COACHES = "coaches"
    """Somebody is on the list of coaches."""
    CHANNELS = "channels"
    """A coach has an alert channel, and each channel took what was last posted there."""
    HOURS = "hours"
    """A coach has hours to book."""
    TYPES = "types"
    """A session type is on offer."""
    TERMS = "terms"
    """An admin saved the cancellation terms."""
    CREDITS = "credits"
    """Clients can pay: a package is on offer, somebody has credits, or every session type on offer is free."""
    SESSION = "session"
    """There is a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """Which steps are done, as the database says, until the first session is there.

    `idle` is the first coach without hours. `listener` is the first coach whose channel refuses messages, or else the first
    without one; `refused` is that channel and `why` Slack's last answer about it.
    """

    done: AbstractSet[Step] = frozenset()
    idle: Person | None = None
    listener: Person | None = None
    refused: str | None = None
    why: str | None = None

    @property
    def next(self) -> Step:
        """The step to take now. Coaches may do without a channel, so that step waits for the others."""
        last = {Step.SESSION} if self.refused else {Step.CHANNELS, Step.SESSION}
        order = [step for step in Step if step not in last] + [step for step in Step if step in last]
        return next(step for step in order if step not in self.done)

    @property
    def bookable(self) -> bool:
        """Whether a session can be booked here: some coach has hours, and there is a session type."""
        return self.done >= {Step.HOURS, Step.TYPES}
