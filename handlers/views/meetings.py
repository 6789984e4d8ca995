"""The form for the meeting link of a session, a session type or a coach."""

from collections.abc import Sequence

from coaching.actions.meetings import MeetingLink
from coaching.meetings import EXAMPLE, MOST, LinkOf, LinkScope
from coaching.sessions import Session, Status
from handlers.button_values import link_value
from handlers.ids import Action, Block, Callback
from handlers.meta import LinkMeta
from handlers.views.kit import Json, button, context, field, modal, section, text_input, typed
from handlers.views.words import Reader
from language.say import Say


def link_form(found: MeetingLink, meta: LinkMeta, reader: Reader) -> Json:
    """Build the form. It says what the link is for, and which one is used without it."""
    say = reader.say
    return modal(
        say.title("Meeting link"),
        Callback.MEETING_LINK,
        [
            section(_whose(found, reader)),
            field(
                say("Link"),
                text_input(Action.INPUT, initial=found.link, most=MOST),
                Block.MEETING_LINK,
                hint=say("Like {example}. Leave it empty for none.", example=EXAMPLE),
                optional=True,
            ),
            *map(context, _consequences(found, say)),
        ],
        metadata=meta,
        submit=say.title("Save"),
        close=say.title("Back"),
    )


def link_button(scope: LinkScope, say: Say) -> Json:
    """Return the button that opens the form."""
    return button(say("Meeting link…"), Action.MEETING_LINK, link_value(scope), label=say("Edit the meeting link"))


def session_link_button(session: Session, reader: Reader) -> list[Json]:
    """Return the button of a session's record, while the session can be joined, for its coach and admins."""
    if session.status is not Status.SCHEDULED or reader.now > session.ends_at:
        return []
    return [link_button(LinkScope(LinkOf.SESSION, session.id), reader.say)]


def link_words(link: str | None, say: Say) -> str:
    """Say which meeting link is set."""
    return say("Meeting link: {link}", link=typed(link, 200)) if link else say("No meeting link.")


def _whose(found: MeetingLink, reader: Reader) -> str:
    say = reader.say
    if found.session is not None:
        session = found.session
        return say(
            "The link of this session alone: *{session}*, {time}.",
            session=typed(session.session_type),
            time=reader.when(session),
        )
    if found.session_type is not None:
        return say("The link of all *{session}* sessions, whoever gives them.", session=typed(found.session_type))
    if found.coach is None or found.coach.id == found.viewer.person.id:
        return say("The link of all sessions you give.")
    return say("The link of all sessions that *{coach}* gives.", coach=reader.name(found.coach))


def _consequences(found: MeetingLink, say: Say) -> Sequence[str]:
    """Say for which sessions it holds, or what is used instead, and who hears of a change."""
    if found.session is None:
        other = (
            say("Sessions with a link of their own keep it.")
            if found.scope.of is LinkOf.TYPE
            else say("Sessions with a link of their own, or of their session type, keep it.")
        )
        told = say("Clients whose booked sessions get another link are told.")
        return [say.sentences(say("It holds at once for booked sessions too."), other), told]
    told = say("The client is told of a change.")
    if found.default is None:
        return [told]
    return [say("Without it, people join here: {link}", link=typed(found.default, 300)), told]
