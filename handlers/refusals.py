"""The words for a refused time: they name the session in the way, if the person may see it."""

from coaching.actions import slots
from coaching.errors import Engaged
from coaching.sessions import Actor
from handlers.deps import Deps
from handlers.error_words import words_for
from handlers.views.engaged import engaged_words


async def refusal(deps: Deps, actor: Actor, error: Exception) -> str:
    """Return the words for an error, in mrkdwn.

    For a time that is taken they name the session in the way, to a person who may see it.
    """
    say = await deps.say_to(actor)
    if isinstance(error, Engaged):
        found = await slots.in_the_way(deps.store, deps.clock, actor, error)
        return engaged_words(error, found.viewer, found.sessions, found.now) or words_for(error, "", say)
    return words_for(error, "", say)
