"""The dialog that narrows a list down: a person, a session type, a month, words."""

from coaching.actions.find import Findable
from coaching.sessions import Hat
from handlers.ids import Action, Block, Callback
from handlers.meta import MAX_WORDS, Meta
from handlers.views.kit import OPTION, Json, bare, field, modal, option, select, text_input
from handlers.views.words import Reader, namesakes, reader_for
from language.say import Say

MOST = 400
"""The most options of a menu: as many as fit into a view with others."""
VALUE = 150
"""The most characters in an option's value."""


def find_view(found: Findable, meta: Meta) -> Json:
    """Build the dialog, with what the list is narrowed down to now."""
    reader = reader_for(found.viewer, [], found.now)
    say, clients = reader.say, found.hat is Hat.COACH
    reader = Reader(
        person=reader.person,
        times=reader.times,
        now=found.now,
        sees_mail=reader.sees_mail,
        namesakes=namesakes(found.others, reader.person),
    )
    people = [option(reader.plain_name(one, OPTION), one.id) for one in found.others if len(one.id) <= VALUE]
    types = [option(bare(name, OPTION), type_id) for type_id, name in found.types]
    months = [option(reader.times.month(month), f"{month:%Y-%m}") for month in found.months]
    blocks = [
        *_menu(say("Client") if clients else say("Coach"), people, meta.other, Block.FIND_PERSON, say),
        *_menu(say("Session"), types, meta.kind, Block.FIND_TYPE, say),
        *_menu(say("Month"), months, meta.month, Block.FIND_MONTH, say),
        field(
            say("Search"),
            text_input(Action.INPUT, initial=meta.words, most=MAX_WORDS),
            Block.FIND_WORDS,
            hint=say("In the name of the session, the coach or the client."),
            optional=True,
        ),
    ]
    return modal(
        say.title("Find sessions"),
        Callback.FIND,
        blocks,
        metadata=meta,
        submit=say.title("Find"),
        close=say.title("Close"),
    )


def _menu(label: str, options: list[Json], chosen: str, block_id: Block, say: Say) -> list[Json]:
    """Return a menu, or nothing where there is nothing to choose from."""
    if not options[0 if chosen else 1 :]:
        return []
    menu = select(Action.INPUT, options[:MOST], chosen=chosen or None, placeholder=say("Any"))
    return [field(label, menu, block_id, optional=True)]
