"""What is left of credits, in one line."""

from coaching.credits import Grant
from handlers.views.kit import typed
from handlers.views.words import Reader, amount, grant_name, pool_of


def grant_line(grant: Grant, reader: Reader) -> str:
    """Return how much is left of a grant, until when, for what, and whose it is (mrkdwn)."""
    say = reader.say
    last = reader.last_day(grant)
    facts = [
        say.plural(
            "*{grant}*: {n} credit left",
            "*{grant}*: {n} credits left",
            amount(grant.balance),
            grant=grant_name(grant.label, say),
        ),
        say("usable until {day}", day=last) if last else say("no expiry"),
    ]
    if grant.session_type:
        facts.append(say("for {session}", session=typed(grant.session_type)))
    if grant.pool:
        facts.append(pool_of(grant.pool, say))
    return " · ".join(facts)
