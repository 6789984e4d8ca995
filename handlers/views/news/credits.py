"""News of credits: new grants, and grants that expire soon."""

from coaching.credits import Grant
from coaching.news.credits import Expiring, Granted
from coaching.packages import CREDITS, Holding
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.credit_requests import to_book_words
from handlers.views.kit import Json, button, typed
from handlers.views.letter import Buttons, Facts, InSlack, Item, Letter, Listing, Small, letter
from handlers.views.news.credit_requests import book_asked_button
from handlers.views.news.sessions import all_in
from handlers.views.words import Reader, amount, in_credits, reader_for
from language.say import Say


@letter.register
def granted(told: Granted) -> Letter:
    """To a person or a pool's contact: what they got, how much is left, and its expiry."""
    held = told.holding
    grant = held.grant
    reader = reader_for(told.viewer, [], told.now)
    say, n = reader.say, amount(held.issued)
    shown = f"`{as_typed(say, Command.CREDITS)}`"
    if grant.pool is None:
        title = say.plural("You got {n} credit", "You got {n} credits", n)
        how = say(
            "Book with it here or with {command}; {credits} shows what you have.",
            command=f"`{as_typed(say, Command.BOOK)}`",
            credits=shown,
        )
    else:
        company = typed(grant.pool)
        title = say.plural("{company}'s pool got {n} credit", "{company}'s pool got {n} credits", n, company=company)
        how = say(
            "The people in the pool book with it; you are its contact. {command} shows what is used.", command=shown
        )
    instant = grant.expires_at if grant.last_day is None else None
    zone = [reader.zone_of([instant])] if instant else []
    buttons, wish = _buttons(say, own=grant.pool is None), told.asked
    under: list[str] = []
    if wish is not None:
        book = to_book_words(told.coach, told.session_type, reader)
        under = [say("You asked for {credits}.", credits=in_credits(wish.amount or 0, say)), *([book] if book else [])]
        buttons[0] = book_asked_button(wish.action_id, say)
    return Letter(
        title=title,
        sign=":ticket:",
        under=under,
        body=[Facts(_facts(held, reader)), Buttons(buttons), Small([InSlack(how), *zone])],
    )


@letter.register
def expiring(told: Expiring) -> Letter:
    """To a person or a pool's contact: the rest of these credits expires soon."""
    reader = reader_for(told.viewer, [], told.now)
    say, left = reader.say, amount(sum(held.grant.balance for held in told.holdings))
    own = any(held.grant.pool is None for held in told.holdings)
    how = say("The people in the pool can still book with it. Sessions booked before then are not affected.")
    if own:
        how = say("Sessions booked before then are not affected, whenever they take place.")
    timed = any(held.grant.last_day is None for held in told.holdings)
    zone = [reader.zone_of([told.now])] if timed else []
    items = [Item(_line(held, reader)) for held in told.holdings]
    return Letter(
        title=say.plural("{n} credit expires soon", "{n} credits expire soon", left),
        sign=":hourglass_flowing_sand:",
        body=[
            Listing(items, all_in(as_typed(say, Command.CREDITS), say)),
            Buttons(_buttons(say, own=own)),
            Small([how, *zone]),
        ],
    )


def _facts(held: Holding, reader: Reader) -> list[str]:
    grant, say = held.grant, reader.say
    named = [f"*{typed(grant.label)}*"] if grant.label != CREDITS else []
    what = " · ".join([*named, *_only_for(grant, say)])
    facts = [what] if what else []
    if grant.balance < held.issued:
        facts.append(say.plural("{n} credit left", "{n} credits left", amount(grant.balance)))
    last = reader.last_day(grant)
    until = say("Usable until {day}", day=last) if last else say("No expiry")
    giver = [say("from {person}", person=reader.name(held.granted_by))] if held.granted_by else []
    return [*facts, " · ".join([until, *giver])]


def _line(held: Holding, reader: Reader) -> str:
    grant, say = held.grant, reader.say
    last = reader.last_day(grant)
    until = [say("usable until {day}", day=last)] if last else []
    return " · ".join([_what(grant, say), *_only_for(grant, say), *until])


def _what(grant: Grant, say: Say) -> str:
    credits, name = in_credits(grant.balance, say), typed(grant.label)
    if grant.label == CREDITS:
        if grant.pool is None:
            return f"*{credits}*"
        return say("*{credits}* of {company}'s pool", credits=credits, company=typed(grant.pool))
    if grant.pool is None:
        return say("*{credits}* of {package}", credits=credits, package=name)
    company = typed(grant.pool)
    return say("*{credits}* of {package} ({company}'s pool)", credits=credits, package=name, company=company)


def _only_for(grant: Grant, say: Say) -> list[str]:
    return [say("for {session}", session=typed(grant.session_type))] if grant.session_type else []


def _buttons(say: Say, *, own: bool) -> list[Json]:
    label = say("Schedule a session with these credits")
    schedule = button(say("Schedule"), Action.SCHEDULE, style="primary", label=label)
    balance = button(say("Your credits"), Action.CREDITS, label=say("Show your credits"))
    return [schedule, balance] if own else [balance]
