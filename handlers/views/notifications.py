"""The dialog in which people choose how they hear."""

from coaching.actions.notifications import Notifications
from coaching.notifications import Ways
from handlers.ids import Action, Callback
from handlers.views.kit import Json, actions, button, context, modal, section, typed
from handlers.views.message import message_view
from language.say import Say, say_for


def notifications_view(found: Notifications) -> Json:
    """Build the dialog."""
    say, email = say_for(found.viewer.person.locale), found.viewer.person.email
    blocks = [section(_now(found, say))]
    if email is None:
        blocks.append(context(say("Your mail address is not known here, so mail cannot be chosen.")))
    else:
        blocks.append(actions(_buttons(found.ways, say)))
        blocks.append(
            context(say("Mails go to {address}, the address in your Slack profile.", address=typed(email, 254)))
        )
        blocks.append(
            context(
                say("A mail cannot be corrected, so it comes when a cancellation can no longer be undone."),
                say("What you have to decide is always in Slack, too."),
            )
        )
    return modal(say.title("Notifications"), Callback.NOTIFICATIONS, blocks, close=say.title("Close"))


def _now(found: Notifications, say: Say) -> str:
    match found.ways:
        case Ways.SLACK:
            words = say("You hear about your sessions *in Slack*.")
        case Ways.BOTH:
            words = say("You hear about your sessions *in Slack and by mail*.")
        case Ways.MAIL:
            words = say("You hear about your sessions *by mail*.")
    return f":white_check_mark: {say('Saved.')} {words}" if found.saved else words


def _buttons(ways: Ways, say: Say) -> list[Json]:
    every = (
        (Ways.SLACK, button(say("Slack only"), Action.NOTIFY_SLACK)),
        (Ways.BOTH, button(say("Slack and mail"), Action.NOTIFY_BOTH)),
        (Ways.MAIL, button(say("Mail only"), Action.NOTIFY_MAIL)),
    )
    return [one for of, one in every if of is not ways]


def no_mail_view(say: Say) -> Json:
    """Say that there is nothing to choose here, and whom to ask."""
    words = say("You hear about your sessions in Slack. For mail, ask a workspace admin: it is not set up here yet.")
    return message_view(say.title("Notifications"), words, say)


def notifications_button(say: Say) -> Json:
    """Return the button of Home that opens the dialog."""
    label = say("Notifications: hear in Slack, by mail, or both")
    return button(say("Notifications…"), Action.NOTIFY, label=label)
