"""The result: what was canceled and what came back."""

from collections.abc import Sequence

from coaching.actions.cancel import Canceled
from coaching.sessions import Hat, Session
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.asked import ask_button, asked_words, can_ask
from handlers.views.back import came_back_to, usable_of, usable_words
from handlers.views.confirm import session_blocks
from handlers.views.hats import acting
from handlers.views.kit import Json, actions, button, context, divider, modal, section
from handlers.views.undo import undo_button, undo_until
from handlers.views.words import (
    Reader,
    count,
    in_credits,
    line,
    listed,
    outcome,
    reader_for,
)


def result_view(canceled: Canceled, meta: Meta | None = None) -> Json:
    """Build the result; a second click on the same dialog is shown the very same."""
    reader = reader_for(canceled.viewer, list(canceled.sessions), canceled.now)
    hat, terms = canceled.draft.hat, canceled.quote
    blocks: list[Json] = [section(f":white_check_mark: *{count(len(canceled.sessions))} canceled*")]
    for session in canceled.sessions[:1]:
        blocks += acting(hat, canceled.viewer, session.client, reader)
    lines = [_line(session, reader, hat) for session in canceled.sessions]
    blocks.extend(session_blocks(lines))
    blocks.append(divider())
    total = f"*{in_credits(terms.returned)}* came back"
    if any(session.package and session.package.pool for session in canceled.sessions) and terms.returned:
        total += came_back_to(canceled.sessions)
    if (until_when := usable_words(usable_of(canceled.sessions), reader)) != "":
        total += f", {until_when}"
    if terms.forfeited:
        total += f" · *{in_credits(terms.forfeited)}* did not"
    blocks.append(section(total))
    until = undo_until(canceled.sessions, reader)
    if until is not None and canceled.draft.action_id is not None:
        blocks.append(actions([undo_button(canceled.draft.action_id)]))
        words = f"You can undo this until {reader.instant(until, exact=True)}; nobody else is told before then."
        blocks.append(context(words))
    blocks.append(context(_told(canceled.sessions, reader, hat)))
    if terms.forfeited and hat is not Hat.COACH:
        blocks.append(context(_can_still(canceled.sessions, reader, hat)))
    blocks += [context(words) for words in asked_words(canceled.sessions, reader)]
    one = can_ask(canceled.sessions) if hat is not Hat.COACH else None
    row = [ask_button(one)] if one is not None else []
    if hat is not Hat.COACH and len(canceled.sessions) == 1:
        label = "Schedule another session with the same coach"
        row.append(button("Schedule Session", Action.SCHEDULE, canceled.sessions[0].id, label=label))
    elif hat is Hat.CLIENT:
        row.append(button("Schedule Session", Action.SCHEDULE, label="Schedule a session"))
    if row:
        blocks.append(actions(row))
    blocks.append(context(reader.zone_line(list(canceled.sessions))))
    return modal(
        "Sessions canceled",
        Callback.RESULT,
        blocks,
        metadata=meta.dump() if meta else "",
        close="Done",
        clear_on_close=True,
    )


def _line(session: Session, reader: Reader, hat: Hat) -> str:
    other = session.client if hat is Hat.COACH else session.coach
    return f"~{line(session, reader, other=other)}~\n{outcome(session, reader)}"


def _can_still(sessions: Sequence[Session], reader: Reader, hat: Hat) -> str:
    """Say who may still return what did not come back, and who hears of it."""
    if hat is Hat.CLIENT:
        return "The coach or an admin can still return what did not come back; you will hear about it."
    coaches = listed([reader.name(s.coach) for s in sessions], 3)
    return f"{coaches} or an admin can still return what did not come back; {reader.name(sessions[0].client)} will hear about it."


def _told(sessions: Sequence[Session], reader: Reader, hat: Hat) -> str:
    clients = [reader.name(s.client) for s in sessions]
    shown = listed(clients if hat is Hat.COACH else [reader.name(s.coach) for s in sessions], 5)
    if hat is Hat.CLIENT:
        receipt = "You get a receipt by direct message."
    elif hat is Hat.ADMIN:
        receipt = f"{clients[0] if clients else 'The client'} gets the receipt."
    else:
        receipt = "The receipt says why, what came back, and offers another session."
    return f"We tell {shown}. {receipt}"
