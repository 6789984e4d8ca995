"""What a channel can do, and what it may answer: one bounded meaning for whatever the other side says."""

from dataclasses import dataclass
from typing import Protocol

from bot.delivery.parcels import Parcel
from coaching.sessions import Person


@dataclass(frozen=True, slots=True)
class Sent:
    """Slack has the message, here; None where it does not say where: it can never be edited then."""

    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True)
class TooFast:
    """Not taken; again after `seconds` (LONGEST_PAUSE at most), None where Slack does not say when."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly did not arrive, and trying again later may help."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It went out and no reply came: nobody knows what became of it."""

    why: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """Slack answered that something went wrong on its side; the message may be out all the same."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack will not take this message, now or later; `code` is its word."""

    code: str


NOT_OURS = "not_ours"
"""Our word for a workspace that this process has no token of: its messages are somebody else's to send."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Slack takes nothing from this installation; `code` is its word."""

    code: str


class NotYet:
    """Nobody Slack knows can be told yet; nothing was sent."""


Reply = Sent | TooFast | NotSent | Unknown | ServerError | Refused | Locked


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a parcel. `trouble`: Slack's word where the alert channel took nothing; `diverted`: its coach was told."""

    reply: Reply | NotYet
    trouble: str | None = None
    diverted: bool = False


class Channel(Protocol):
    """A way to reach people. `name` stands in metrics."""

    name: str

    def reaches(self, person: Person) -> bool:
        """Return whether this person can be told directly."""
        ...

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Post or edit one message, `seconds` at most for each call. Raises only before anything is sent."""
        ...

    async def probe(self, workspace_id: str, seconds: float) -> Reply:
        """Ask something harmless, to see whether a workspace can be reached again."""
        ...
