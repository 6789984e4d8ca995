"""Letters of requests for credits: to whoever decides, and the answer to the client."""

from coaching.actions.credit_answers import holder_of
from coaching.actions.credit_requests import first_asked
from coaching.news.credit_requests import CreditsAnswered, CreditsAsked
from coaching.packages import Holder
from coaching.requests import RequestState
from handlers.button_values import holder_key
from handlers.ids import Action
from handlers.views.credit_requests import (
    ask_for_credits_button,
    ask_words,
    decline_credits_button,
    give_buttons,
    if_nobody_gives,
    outcome_words,
    pass_on_button,
    to_book_words,
    whom_to_ask,
)
from handlers.views.kit import Json, button
from handlers.views.letter import Buttons, Facts, Letter, Quote, Small, letter
from handlers.views.words import Reader, in_credits, pool_of, reader_for
from language.say import Say


@letter.register
def asked(told: CreditsAsked) -> Letter:
    """To a pool's contact or an admin: a client asks for credits. It is edited when that is answered."""
    request, reader = told.asked, reader_for(told.viewer, [], told.now)
    say = reader.say
    pool = pool_of(told.pool.name, say) if told.pool is not None else None
    decides = request.open and not request.overdue(told.now) and _may_decide(told)
    title = ask_words(reader.name(told.client), request, pool, reader)
    if not request.open:
        title = say("Request for credits: {request}", request=title)
    elif told.again and decides:
        title = say("Still to be decided: {request}", request=title)
    return Letter(
        title=title,
        sign=":ticket:",
        body=[
            Facts(
                [words for words in (to_book_words(told.coach, told.session_type, reader), _has(told, reader)) if words]
            ),
            Quote(say.meant("message", "Note"), request.note, say),
            Facts(*_standing(told, reader, decides=decides)),
            Buttons(_buttons(told, reader, decides=decides)),
            Small([*_why_told(told, reader), *([reader.zone_of([request.decide_by])] if request.open else [])]),
        ],
    )


def _may_decide(told: CreditsAsked) -> bool:
    if told.to_admin:
        return told.viewer.is_admin
    contact = first_asked(told.pool, told.asked.subject_id)
    return not told.asked.by_admins and contact is not None and contact.id == told.viewer.person.id


def _has(told: CreditsAsked, reader: Reader) -> str | None:
    """Say what there is now, which may be enough by the time somebody decides."""
    if not told.asked.open:
        return None
    say, credits = reader.say, in_credits(told.has, reader.say)
    if told.pool is not None:
        return say("{pool} has {credits} now.", pool=pool_of(told.pool.name, say), credits=credits)
    return say("{client} has {credits} now.", client=reader.name(told.client), credits=credits)


def _standing(told: CreditsAsked, reader: Reader, *, decides: bool) -> tuple[list[str], str]:
    say, request = reader.say, told.asked
    if not request.open:
        given = told.given.issued if told.given is not None else None
        outcome = [outcome_words(request, told.answered_by, reader, given)]
        return [*outcome, *([say("The client is told.")] if request.state is not RequestState.WITHDRAWN else [])], ""
    if request.overdue(told.now):
        return [outcome_words(request, None, reader)], ""
    until = f"*{reader.instant(request.decide_by)}*"
    if not decides:
        return [say("An admin can decide until {time}.", time=until)], ":hourglass_flowing_sand:"
    if told.to_admin:
        by = say.sentences(say("Please decide by {time}.", time=until), if_nobody_gives(say))
        return [by], ":hourglass_flowing_sand:"
    half = f"*{reader.instant(request.half_way)}*"
    return [
        say("Admins give the credits. Pass it on if your company agrees."),
        say("If you say nothing by {time}, an admin decides.", time=half),
    ], ":hourglass_flowing_sand:"


def _buttons(told: CreditsAsked, reader: Reader, *, decides: bool) -> list[Json]:
    say, request = reader.say, told.asked
    if not decides:
        if not told.to_admin or told.given is None:
            return []
        back = []
        if told.given.grant.balance > 0:
            back.append(button(say("Take back…"), Action.CREDITS_MENU, f"back:{told.given.grant.id}"))
        return [*back, _show(told.given.holder, say)]
    if not told.to_admin:
        return [pass_on_button(request, say), decline_credits_button(request, say), _show(holder_of(request), say)]
    return [*give_buttons(request, told.client, reader), _show(holder_of(request), say)]


def _show(holder: Holder, say: Say) -> Json:
    return button(say("Show credits"), Action.CREDITS, holder_key(holder))


def _why_told(told: CreditsAsked, reader: Reader) -> list[str]:
    say = reader.say
    if not told.to_admin:
        return [say("You are the contact of this pool.")] if told.pool is not None else []
    each = [say("Each admin gets this, and whoever is first decides.")] if told.asked.open else []
    if told.passed_by is not None:
        return [say("{contact}, the contact of the pool, passed it on.", contact=reader.name(told.passed_by)), *each]
    if told.silent is not None and told.asked.open:
        words = say("{contact}, the contact of the pool, has not said anything.", contact=reader.name(told.silent))
        return [words, *each]
    return each


@letter.register
def answered(told: CreditsAnswered) -> Letter:
    """To a client: their request was declined, nobody decided in time, or their pool got credits."""
    request, reader = told.asked, reader_for(told.viewer, [], told.now)
    say, credits = reader.say, in_credits(request.amount or 0, reader.say)
    own = say("You asked for {credits}.", credits=credits)
    balance = button(say("Your credits"), Action.CREDITS, label=say("Your credits and their history"))
    book = to_book_words(told.coach, told.session_type, reader)
    under = [own, *([book] if book else [])]
    if request.state is RequestState.ACCEPTED and told.given is not None:
        company = pool_of(told.given.grant.pool or "", say)
        given = in_credits(told.given.issued, say)
        return Letter(
            title=say("{pool} got {credits}", pool=company, credits=given),
            sign=":ticket:",
            under=under,
            body=[Buttons([book_asked_button(request.action_id, say), balance])],
        )
    title = say("Your request for credits was declined")
    if request.state is RequestState.EXPIRED:
        title = say("Nobody decided in time about your request for credits")
    return Letter(
        title=title,
        under=under,
        body=[
            Quote(say.meant("message", "Note"), request.reply, say),
            Buttons([ask_for_credits_button(say, request.amount, request.to_book), balance]),
            Small([whom_to_ask(told.settings.support_contact, say)]),
        ],
    )


def book_asked_button(request_id: str, say: Say) -> Json:
    """Return the button that books what the credits were asked for."""
    return button(say("Book a session"), Action.BOOK_ASKED, request_id, style="primary")
