"""News of a booking: the client's confirmation (C0), and the coach's news."""

from dataclasses import replace

from coaching.news.bookings import Booked, CoachBooked
from coaching.sessions import Session, Status
from handlers.ids import COMMAND
from handlers.views.letter import Buttons, Facts, Letter, Small, letter
from handlers.views.news.sessions import became, client_buttons, struck
from handlers.views.news.to_coaches import footer, record_of, with_whom
from handlers.views.refunds import refund_line
from handlers.views.words import Reader, acted, in_credits, money, package, reader_for


@letter.register
def booked(told: Booked) -> Letter:
    """To a client: what was booked, what it cost, until when it is refundable, and the ways on."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    since = became(session, reader)
    verb = "is" if since is None else "was"
    by = f", by {acted(*told.by, session, reader)}" if told.by else ""
    terms = since or refund_line(session, told.policy, reader)
    return Letter(
        title=f"Your session {verb} booked{by}",
        sign=":white_check_mark:" if since is None else "",
        body=[
            Facts([struck(session, reader), _cost(session), terms]),
            Buttons(client_buttons(session, told.policy, reader)),
            Small([_way_back(told.home_link), reader.zone_line([session])]),
        ],
    )


@letter.register
def coach_booked(told: CoachBooked) -> Letter:
    """To a coach: who booked what; later also that it is canceled since."""
    session = told.session
    reader = reader_for(replace(told.viewer, is_coach=told.copy_of is None), [session], told.now)
    rows = [struck(session, reader, other=session.client)]
    rows += [place] if (place := package(session)) else []
    if session.status is Status.CANCELED:
        # What came back is the alert's to say, which is edited as that is decided.
        rows.append("*Session Canceled* since")
    return Letter(
        title=_who_booked(told, reader),
        body=[
            Facts(rows, record=record_of(told, session, reader)),
            *footer(told, reader),
        ],
    )


def _who_booked(told: CoachBooked, reader: Reader) -> str:
    client, coach = reader.name(told.session.client), with_whom(told, reader)
    if told.by is None:
        return f"{client} booked a session with {coach}"
    by = acted(*told.by, told.session, reader)
    return f"{by[:1].upper()}{by[1:]} booked a session with {coach} for {client}"


def _cost(session: Session) -> str:
    place = package(session)
    if not session.price:
        return f"{money(session.money)}, paid outside credits" if session.money else "No credits were needed"
    paid = f"Paid with {in_credits(session.price)}"
    return f"{paid} from {place}" if place else paid


def _way_back(home_link: str | None) -> str:
    if home_link is None:
        return f"`{COMMAND}` shows all your sessions."
    return f"<{home_link}|Open your sessions>, or type `{COMMAND}`."
