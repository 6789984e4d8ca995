"""The question in a person's first receipt: whether they want mails too. It is asked once."""

from collections.abc import Sequence

from coaching.actions.notifications import Notifications
from coaching.news.announcement import Announcement, MailOffer
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import button, typed
from handlers.views.letter import Buttons, Facts, Part, Small
from handlers.views.notifications import heard_words
from language.say import Say, say_for


def offer_of(told: Announcement) -> Sequence[Part]:
    """Return the parts of a letter that ask, or that say what was answered."""
    say, address = say_for(told.viewer.person.locale), told.viewer.person.address
    match told.mail_offer:
        case MailOffer.OPEN:
            question = say("Would you like these by mail too, at {address}?", address=typed(address or "", 254))
            yes = button(say("Yes, mail me too"), Action.MAIL_TOO)
            no = button(say("No thanks"), Action.MAIL_NOT, label=say("No thanks: no mails about my sessions"))
            return [Facts([question]), Buttons([yes, no])]
        case MailOffer.ACCEPTED:
            return [Small([say("You get these by mail too."), _to_change(say)])]
    return []


def answered_words(found: Notifications, say: Say, *, mail: bool) -> str:
    """Say how a person hears after they answered."""
    if not mail:
        return say("Mail is not set up here any more. You hear about your sessions in Slack.")
    if not found.mailable:
        return say.sentences(say("No mails can be sent to your address at present."), _to_change(say))
    return say.sentences(heard_words(found.ways, say), _to_change(say))


def _to_change(say: Say) -> str:
    return say("{command} changes that.", command=f"`{as_typed(say, Command.NOTIFICATIONS)}`")
