"""The dialog in which people choose how they hear, and of what."""

from datetime import time

from coaching.actions.notifications import Notifications
from coaching.news.kinds import NoticeKind
from coaching.notifications import AGENDA_MINUTES, Ways, reminders_for
from handlers.ids import INVITATIONS, Action, Callback
from handlers.views.calendar_address import address_button
from handlers.views.kit import Json, actions, button, context, divider, modal, option, section, select, typed
from handlers.views.times import clock_time
from language.say import Say, say_for, word

REMINDER_WORDS = {
    NoticeKind.REMINDER: word("Before free cancellation ends"),
    NoticeKind.STARTING: word("Before a session starts"),
    NoticeKind.AGENDA: word("In the morning: the sessions that you give, and what waits for you"),
    NoticeKind.COACH_STARTING: word("Before a session that you give"),
    NoticeKind.OUTCOME_ASKED: word("After a session that you give: whether it took place"),
    NoticeKind.EXPIRING: word("Before credits expire"),
    NoticeKind.NUDGE: word("Before the time to decide on a request is over"),
    NoticeKind.ADMIN_NUDGE: word("Before the admins' time to decide on a request is over"),
}
"""What each kind of reminder reminds of."""


def notifications_view(found: Notifications, *, mail: bool, calendar: bool) -> Json:
    """Build the dialog. `mail`: there is a mail server; `calendar`: sessions can be subscribed to."""
    say = say_for(found.viewer.person.locale)
    blocks = _by_mail(found, say) if mail else [section(_without_mail(found, say))]
    blocks += [divider(), section(f"*{say('Reminders')}*")]
    for kind in reminders_for(found.viewer):
        what, wanted = say.of(REMINDER_WORDS[kind]), kind not in found.chosen.unwanted
        state = say("You are reminded.") if wanted else say("You are not reminded.")
        blocks.append(section(f"{what}\n{state}", _switch(str(kind), what, say, on=wanted)))
        if kind is NoticeKind.AGENDA and wanted:
            blocks.append(section(say("When it comes, on your clock"), _agenda_times(found.chosen.agenda_minute, say)))
    if calendar:
        blocks += [divider(), actions([address_button(say)])]
    return modal(say.title("Notifications"), Callback.NOTIFICATIONS, blocks, close=say.title("Close"))


def _by_mail(found: Notifications, say: Say) -> list[Json]:
    """Return how they hear, and what they can choose."""
    address = found.viewer.person.address
    blocks = [section(_saved(found, heard_words(found.ways, say), say))]
    if address is None:
        return [*blocks, context(say("Your mail address is not known here, so mail cannot be chosen."))]
    shown = typed(address, 254)
    if found.viewer.person.mails_come_back:
        back = say("Mails to {address} came back: the mail server takes none for that address.", address=shown)
        then = say("If it is right, let us try again. If it is not, change it in your Slack profile.")
        return [*blocks, section(f":warning: {back}\n{then}", button(say("Try again"), Action.NOTIFY_AGAIN))]
    if not found.mailable:
        odd = say("No mail can be sent to {address}, the address in your Slack profile.", address=shown)
        return [*blocks, context(odd, say("With another address there, mail can be chosen."))]
    blocks.append(actions(_buttons(found.ways, say)))
    blocks.append(context(say("Mails go to {address}, the address in your Slack profile.", address=shown)))
    blocks.append(
        context(
            say("A mail cannot be corrected, so it comes when a cancellation can no longer be undone."),
            say("What you have to decide is always in Slack, too."),
        )
    )
    if found.ways.by_mail:
        what, wanted = say("Calendar invitations"), found.chosen.invitations
        state = say("Mails bring no invitations. What is in your calendar already stays there as it is.")
        if wanted:
            state = say("Mails bring each session into your calendar, and take it out again.")
        blocks.append(section(f"*{what}*\n{state}", _switch(INVITATIONS, what, say, on=wanted)))
    return blocks


def _switch(what: str, words: str, say: Say, *, on: bool) -> Json:
    """Return the button that turns something off, or on."""
    if on:
        return button(say("Turn off"), Action.NOTIFY_WITHOUT, what, label=say("Turn off: {what}", what=words))
    return button(say("Turn on"), Action.NOTIFY_WITH, what, label=say("Turn on: {what}", what=words))


def _agenda_times(chosen: int, say: Say) -> Json:
    """Return the menu of times at which a coach can get their agenda."""
    options = [option(clock_time(time(minute // 60, minute % 60), say), str(minute)) for minute in AGENDA_MINUTES]
    return select(Action.AGENDA_AT, options, chosen=str(chosen), placeholder=say("Choose a time"))


def heard_words(ways: Ways, say: Say) -> str:
    """Say how a person hears about their sessions."""
    match ways:
        case Ways.SLACK:
            return say("You hear about your sessions *in Slack*.")
        case Ways.BOTH:
            return say("You hear about your sessions *in Slack and by mail*.")
        case Ways.MAIL:
            return say("You hear about your sessions *by mail*.")


def _without_mail(found: Notifications, say: Say) -> str:
    words = say("You hear about your sessions in Slack. For mail, ask a workspace admin: it is not set up here yet.")
    return _saved(found, words, say)


def _saved(found: Notifications, words: str, say: Say) -> str:
    return f":white_check_mark: {say('Saved.')} {words}" if found.saved else words


def _buttons(ways: Ways, say: Say) -> list[Json]:
    every = (
        (Ways.SLACK, button(say("Slack only"), Action.NOTIFY_SLACK)),
        (Ways.BOTH, button(say("Slack and mail"), Action.NOTIFY_BOTH)),
        (Ways.MAIL, button(say("Mail only"), Action.NOTIFY_MAIL)),
    )
    return [one for of, one in every if of is not ways]


def notifications_button(say: Say) -> Json:
    """Return the button of Home that opens the dialog."""
    label = say("Notifications: how you hear, and which reminders you get")
    return button(say("Notifications…"), Action.NOTIFY, label=label)
