"""A coach is taken off the list: what becomes of their sessions, and what became of them."""

from coaching.sessions import MAX_REASON
from coaching.workspace import Coach
from handlers.ids import LEAVE_CANCEL, LEAVE_STAY, Action, Block, Callback
from handlers.views.kit import Json, bare, context, field, modal, option, radio, section, text_input, typed
from handlers.views.message import message_view
from handlers.views.words import count

REASON_TYPED = 500
"""Longest reason in characters that the form takes."""


def remove_form(coach: Coach, ahead: int, *, left: bool = False) -> Json:
    """Ask before a coach is taken off the list, and what shall become of the sessions that are ahead."""
    blocks = [section(f"Remove {_name(coach)} from the coaches? Nobody can book them then; they can be added again.")]
    if left:
        blocks.append(context(f"{_name(coach)} is not in Slack any more."))
    if not ahead:
        blocks.append(context("No session with them is ahead."))
    else:
        number = count(ahead)
        options = [
            option(
                f"Leave {_them(ahead)} booked", LEAVE_STAY, "They take place; admins decide about exceptions asked for"
            ),
            option(f"Cancel {_all(ahead)}", LEAVE_CANCEL, "Everything goes back to the clients, also for late ones"),
        ]
        chosen = LEAVE_CANCEL if left else LEAVE_STAY
        blocks.append(
            field(f"{number} with them {_are(ahead)} ahead", radio(Action.INPUT, options, chosen), Block.LEAVE)
        )
        reason = text_input(
            Action.INPUT, initial=reason_words(coach), most=min(REASON_TYPED, MAX_REASON), multiline=True
        )
        hint = "The clients read it with their receipt, if sessions are canceled."
        blocks.append(field("Reason", reason, Block.REASON, hint=hint, optional=True))
    metadata = coach.person.id
    return modal("Remove coach?", Callback.SETUP_REMOVE, blocks, metadata=metadata, submit="Remove", close="Back")


def reason_words(coach: Coach) -> str:
    """What clients read as the reason where the admin gives no other."""
    return (
        f"{bare(coach.person.name)} no longer gives sessions."
        if coach.person.name
        else "The coach no longer gives sessions."
    )


def removed_view(canceled: int) -> Json:
    """Say what was canceled when a coach left the list."""
    words = (
        f"{count(canceled)} {_are(canceled)} canceled. Everything goes back to the clients, and we tell each of them."
    )
    return message_view("Coach removed", words)


def removing_view(ahead: int) -> Json:
    """Say that it takes a moment to cancel so many sessions."""
    words = (
        f"{count(ahead)} are being canceled, which takes a moment. The coach leaves the list with the last of them; "
        "if they are still on it in a few minutes, remove them once more."
    )
    return message_view("Removing coach", words)


def _them(ahead: int) -> str:
    return "it" if ahead == 1 else "them"


def _all(ahead: int) -> str:
    return "it" if ahead == 1 else f"all {ahead:,}"


def _are(ahead: int) -> str:
    return "is" if ahead == 1 else "are"


def _name(coach: Coach) -> str:
    return typed(coach.person.name or coach.person.email or coach.person.id)
