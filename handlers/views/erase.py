"""Erasing a person: whom, what goes and what stays, and the name to be typed before it happens."""

from coaching.actions.erase import Erasable
from handlers.ids import Action, Block, Callback
from handlers.meta import ItemMeta
from handlers.views.kit import Json, alert, button, context, field, modal, section, text_input, typed
from handlers.views.message import message_view
from handlers.views.words import in_credits
from language.say import Say

MAX_TYPED = 300


def erase_section(say: Say) -> Json:
    """Return the section of the dialog that leads here."""
    words = say("What is known of them is removed everywhere; what happened stays without their name.")
    return section(f"*{say('Erase a person')}*\n{words}", button(say("Erase a person…"), Action.ERASE, style="danger"))


def erase_form(say: Say) -> Json:
    """Ask whom to erase."""
    who: Json = {"type": "users_select", "action_id": Action.INPUT}
    address = say("For somebody who is not in Slack, or has left it.")
    return modal(
        say.title("Erase a person"),
        Callback.ERASE,
        [
            section(say("Nothing is erased yet: the next step says what goes and what stays.")),
            field(say("Person"), who, Block.ERASED, optional=True),
            field(
                say("Or their e-mail address or Slack user id"),
                text_input(Action.INPUT, most=MAX_TYPED),
                Block.ERASED_ADDRESS,
                hint=address,
                optional=True,
            ),
        ],
        submit=say.title("Next"),
        close=say.title("Back"),
    )


def confirm_form(found: Erasable, say: Say) -> Json:
    """Say what goes and what stays, and ask for their name."""
    name = typed(found.typed, MAX_TYPED)
    goes = say(
        "*This goes:* their name, addresses and settings, reasons and notes written by them or about their sessions, "
        "meeting links of their sessions, and messages to them that wait."
    )
    stays = say(
        "*This stays:* when sessions were and what became of them, and every movement of credits, all under a name that "
        "tells nobody whose they were."
    )
    more = say(
        "Private notes on them, their places in pools, and their hours and time off go as well, and their open requests are "
        "closed. Private notes that they wrote about others stay without their name. Other people's texts that name them stay "
        "as they are."
    )
    sessions = say.plural("They have {n} session.", "They have {n} sessions.", found.held.sessions)
    left = None
    if found.credits:
        left = say("What is left of their credits is taken back: {credits}.", credits=in_credits(found.credits, say))
    out = say(
        "Messages that are in Slack or in mailboxes already, exports and backups are not reached. If the support contact "
        "names them, change it in the set-up."
    )
    return modal(
        say.title("Erase this person?"),
        Callback.ERASE_CONFIRM,
        [
            alert(say("This cannot be undone."), say),
            section(f"*{name}*\n{say.sentences(sessions, left)}"),
            section(goes),
            section(stays),
            section(more),
            context(out),
            field(
                say("Type {name}", name=found.typed),
                text_input(Action.INPUT, most=MAX_TYPED),
                Block.ERASED_TYPED,
                hint=say("Exactly as it is written above."),
            ),
        ],
        metadata=ItemMeta(found.person.id),
        submit=say.title("Erase"),
        close=say.title("Back"),
    )


def erased_view(say: Say) -> Json:
    """Say that it is done."""
    words = say("They are erased. If they come back, they are somebody new.")
    return message_view(say.title("Erased"), words, say)


def erasing_view(say: Say) -> Json:
    """Say that it takes a moment."""
    words = say("There is much of them, so it takes a moment. It goes on by itself; you can close this.")
    return message_view(say.title("Erasing…"), words, say)
