"""What a channel can do and what it may answer. Each answer has one bounded meaning, whatever the other side says."""

from dataclasses import dataclass
from typing import Protocol

from bot.delivery.parcels import Parcel
from coaching.news.notice import Medium
from coaching.sessions import Person


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has the message, at this place. None if it names no place. Then it can never be edited."""

    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True)
class TooFast:
    """Rate limited. Try again after `seconds` (at most LONGEST_PAUSE), or None if nobody says when.

    `only_here`: it is about this conversation, and says nothing about the others.
    """

    seconds: float | None
    only_here: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """The message certainly did not arrive. Trying again later may help."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message went out and no reply came, so it may or may not have arrived."""

    why: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """The other side answered with an error of its own. The message may have arrived all the same."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This message is not accepted, now or later. `code` is the other side's error code or one of ours.

    `no_such_reader`: nor is any other message to this address.
    """

    code: str
    no_such_reader: bool = False


NOT_OURS = "not_ours"
"""Our code for a workspace that this process has no token for. Another process must send its messages."""


@dataclass(frozen=True, slots=True)
class Locked:
    """The other side accepts nothing from this installation. `code` is its error code or one of ours."""

    code: str


class NotYet:
    """The recipient cannot be reached yet. Nothing was sent."""


Reply = Sent | TooFast | NotSent | Unknown | ServerError | Refused | Locked


@dataclass(frozen=True, slots=True)
class Delivered:
    """The result of sending a parcel.

    `trouble` is Slack's error code if the alert channel did not take it. `diverted` means that the coach was notified
    directly instead.
    """

    reply: Reply | NotYet
    trouble: str | None = None
    diverted: bool = False


class Channel(Protocol):
    """A way to reach people by one medium, which is its label in metrics. `called` is what operators call the other side."""

    called: str
    medium: Medium

    def reaches(self, person: Person) -> bool:
        """Return whether this person can be messaged directly."""
        ...

    async def deliver(self, parcel: Parcel, seconds: float) -> Delivered:
        """Post or edit one message. Each call takes at most `seconds`. Raises only before anything is sent."""
        ...

    async def probe(self, workspace_id: str, seconds: float) -> Reply:
        """Make a harmless call, to see whether a workspace can be reached again."""
        ...
