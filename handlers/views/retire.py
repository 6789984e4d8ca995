"""Taking a coach off the list: what happens to their sessions, before and after."""

from coaching.sessions import MAX_REASON
from coaching.workspace import Coach
from handlers.ids import LEAVE_CANCEL, LEAVE_STAY, Action, Block, Callback
from handlers.meta import ItemMeta
from handlers.views.kit import Json, bare, context, field, modal, option, radio, section, text_input, typed
from handlers.views.message import message_view
from language.say import Say

REASON_TYPED = 500
"""The most characters of a reason in the form."""


def remove_form(coach: Coach, ahead: int, say: Say, *, left: bool = False) -> Json:
    """Ask before a coach is taken off the list, and what to do with the sessions ahead."""
    name = coach_name(coach)
    ask = say("Remove {coach} from the coaches? Nobody can book them then; they can be added again.", coach=name)
    blocks = [section(ask)]
    if left:
        blocks.append(context(say("{coach} is not in Slack any more.", coach=name)))
    if ahead:
        blocks += _what_of_sessions(coach, ahead, say, left=left)
    else:
        blocks.append(context(say("No session with them is ahead.")))
    return modal(
        say.title("Remove coach?"),
        Callback.SETUP_REMOVE,
        blocks,
        metadata=ItemMeta(coach.person.id),
        submit=say.title("Remove"),
        close=say.title("Back"),
    )


def _what_of_sessions(coach: Coach, ahead: int, say: Say, *, left: bool) -> list[Json]:
    """Ask what to do with the sessions ahead, and what their clients read."""
    options = [
        option(
            say.plural("Leave it booked", "Leave them booked", ahead),
            LEAVE_STAY,
            say("They take place; admins decide about exceptions asked for"),
        ),
        option(
            say.plural("Cancel it", "Cancel all {n}", ahead),
            LEAVE_CANCEL,
            say("Everything goes back to the clients, even where full refund has ended"),
        ),
    ]
    label = say.plural("{n} session with them is ahead", "{n} sessions with them are ahead", ahead)
    what = radio(Action.INPUT, options, LEAVE_CANCEL if left else LEAVE_STAY)
    most = min(REASON_TYPED, MAX_REASON)
    reason = text_input(Action.INPUT, initial=reason_words(coach, say), most=most, multiline=True)
    hint = say("The clients read it with their receipt, if sessions are canceled.")
    return [field(label, what, Block.LEAVE), field(say("Reason"), reason, Block.REASON, hint=hint, optional=True)]


def reason_words(coach: Coach, say: Say) -> str:
    """Return the reason that clients read by default. It is in the language of the admin, who can change it."""
    if coach.person.name:
        return say("{coach} no longer gives sessions.", coach=bare(coach.person.name))
    return say("The coach no longer gives sessions.")


def removed_view(canceled: int, say: Say) -> Json:
    """Say what was canceled when a coach was taken off the list."""
    return message_view(say.title("Coach removed"), canceled_words(canceled, say), say)


def canceled_words(canceled: int, say: Say) -> str:
    """Return the words for sessions that were canceled for a coach who leaves."""
    return say.plural(
        "{n} session is canceled. Everything goes back to the clients, and we tell each of them.",
        "{n} sessions are canceled. Everything goes back to the clients, and we tell each of them.",
        canceled,
    )


def removing_view(ahead: int, say: Say) -> Json:
    """Say that canceling so many sessions takes a moment."""
    words = say.plural(
        "{n} session is being canceled, which takes a moment. The coach leaves the list with the last of them; "
        "if they are still on it in a few minutes, remove them once more.",
        "{n} sessions are being canceled, which takes a moment. The coach leaves the list with the last of them; "
        "if they are still on it in a few minutes, remove them once more.",
        ahead,
    )
    return message_view(say.title("Removing coach"), words, say)


def coach_name(coach: Coach) -> str:
    """Return a coach as admins see them, in mrkdwn: their name, else their e-mail address, else their id."""
    return typed(coach.person.name or coach.person.email or coach.person.id)
