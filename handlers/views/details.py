"""One session, whole: terms, what became of it, and its timeline."""

from datetime import datetime

from coaching.actions.browse import Details
from coaching.actions.decide import is_asked_after, is_open, may_return
from coaching.causes import Blocked
from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeLine, NoticeState
from coaching.sessions import Decision, Hat, Person, Session, Status
from coaching.stakeholders import is_channel
from coaching.timeline import Entry, Event
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.asked import ask_button, can_ask, notes
from handlers.views.back import usable_words
from handlers.views.coach_buttons import answer_buttons, late_buttons, return_button
from handlers.views.hats import looking
from handlers.views.kit import (
    Json,
    actions,
    button,
    clip_lines,
    confirm,
    context,
    divider,
    header,
    modal,
    section,
    typed,
    verbatim,
)
from handlers.views.outcomes import OPEN_ENDED, banner, may_rebook, outcome_buttons, who_is_there, whom_to_ask
from handlers.views.refunds import all_steps, keeps_terms, refund_line
from handlers.views.whys import why_words
from handlers.views.words import (
    Reader,
    acted,
    ask_about_kept,
    by_time,
    count,
    in_credits,
    meeting_link,
    money,
    outcome,
    package,
    policy_text,
    reader_for,
    reschedule_text,
)

TIMELINE_SHOWN = 40
OTHER_TERMS = "These are the terms this session was booked under; new bookings get other ones."


def details_view(details: Details, meta: Meta) -> Json:
    """Build the details of a session as its client, its coach or an admin sees it."""
    session = details.row.session
    reader = reader_for(details.viewer, [session], details.now)
    blocks: list[Json] = looking(details.hat, details.viewer)
    if session.status is Status.CANCELED:
        blocks.extend(_banner(details, session, reader))
    blocks.extend(banner(details, session, reader))
    blocks.append(section(_facts(details, session, reader)))
    buttons = _buttons(details, session, reader)
    if buttons:
        blocks.append(actions(buttons))
    if session.status is Status.SCHEDULED:
        blocks.extend(_possible(details, session, reader))
    blocks.append(divider())
    blocks.append(section("*Cancellation and Reschedule Policy*\n" + _policy(details, session, reader)))
    if details.other_terms_now:
        blocks.append(context(OTHER_TERMS))
    blocks.append(divider())
    blocks.append(header("Timeline"))
    blocks.append(section(clip_lines(_timeline(details, reader), 2950)))
    blocks.append(context(reader.zone_line([session])))
    return modal("Session details", Callback.DETAILS, blocks, metadata=meta.dump())


def _banner(details: Details, session: Session, reader: Reader) -> list[Json]:
    ended = session.cancellation
    if ended is None:
        return [section(":no_entry: *This session is canceled*")]
    by = _actor(ended.by, ended.role, reader)
    blocks = [
        section(
            f":no_entry: *This session is canceled*\nby {by}, {reader.instant(ended.at)}"
            f"{_how_late(session)}\n*Refund:* {outcome(session, reader)}"
        )
    ]
    if (until := usable_words(ended.usable, reader)) and details.hat is not Hat.COACH:
        blocks.append(context(f"What came back is {until}."))
    if ended.reason:
        blocks += [section("*Reason*"), verbatim(ended.reason)]
    blocks += notes(session, reader)
    late = [] if details.hat is Hat.CLIENT or _only_looks(details) else _to_decide(session, reader)
    if details.hat is not Hat.COACH and can_ask([session]):
        late.append(ask_button(session))
    contact = details.settings.support_contact
    if ended.decision is Decision.OPEN and details.hat is Hat.CLIENT:
        who = "An admin" if details.coach_gone else reader.name(session.coach)
        words = f"{who} decides whether the rest comes back"
        words += f"; if you hear nothing, ask {typed(contact, 200)}." if contact else "."
        blocks.append(context(words))
    elif details.hat is Hat.CLIENT and (ask := _about_kept(details, reader)):
        blocks.append(context(ask))
    elif by_time(session) and contact:
        blocks.append(context(f"If that is not right, ask {typed(contact, 200)}."))
    if late:
        blocks.append(actions(late))
    return blocks


def _only_looks(details: Details) -> bool:
    """Whether somebody looks at a session they gave as a coach, and is none any more."""
    return details.row.blocked is Blocked.NO_COACH


def _to_decide(session: Session, reader: Reader) -> list[Json]:
    """What a coach or an admin can press about a canceled session."""
    if is_open(session):
        return late_buttons(session, reader)
    if is_asked_after(session):
        return answer_buttons([session], reader)
    return [return_button(session, reader)] if may_return(session) else []


def _how_late(session: Session) -> str:
    ended = session.cancellation
    if ended is None or not ended.late:
        return ""
    return f" (when {ended.percent}% came back)" if ended.in_part else " (after the cutoff)"


def _facts(details: Details, session: Session, reader: Reader) -> str:
    strike = "~" if session.status is Status.CANCELED else ""
    lines = [f"{strike}*{typed(session.session_type)}*{strike}", f"{strike}{reader.when(session)}{strike}"]
    lines.append(f"*Coach:* {reader.name(session.coach)}")
    if details.hat is not Hat.CLIENT:
        lines.append(f"*Client:* {reader.name(session.client)}")
    place = package(session)
    if place:
        lines.append(f"*Package:* {place}")
    if session.price:
        lines.append(f"*Price:* {in_credits(session.price)}")
    elif session.money:
        lines.append(f"*Price:* {money(session.money)}, paid outside credits")
    return "\n".join(lines)


def _buttons(details: Details, session: Session, reader: Reader) -> list[Json]:
    row = []
    link = meeting_link(session, reader.now)
    if link:
        row.append(button("Join", Action.SESSION_JOIN, url=link, label="Join the session; opens your browser"))
    if details.row.movable:
        row.append(button("Reschedule…", Action.MOVE_OPEN, f"move:{details.hat}:{session.id}"))
    if details.row.blocked is None:
        row.append(button("Cancel session…", Action.SESSION_CANCEL, f"cancel:{details.hat}:{session.id}"))
    if _only_looks(details):
        return row
    row += outcome_buttons(session, reader, details.hat)
    if may_rebook(session, details.hat):
        label = "Schedule another session with the same coach"
        row.append(button("Schedule Session", Action.SCHEDULE, session.id, label=label))
    if details.hat is not Hat.CLIENT and _may_allow(details, session):
        row.append(button("Let them move it", Action.MOVE_ALLOW, session.id, confirm=_ask_to_allow(session, reader)))
    return row


def _may_allow(details: Details, session: Session) -> bool:
    cause = session.immovable(details.row.policy, details.now, Hat.CLIENT)
    return cause in (Blocked.LATE, Blocked.MOVED_OFTEN)


def _ask_to_allow(session: Session, reader: Reader) -> Json:
    text = (
        f"{reader.plain_name(session.client)} may then move this session once, although its policy does not allow it."
    )
    return confirm(
        "Let them move it?",
        f"{text} {keeps_terms(session, reader)}".rstrip(),
        "Let them",
        "Not now",
    )


def _possible(details: Details, session: Session, reader: Reader) -> list[Json]:
    """Where a scheduled session stands; why it cannot be canceled, and whom to ask (C2)."""
    cause = details.row.blocked
    moving = [context(words)] if (words := _moving(details, session, reader)) else []
    if cause is None:
        return [context(refund_line(session, details.row.policy, reader, details.payments)), *moving]
    words = {
        Blocked.STARTED: "It has started and can no longer be canceled.",
        Blocked.OVER: "It is over." if details.hat is Hat.CLIENT else OPEN_ENDED,
        Blocked.LATE: "It can no longer be canceled: the window closed and its policy allows no late cancellation.",
        Blocked.CANCELED: "",
        Blocked.MOVED_OFTEN: "",
        Blocked.NO_COACH: "You are not on the list of coaches any more, so an admin acts for its coach.",
    }[cause]
    if details.hat is Hat.CLIENT:
        words += f" If something is wrong, ask {whom_to_ask(details, reader)}."
    return [context(words), *moving]


def _about_kept(details: Details, reader: Reader) -> str | None:
    session = details.row.session
    gone = [session.coach.id] if details.coach_gone else []
    return ask_about_kept([session], details.settings.support_contact, reader, gone)


def _moving(details: Details, session: Session, reader: Reader) -> str | None:
    """Why a session cannot be moved and whom to ask; or that the coach has allowed it."""
    row, coach = details.row, who_is_there(details, reader)
    if not _ahead(session, reader):
        return None
    if details.hat is Hat.COACH:
        if session.late_move_allowed:
            return "You let your client move this session once, although its policy does not allow it."
        return None if row.fixed or row.has_hours else "You give no hours yet, so there is no time to move it to."
    if row.fixed is Blocked.LATE:
        closed = reader.instant(session.starts_at - row.policy.reschedule_window, exact=True)
        return f"It can no longer be rescheduled: that was possible until {closed}. Ask {coach}: they can allow it."
    if row.fixed is Blocked.MOVED_OFTEN:
        times = count(session.reschedules, "time")
        return f"It was rescheduled {times}, as often as its policy allows. Ask {coach}: they can allow another move."
    if row.fixed is None and not row.has_hours:
        if details.coach_gone:
            return f"To reschedule, ask {coach}."
        return f"To reschedule, agree on a new time with {coach}, who gives no hours here."
    if session.late_move_allowed:
        who = "You" if details.hat is Hat.CLIENT else "The client"
        return f"{who} may reschedule this session once, although its policy does not allow it."
    return None


def _policy(details: Details, session: Session, reader: Reader) -> str:
    terms = policy_text(details.row.policy, yours=details.hat is Hat.CLIENT)
    words = "\n".join([terms, *all_steps(session, details.row.policy, reader, details.payments)])
    if details.hat is not Hat.CLIENT and _ahead(session, reader):
        words += "\nWhen the coach cancels in time everything comes back; later the coach chooses."
    return f"{words}\n{_reschedule(details, session, reader)}"


def _ahead(session: Session, reader: Reader) -> bool:
    """Whether it can still take another course: it is booked and has not started."""
    return session.status is Status.SCHEDULED and reader.now <= session.starts_at


def _reschedule(details: Details, session: Session, reader: Reader) -> str:
    policy = details.row.policy
    words = reschedule_text(policy)
    if not _ahead(session, reader) or policy.reschedule_limit == 0 or not details.row.has_hours:
        # What is closed cannot be moved; nor what has no times to move to, which is said with whom to agree on one.
        return words
    closes = session.starts_at - policy.reschedule_window
    if reader.now <= closes:
        words += f" Here: until {reader.instant(closes, exact=True)}"
        if policy.reschedule_limit is not None:
            words += f", {count(max(0, policy.reschedule_limit - session.reschedules), 'move')} left"
        words += "."
    if details.hat is Hat.COACH and not _only_looks(details):
        words += " As its coach you can move it until it starts."
    return words


def _timeline(details: Details, reader: Reader) -> list[str]:
    starts = _new_starts(details)
    events = [
        (entry.at, _entry(entry, person, reader, starts.get(number)))
        for number, (entry, person) in enumerate(details.timeline)
    ]
    events += [(line.finished_at or line.due_at, _notice(line, reader)) for line in details.notices]
    events.sort(key=lambda item: item[0])
    lines = [f"• {reader.instant(at)}: {words}" for at, words in events]
    if len(lines) > TIMELINE_SHOWN:
        lines = [f"… {len(lines) - TIMELINE_SHOWN} earlier entries", *lines[-TIMELINE_SHOWN:]]
    return lines or ["Nothing has happened yet."]


def _new_starts(details: Details) -> dict[int, datetime]:
    """To when each move went, by its place in the timeline: an entry keeps only from when."""
    moves = [
        (number, entry.old_starts_at)
        for number, (entry, _) in enumerate(details.timeline)
        if entry.event is Event.MOVED
    ]
    went_to = [*(old for _, old in moves[1:]), details.row.session.starts_at][: len(moves)]
    return {number: new for (number, _), new in zip(moves, went_to, strict=True) if new is not None}


def _moved(entry: Entry, by: str, reader: Reader, new: datetime | None) -> str:
    old = entry.old_starts_at
    if entry.role is Hat.SYSTEM:
        words = "the rules of the clocks changed: it keeps its local time"
        return f"{words}, now {reader.instant(new)}" if new is not None else words
    words = f"moved by {by}"
    if old is not None:
        words += f" from {reader.instant(old)}"
    return f"{words} to {reader.instant(new)}" if new is not None else words


def _actor(person: Person, role: Hat, reader: Reader) -> str:
    return acted(person, role, None, reader)


def _entry(entry: Entry, person: Person, reader: Reader, new: datetime | None) -> str:
    by = _actor(person, entry.role, reader)
    amount = entry.amount or 0
    late = " by the policy, as nobody decided in time" if entry.role is Hat.SYSTEM else f" by {by}"
    return {
        Event.BOOKED: f"booked by {by}" + (f" for {in_credits(amount)}" if amount else ""),
        Event.IMPORTED: f"imported by {by}",
        Event.CANCELED: f"canceled by {by}" + (f"; {in_credits(amount)} returned" if amount else "; nothing returned"),
        Event.REFUNDED_LATE: f"cancellation refunded anyway{late}: {in_credits(amount)} returned",
        Event.KEPT_LATE: f"cancellation decided{late}: nothing more returned",
        Event.REMINDERS_KEPT: f"{by} kept the session; reminders stop",
        Event.LINKED: "linked to a Slack account",
        Event.UNDONE: f"cancellation undone by {by}; booked as before",
        Event.MOVED: _moved(entry, by, reader, new),
        Event.EXCEPTION_ASKED: f"{by} asked for an exception",
        Event.EXCEPTION_KEPT: "nobody answered the request in time: it stays as it was decided"
        if entry.role is Hat.SYSTEM
        else f"request answered by {by}: it stays as it was decided",
        Event.REFUNDED_PARTLY: f"cancellation refunded in part{late}: {in_credits(amount)} returned",
        Event.COMPLETED: "completed" if entry.role is Hat.SYSTEM else f"completed, as noted by {by}",
        Event.NO_SHOW: f"missed by the client, as noted by {by}",
        Event.LATE_MOVE_ALLOWED: f"{by} let the client move it once more",
    }[entry.event]


def _notice(line: NoticeLine, reader: Reader) -> str:
    what = {
        NoticeKind.RECEIPT: "receipt",
        NoticeKind.COACH_ALERT: "alert",
        NoticeKind.EXCEPTION: "request for an exception",
        NoticeKind.ADMIN_EXCEPTION: "request for an exception",
        NoticeKind.NUDGE: "reminder of the request for an exception",
        NoticeKind.ADMIN_NUDGE: "reminder of the request for an exception",
        NoticeKind.LATE_DECISION: "decision on the cancellation",
        NoticeKind.REMINDER: "reminder",
        NoticeKind.STARTING: "notice before the start",
        NoticeKind.BOOKED: "booking confirmation",
        NoticeKind.COACH_BOOKED: "news of the booking",
        NoticeKind.MOVED: "new time",
        NoticeKind.COACH_MOVED: "news of the new time",
        NoticeKind.MOVE_ALLOWED: "leave to move it",
        NoticeKind.NO_SHOW: "word about the missed session",
        NoticeKind.COACH_LEFT: "word that the coach left",
        NoticeKind.CHANNEL_TROUBLE: "word that the alert channel takes nothing",
        NoticeKind.ALERT_LOST: "word that the coach could not be told",
        NoticeKind.NOT_SHIFTED: "word that new clock rules cannot be followed",
    }[line.kind]
    state = {
        NoticeState.PENDING: "waiting to be sent",
        NoticeState.LEASED: "being sent",
        NoticeState.SENT: "sent",
        NoticeState.DROPPED: "not sent",
        NoticeState.FAILED: "could not be sent",
    }[line.state]
    to = "you" if line.recipient.id == reader.person.id else reader.name(line.recipient)
    if is_channel(line.recipient.id):
        to = f"<#{line.recipient.id}>"
    why = line.why if line.state is not NoticeState.SENT else None
    return f"{what} to {to} {state}" + (f": {why_words(why, line.why_code, line.words)}" if why else "")
