"""News of credits: what somebody got, and what of it expires soon."""

from dataclasses import replace

from coaching.news.credits import Expiring, Granted
from coaching.packages import CREDITS, Holding
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, actions, button, context, section, typed
from handlers.views.messages import message, packed
from handlers.views.words import Reader, in_credits, reader_for


def granted(told: Granted) -> Json:
    """To a person or a pool's contact: what they got, what of it is left, until when."""
    held = told.holding
    grant = held.grant
    reader = reader_for(told.viewer, [], told.now)
    plain = replace(reader, mentions=False)
    what = in_credits(held.issued)
    if grant.pool is not None:
        title = f"{typed(grant.pool)}'s pool got {what}"
        how = f"The people in the pool book with it; you look after it. `{COMMAND} credits` shows what is used."
    else:
        title = f"You got {what}"
        how = f"Book with it here or with `{COMMAND} book`; `{COMMAND} credits` shows what you have."
    instant = grant.expires_at if grant.last_day is None else None
    zone = f"Times are in {reader.times.zone_line([instant])}." if instant else None
    blocks = [
        section(f":ticket: *{title}*"),
        section("\n".join(_facts(held, reader))),
        actions([*([] if grant.pool else [_schedule()]), _balance()]),
        context(how, zone) if zone else context(how),
    ]
    return message([title, *_facts(held, plain), how, *([zone] if zone else [])], blocks)


def expiring(told: Expiring) -> Json:
    """To a person or a pool's contact: what is left of these credits can soon not be used any more."""
    reader = reader_for(told.viewer, [], told.now)
    amount = sum(held.grant.balance for held in told.holdings)
    title = f"{in_credits(amount)} {'expires' if amount == 100 else 'expire'} soon"
    lines = [_line(held, reader) for held in told.holdings]
    own = any(held.grant.pool is None for held in told.holdings)
    how = (
        "Sessions booked before then are not affected, whenever they take place."
        if own
        else "The people in the pool can still book with it. Sessions booked before then are not affected."
    )
    timed = any(held.grant.last_day is None for held in told.holdings)
    zone = [f"Times are in {reader.times.zone_line([told.now])}."] if timed else []
    blocks = [
        section(f":hourglass_flowing_sand: *{title}*"),
        *packed(lines, more=f"`{COMMAND} credits` shows them all"),
        actions([*([_schedule()] if own else []), _balance()]),
        context(how, *zone),
    ]
    return message([title, lines, how, *zone], blocks)


def _facts(held: Holding, reader: Reader) -> list[str]:
    grant = held.grant
    named = [f"*{typed(grant.label)}*"] if grant.label != CREDITS else []
    what = " · ".join([*named, *([f"for {typed(grant.session_type)}"] if grant.session_type else [])])
    facts = [what] if what else []
    if grant.balance < held.issued:
        facts.append(f"{in_credits(grant.balance)} left")
    last = reader.last_day(grant)
    until = f"Usable until {last}" if last else "No expiry"
    giver = f" · from {reader.name(held.granted_by)}" if held.granted_by else ""
    return [*facts, f"{until}{giver}"]


def _line(held: Holding, reader: Reader) -> str:
    grant = held.grant
    what = f"*{in_credits(grant.balance)}*"
    if grant.label != CREDITS:
        what += f" of {typed(grant.label)}"
    if grant.pool:
        what += f" ({typed(grant.pool)}'s pool)" if grant.label != CREDITS else f" of {typed(grant.pool)}'s pool"
    only = f" · for {typed(grant.session_type)}" if grant.session_type else ""
    last = reader.last_day(grant)
    return f"{what}{only} · usable until {last}" if last else f"{what}{only}"


def _schedule() -> Json:
    return button("Schedule", Action.SCHEDULE, style="primary", label="Schedule a session with these credits")


def _balance() -> Json:
    return button("Your credits", Action.CREDITS, label="Show your credits")
