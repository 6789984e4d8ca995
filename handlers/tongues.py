"""Who was last spoken to in which language: for words that must be said when no database can be asked."""

from collections import OrderedDict

from coaching.sessions import Person
from handlers import parse
from handlers.parse import BadRequest, Body
from language.say import IN_ENGLISH, Say, say_for

MOST = 10_000
"""People who are remembered; whoever was not spoken to for longest is forgotten first."""
_LOCALES: OrderedDict[tuple[str, str], str | None] = OrderedDict()


def met(workspace_id: str, person: Person) -> Say:
    """Return how to speak to somebody, and remember it."""
    key = (workspace_id, person.id)
    _LOCALES[key] = person.locale
    _LOCALES.move_to_end(key)
    while len(_LOCALES) > MOST:
        _LOCALES.popitem(last=False)
    return say_for(person.locale)


def remembered(workspace_id: str, user_id: str) -> Say:
    """Return how somebody was last spoken to; in English where they were not."""
    return say_for(_LOCALES.get((workspace_id, user_id)))


def of_sender(body: Body) -> Say:
    """Return the same for whoever sent a request, whatever it holds."""
    try:
        return remembered(parse.workspace_id(body, {}), parse.user_id(body))
    except BadRequest:
        return IN_ENGLISH
