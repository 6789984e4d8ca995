"""Refundability in words: what comes back now, until when, and what then. All views and messages use these words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from coaching.actions.decide import may_return
from coaching.outlook import Outlook, Step, outlook, would_be
from coaching.policy import FULL, UNASKED_GRACE, Policy, unasked_cutoff
from coaching.returns import Payment
from coaching.sessions import OVER, Hat, Session, Status
from handlers.views.words import Reader, amount, in_credits, outcome, span
from language.say import Say

_TICK = timedelta(microseconds=1)


Payments = Sequence[Payment] | None


def refund_line(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> str:
    """Return "Refundable until …", "50% refundable until …, then 25% until …" or "Non-refundable since …".

    If it is known what paid for the session (`payments`), the expiry of credits that came back once is included.
    """
    return _perhaps(
        _line(session, found := _outlook(session, policy, reader, payments), reader), found, session, policy, reader
    )


def _perhaps(words: str, found: Outlook, session: Session, policy: Policy, reader: Reader) -> str:
    """Add that a session of which nothing comes back by its steps may be forgiven: only a quote knows."""
    late = found.now is not None and not found.now.percent and found.now.blocked is None
    if not (policy.forgives and late and session.price):
        return words
    return reader.say("{terms}, unless it is forgiven", terms=words)


def short_terms(session: Session, policy: Policy, reader: Reader, hat: Hat) -> str:
    """Return the terms in few characters: what comes back now, until when, and the next step only.

    A coach's own cancellation may return everything. So for a coach, terms that no longer do are marked as the
    session's.
    """
    found, say = _outlook(session, policy, reader), reader.say
    if is_free(session):
        words = _cancelable_briefly(session, found, reader)
        return f"{say('Late')} · {words}" if is_late(session, reader) else words
    now = found.now
    if now is None or not now.percent:
        if hat is Hat.COACH:
            return say("by its terms nothing back")
        return _perhaps(say("non-refundable"), found, session, policy, reader)
    until, percent = _until(now, session, reader), say.percent(now.percent)
    if now.percent < FULL and hat is Hat.COACH:
        if until is None:
            return say("by its terms {percent} until the start", percent=percent)
        return say("by its terms {percent} until {time}", percent=percent, time=until)
    if now.percent == FULL:
        words = say("refundable until the start") if until is None else say("refundable until {time}", time=until)
    else:
        words = _share_until(percent, until, say)
    after = found.then[0].percent if found.then else 0
    return say.phrases(words, say("then {percent}", percent=say.percent(after))) if after else words


def booking_terms(policy: Policy, reader: Reader, *, starts_at: datetime, price: int, unasked: bool = False) -> str:
    """Return what a session booked now would return until when, to be shown beside its time.

    `unasked`: somebody else than the client books it.
    """
    session, grace = would_be(policy, starts_at=starts_at, booked_at=reader.now, price=price), policy.booking_grace
    if unasked:
        own = session.refund_cutoff_at
        cutoff = unasked_cutoff(own, starts_at=starts_at, now=reader.now)
        session, grace = replace(session, refund_cutoff_at=cutoff), UNASKED_GRACE if cutoff > own else grace
    found, say = _outlook(session, policy, reader), reader.say
    now = found.now
    by_grace = now is not None and now.percent == FULL and (now.grace or grace > policy.booking_grace)
    if now is None or not by_grace or not price:
        return _line(session, found, reader, amounts=True)
    # The grace starts with the booking, which is still to come.
    if now.until == session.starts_at:
        return say("Refundable until the start")
    words = say("Refundable for {time} after you book", time=span(grace, say))
    return reader.say.phrases(words, *_then(session, found.then, reader, amounts=True))


def holds_until(
    session: Session,
    policy: Policy,
    reader: Reader,
    hat: Hat,
    *,
    refund_late: bool = True,
    payments: Payments = None,
) -> str | None:
    """Return "This holds until …, then 0.5 credits until …, then nothing", or None if nothing follows."""
    found = outlook(session, policy, reader.now, hat, refund_late=refund_late, payments=payments)
    now, say = found.now, reader.say
    if not session.price or now is None or not now.percent or (hat is Hat.COACH and not found.then):
        return None
    until = _until(now, session, reader)
    first = say("This holds until the start") if until is None else say("This holds until {time}", time=until)
    return reader.say.phrases(first, *(_amount_until(step, session, reader) for step in found.then))


def all_steps(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> list[str]:
    """Return every step from the booking to the start with its exact last instant, in lines of mrkdwn."""
    found, say = _outlook(session, policy, reader, payments), reader.say
    if is_free(session):
        return [_included(_cancelable(session, found, reader), found, reader)]
    lines = []
    for step in (*found.over, *found.ahead):
        if not step.percent or step.until == session.booked_at:
            continue  # in the policy's own sentences, or over at the very moment of the booking
        until = _at(step, reader)
        if step.until == session.starts_at:
            until = say("{time} (the start)", time=until)
        if step.grace:
            until = say("{time} ({length} after the booking)", time=until, length=span(policy.booking_grace, say))
        lines.append(f"*{_tense(step, session, reader)}* {until}")
    if lines:
        lines[0] = _included(lines[0], found, reader)
    if session.money is not None and not session.price:
        lines.append(say("The payment is between client and coach: it was made outside credits."))
    return lines


def after_cutoff(session: Session, policy: Policy, reader: Reader) -> str:
    """Return a sentence about what comes back after the full refund. It says what follows, or what is true now."""
    found, say = _outlook(session, policy, reader), reader.say
    rest = [step for step in found.ahead if step.percent < FULL]
    ahead = found.percent == FULL
    if not rest:
        return ""
    if rest[0].percent:
        steps = [_comes_until(rest[0], session, reader, ahead=ahead), *_then(session, rest[1:], reader)]
        return say("{steps}.", steps=say.phrases(*steps))
    if rest[0].blocked:
        if ahead:
            return say("After that it can no longer be canceled.")
        return say("Now it can no longer be canceled.")
    if policy.forgives and session.price:
        return say("After that nothing comes back, unless it is forgiven.") if ahead else ""
    return say("After that nothing comes back.") if ahead else say("Nothing comes back any more.")


def _comes_until(step: Step, session: Session, reader: Reader, *, ahead: bool) -> str:
    say, until = reader.say, _until(step, session, reader)
    n = amount(step.returned) if session.price else 1
    some = in_credits(step.returned, say) if session.price else say.percent(step.percent)
    if ahead and until is None:
        return say.plural(
            "After that {some} comes back until the start", "After that {some} come back until the start", n, some=some
        )
    if ahead:
        return say.plural(
            "After that {some} comes back until {time}",
            "After that {some} come back until {time}",
            n,
            some=some,
            time=until or "",
        )
    if until is None:
        return say.plural("Now {some} comes back until the start", "Now {some} come back until the start", n, some=some)
    return say.plural(
        "Now {some} comes back until {time}", "Now {some} come back until {time}", n, some=some, time=until
    )


def cancelable_line(session: Session, policy: Policy, reader: Reader) -> str:
    """Return until when a session that nothing was paid for can be canceled."""
    return reader.say("{steps}.", steps=_cancelable(session, _outlook(session, policy, reader), reader))


def _outlook(session: Session, policy: Policy, reader: Reader, payments: Payments = None) -> Outlook:
    # A step that ends at the very moment of the booking is not promised.
    return outlook(session, policy, max(reader.now, session.booked_at + _TICK), payments=payments)


def _line(session: Session, found: Outlook, reader: Reader, *, amounts: bool = False) -> str:
    if is_free(session):
        return _cancelable(session, found, reader)
    now, say = found.now, reader.say
    if now is None or not now.percent:
        paid = [step for step in found.over if step.percent and step.until != session.booked_at]
        words = say("Non-refundable since {time}", time=_at(paid[-1], reader)) if paid else say("Non-refundable")
    else:
        first = _refundable_until(now, session, reader, amounts=amounts)
        words = say.phrases(first, *_then(session, found.then, reader, amounts=amounts))
    if session.price:
        return words
    return f"{say('{terms} by its policy', terms=words)} · {say('paid outside credits')}"


def _refundable_until(step: Step, session: Session, reader: Reader, *, amounts: bool) -> str:
    say, until = reader.say, _until(step, session, reader)
    if step.percent == FULL:
        return say("Refundable until the start") if until is None else say("Refundable until {time}", time=until)
    share = _share(step, session, say, amounts=amounts)
    if until is None:
        return say("{share} refundable until the start", share=share)
    return say("{share} refundable until {time}", share=share, time=until)


def _then(session: Session, steps: Sequence[Step], reader: Reader, *, amounts: bool = False) -> list[str]:
    return [
        _then_until(_share(step, session, reader.say, amounts=amounts), _until(step, session, reader), reader.say)
        for step in steps
        if step.percent
    ]


def _then_until(some: str, until: str | None, say: Say) -> str:
    if until is None:
        return say("then {share} until the start", share=some)
    return say("then {share} until {time}", share=some, time=until)


def _share_until(share: str, until: str | None, say: Say) -> str:
    return (
        say("{share} until the start", share=share)
        if until is None
        else say("{share} until {time}", share=share, time=until)
    )


def _share(step: Step, session: Session, say: Say, *, amounts: bool) -> str:
    percent = say.percent(step.percent)
    return f"{percent} ({in_credits(step.returned, say)})" if amounts and session.price else percent


def _amount_until(step: Step, session: Session, reader: Reader) -> str:
    say = reader.say
    if not step.percent:
        return say("then it can no longer be canceled") if step.blocked else say("then nothing")
    return _then_until(in_credits(step.returned, say), _until(step, session, reader), say)


def _until(step: Step, session: Session, reader: Reader) -> str | None:
    """Return until when a step lasts, or None for the start, which has words of its own."""
    return None if step.until == session.starts_at else _at(step, reader)


def _at(step: Step, reader: Reader) -> str:
    """Return the day that a step ends with, if a day was meant, else its last instant."""
    day = reader.ends(step.until, step.last_day) if step.last_day else None
    return day or reader.instant(step.until, exact=True)


def _last_open(found: Outlook) -> Step | None:
    """Return the last step in which a session can be canceled: its terms may end that before the start."""
    return next((step for step in reversed((*found.over, *found.ahead)) if step.blocked is None), None)


def _cancelable(session: Session, found: Outlook, reader: Reader) -> str:
    """Return until when a session that nothing was paid for can be canceled."""
    step, say = _last_open(found), reader.say
    if step is None:
        return say("Free · it cannot be canceled")
    until = _until(step, session, reader)
    if step.until < reader.now:
        if until is None:
            return say("Free · it could be canceled until the start")
        return say("Free · it could be canceled until {time}", time=until)
    if until is None:
        return say("Free · it can be canceled until the start")
    return say("Free · it can be canceled until {time}", time=until)


def _cancelable_briefly(session: Session, found: Outlook, reader: Reader) -> str:
    step, say = _last_open(found), reader.say
    if step is None:
        return say("cannot be canceled")
    until = _until(step, session, reader)
    if step.until < reader.now:
        if until is None:
            return say("free, could be canceled until the start")
        return say("free, could be canceled until {time}", time=until)
    return say("free, cancel until the start") if until is None else say("free, cancel until {time}", time=until)


def _tense(step: Step, session: Session, reader: Reader) -> str:
    over, say = session.status is not Status.SCHEDULED or step.until < reader.now, reader.say
    if step.percent == FULL:
        if session.status is Status.CANCELED:
            return say("Full refund was possible until:")
        return say("Full refund ended:") if over else say("Full refund ends:")
    share = _share(step, session, say, amounts=True)
    return say("{share} came back until:", share=share) if over else say("{share} comes back until:", share=share)


def _included(line: str, found: Outlook, reader: Reader) -> str:
    """Add to the first line the zone of the instants, and that they are inclusive."""
    zone = reader.times.zone_line([step.until for step in (*found.over, *found.ahead)])
    return reader.say("{line}, {zone}, that very moment included.", line=line, zone=zone)


def keeps_terms(session: Session, reader: Reader) -> str:
    """Say that a move after the cutoff keeps the terms. Before the cutoff, a move brings the terms of the new time."""
    if is_free(session) or reader.now <= session.refund_cutoff_at:
        return ""
    return reader.say("Its terms stay those it has: no more comes back than without the move.")


def is_free(session: Session) -> bool:
    """Return whether nothing was paid for the session, neither credits nor money."""
    return not session.price and session.money is None


def status_line(session: Session, policy: Policy, reader: Reader) -> str:
    """Return a session's state in one line of mrkdwn."""
    say = reader.say
    if session.status is Status.CANCELED:
        words = f"*{say('Session Canceled')}* · {outcome(session, reader)}"
        return " · ".join([words, *_asked(session, reader)])
    if session.status in OVER:
        return say.meant("outcome", "Completed") if session.status is Status.COMPLETED else say("No-show")
    if reader.now >= session.ends_at:
        return say("Over")
    if reader.now > session.starts_at:
        return say("In progress")
    return refund_line(session, policy, reader)


def _asked(session: Session, reader: Reader) -> list[str]:
    """Say that a requested exception is undecided, and until when. This follows the refund in a list."""
    asked, say = session.cancellation.asked if session.cancellation else None, reader.say
    if asked is None or not asked.open:
        return []
    if reader.now <= asked.decide_by:
        return [say("exception asked, decided by {day}", day=reader.times.day(asked.decide_by, reader.now))]
    if may_return(session):
        return [say("exception asked, it stays so")]
    return [say("exception asked, the policy decides in a moment")]


def is_late(session: Session, reader: Reader) -> bool:
    """Return whether a session that is still ahead is past its cutoff, whatever was paid for it."""
    return session.refund_cutoff_at < reader.now <= session.starts_at


def with_lateness(words: str, session: Session, policy: Policy, reader: Reader) -> str:
    """Return a session's state, marked as late where it can only be canceled with nothing back (mrkdwn)."""
    if session.status is not Status.SCHEDULED or not is_late(session, reader):
        return words
    return words if session.percent_back(policy, reader.now) else f"*{reader.say('Late')}* · {words}"


def brief_state(session: Session, policy: Policy, reader: Reader) -> str:
    """Return a session's state in few words of mrkdwn, the state itself first: for a row in a list."""
    say = reader.say
    if session.status is Status.CANCELED:
        return status_line(session, policy, reader)
    if session.status in OVER or reader.now > session.starts_at:
        return f"*{status_line(session, policy, reader)}*"
    if is_free(session):
        return " · ".join([f"*{say('Late') if is_late(session, reader) else say('Scheduled')}*", say("free")])
    found = _outlook(session, policy, reader)
    now = found.now
    if now is None or not now.percent:
        paid = any(step.percent and step.until != session.booked_at for step in found.over)
        words = f"*{say('Late')}* · {say('non-refundable')}" if paid else f"*{say('Non-refundable')}*"
        words = _perhaps(words, found, session, policy, reader)
    else:
        after = found.then[0].percent if found.then else 0
        then = [say("then {percent}", percent=say.percent(after))] if after else []
        words = say.phrases(_briefly_until(now, session, reader), *then)
    return words if session.price else f"{words} · {say('paid outside credits')}"


def _briefly_until(step: Step, session: Session, reader: Reader) -> str:
    say = reader.say
    until = None if step.until == session.starts_at else _soon(step, reader)
    if step.percent == FULL:
        return say("*Refundable* until the start") if until is None else say("*Refundable* until {time}", time=until)
    share = say.percent(step.percent)
    if until is None:
        return say("*{share}* until the start", share=share)
    # Not the words of other texts: here a time of day may stand alone, which some languages join differently.
    return say("*{share}* until {time}", share=share, time=until)


def _soon(step: Step, reader: Reader) -> str:
    day = reader.ends(step.until, step.last_day) if step.last_day else None
    return day or reader.times.soon(step.until, reader.now, mark=reader.mark_dst)
