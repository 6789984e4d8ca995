"""News of a booking: the client's confirmation (C0), the coach's news, and the notice before the start (R1)."""

from dataclasses import replace

from coaching.news.bookings import Booked, CoachBooked
from coaching.news.reminders import Starting
from coaching.policy import Policy
from coaching.sessions import Hat, Session, Status
from handlers.ids import COMMAND, Action
from handlers.views.alerts import direct_hint
from handlers.views.copies import why_told, with_whom
from handlers.views.kit import Json, actions, bare, button, context, section
from handlers.views.messages import message
from handlers.views.refunds import refund_line
from handlers.views.words import (
    Reader,
    about,
    acted,
    in_credits,
    line,
    meeting_link,
    money,
    package,
    reader_for,
)


def booked(told: Booked) -> Json:
    """To a client: what was booked, what it cost, until when it is refundable, and the ways on."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    plain = replace(reader, mentions=False)
    since = became(session, reader)
    verb = "is" if since is None else "was"

    def title(who: Reader) -> str:
        return f"Your session {verb} booked" + (f", by {acted(*told.by, session, who)}" if told.by else "")

    facts = [_cost(session), since or refund_line(session, told.policy, reader)]
    strike = "~" if session.status is Status.CANCELED else ""
    zone = reader.zone_line([session])
    blocks = [
        section(f":white_check_mark: *{title(reader)}*" if since is None else f"*{title(reader)}*"),
        section("\n".join([f"{strike}{line(session, reader)}{strike}", *facts])),
        actions(session_buttons(session, told.policy, reader)),
        context(_way_back(told.home_link), zone),
    ]
    return message([title(plain), line(session, plain), *facts, _way_back(None), zone], blocks)


def coach_booked(told: CoachBooked) -> Json:
    """To a coach: who booked what; later also that it is canceled since."""
    session = told.session
    reader = reader_for(replace(told.viewer, is_coach=True), [session], told.now)
    plain = replace(reader, mentions=False)
    place = package(session)
    extra = [place] if place else []

    def title(who: Reader) -> str:
        client, coach = who.name(session.client), with_whom(told, who)
        if told.by is None:
            return f"{client} booked a session with {coach}"
        by = acted(*told.by, session, who)
        return f"{by[:1].upper()}{by[1:]} booked a session with {coach} for {client}"

    strike = ""
    if session.status is Status.CANCELED:
        # What came back is the alert's to say, which is edited as that is decided.
        strike = "~"
        extra.append("*Session Canceled* since")
    zone = reader.zone_line([session])
    hint = direct_hint(told.unreachable_channel, told.unreachable_why)
    record = None
    if told.copy_of is None:
        record = button("Record", Action.RECORD, session.id, label=f"Open the record of {reader.when(session)}")
    blocks = [
        section(f"*{title(reader)}*"),
        section("\n".join([f"{strike}{line(session, reader, other=session.client)}{strike}", *extra]), record),
        *(context(words) for words in (*hint, zone, *why_told(told, reader))),
    ]
    rest = [*extra, *hint, zone, *why_told(told, plain)]
    return message([title(plain), line(session, plain, other=session.client), *rest], blocks)


def starting(told: Starting) -> Json:
    """To a client: a session starts soon, and the way in; later what became of it."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    plain = replace(reader, mentions=False)
    since = became(session, reader)
    soon = f" starts in {about(told.at - told.now)}"
    if since is not None:
        soon = ""
    elif session.starts_at != told.at or told.now >= told.at:
        soon = " has another time now" if session.starts_at != told.at else " has started"
    title = f"Your session with {reader.name(session.coach)}{soon}"
    row = [join] if session.status is Status.SCHEDULED and (join := join_button(session, reader)) else []
    row.append(button("Details", Action.RECORD, session.id, label=f"Details of {_which(session, reader)}"))
    zone = reader.zone_line([session])
    strike = "~" if session.status is Status.CANCELED else ""
    said = [since] if since else []
    words = "\n".join([f"*{title}*", f"{strike}{line(session, reader)}{strike}", *said])
    text = f"Your session with {plain.name(session.coach)}{soon}"
    return message([text, line(session, plain), *said, zone], [section(words), actions(row), context(zone)])


def became(session: Session, reader: Reader) -> str | None:
    """Say what became of a session that is booked no more, None while it is."""
    ended = session.cancellation
    if ended is not None:
        return f"*Session Canceled* since, by {acted(ended.by, ended.role, session, reader)}"
    return {Status.COMPLETED: "It took place.", Status.NO_SHOW: "It is noted as missed."}.get(session.status)


def session_buttons(session: Session, policy: Policy, reader: Reader) -> list[Json]:
    """What a client can press about a session in a message: Join, Reschedule, Cancel while they lead somewhere, Details."""
    row, which = [], _which(session, reader)
    if session.status is Status.SCHEDULED:
        row += [join] if (join := join_button(session, reader)) else []
        if reader.now <= session.starts_at:
            row.append(move_button(session, reader))
        if session.blocked(policy, reader.now, Hat.CLIENT) is None:
            row.append(button("Cancel…", Action.REMINDER_CANCEL, session.id, label=f"Cancel {which}"))
    row.append(button("Details", Action.RECORD, session.id, label=f"Details of {which}"))
    return row


def move_button(session: Session, reader: Reader, hat: Hat = Hat.CLIENT) -> Json:
    """Opens the dialog that moves one session."""
    value = f"move:{hat}:{session.id}"
    return button("Reschedule…", Action.MOVE_OPEN, value, label=f"Reschedule {_which(session, reader)}")


def join_button(session: Session, reader: Reader) -> Json | None:
    """Opens the meeting, while there is one to join."""
    link = meeting_link(session, reader.now)
    if link is None:
        return None
    return button("Join", Action.SESSION_JOIN, url=link, label="Join the session; opens your browser")


def _which(session: Session, reader: Reader) -> str:
    return f"{bare(session.session_type, 30)}, {reader.when(session)}"


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
