"""Messages: what a notice says, as `{"text", "blocks"}`. The text alone says everything, for screen readers and mail."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, NotShifted
from coaching.news.announcement import Announcement
from coaching.news.bookings import Booked, CoachBooked
from coaching.news.cancellations import CoachAlert, Receipt
from coaching.news.credits import Expiring, Granted
from coaching.news.decisions import ExceptionAsked, LateDecision
from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.news.outcomes import Missed
from coaching.news.reminders import Reminder, Starting
from coaching.sessions import Cancellation, Decision, Hat, Session
from handlers.ids import COMMAND
from handlers.views.admin_notices import alert_lost, channel_trouble, coach_left
from handlers.views.alerts import coach_alert
from handlers.views.asked import ask_button, asked_words, can_ask
from handlers.views.back import came_back_to, usable_of, usable_words
from handlers.views.bookings import became, booked, coach_booked, starting
from handlers.views.credit_notices import expiring, granted
from handlers.views.exceptions import exception_asked
from handlers.views.kit import Json, actions, context, section, typed, verbatim
from handlers.views.messages import message, packed
from handlers.views.moves import coach_moved, move_allowed, moved
from handlers.views.outcomes import missed
from handlers.views.receipts import schedule_buttons, undo_button, undo_until
from handlers.views.reminders import reminder
from handlers.views.shifts import not_shifted
from handlers.views.words import (
    Reader,
    all_late,
    ask_about_kept,
    by_time,
    count,
    decided_to_return,
    decision_words,
    in_credits,
    in_more_credits,
    line,
    number,
    outcome,
    reader_for,
)


def render(announcement: Announcement) -> Json:
    """Return the message of any announcement, as the arguments of chat.postMessage or chat.update."""
    match announcement:
        case Receipt():
            return undone(announcement) if announcement.undone else receipt(announcement)
        case LateDecision():
            return late_decision(announcement)
        case Reminder():
            return reminder(announcement)
        case Booked():
            return booked(announcement)
        case Moved():
            return moved(announcement)
        case Starting():
            return starting(announcement)
        case MoveAllowed():
            return move_allowed(announcement)
        case Missed():
            return missed(announcement)
        case Granted() | Expiring():
            return granted(announcement) if isinstance(announcement, Granted) else expiring(announcement)
        case _:
            return _to_staff(announcement)


def _to_staff(announcement: Announcement) -> Json:
    match announcement:
        case CoachBooked():
            return coach_booked(announcement)
        case CoachMoved():
            return coach_moved(announcement)
        case CoachAlert():
            return coach_alert(announcement)
        case ExceptionAsked():
            return exception_asked(announcement)
        case CoachLeft():
            return coach_left(announcement)
        case ChannelTrouble():
            return channel_trouble(announcement)
        case AlertLost():
            return alert_lost(announcement)
        case NotShifted():
            return not_shifted(announcement)
    raise TypeError(type(announcement))


def receipt(told: Receipt) -> Json:
    """To a client: one message for everything one action canceled (C9)."""
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    plain = replace(reader, mentions=False)
    title = f"*{_receipt_title(sessions, reader)}*"
    lines = [f"{line(s, reader)}\n{outcome(s, reader)}{_rebooked(s, reader)}" for s in sessions]
    total = _receipt_total(sessions, reader)
    zone = reader.zone_line(sessions)
    blocks = [section(title), *packed(lines, more=f"`{COMMAND} past` shows them all"), section(total)]
    said = [f"{line(s, plain)} · {outcome(s, plain)}{_rebooked(s, plain)}" for s in sessions]
    text: list[str | list[str]] = [_receipt_title(sessions, plain), said, total]
    reason = _foreign_reason(sessions)
    if reason:
        blocks += [section("*Reason*"), verbatim(reason)]
    if any(s.cancellation and s.cancellation.decision is Decision.OPEN for s in sessions):
        words = "The coach or an admin can still return what did not come back; we tell you when it is decided."
        blocks.append(context(words))
        text.append(words)
    contact = told.settings.support_contact
    if (ask := ask_about_kept(sessions, contact, reader)) is not None:
        blocks.append(context(ask))
        text.append(ask_about_kept(sessions, contact, plain) or ask)
    blocks += [context(words) for words in asked_words(sessions, reader)]
    text += asked_words(sessions, plain)
    until = undo_until(sessions, reader)
    row = [undo_button(told.action_id)] if until and told.action_id else []
    again = schedule_buttons(sessions, reader)
    if (one := can_ask(sessions)) is not None:
        row.append(ask_button(one))
    row += again[:1]
    if row:
        blocks.append(actions(row))
    # One action id stands once in a block.
    blocks += [actions([other]) for other in again[1:]]
    if until and told.action_id:
        # A copy that nobody knows of is never edited: its words must be true for ever.
        words = f"You can undo this until {reader.instant(until, exact=True)}; after that the button only says so."
        blocks.append(context(words))
        text.append(words)
    blocks.append(context(zone))
    return message([*text, zone], blocks, reason=reason)


def undone(told: Receipt) -> Json:
    """To a client: the cancellation was taken back."""
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    plain = replace(reader, mentions=False)
    verb = "is" if len(sessions) == 1 else "are"
    title = f"Undone: {count(len(sessions))} {verb} booked as before"
    if any(became(s, reader) for s in sessions):
        title = f"Undone: {count(len(sessions))} {'was' if len(sessions) == 1 else 'were'} booked as before"

    def words(session: Session, who: Reader) -> str:
        since = became(session, who)
        return line(session, who) + (f"\n{since}" if since else "")

    blocks = [
        section(f":leftwards_arrow_with_hook: *{title}*"),
        *packed([words(s, reader) for s in sessions], more=f"`{COMMAND}` shows them all"),
    ]
    zone = reader.zone_line(sessions)
    return message([title, [words(s, plain) for s in sessions], zone], [*blocks, context(zone)])


def _receipt_title(sessions: Sequence[Session], reader: Reader) -> str:
    number = count(len(sessions))
    ended = sessions[0].cancellation if sessions else None
    if ended is None or ended.role is Hat.CLIENT or ended.by.id == reader.person.id:
        return f"You canceled {number}"
    if ended.role is Hat.COACH:
        return f"{reader.name(ended.by)} canceled {number} with you"
    if ended.role is Hat.ADMIN:
        return f"{reader.name(ended.by)} (admin) canceled {number} for you"
    return f"{number} {'was' if len(sessions) == 1 else 'were'} canceled"


def _foreign_reason(sessions: Sequence[Session]) -> str | None:
    """The reason somebody else gave; one's own is known."""
    ended = sessions[0].cancellation if sessions else None
    return ended.reason if ended and ended.role is not Hat.CLIENT else None


def _rebooked(session: Session, reader: Reader) -> str:
    at = session.cancellation.rebooked_at if session.cancellation else None
    return f"\n*Rebooked:* {reader.instant(at)}" if at else ""


def _receipt_total(sessions: Sequence[Session], reader: Reader) -> str:
    paid = sum(s.price for s in sessions)
    back = sum(s.cancellation.returned for s in sessions if s.cancellation)
    if not paid:
        return "No credits were involved."
    if not back:
        return f"Nothing came back of the *{in_credits(paid)}* paid."
    until = usable_words(usable_of(sessions), reader)
    words = f"*{in_credits(back)}* came back{came_back_to(sessions)}{f', {until}' if until else ''}"
    return f"{words}; *{in_credits(paid - back)}* did not." if paid > back else f"{words}."


def late_decision(told: LateDecision) -> Json:
    """To a client: what became of the credits of late cancellations (K3)."""
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    plain = replace(reader, mentions=False)
    decisions = {s.cancellation.decision for s in sessions if s.cancellation}
    title = _decision_title(sessions, decisions, stays=told.stays)
    blocks = [section(f"*{title}*"), *packed(list(_decided(sessions, reader)), more=f"`{COMMAND} past` shows them all")]
    text: list[str | list[str]] = [title, list(_decided(sessions, plain))]
    note = next((s.cancellation.note for s in sessions if s.cancellation and s.cancellation.note), None)
    if note:
        blocks += [section("*Note*"), verbatim(note)]
    if (one := can_ask(sessions)) is not None:
        blocks.append(actions([ask_button(one)]))
    if decisions != {Decision.REFUNDED} and told.settings.support_contact:
        words = f"Questions? Ask {typed(told.settings.support_contact, 200)}."
        blocks.append(context(words))
        text.append(words)
    zone = reader.zone_line(sessions)
    return message([*text, zone], [*blocks, context(zone)], note=note)


def _decision_title(sessions: Sequence[Session], decisions: Collection[Decision | None], *, stays: bool) -> str:
    late = f"{'late ' if all_late(sessions) else ''}cancellation{'' if len(sessions) == 1 else 's'}"
    were = "was" if len(sessions) == 1 else "were"
    if all(s.cancellation and s.cancellation.after_all for s in sessions):
        return f"Good news: {'a part of ' if Decision.PARTLY in decisions else ''}what had been kept came back"
    if stays:
        return f"You asked for an exception about your {late}: what was decided stays"
    if any(by_time(s) for s in sessions):
        rest = "the policy returned what was kept" if set(decisions) == {Decision.REFUNDED} else "the policy decided"
        return f"Nobody decided about your {late} in time, so {rest}"
    if set(decisions) == {Decision.REFUNDED}:
        return f"Good news: your {late} {were} refunded anyway"
    if set(decisions) == {Decision.PARTLY}:
        return f"Good news: your {late} {were} refunded in part"
    if set(decisions) == {Decision.KEPT}:
        return f"Your {late} {were} decided: the credits are kept"
    return f"Your {late} {were} decided"


def _decided(sessions: Sequence[Session], reader: Reader) -> Iterable[str]:
    for session in sessions:
        ended = session.cancellation
        words = ""
        if ended is not None:
            until = usable_words(ended.usable_late, reader)
            words = f"\n{_came_back(session, ended)}{f', {until}' if until else ''}{decision_words(session, reader)}"
        yield line(session, reader) + words


def _came_back(session: Session, ended: Cancellation) -> str:
    """What the decision returned, and how much that makes where something had come back before it."""
    now = decided_to_return(session)
    if now == ended.returned:
        return f"{in_credits(now) if now else 'Nothing'} returned"
    more = f"{in_more_credits(now)} came back" if now else "Nothing more came back"
    return f"{more}; {number(ended.returned)} of {in_credits(session.price)} in all"
