"""Letters of requests to move a session: to whoever decides, and the answer to the client."""

from coaching.causes import ASKABLE
from coaching.news.decisions import MoveAnswered, MoveAsked
from coaching.requests import RequestState
from coaching.sessions import Hat, Status
from handlers.views.kit import typed
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Quote, Small
from handlers.views.move_requests import (
    accept_button,
    ask_to_move_button,
    decline_button,
    outcome_words,
    standing_words,
    times_ahead,
    wishes_words,
)
from handlers.views.news.sessions import all_sessions, became, cancel_button, details_button, struck
from handlers.views.news.to_coaches import client_of, footer, in_confidence, reader_of, record_of
from handlers.views.refunds import refund_line
from handlers.views.words import USER_ID, Reader, reader_for


def asked(told: MoveAsked) -> Letter:
    """To a coach or an admin: a client asks to move a session. It is edited when it is answered or overtaken."""
    session, wish = told.session, told.asked
    reader = reader_of(told, *wish.times)
    say, length = reader.say, session.ends_at - session.starts_at
    decides = (
        wish.open and not wish.overdue(told.now) and told.copy_of is None and (told.to_admin or not wish.by_admins)
    )
    items = [
        Item(
            reader.between(at, at + length),
            accept_button(wish, at, session, reader),
        )
        for at in times_ahead(wish, reader)
    ]
    record, decline = record_of(told, session, reader), decline_button(wish, session, reader)
    coach = session.coach.id
    left = say(
        "{coach} no longer coaches here: each admin gets this, and whoever is first decides.",
        coach=reader.name(session.coach),
    )
    return Letter(
        title=_title(told, reader, again=told.again and decides),
        under=[struck(session, reader, other=session.client)],
        calls=coach if decides and told.in_channel and USER_ID.fullmatch(coach) else None,
        body=[
            Listing(items, all_sessions(say)) if decides else Facts([wishes_words(wish, session, reader)]),
            in_confidence(
                told,
                Quote(say.meant("message", "Note"), wish.note, say),
                say("A note was written; it is in the details."),
                say("A note was written; the coach can read it."),
            ),
            _standing(told, reader, decides=decides),
            Buttons(
                [
                    *([decline] if decides else []),
                    *([record] if record else []),
                    *client_of(told, [session], reader),
                ]
            ),
            *footer(told, reader, *([left] if told.to_admin else [])),
        ],
    )


def _title(told: MoveAsked, reader: Reader, *, again: bool) -> str:
    say, client = reader.say, reader.name(told.session.client)
    if not told.asked.open:
        return say("{client} asked to move a session", client=client)
    if again:
        return say("Still to be decided: {client} asks to move a session", client=client)
    return say("{client} asks to move a session", client=client)


def _standing(told: MoveAsked, reader: Reader, *, decides: bool) -> Facts:
    session, asked = told.session, told.asked
    if not asked.open:
        since = became(session, reader) if asked.state is RequestState.WITHDRAWN else None
        return Facts([since or outcome_words(asked, session, told.answered_by, reader)])
    words = standing_words(asked, session, reader, decides=decides)
    return Facts([words], sign="" if asked.overdue(told.now) else ":hourglass_flowing_sand:")


def answered(told: MoveAnswered) -> Letter:
    """To a client: their request was declined, or nobody decided in time; and what they can do now."""
    session, reader = told.session, reader_for(told.viewer, [told.session], told.now)
    say, contact = reader.say, told.settings.support_contact
    title = say("Your request to move a session was declined")
    if told.asked.state is RequestState.EXPIRED:
        title = say("Nobody decided in time about your request to move a session")
    elif not told.asked.times:
        title = say("None of the times that you asked for is free any more")
    since = became(session, reader)
    rows, buttons = [since] if since else [say("The session stays as it is booked.")], []
    if session.status is Status.SCHEDULED and told.now <= session.starts_at:
        rows.append(refund_line(session, told.policy, reader))
        if told.has_hours and session.immovable(told.policy, told.now, Hat.CLIENT) in ASKABLE:
            buttons.append(ask_to_move_button(session, say))
        if session.blocked(told.policy, told.now, Hat.CLIENT) is None:
            buttons.append(cancel_button(session, reader))
    return Letter(
        title=title,
        under=[struck(session, reader), *rows],
        body=[
            Buttons([*buttons, details_button(session, reader)]),
            Small([say("Questions? Ask {contact}.", contact=typed(contact, 200))] if contact else []),
            Small([reader.zone_line([session])]),
        ],
    )
