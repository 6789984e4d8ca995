"""Refundability in words: what comes back now, until when, and what then; every view and message takes its words from here."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching.actions.decide import may_return
from coaching.outlook import Outlook, Step, outlook, would_be
from coaching.policy import FULL, Policy
from coaching.returns import Payment
from coaching.sessions import OVER, Hat, Session, Status
from handlers.views.words import Reader, come, in_credits, outcome, span

_TICK = timedelta(microseconds=1)


Payments = Sequence[Payment] | None


def refund_line(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> str:
    """Return "Refundable until …", "50% refundable until …, then 25% until …" or "Non-refundable since …".

    Where it is known what paid for the session (`payments`), the end of credits that came back once is told too.
    """
    return _line(session, _outlook(session, policy, reader, payments), reader)


def short_terms(session: Session, policy: Policy, reader: Reader, hat: Hat) -> str:
    """Return the same in few characters: what comes back now, until when, and what next. Without the steps after that.

    To a coach, whose own cancellation may return everything, it says whose terms these are where they no longer do.
    """
    found = _outlook(session, policy, reader)
    if is_free(session):
        return _cancelable(session, found, reader, short=True)
    now = found.now
    if now is None or not now.percent:
        return "by its terms nothing back" if hat is Hat.COACH else "non-refundable"
    until = _until(now, session, reader)
    if now.percent < FULL and hat is Hat.COACH:
        return f"by its terms {now.percent}% until {until}"
    words = f"refundable until {until}" if now.percent == FULL else f"{now.percent}% until {until}"
    after = found.then[0].percent if found.then else 0
    return f"{words}, then {after}%" if after else words


def booking_terms(policy: Policy, reader: Reader, *, starts_at: datetime, price: int) -> str:
    """Return what a session booked now would return until when, to follow when it is."""
    session = would_be(policy, starts_at=starts_at, booked_at=reader.now, price=price)
    found = _outlook(session, policy, reader)
    now = found.now
    if now is None or not now.grace or not price:
        words = _line(session, found, reader, amounts=True)
        return words[0].lower() + words[1:]
    # The grace begins with the booking, which is yet to come.
    if now.until == session.starts_at:
        return "refundable until the start"
    return (
        f"refundable for {span(policy.booking_grace)} after you book{_then(session, found.then, reader, amounts=True)}"
    )


def holds_until(
    session: Session,
    policy: Policy,
    reader: Reader,
    hat: Hat,
    *,
    refund_late: bool = True,
    payments: Payments = None,
) -> str | None:
    """Return "until …, then 0.5 credits until …, then nothing" to follow what comes back; None where nothing follows."""
    found = outlook(session, policy, reader.now, hat, refund_late=refund_late, payments=payments)
    now = found.now
    if not session.price or now is None or not now.percent or (hat is Hat.COACH and not found.then):
        return None
    first = f"until {_until(now, session, reader)}"
    return ", then ".join([first, *(_amount_until(step, session, reader) for step in found.then)])


def all_steps(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> list[str]:
    """Return every step from the booking to the start with its exact last instant, in lines of mrkdwn."""
    found = _outlook(session, policy, reader, payments)
    if is_free(session):
        return [f"{_cancelable(session, found, reader)}, {_zone(found, reader)}, that very moment included."]
    lines = []
    for step in (*found.over, *found.ahead):
        if not step.percent or step.until == session.booked_at:
            continue  # Said by the policy's own sentences; or over in the very moment of the booking.
        until = _until(step, session, reader, start_too=True)
        if step.grace:
            until += f" ({span(policy.booking_grace)} after the booking)"
        lines.append(f"*{_tense(step, session, reader)}* {until}")
    if lines:
        lines[0] += f", {_zone(found, reader)}, that very moment included."
    if session.money is not None and not session.price:
        lines.append("The payment is between client and coach: it was made outside credits.")
    return lines


def after_cutoff(session: Session, policy: Policy, reader: Reader) -> str:
    """Say what comes back after the full refund, in a sentence of its own: before its end as what follows, else as it is."""
    found = _outlook(session, policy, reader)
    rest = [step for step in found.ahead if step.percent < FULL]
    first = "After that" if found.percent == FULL else "Now"
    if not rest:
        return ""
    if not rest[0].percent:
        if rest[0].blocked:
            return f"{first} it can no longer be canceled."
        return f"{first} nothing comes back." if first == "After that" else "Nothing comes back any more."
    amount = in_credits(rest[0].returned) if session.price else f"{rest[0].percent}%"
    verb = come(rest[0].returned) if session.price else "comes"
    return f"{first} {amount} {verb} back until {_until(rest[0], session, reader)}{_then(session, rest[1:], reader)}."


def cancelable_line(session: Session, policy: Policy, reader: Reader) -> str:
    """Return until when a session that nothing was paid for can be canceled."""
    return f"{_cancelable(session, _outlook(session, policy, reader), reader)}."


def _outlook(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> Outlook:
    # What ends in the very moment of the booking is nothing to promise.
    return outlook(session, policy, max(reader.now, session.booked_at + _TICK), payments=payments)


def _line(session: Session, found: Outlook, reader: Reader, *, amounts: bool = False) -> str:
    if is_free(session):
        return _cancelable(session, found, reader)
    now = found.now
    if now is None or not now.percent:
        paid = [step for step in found.over if step.percent and step.until != session.booked_at]
        words = f"Non-refundable since {_at(paid[-1], reader)}" if paid else "Non-refundable"
    else:
        share = _share(now, session, amounts=amounts)
        words = "Refundable" if now.percent == FULL else f"{share} refundable"
        words += f" until {_until(now, session, reader)}{_then(session, found.then, reader, amounts=amounts)}"
    return words if session.price else f"{words} by its policy · paid outside credits"


def _then(session: Session, steps: Sequence[Step], reader: Reader, *, amounts: bool = False) -> str:
    return "".join(
        f", then {_share(step, session, amounts=amounts)} until {_until(step, session, reader)}"
        for step in steps
        if step.percent
    )


def _share(step: Step, session: Session, *, amounts: bool) -> str:
    return f"{step.percent}% ({in_credits(step.returned)})" if amounts and session.price else f"{step.percent}%"


def _amount_until(step: Step, session: Session, reader: Reader) -> str:
    if not step.percent:
        return "it can no longer be canceled" if step.blocked else "nothing"
    return f"{in_credits(step.returned)} until {_until(step, session, reader)}"


def _until(step: Step, session: Session, reader: Reader, *, start_too: bool = False) -> str:
    if step.until == session.starts_at and not start_too:
        return "the start"
    at = _at(step, reader)
    return f"the start, {at}" if step.until == session.starts_at else at


def _at(step: Step, reader: Reader) -> str:
    """The day that ends with a step where one was meant, else its last instant."""
    day = reader.ends(step.until, step.last_day) if step.last_day else None
    return day or reader.instant(step.until, exact=True)


def _cancelable(session: Session, found: Outlook, reader: Reader, *, short: bool = False) -> str:
    """Until when a session can be canceled that nothing was paid for: its terms may close that before the start."""
    open_steps = [step for step in (*found.over, *found.ahead) if step.blocked is None]
    if not open_steps:
        return "cannot be canceled" if short else "Free · it cannot be canceled"
    until = _until(open_steps[-1], session, reader)
    if open_steps[-1].until < reader.now:
        return f"free, could be canceled until {until}" if short else f"Free · it could be canceled until {until}"
    return f"free, cancel until {until}" if short else f"Free · it can be canceled until {until}"


def _tense(step: Step, session: Session, reader: Reader) -> str:
    over = session.status is not Status.SCHEDULED or step.until < reader.now
    if step.percent == FULL:
        if session.status is Status.CANCELED:
            return "Full refund was possible until:"
        return "Full refund ended:" if over else "Full refund ends:"
    return f"{_share(step, session, amounts=True)} {'came' if over else 'comes'} back until:"


def _zone(found: Outlook, reader: Reader) -> str:
    return reader.times.zone_line([step.until for step in (*found.over, *found.ahead)])


def keeps_terms(session: Session, reader: Reader) -> str:
    """Say that a move changes no terms, where it comes after the cutoff; before it a move brings the terms of its new time."""
    if is_free(session) or reader.now <= session.refund_cutoff_at:
        return ""
    return "Its terms stay those it has: no more comes back than without the move."


def is_free(session: Session) -> bool:
    """Whether nothing was paid for it, neither in credits nor in money."""
    return not session.price and session.money is None


def status_line(session: Session, policy: Policy, reader: Reader) -> str:
    """Where a session stands, in one line of mrkdwn."""
    if session.status is Status.CANCELED:
        return f"*Session Canceled* · {outcome(session, reader)}{_asked(session, reader)}"
    if session.status in OVER:
        return "Completed" if session.status is Status.COMPLETED else "Missed"
    if reader.now >= session.ends_at:
        return "Over"
    if reader.now > session.starts_at:
        return "In progress"
    return refund_line(session, policy, reader)


def _asked(session: Session, reader: Reader) -> str:
    """That an exception was asked for and still waits, and until when, to follow what came back in a list."""
    asked = session.cancellation.asked if session.cancellation else None
    if asked is None or not asked.open:
        return ""
    if reader.now > asked.decide_by:
        settles = "it stays so" if may_return(session) else "the policy decides in a moment"
        return f"; exception asked, {settles}"
    return f"; exception asked, decided by {reader.times.day(asked.decide_by, reader.now)}"
