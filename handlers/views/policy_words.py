"""Terms in plain sentences: what comes back until when, and when a session can be moved."""

from functools import lru_cache

from coaching.policy import FULL, Policy, Tier
from handlers.views.words import span
from language.say import Say


@lru_cache(maxsize=512)
def policy_text(policy: Policy, say: Say, *, yours: bool) -> str:
    """Return a policy in plain sentences, for the person who pays (`yours`) or for others."""
    sentences = []
    for number, tier in enumerate(policy.tiers):
        sentences.append(_later(tier, say) if number else _first(tier, say, yours=yours))
    if policy.tiers and policy.tiers[-1].lead:
        sentences.append(
            say("After that, nothing comes back, though you can still cancel until the start.")
            if policy.late_cancel
            else say("After that, the session can no longer be canceled.")
        )
    elif not policy.tiers:
        sentences.append(
            say("Canceling returns nothing, though you can cancel until the start.")
            if policy.late_cancel
            else say("Sessions cannot be canceled.")
        )
    if policy.forgives:
        sentences.append(_yours_forgiven(policy, say) if yours else forgiven_text(policy, say))
    if policy.booking_grace:
        grace = span(policy.booking_grace, say)
        sentences.append(say("Within {time} of booking, canceling always returns everything.", time=grace))
    return say.sentences(*sentences)


def _yours_forgiven(policy: Policy, say: Say) -> str:
    return say.plural(
        "Your first late cancellation in {months} is forgiven: everything comes back.",
        "Your first {n} late cancellations in {months} are forgiven: everything comes back.",
        policy.forgiven_times,
        months=say.duration(policy.forgiven_months, "month"),
    )


def forgiven_text(policy: Policy, say: Say) -> str:
    """Return which late cancellations a policy forgives, for others than the person who pays."""
    return say.plural(
        "A client's first late cancellation in {months} is forgiven: everything comes back.",
        "A client's first {n} late cancellations in {months} are forgiven: everything comes back.",
        policy.forgiven_times,
        months=say.duration(policy.forgiven_months, "month"),
    )


def _first(tier: Tier, say: Say, *, yours: bool) -> str:
    time = span(tier.lead, say)
    if tier.percent < FULL:
        percent = say.percent(tier.percent)
        if not tier.lead:
            return say("Cancel any time before the start and {percent} comes back.", percent=percent)
        return say("Cancel at least {time} before the start and {percent} comes back.", time=time, percent=percent)
    if yours:
        if not tier.lead:
            return say("Cancel any time before the start and everything you paid comes back.")
        return say("Cancel at least {time} before the start and everything you paid comes back.", time=time)
    if not tier.lead:
        return say("Cancel any time before the start and everything that was paid comes back.")
    return say("Cancel at least {time} before the start and everything that was paid comes back.", time=time)


def _later(tier: Tier, say: Say) -> str:
    percent = say.percent(tier.percent)
    if not tier.lead:
        return say("Later, until the start, {percent} comes back.", percent=percent)
    time = span(tier.lead, say)
    return say("Later, but at least {time} before the start, {percent} comes back.", time=time, percent=percent)


@lru_cache(maxsize=512)
def reschedule_text(policy: Policy, say: Say) -> str:
    """Return when and how often a policy lets a client move a session, in plain sentences."""
    most, time = policy.reschedule_limit, span(policy.reschedule_window, say)
    if most == 0:
        return say("Sessions cannot be rescheduled by their clients.")
    if most is None:
        if not policy.reschedule_window:
            return say("Reschedule until the start.")
        return say("Reschedule at least {time} before the start.", time=time)
    if not policy.reschedule_window:
        return say.plural(
            "Reschedule until the start, up to {n} time.", "Reschedule until the start, up to {n} times.", most
        )
    return say.plural(
        "Reschedule at least {time} before the start, up to {n} time.",
        "Reschedule at least {time} before the start, up to {n} times.",
        most,
        time=time,
    )
