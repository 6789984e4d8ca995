"""The words for hats: the role in which a person looks at sessions or acts on them (ADR 0007)."""

from coaching.records import Viewer
from coaching.sessions import Hat, Person
from handlers.views.kit import Json, context
from handlers.views.words import Reader
from language.say import Say


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
