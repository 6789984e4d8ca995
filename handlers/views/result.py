"""The result: what was canceled and what came back."""

from collections.abc import Sequence

from coaching.actions.cancel import Canceled
from coaching.quotes import Quote
from coaching.sessions import Hat, Session
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.asked import ask_button, asked_words, can_ask
from handlers.views.back import came_back_words, did_not_come_back
from handlers.views.confirm import session_blocks
from handlers.views.hats import acting_in, both
from handlers.views.kit import Json, actions, button, context, divider, modal, section
from handlers.views.undo import undo_button, undo_until
from handlers.views.words import Reader, line, outcome, reader_for
from language.say import Say


def result_view(canceled: Canceled, meta: Meta | None = None) -> Json:
    """Build the result. A second click on the same dialog shows the same one."""
    reader = reader_for(canceled.viewer, list(canceled.sessions), canceled.now)
    hat, terms = canceled.draft.hat, canceled.quote
    say, n = reader.say, len(canceled.sessions)
    blocks: list[Json] = [
        section(f":white_check_mark: *{say.plural('{n} session canceled', '{n} sessions canceled', n)}*")
    ]
    for session in canceled.sessions[:1]:
        blocks += acting_in(canceled.draft, canceled.viewer, session.client, reader)
    side, everybodys = canceled.draft.side, canceled.draft.everybodys
    lines = [_line(session, reader, hat, everybodys=everybodys) for session in canceled.sessions]
    blocks.extend(session_blocks(lines))
    blocks.append(divider())
    blocks.append(section(came_back(terms, canceled.sessions, reader)))
    until = undo_until(canceled.sessions, reader)
    if until is not None and canceled.draft.action_id is not None:
        blocks.append(actions([undo_button(canceled.draft.action_id, say)]))
        until_when = reader.instant(until, exact=True)
        words = say("You can undo this until {time}; nobody else is told before then.", time=until_when)
        blocks.append(context(words))
    blocks.append(context(_told(canceled.sessions, reader, hat, everybodys=everybodys)))
    if terms.forfeited and side is not Hat.COACH:
        blocks.append(context(_can_still(canceled.sessions, reader, hat)))
    blocks += [context(words) for words in asked_words(canceled.sessions, reader)]
    one = can_ask(canceled.sessions) if side is not Hat.COACH else None
    row = [ask_button(one, say)] if one is not None else []
    if hat is not Hat.COACH and n == 1:
        row.append(schedule_again(canceled.sessions[0].id, say))
    elif hat is Hat.CLIENT:
        row.append(button(say("Schedule Session"), Action.SCHEDULE, label=say("Schedule a session")))
    if row:
        blocks.append(actions(row))
    blocks.extend(map(context, reader.zone_if_needed(canceled.sessions)))
    return modal(
        say.title("Sessions canceled"),
        Callback.RESULT,
        blocks,
        metadata=meta,
        close=say.title("Done"),
        clear_on_close=True,
    )


def came_back(terms: Quote | None, sessions: Sequence[Session], reader: Reader) -> str:
    """Say what came back in all, and what did not."""
    terms = terms or Quote(())
    total = [came_back_words(terms.returned, sessions, reader)]
    if terms.forfeited:
        total.append(did_not_come_back(terms.forfeited, reader.say))
    return reader.say.sentences(*total)


def schedule_again(session_id: str, say: Say) -> Json:
    """Return the button that opens the booking dialog with the same coach and session type."""
    label = say("Schedule another session with the same coach")
    return button(say("Schedule Session"), Action.SCHEDULE, session_id, label=label)


def _line(session: Session, reader: Reader, hat: Hat, *, everybodys: bool) -> str:
    if everybodys:
        what, whose = both(session, reader)
        return f"~{what}~\n{whose}\n{outcome(session, reader)}"
    other = session.client if hat is Hat.COACH else session.coach
    return f"~{line(session, reader, other=other)}~\n{outcome(session, reader)}"


def _can_still(sessions: Sequence[Session], reader: Reader, hat: Hat) -> str:
    """Say who may still return what did not come back, and who is notified."""
    say = reader.say
    if hat is Hat.CLIENT:
        return say("The coach or an admin can still return what did not come back; you will hear about it.")
    return say(
        "{coaches} or an admin can still return what did not come back; {client} will hear about it.",
        coaches=say.listed((reader.name(s.coach) for s in sessions), 3),
        client=reader.name(sessions[0].client),
    )


def _told(sessions: Sequence[Session], reader: Reader, hat: Hat, *, everybodys: bool) -> str:
    say, clients = reader.say, [reader.name(s.client) for s in sessions]
    people = say.listed(clients if hat is Hat.COACH else [reader.name(s.coach) for s in sessions], 5)
    if everybodys:
        people = say.listed(dict.fromkeys([*clients, *(reader.name(s.coach) for s in sessions)]), 5)
        receipt = say("The receipt says why, what came back, and offers another session.")
    elif hat is Hat.CLIENT:
        in_slack = all(s.client.in_slack for s in sessions)
        receipt = say("You get a receipt.") if in_slack else ""
    elif hat is Hat.ADMIN:
        receipt = (
            say("{client} gets the receipt.", client=clients[0]) if clients else say("The client gets the receipt.")
        )
    else:
        receipt = say("The receipt says why, what came back, and offers another session.")
    return say.sentences(say("We tell {people}.", people=people), receipt)
