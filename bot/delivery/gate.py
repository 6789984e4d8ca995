"""A gate per workspace. It closes while Slack has trouble, so that an outage leaves few messages in doubt."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from bot.delivery.retry import Pace, backoff

_LIMITED_IN_A_ROW = 3
"""After so many rate limits in different conversations without a success, the whole workspace is too fast."""


class Way(Enum):
    """What may pass the gate."""

    OPEN = auto()
    CLOSED = auto()
    ONE = auto()
    """One message at a time, as a test."""


@dataclass(slots=True)
class _Trouble:
    until: float
    failures: int
    probe: bool
    why: str
    limited: bool = False


class Gate:
    """Decides whether messages of one workspace may go out. Times are monotonic seconds."""

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
        """Why the gate is not open, for the operator, or None if it is open."""
        return self._trouble.why if self._trouble else None

    @property
    def wants_probe(self) -> bool:
        """Whether a harmless call should come before the next message."""
        return self._trouble is not None and self._trouble.probe

    def probed(self) -> None:
        """Note that the harmless call was answered: the next message may be tried."""
        if self._trouble is not None:
            self._trouble.probe = False

    def answered(self) -> None:
        """Open the gate: Slack accepted or refused a message, or there was no message to try with."""
        if self._trouble is not None and self._trouble.limited and self.way is Way.CLOSED:
            return  # a call that was already under way got through, but the pause that Slack demanded goes on
        self._trouble = None
        self._limited.clear()

    def failed(self, why: str) -> None:
        """Close the gate because no answer came, for longer each time.

        Calls under way together count as one failure.
        """
        if self.way is Way.CLOSED:
            return
        failures = 1 + (self._trouble.failures if self._trouble else 0)
        self._trouble = _Trouble(self._monotonic() + backoff(self._pace, failures), failures, probe=True, why=why)

    def limited(self, conversation: str, seconds: float, called: str) -> None:
        """Note that a conversation was limited for `seconds`. Several of them in a row close the gate for all.

        `called` is what operators call the other side.
        """
        self._limited.add(conversation)
        if len(self._limited) >= _LIMITED_IN_A_ROW:
            failures = self._trouble.failures if self._trouble else 0
            why = f"{called} limits how fast we may send"
            self._trouble = _Trouble(self._monotonic() + seconds, failures, probe=False, why=why, limited=True)

    def rest(self, seconds: float, why: str) -> None:
        """Close the gate for `seconds`, then probe before sending."""
        self._trouble = _Trouble(self._monotonic() + seconds, 0, probe=True, why=why)
