"""Quotes: what canceling would return, per session and in total, at an instant (M4: one function for the quote and the deed)."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from coaching.credits import share
from coaching.policy import FULL, Policy
from coaching.sessions import Hat, Session


@dataclass(frozen=True, slots=True)
class SessionQuote:
    """What canceling one session returns. Amounts in hundredths of a credit; `version` pins the session that was quoted."""

    session_id: str
    version: int
    price: int
    percent: int
    returned: int
    late: bool

    @property
    def forfeited(self) -> int:
        """What does not come back."""
        return self.price - self.returned


@dataclass(frozen=True, slots=True)
class Quote:
    """The terms of canceling several sessions together."""

    lines: tuple[SessionQuote, ...]

    @property
    def returned(self) -> int:
        """What comes back in total, in hundredths of a credit."""
        return sum(line.returned for line in self.lines)

    @property
    def forfeited(self) -> int:
        """What does not come back, in hundredths of a credit."""
        return sum(line.forfeited for line in self.lines)

    @property
    def late(self) -> int:
        """How many of the sessions are past their cutoff."""
        return sum(line.late for line in self.lines)

    @property
    def seal(self) -> str:
        """A short name of exactly these terms: a confirmation names the terms that were seen by it."""
        return hashlib.sha256(repr([astuple(line) for line in self.lines]).encode()).hexdigest()[:16]

    def line(self, session_id: str) -> SessionQuote:
        """Return the line of one session. Raises KeyError."""
        for line in self.lines:
            if line.session_id == session_id:
                return line
        raise KeyError(session_id)


def quote_session(
    session: Session, policy: Policy, now: datetime, hat: Hat, *, refund_late: bool = True
) -> SessionQuote:
    """Quote one session at `now`.

    A coach's cancellation returns everything in time; when late, everything or what the policy returns, by `refund_late` (M7).
    """
    late = now > session.refund_cutoff_at
    percent = FULL if hat is Hat.COACH and refund_late else session.percent_back(policy, now)
    return SessionQuote(session.id, session.version, session.price, percent, share(session.price, percent), late)


def quote(sessions: Sequence[tuple[Session, Policy]], now: datetime, hat: Hat, *, refund_late: bool = True) -> Quote:
    """Quote several sessions at `now`, in the order given."""
    return Quote(tuple(quote_session(s, p, now, hat, refund_late=refund_late) for s, p in sessions))
