"""A gate per workspace: closed while Slack is in trouble, so that an outage costs few messages their certainty."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from bot.delivery.retry import Pace, backoff

_LIMITED_IN_A_ROW = 3
"""Rate limits of different conversations without a success between them: it is the whole workspace that goes too fast."""


class Way(Enum):
    """What may pass."""

    OPEN = auto()
    CLOSED = auto()
    ONE = auto()
    """One message at a time, to see how it fares."""


@dataclass(slots=True)
class _Trouble:
    until: float
    failures: int
    probe: bool
    why: str
    limited: bool = False


class Gate:
    """Whether messages of one workspace may go out; times are monotonic seconds."""

    def __init__(self, pace: Pace, monotonic: Callable[[], float]) -> None:
        self._pace = pace
        self._monotonic = monotonic
        self._trouble: _Trouble | None = None
        self._limited: set[str] = set()

    @property
    def way(self) -> Way:
        """What may pass now."""
        if self._trouble is None:
            return Way.OPEN
        return Way.ONE if self._monotonic() >= self._trouble.until else Way.CLOSED

    @property
    def why(self) -> str | None:
        """Why it is not open, for the operator."""
        return self._trouble.why if self._trouble else None

    @property
    def wants_probe(self) -> bool:
        """Whether a harmless call should come before the next message."""
        return self._trouble is not None and self._trouble.probe

    def probed(self) -> None:
        """The harmless call was answered: the next message may try."""
        if self._trouble is not None:
            self._trouble.probe = False

    def answered(self) -> None:
        """Slack took or judged a message, or there was none to try with: all may pass."""
        if self._trouble is not None and self._trouble.limited and self.way is Way.CLOSED:
            return  # one that was under way got through; that does not end the pause we were told to make
        self._trouble = None
        self._limited.clear()

    def failed(self, why: str) -> None:
        """No answer: close for longer each time. What was under way together counts as one failure."""
        if self.way is Way.CLOSED:
            return
        failures = 1 + (self._trouble.failures if self._trouble else 0)
        self._trouble = _Trouble(self._monotonic() + backoff(self._pace, failures), failures, probe=True, why=why)

    def limited(self, conversation: str, seconds: float) -> None:
        """A conversation was limited for `seconds`; several of them in a row close the gate for all."""
        self._limited.add(conversation)
        if len(self._limited) >= _LIMITED_IN_A_ROW:
            failures = self._trouble.failures if self._trouble else 0
            why = "Slack limits how fast we may post"
            self._trouble = _Trouble(self._monotonic() + seconds, failures, probe=False, why=why, limited=True)

    def rest(self, seconds: float, why: str) -> None:
        """Close for `seconds`, then ask before sending."""
        self._trouble = _Trouble(self._monotonic() + seconds, 0, probe=True, why=why)
