"""Requests for credits: the form, the request as its client sees it, and the buttons of whoever decides."""

from coaching.actions.credit_answers import CreditAnswer
from coaching.actions.credit_requests import CreditCase, first_asked
from coaching.packages import Pool
from coaching.requests import Request, RequestState, ToBook
from coaching.sessions import MAX_REASON, Hat, Person
from handlers.amounts import HALF
from handlers.ids import OWN_CREDITS, Action, Block, Callback
from handlers.meta import AskCreditsMeta, DeclineMeta
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    bare,
    button,
    context,
    field,
    modal,
    option,
    section,
    select,
    text_input,
    typed,
    verbatim,
)
from handlers.views.message import message_view
from handlers.views.words import Reader, acted, amount, contact_or_admin, in_credits, pool_of, reader_for
from handlers.wishes import ask_value
from language.say import Say


def ask_for_credits_button(say: Say, wanted: int | None = None, to_book: ToBook | None = None) -> Json:
    """Return the button of the form, or of the request once there is one. `wanted` is in hundredths of a credit."""
    label = say("Ask for credits: an admin decides")
    value = ask_value(wanted or 0, to_book) if wanted or to_book else None
    return button(say("Ask for credits…"), Action.ASK_CREDITS, value, label=label)


def ask_credits_view(case: CreditCase, meta: AskCreditsMeta, wanted: int) -> Json:
    """Build the form: how many, for whom if there is a choice, and a note."""
    reader = reader_for(case.viewer, [], case.now)
    say = reader.say
    until = reader.instant(case.now + case.settings.policy.decide_within)
    who = say("An admin can decide until {time}.", time=until)
    contacts = [one for one in case.pools if first_asked(one, case.viewer.person.id)]
    if contacts:
        first = say("For a company's pool its contact is asked first, and an admin if they say nothing.")
        who = say.sentences(who, first)
    blocks = [
        *_for(case.coach, case.session_type.name if case.session_type else None, reader),
        section(say.sentences(who, if_nobody_gives(say))),
        field(
            say.meant("how many", "Credits"),
            text_input(Action.INPUT, initial=str(amount(wanted)) if wanted else None, most=20),
            Block.CREDIT_AMOUNT,
            hint=say("Like 3 or {half}.", half=say.number(HALF)),
        ),
    ]
    if case.pools:
        pools = case.pools[: SELECT - 1]
        options = [option(say("Yourself"), OWN_CREDITS), *(option(_pool_label(one, say), one.id) for one in pools)]
        # Whoever books from one company's pool most likely wants the company to pay.
        chosen = pools[0].id if len(pools) == 1 else None
        pick = select(Action.INPUT, options, chosen=chosen, placeholder=say("Choose who gets them"))
        blocks.append(field(say("Who gets them"), pick, Block.CREDIT_POOL))
    blocks += [
        field(
            say("What should they know?"),
            text_input(Action.INPUT, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint=say("They read it with your request."),
            optional=True,
        ),
        context(reader.zone_of([case.now])),
    ]
    return modal(
        say.title("Ask for credits"),
        Callback.ASK_CREDITS,
        blocks,
        metadata=meta,
        submit=say.title("Ask"),
        close=say.title("Not now"),
    )


def _pool_label(pool: Pool, say: Say) -> str:
    return bare(say("{company}'s pool", company=bare(pool.name, 50)), OPTION)


def credits_asked_view(case: CreditCase, meta: AskCreditsMeta) -> Json:
    """Build the view of a request, for the first press and every later one. An open one can be withdrawn here."""
    reader, asked = reader_for(case.viewer, [], case.now), case.asked
    assert asked is not None  # noqa: S101 - for the type checker
    say, contact = reader.say, case.settings.support_contact
    sign = ":hourglass_flowing_sand: " if asked.open else ""
    title = _own_title(asked, pool_of(case.pool.name, say) if case.pool is not None else None, say)
    blocks = [section(f"{sign}*{title}*")]
    blocks += _for(case.coach, case.session_type.name if case.session_type else None, reader)
    if asked.open:
        told = say("You are told either way.")
        blocks.append(section(say.sentences(_who_decides(asked, case.pool, reader), if_nobody_gives(say), told)))
        if asked.note:
            blocks += [section(f"*{say.meant('message', 'Note')}*"), verbatim(asked.note)]
        blocks.append(actions([button(say("Withdraw the request"), Action.CREDITS_WITHDRAW, asked.action_id)]))
        if contact:
            blocks.append(context(say("If you hear nothing, ask {contact}.", contact=typed(contact, 200))))
    else:
        blocks.append(section(outcome_words(asked, None, reader)))
    blocks.append(context(reader.zone_of([asked.decide_by])))
    return modal(say.title("Request"), Callback.MESSAGE, blocks, metadata=meta, close=say.title("Done"))


def _own_title(asked: Request, pool: str | None, say: Say) -> str:
    credits = in_credits(asked.amount or 0, say)
    if pool is not None:
        return say("You asked for {credits} in {pool}", credits=credits, pool=pool)
    return say("You asked for {credits}", credits=credits)


def _for(coach: Person | None, session_type: str | None, reader: Reader) -> list[Json]:
    words = to_book_words(coach, session_type, reader)
    return [section(words)] if words else []


def to_book_words(coach: Person | None, session_type: str | None, reader: Reader) -> str | None:
    """Say what the credits are for, if that is known."""
    say = reader.say
    if coach is None and session_type is None:
        return None
    if coach is None:
        return say("*To book:* {session}", session=typed(session_type or ""))
    if session_type is None:
        return say("*To book:* a session with {coach}", coach=reader.name(coach))
    return say("*To book:* {session} with {coach}", session=typed(session_type), coach=reader.name(coach))


def _who_decides(asked: Request, pool: Pool | None, reader: Reader) -> str:
    say, until = reader.say, reader.instant(asked.decide_by)
    contact = first_asked(pool, asked.subject_id)
    if asked.by_admins or contact is None:
        return say("An admin can decide until {time}.", time=until)
    first = say("{contact}, the contact of the pool, is asked first.", contact=reader.name(contact))
    half = reader.instant(asked.half_way)
    return say.sentences(first, say("From {time} on an admin can decide, until {end}.", time=half, end=until))


def if_nobody_gives(say: Say) -> str:
    """Say what happens without an answer."""
    return say("If nobody decides by then, nothing is given.")


def outcome_words(asked: Request, by: Person | None, reader: Reader, given: int | None = None) -> str:
    """Say how a request ended. `by` is the person who answered it, if the reader may know; `given` what it brought."""
    say, who = reader.say, by and acted(by, Hat.ADMIN, None, reader)
    credits = in_credits(given, say) if given is not None else None
    match asked.state:
        case RequestState.ACCEPTED:
            if who and credits:
                return say("{credits} given by {who}.", credits=credits, who=who)
            return say("It was accepted.")
        case RequestState.DECLINED:
            return say("Declined by {who}.", who=who) if who else say("It was declined.")
        case RequestState.WITHDRAWN:
            return say("It was withdrawn: there is nothing to decide.")
    return say("Nobody decided in time, so nothing was given.")


def ask_words(client: str, asked: Request, pool: str | None, reader: Reader) -> str:
    """Say who asks for how many credits, in mrkdwn: the title of a request for those who decide."""
    say, credits = reader.say, in_credits(asked.amount or 0, reader.say)
    if pool is not None:
        return say("{client} asks for {credits} in {pool}", client=client, credits=credits, pool=pool)
    return say("{client} asks for {credits}", client=client, credits=credits)


def give_buttons(asked: Request, client: Person, reader: Reader) -> list[Json]:
    """Return an admin's buttons: what was asked for with one press, another number, or nothing."""
    say, name = reader.say, reader.plain_name(client, 40)
    n = amount(asked.amount or 0)
    give = say.plural("Give {n} credit", "Give {n} credits", n)
    to_whom = say.plural("Give {n} credit to {person}", "Give {n} credits to {person}", n, person=name)
    # A pool's do not go to the person who asked.
    label = to_whom if asked.pool_id is None else None
    return [
        button(give, Action.CREDITS_ACCEPT, asked.action_id, style="primary", label=label),
        button(say("Give another number…"), Action.CREDITS_OTHER, asked.action_id),
        decline_credits_button(asked, say),
    ]


def decline_credits_button(asked: Request, say: Say) -> Json:
    """Return the button that opens the form to decline."""
    return button(say("Decline…"), Action.CREDITS_DECLINE, asked.action_id)


def pass_on_button(asked: Request, say: Say) -> Json:
    """Return the contact's button that passes a request on to the admins."""
    return button(say("Pass on to the admins"), Action.CREDITS_FORWARD, asked.action_id, style="primary")


def decline_view(found: CreditAnswer, meta: DeclineMeta) -> Json:
    """Build the form to decline a request, with words for whoever asked."""
    reader = reader_for(found.viewer, [], found.now)
    say, client = reader.say, reader.name(found.client)
    pool = pool_of(found.pool.name, say) if found.pool else None
    blocks = [
        section(f"*{ask_words(client, found.asked, pool, reader)}*"),
        *([section(f"*{say.meant('message', 'Note')}*"), verbatim(found.asked.note)] if found.asked.note else []),
        field(
            say("What should they know?"),
            text_input(Action.INPUT, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint=say("They read it with your answer."),
            optional=True,
        ),
    ]
    return modal(
        say.title("Decline?"),
        Callback.CREDITS_DECLINE,
        blocks,
        metadata=meta,
        submit=say.title("Decline"),
        close=say.title("Close"),
    )


def answered_view(found: CreditAnswer) -> Json:
    """Build the view after the form to decline."""
    say = reader_for(found.viewer, [], found.now).say
    return message_view(say.title("Request"), answer_words(found), say)


def answer_words(found: CreditAnswer) -> str:
    """Say what a press did about a request, or what had been decided before it."""
    reader, asked = reader_for(found.viewer, [], found.now), found.asked
    say = reader.say
    told = say("We tell {people}.", people=reader.name(found.client))
    if found.done and asked.open:
        return say("Passed on to the admins: whoever is first decides.")
    if found.done:
        return say.sentences(say("It was declined."), told)
    if not asked.open:
        changed = say("That was decided before; your press changed nothing.")
        return say.sentences(outcome_words(asked, None, reader), changed)
    if asked.by_admins:
        return say("An admin decides about it now; your press changed nothing.")
    return say("No other admin is known here who could give credits.")


def asked_rows(asked: Request | None, pool: Pool | None, subject: Person | None, reader: Reader) -> list[Json]:
    """Return the rows about an open request among somebody's balances: their own, or with an admin's buttons.

    `pool` is the one that is to get the credits, if it is not the person.
    """
    if asked is None or not asked.open or subject is None:
        return []
    say, company = reader.say, pool_of(pool.name, reader.say) if pool is not None else None
    if subject.id == reader.person.id:
        own = _own_title(asked, company, say)
        until = say("It can be decided until {time}.", time=reader.instant(asked.decide_by))
        show = button(say("Show the request"), Action.ASK_CREDITS)
        return [section(f":hourglass_flowing_sand: *{own}*\n{until}", show)]
    title = ask_words(reader.name(subject), asked, company, reader)
    by = say("Please decide by {time}.", time=f"*{reader.instant(asked.decide_by)}*")
    blocks = [section(f":hourglass_flowing_sand: *{title}*\n{by}")]
    if asked.note:
        blocks += [section(f"*{say.meant('message', 'Note')}*"), verbatim(asked.note)]
    return [*blocks, actions(give_buttons(asked, subject, reader))]


def whom_to_ask(contact: str | None, say: Say) -> str:
    """Say whom to write to after a request that brought nothing."""
    return say("Questions? Ask {contact}.", contact=contact_or_admin(contact, say))
