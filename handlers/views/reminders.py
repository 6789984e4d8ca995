"""The reminder: full refund ends soon (R1) and what comes after it, several sessions in one message (R4)."""

from dataclasses import replace

from coaching.news.reminders import Countdown, Reminder, ReminderItem
from handlers.ids import COMMAND, Action
from handlers.views.bookings import move_button
from handlers.views.kit import Json, actions, bare, button, context, section
from handlers.views.messages import message
from handlers.views.refunds import after_cutoff, cancelable_line, is_free
from handlers.views.words import Reader, about, line, outcome, reader_for

ITEMS_SHOWN = 20


def reminder(told: Reminder) -> Json:
    """To a client: until when everything comes back and what then, with Keep / Cancel for each session still open."""
    items = list(told.items)
    reader = reader_for(told.viewer, [item.session for item in items], told.now)
    plain = replace(reader, mentions=False)
    title = _title(items)
    blocks: list[Json] = [section(f"*{title}*")]
    for item in items[:ITEMS_SHOWN]:
        blocks.append(section(_words(item, reader)))
        if item.state is Countdown.OPEN:
            blocks.append(actions(_buttons(item, reader)))
    rest = len(items) - ITEMS_SHOWN
    if rest > 0:
        blocks.append(context(f"… and {rest} more; `{COMMAND}` shows them all."))
    zone = reader.zone_line([item.session for item in items])
    blocks.append(context(zone))
    return message([title, [_words(item, plain) for item in items], zone], blocks)


def _title(items: list[ReminderItem]) -> str:
    still = [item for item in items if item.state is Countdown.OPEN]
    if not still:
        return "Reminder: nothing left to decide here"
    ending = sum(1 for item in still if not is_free(item.session))
    if not ending:
        return "Do you keep this session?" if len(still) == 1 else f"Do you keep these {len(still)} sessions?"
    return "Free cancellation ends soon" if ending == 1 else f"Free cancellation ends soon for {ending} sessions"


def _words(item: ReminderItem, reader: Reader) -> str:
    session = item.session
    state = {
        Countdown.OPEN: _counted(item, reader),
        Countdown.KEPT: "You keep this session. No more reminders for it.",
        Countdown.CANCELED: f"Session Canceled · {outcome(session, reader)}",
        Countdown.MOVED: "This session was moved; its reminders start anew.",
        Countdown.CLOSED: _counted(item, reader),
    }[item.state]
    strike = "~" if item.state is Countdown.CANCELED else ""
    return f"{strike}{line(session, reader)}{strike}\n{state}"


def _counted(item: ReminderItem, reader: Reader) -> str:
    """Until when everything comes back, and what after it."""
    session, at = item.session, reader.instant(item.cutoff, exact=True)
    if is_free(session):
        return cancelable_line(session, item.policy, reader)
    ends = f"ends in {about(item.cutoff - reader.now)}, at {at}" if item.state is Countdown.OPEN else f"ended {at}"
    return f"Free cancellation {ends}. {after_cutoff(session, item.policy, reader)}".rstrip()


def _buttons(item: ReminderItem, reader: Reader) -> list[Json]:
    about_it = f"{bare(item.session.session_type, 30)}, {reader.when(item.session)}"
    return [
        button("Keep", Action.REMINDER_KEEP, item.session.id, label=f"Keep {about_it}"),
        move_button(item.session, reader),
        button("Cancel…", Action.REMINDER_CANCEL, item.session.id, label=f"Cancel {about_it}"),
    ]
