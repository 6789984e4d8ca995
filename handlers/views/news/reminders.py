"""Reminders: full refund ends soon (R1) and what comes after it, several sessions in one message (R4); and the start is near."""

from collections.abc import Sequence

from coaching.news.reminders import Countdown, Reminder, ReminderItem, Starting
from handlers.ids import Action
from handlers.views.kit import Json, button
from handlers.views.letter import Buttons, Choices, Item, Letter, Small, letter
from handlers.views.news.sessions import (
    all_sessions,
    became,
    cancel_button,
    details_button,
    join_button,
    move_button,
    struck,
    which,
)
from handlers.views.refunds import after_cutoff, cancelable_line, is_free
from handlers.views.words import Reader, about, line, outcome, reader_for

ITEMS_SHOWN = 20


@letter.register
def reminder(told: Reminder) -> Letter:
    """To a client: until when everything comes back and what then, with Keep / Cancel for each session still open."""
    sessions = [item.session for item in told.items]
    reader = reader_for(told.viewer, sessions, told.now)
    items = [Item(_words(item, reader), row=_buttons(item, reader)) for item in told.items[:ITEMS_SHOWN]]
    return Letter(
        title=_title(told.items),
        body=[Choices(items, all_sessions, of=len(told.items)), Small([reader.zone_line(sessions)])],
    )


@letter.register
def starting(told: Starting) -> Letter:
    """To a client: a session starts soon, and the way in; later what became of it."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    since = became(session, reader)
    return Letter(
        title=f"Your session with {reader.name(session.coach)}{_how_soon(told, since)}",
        under=[struck(session, reader), *([since] if since else [])],
        body=[
            Buttons([*join_button(session, reader), details_button(session, reader)]),
            Small([reader.zone_line([session])]),
        ],
    )


def _how_soon(told: Starting, since: str | None) -> str:
    if since is not None:
        return ""
    if told.session.starts_at != told.at:
        return " has another time now"
    return " has started" if told.now >= told.at else f" starts in {about(told.at - told.now)}"


def _title(items: Sequence[ReminderItem]) -> str:
    still = [item for item in items if item.state is Countdown.OPEN]
    if not still:
        return "Reminder: nothing left to decide here"
    ending = sum(1 for item in still if not is_free(item.session))
    if not ending:
        return "Do you keep this session?" if len(still) == 1 else f"Do you keep these {len(still)} sessions?"
    return "Free cancellation ends soon" if ending == 1 else f"Free cancellation ends soon for {ending} sessions"


def _words(item: ReminderItem, reader: Reader) -> str:
    session = item.session
    words = line(session, reader)
    match item.state:
        case Countdown.OPEN | Countdown.CLOSED:
            return f"{words}\n{_counted(item, reader)}"
        case Countdown.KEPT:
            return f"{words}\nYou keep this session. No more reminders for it."
        case Countdown.CANCELED:
            return f"~{words}~\nSession Canceled · {outcome(session, reader)}"
        case Countdown.MOVED:
            return f"{words}\nThis session was moved; its reminders start anew."


def _counted(item: ReminderItem, reader: Reader) -> str:
    """Until when everything comes back, and what after it."""
    session, at = item.session, reader.instant(item.cutoff, exact=True)
    if is_free(session):
        return cancelable_line(session, item.policy, reader)
    ends = f"ends in {about(item.cutoff - reader.now)}, at {at}" if item.state is Countdown.OPEN else f"ended {at}"
    return f"Free cancellation {ends}. {after_cutoff(session, item.policy, reader)}".rstrip()


def _buttons(item: ReminderItem, reader: Reader) -> list[Json]:
    if item.state is not Countdown.OPEN:
        return []
    session = item.session
    return [
        button("Keep", Action.REMINDER_KEEP, session.id, label=f"Keep {which(session, reader)}"),
        move_button(session, reader),
        cancel_button(session, reader),
    ]
