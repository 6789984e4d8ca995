"""Reminders: full refund ends soon and what follows it (R1), several sessions in one message (R4).

Also the reminder of a near start.
"""

from collections.abc import Sequence

from coaching.news.reminders import Countdown, Reminder, ReminderItem, Starting
from coaching.sessions import Session
from handlers.ids import Action
from handlers.views.join import join_button, join_link
from handlers.views.kit import Json, button
from handlers.views.letter import Buttons, Card, Choices, Item, Letter, Small, letter
from handlers.views.news.sessions import (
    all_sessions,
    became,
    cancel_button,
    details_button,
    move_button,
    struck,
    which,
)
from handlers.views.refunds import after_cutoff, cancelable_line, is_free
from handlers.views.words import Reader, about, line, outcome, package, reader_for, with_whom
from language.say import Say

ITEMS_SHOWN = 20


@letter.register
def reminder(told: Reminder) -> Letter:
    """To a client: until when everything comes back and what then, with Keep and Cancel for each session still open."""
    sessions = [item.session for item in told.items]
    reader = reader_for(told.viewer, sessions, told.now)
    items = [_item(item, reader) for item in told.items[:ITEMS_SHOWN]]
    return Letter(
        title=_title(told.items, reader.say),
        body=[Choices(items, all_sessions(reader.say), of=len(told.items)), Small([reader.zone_line(sessions)])],
    )


@letter.register
def starting(told: Starting) -> Letter:
    """To a client: a session starts soon, and how to join, and later what happened to it."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    since, small = became(session, reader), Small([reader.zone_line([session])])
    buttons = [*join_button(session, reader), details_button(session, reader)]
    title, words = _how_soon(told, since, reader), struck(session, reader)
    if since is not None:
        return Letter(title=title, under=[words, since], body=[Buttons(buttons), small])
    card = Card(reader.when(session), with_whom(session, reader), package(session, reader.say) or "", buttons)
    item = Item(words, row=buttons, card=card)
    return Letter(title=title, body=[Choices([item], all_sessions(reader.say), of=1), small])


def _how_soon(told: Starting, since: str | None, reader: Reader) -> str:
    say, coach = reader.say, reader.name(told.session.coach)
    if since is not None:
        return say("Your session with {coach}", coach=coach)
    if told.session.starts_at != told.at:
        return say("Your session with {coach} has another time now", coach=coach)
    if told.now >= told.at:
        return say("Your session with {coach} has started", coach=coach)
    return say("Your session with {coach} starts in {length}", coach=coach, length=about(told.at - told.now, say))


def _title(items: Sequence[ReminderItem], say: Say) -> str:
    still = [item for item in items if item.state is Countdown.OPEN]
    if not still:
        return say.plural("Reminder of your session", "Reminder of your {n} sessions", len(items))
    ending = sum(1 for item in still if not is_free(item.session))
    if not ending:
        return say.plural("Do you keep this session?", "Do you keep these {n} sessions?", len(still))
    return say.plural("Free cancellation ends soon", "Free cancellation ends soon for {n} sessions", ending)


def _item(item: ReminderItem, reader: Reader) -> Item:
    session, say = item.session, reader.say
    words, buttons = line(session, reader), _buttons(item, reader)
    match item.state:
        case Countdown.OPEN:
            counted = _counted(item, reader)
            return Item(f"{words}\n{counted}", row=buttons, card=_card(session, counted, buttons, reader))
        case Countdown.CLOSED:
            words = f"{words}\n{_counted(item, reader)}"
        case Countdown.KEPT:
            words = f"{words}\n{say('You keep this session. No more reminders for it.')}"
        case Countdown.CANCELED:
            words = f"~{words}~\n{say('Session Canceled')} · {outcome(session, reader)}"
        case Countdown.MOVED:
            words = f"{words}\n{say('This session was moved; its reminders start anew.')}"
    return Item(words, row=buttons)


def _card(session: Session, counted: str, buttons: Sequence[Json], reader: Reader) -> Card:
    """Return an open item as a card. It has three buttons, so joining is a link there."""
    about = [with_whom(session, reader), join_link(session, reader)]
    three = [one for one in buttons if one["action_id"] != Action.SESSION_JOIN]
    return Card(reader.when(session), " · ".join(filter(None, about)), counted, three)


def _counted(item: ReminderItem, reader: Reader) -> str:
    """Say until when everything comes back, and what follows."""
    session, say = item.session, reader.say
    if is_free(session):
        return cancelable_line(session, item.policy, reader)
    at = reader.instant(item.cutoff, exact=True)
    if item.state is Countdown.OPEN:
        length = about(item.cutoff - reader.now, say)
        ends = say("Free cancellation ends in {length}, at {time}.", length=length, time=at)
    else:
        ends = say("Free cancellation ended {time}.", time=at)
    return say.sentences(ends, after_cutoff(session, item.policy, reader))


def _buttons(item: ReminderItem, reader: Reader) -> list[Json]:
    session, say = item.session, reader.say
    if item.state is not Countdown.OPEN:
        return join_button(session, reader)
    label = say("Keep {session}", session=which(session, reader))
    return [
        button(say.meant("the session", "Keep"), Action.REMINDER_KEEP, session.id, label=label),
        move_button(session, reader),
        cancel_button(session, reader),
        *join_button(session, reader),
    ]
