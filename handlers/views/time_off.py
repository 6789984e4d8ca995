"""What is booked in a time off, and the ways on for it."""

from coaching.actions.time_off import BookedIn
from handlers.ids import Action, Callback
from handlers.views.confirm import session_blocks
from handlers.views.kit import Json, actions, button, context, modal, section
from handlers.views.message import message_view
from handlers.views.words import line, reader_for


def booked_view(booked: BookedIn) -> Json:
    """List the sessions in a time off. They stay as they are unless one of the buttons is used."""
    reader = reader_for(booked.viewer, list(booked.sessions), booked.now)
    say, n = reader.say, len(booked.sessions) + booked.more
    title = say.title("Time off added")
    if not booked.sessions:
        return message_view(title, say("Nothing is booked in it any more."), say)
    head = say.plural(
        "It is added, and {n} session is booked in it. It stays unless you decide otherwise:",
        "It is added, and {n} sessions are booked in it. They stay unless you decide otherwise:",
        n,
    )
    place = f"{booked.coach.id}|{booked.starts_at.isoformat()}|{booked.ends_at.isoformat()}"
    row = []
    if booked.own:
        row.append(button(say("Reschedule or cancel…"), Action.OFF_DECIDE, place, style="primary"))
    if booked.to_hand:
        row.append(button(say("Hand over…"), Action.OFF_HAND, place))
    blocks: list[Json] = [section(head), *([actions(row)] if row else [])]
    if taken := len(booked.sessions) - len(booked.to_hand):
        left_out = say.plural(
            "You are the client of {n} session here. It is left out of what you hand over; another admin can hand it over.",
            "You are the client of {n} sessions here. They are left out of what you hand over; another admin can hand them over.",
            taken,
        )
        blocks.append(context(left_out))
    blocks += session_blocks([line(session, reader, other=session.client) for session in booked.sessions])
    if booked.more:
        blocks.append(
            context(
                say.plural(
                    "… and {n} more, for which you come back here.",
                    "… and {n} more, for which you come back here.",
                    booked.more,
                )
            )
        )
    if not booked.own:
        blocks.append(context(say("To cancel or move one, open it under its client.")))
    blocks.append(context(reader.zone_line(list(booked.sessions))))
    return modal(title, Callback.MESSAGE, blocks, close=say.title("Done"))
