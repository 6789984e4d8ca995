"""The language last used for each person, for words that must be said when the database cannot be asked."""

from collections import OrderedDict

from coaching.sessions import Person
from handlers import parse
from handlers.parse import BadRequest, Body
from language.say import IN_ENGLISH, Say, say_for

MOST = 10_000
"""The most people to remember. Those not spoken to for longest are forgotten first."""
_LOCALES: OrderedDict[tuple[str, str], str | None] = OrderedDict()


def met(workspace_id: str, person: Person) -> Say:
    """Return how to speak to a person, and remember it."""
    key = (workspace_id, person.id)
    _LOCALES[key] = person.locale
    _LOCALES.move_to_end(key)
    while len(_LOCALES) > MOST:
        _LOCALES.popitem(last=False)
    return say_for(person.locale)


def remembered(workspace_id: str, user_id: str) -> Say:
    """Return how a person was last spoken to, or in English if they never were."""
    return say_for(_LOCALES.get((workspace_id, user_id)))


def of_sender(body: Body) -> Say:
    """Return how the sender of a request was last spoken to, whatever the request contains."""
    try:
        return remembered(parse.workspace_id(body, {}), parse.user_id(body))
    except BadRequest:
        return IN_ENGLISH
