"""Quotes: what canceling returns at an instant, where it goes and until when it can be used there (M4)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from coaching.credits import share, split_refund
from coaching.kindness import NOBODY, Forgiven, place
from coaching.policy import FULL, Policy
from coaching.returns import Back, Payment, go_back
from coaching.sessions import Hat, Session
from coaching.undoing import tells_at_once


@dataclass(frozen=True, slots=True)
class SessionQuote:
    """What canceling one session returns.

    Amounts are in hundredths of a credit; `version` is that of the quoted session. `percent` is what the policy
    returns; `back` is where each part of it goes and until when it can be used there. `returned` is less than that
    share where credits would come back after their end. `forgiven`: everything comes back although it is late, and which
    of the late cancellations that its policy forgives this is (0: it is none of them).
    """

    session_id: str
    version: int
    price: int
    percent: int
    returned: int
    late: bool
    back: tuple[Back, ...] = ()
    forgiven: int = 0

    @property
    def forfeited(self) -> int:
        """What does not come back."""
        return self.price - self.returned

    @property
    def lapsed(self) -> int:
        """What does not come back because its credits have ended."""
        return sum(back.amount for back in self.back if back.lapsed)


@dataclass(frozen=True, slots=True)
class Quote:
    """The terms of canceling several sessions together.

    `at_once`: it is told at once and has no undo, because one of them starts within the hour. None: not known, because
    an earlier release quoted it.
    """

    lines: tuple[SessionQuote, ...]
    at_once: bool | None = False

    def same(self, other: "Quote") -> bool:
        """Return whether both state the same terms. What one of them does not know is no difference."""
        known = self.at_once is not None and other.at_once is not None
        return self.lines == other.lines and not (known and self.at_once is not other.at_once)

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
        """A digest of exactly these terms. A confirmation sends it back to prove which terms the person saw."""
        # Without what is new, where it says nothing: a dialog that was opened under an earlier release is still good.
        terms: list[object] = [astuple(line) if line.forgiven else astuple(line)[:-1] for line in self.lines]
        if self.at_once:
            terms.append("at once")
        return hashlib.sha256(repr(terms).encode()).hexdigest()[:16]

    def line(self, session_id: str) -> SessionQuote:
        """Return the line of one session. Raises KeyError."""
        for line in self.lines:
            if line.session_id == session_id:
                return line
        raise KeyError(session_id)


def percent_of_terms(session: Session, policy: Policy, now: datetime, hat: Hat, *, refund_late: bool = True) -> int:
    """Return what percentage of the price comes back at `now`, whatever paid for the session; see `quote_session`."""
    return FULL if hat is Hat.COACH and refund_late else session.percent_back(policy, now)


def quote_session(
    session: Session,
    policy: Policy,
    now: datetime,
    hat: Hat,
    *,
    refund_late: bool = True,
    payments: Sequence[Payment] | None = None,
    forgiven: int = 0,
) -> SessionQuote:
    """Quote one session at `now`. `payments` None: it is not paid for, as in a preview of terms.

    `forgiven`: as which of the late cancellations that its policy forgives it would come back in full (0: it would not).

    A coach's cancellation in time returns everything. A late one returns everything, or with `refund_late` False what
    the policy returns (M7). What a coach or an admin returns stays usable for a whole return period. Raises
    RuntimeError when the ledger holds another amount than the session's price: money must not move on a wrong quote.
    """
    late = now > session.refund_cutoff_at
    percent = FULL if forgiven else percent_of_terms(session, policy, now, hat, refund_late=refund_late)
    if payments is None:
        return SessionQuote(session.id, session.version, session.price, percent, share(session.price, percent), late)
    if sum(payment.amount for payment in payments) != session.price:
        raise RuntimeError(f"session {session.id}: the ledger holds {payments}, its price is {session.price}")
    by_grant = {payment.source.id: payment for payment in payments}
    period, given = policy.return_period, hat is not Hat.CLIENT
    back = tuple(
        go_back(by_grant[part.grant_id], part.amount, now, period, given=given, elsewhere=session.time_zone)
        for part in split_refund([payment.part for payment in payments], percent)
    )
    returned = sum(part.amount for part in back if not part.lapsed)
    return SessionQuote(session.id, session.version, session.price, percent, returned, late, back, forgiven)


def quote(
    sessions: Sequence[tuple[Session, Policy]],
    payments: Mapping[str, Sequence[Payment]],
    now: datetime,
    hat: Hat,
    *,
    refund_late: bool = True,
    forgiven: Mapping[str, Forgiven] = NOBODY,
) -> Quote:
    """Quote several sessions at `now`, in the order given; `payments` is what each was paid with.

    `forgiven` is, by client, what was forgiven before. Late sessions are forgiven one after another in the order of
    their starts, where that returns more than the terms do by themselves. What a coach cancels is not: they choose
    what it returns. Raises RuntimeError as `quote_session` does.
    """
    lines: dict[str, SessionQuote] = {}
    used: dict[str, int] = {}
    for s, policy in sorted(sessions, key=lambda one: (one[0].starts_at, one[0].id)):
        paid, who = payments.get(s.id, ()), s.client.id
        line = quote_session(s, policy, now, hat, refund_late=refund_late, payments=paid)
        if hat is not Hat.COACH and line.late and line.percent < FULL:
            number = place(policy, forgiven.get(who, Forgiven()), s.time_zone, now, before=used.get(who, 0))
            kind = quote_session(s, policy, now, hat, payments=paid, forgiven=number)
            if number and kind.returned > line.returned:
                line, used[who] = kind, used.get(who, 0) + 1
        lines[s.id] = line
    at_once = tells_at_once([s for s, _ in sessions], hat, now)
    return Quote(tuple(lines[s.id] for s, _ in sessions), at_once)
