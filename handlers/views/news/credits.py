"""News of credits: what somebody got, and what of it expires soon."""

from coaching.news.credits import Expiring, Granted
from coaching.packages import CREDITS, Holding
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, button, typed
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Small, letter
from handlers.views.words import Reader, in_credits, reader_for


@letter.register
def granted(told: Granted) -> Letter:
    """To a person or a pool's contact: what they got, what of it is left, until when."""
    held = told.holding
    grant = held.grant
    reader = reader_for(told.viewer, [], told.now)
    what = in_credits(held.issued)
    how = f"Book with it here or with `{COMMAND} book`; `{COMMAND} credits` shows what you have."
    if grant.pool is not None:
        how = f"The people in the pool book with it; you look after it. `{COMMAND} credits` shows what is used."
    instant = grant.expires_at if grant.last_day is None else None
    zone = [f"Times are in {reader.times.zone_line([instant])}."] if instant else []
    return Letter(
        title=f"You got {what}" if grant.pool is None else f"{typed(grant.pool)}'s pool got {what}",
        sign=":ticket:",
        body=[Facts(_facts(held, reader)), Buttons(_buttons(own=grant.pool is None)), Small([how, *zone])],
    )


@letter.register
def expiring(told: Expiring) -> Letter:
    """To a person or a pool's contact: what is left of these credits can soon not be used any more."""
    reader = reader_for(told.viewer, [], told.now)
    amount = sum(held.grant.balance for held in told.holdings)
    own = any(held.grant.pool is None for held in told.holdings)
    how = "The people in the pool can still book with it. Sessions booked before then are not affected."
    if own:
        how = "Sessions booked before then are not affected, whenever they take place."
    timed = any(held.grant.last_day is None for held in told.holdings)
    zone = [f"Times are in {reader.times.zone_line([told.now])}."] if timed else []
    items = [Item(_line(held, reader)) for held in told.holdings]
    return Letter(
        title=f"{in_credits(amount)} {'expires' if amount == 100 else 'expire'} soon",
        sign=":hourglass_flowing_sand:",
        body=[
            Listing(items, lambda n: f"… and {n} more; `{COMMAND} credits` shows them all."),
            Buttons(_buttons(own=own)),
            Small([how, *zone]),
        ],
    )


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


def _buttons(*, own: bool) -> list[Json]:
    schedule = button("Schedule", Action.SCHEDULE, style="primary", label="Schedule a session with these credits")
    balance = button("Your credits", Action.CREDITS, label="Show your credits")
    return [schedule, balance] if own else [balance]
