"""News of a booking: the client's confirmation (C0), and the coach's news."""

from coaching.news.bookings import Booked, CoachBooked
from coaching.policy import UNASKED_GRACE
from coaching.sessions import Session, Status
from handlers.ids import COMMAND
from handlers.views.letter import Buttons, Facts, InSlack, Letter, Small, letter
from handlers.views.news.sessions import became, client_buttons, struck
from handlers.views.news.to_coaches import (
    client_of,
    footer,
    handed_on,
    join_of,
    reader_of,
    record_of,
    since_of,
)
from handlers.views.refunds import refund_line
from handlers.views.words import Reader, acted, in_credits, money, package, reader_for, span
from language.say import Say


@letter.register
def booked(told: Booked) -> Letter:
    """To a client: the booked session, its cost, until when it is refundable, and what can be done next."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    since = became(session, reader)
    terms = since or refund_line(session, told.policy, reader)
    small: list[str | InSlack] = [InSlack(_way_back(told.home_link, reader.say)), reader.zone_line([session])]
    if told.by is not None and since is None and session.price:
        at_least = reader.say(
            "Because somebody else booked this for you, you can cancel with a full refund for at least {time}, or until the "
            "start.",
            time=span(UNASKED_GRACE, reader.say),
        )
        small.insert(0, at_least)
    return Letter(
        title=_booked(told, reader, since),
        sign=":white_check_mark:" if since is None else "",
        body=[
            Facts([struck(session, reader), _cost(session, reader.say), terms]),
            Buttons(client_buttons(session, told.policy, reader)),
            Small(small),
        ],
    )


def _booked(told: Booked, reader: Reader, since: str | None) -> str:
    say, by = reader.say, acted(*told.by, told.session, reader) if told.by else None
    if since is None:
        return say("Your session is booked") if by is None else say("Your session is booked, by {who}", who=by)
    return say("Your session was booked") if by is None else say("Your session was booked, by {who}", who=by)


@letter.register
def coach_booked(told: CoachBooked) -> Letter:
    """To a coach: who booked what, and later also that it was canceled since."""
    session = told.session
    reader = reader_of(told)
    rows = [struck(session, reader, other=session.client)]
    rows += [place] if (place := package(session, reader.say)) else []
    if handed_on(told, session) and (since := since_of(told, session, reader)):
        rows.append(since)
    elif session.status is Status.CANCELED:
        # The alert says what came back. It is edited when that is decided.
        rows.append(reader.say("*Session Canceled* since"))
    return Letter(
        title=_who_booked(told, reader),
        body=[
            Facts(rows, record=record_of(told, session, reader)),
            Buttons([*join_of(told, session, reader), *client_of(told, [session], reader)]),
            *footer(told, reader),
        ],
    )


def _who_booked(told: CoachBooked, reader: Reader) -> str:
    say, client = reader.say, reader.name(told.session.client)
    coach = reader.name(told.copy_of) if told.copy_of else None
    if told.by is None:
        if coach is None:
            return say("{client} booked a session with you", client=client)
        return say("{client} booked a session with {coach}", client=client, coach=coach)
    if told.by[0].id == reader.person.id:
        if coach is None:
            return say("You booked a session for {client}", client=client)
        return say("You booked a session with {coach} for {client}", coach=coach, client=client)
    who = acted(*told.by, told.session, reader)
    if coach is None:
        return say("{who} booked a session with you for {client}", who=who, client=client)
    return say("{who} booked a session with {coach} for {client}", who=who, coach=coach, client=client)


def _cost(session: Session, say: Say) -> str:
    if not session.price:
        if session.money is None:
            return say("No credits were needed")
        return say("{price}, paid outside credits", price=money(session.money, say))
    credits, place = in_credits(session.price, say), package(session, say)
    if place is None:
        return say("Paid with {credits}", credits=credits)
    return say("Paid with {credits} from {package}", credits=credits, package=place)


def _way_back(home_link: str | None, say: Say) -> str:
    command = f"`{COMMAND}`"
    if home_link is None:
        return say("{command} shows all your sessions.", command=command)
    return say("<{link}|Open your sessions>, or type {command}.", link=home_link, command=command)
