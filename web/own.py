"""A link's own session on its page, where it can no longer be changed: what became of it, and whom to ask."""

from coaching.actions.way_in import WayIn
from coaching.sessions import Hat, Session, Status
from handlers.views.blocked import blocked_words
from handlers.views.kit import Json, section
from handlers.views.words import Reader, contact_or_admin, line, outcome, reader_for


def canceled_words(session: Session, reader: Reader, shown: str | None = None) -> str:
    """Say that a session is canceled, and what came back. `shown` is its line, if it is not the usual one."""
    return f"*{reader.say('This session is canceled')}*\n~{shown or line(session, reader)}~\n{outcome(session, reader)}"


def own_blocks(found: WayIn) -> list[Json]:
    """Return what is to be said of the link's own session, or nothing if it can be changed."""
    session, cause = found.own.session, found.own.blocked
    if cause is None:
        return []
    reader = reader_for(found.viewer, [session], found.now)
    say = reader.say
    shown = line(session, reader, other=session.client if found.hat is Hat.COACH else session.coach)
    if session.status is Status.CANCELED:
        return [section(canceled_words(session, reader, shown))]
    why = say("It cannot be canceled: {why}.", why=blocked_words(cause, say))
    contact = (
        contact_or_admin(found.support_contact, say)
        if found.hat is Hat.COACH or found.support_contact
        else reader.name(session.coach)
    )
    return [section(f"{shown}\n{say.sentences(why, say('If something is wrong, ask {contact}.', contact=contact))}")]
