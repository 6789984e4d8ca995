"""The words for hats: the role in which a person looks at sessions or acts on them (ADR 0007)."""

from coaching.drafts import Draft
from coaching.records import Viewer
from coaching.sessions import Hat, Person, Session
from handlers.views.kit import Json, context
from handlers.views.words import Reader, line
from language.say import Say


def acting_in(draft: Draft, viewer: Viewer, subject: Person, reader: Reader) -> list[Json]:
    """Say in a dialog in which role the viewer acts: for `subject`, or as an admin among everybody's sessions."""
    if draft.everybodys:
        return [as_admin(reader.say)]
    return acting(draft.hat, viewer, subject, reader)


def as_admin(say: Say) -> Json:
    """Say that the viewer acts as an admin, for nobody in particular."""
    return context(say("You act as an *admin*. The timeline will say so."))


def both(session: Session, reader: Reader) -> list[str]:
    """Return a session with its coach in one line, and its client in the next: for who is neither of them."""
    return [line(session, reader), reader.say("*Client:* {client}", client=reader.name(session.client))]


def acting(hat: Hat, viewer: Viewer, subject: Person, reader: Reader) -> list[Json]:
    """Say in a dialog in which role the viewer acts. There is nothing for a person with only one hat."""
    say = reader.say
    if hat is Hat.ADMIN:
        return [context(say("You act for {client}. The timeline will say so.", client=reader.name(subject)))]
    if hat is Hat.COACH:
        return [context(say("You act as the *coach*: these are sessions you give."))]
    return [context(say("You act as a *client*: these are sessions you take."))] if viewer.is_coach else []


def looking(hat: Hat, viewer: Viewer, say: Say) -> list[Json]:
    """Say beside one session in which role the viewer sees it. There is nothing for a person with only one hat."""
    if hat is Hat.ADMIN:
        return [context(say("You see this session as an *admin*."))]
    if hat is Hat.COACH:
        return [context(say("You see this session as its *coach*."))]
    return [context(say("You see this session as its *client*."))] if viewer.is_coach else []
