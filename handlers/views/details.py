"""One session, whole: terms, what became of it, and its timeline."""

from coaching.actions.browse import Details
from coaching.notices import NoticeKind, NoticeState
from coaching.ports import NoticeLine
from coaching.sessions import Blocked, Decision, Hat, Person, Session, Status
from coaching.timeline import Entry, Event
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.coach_buttons import late_buttons
from handlers.views.kit import (
    Json,
    actions,
    button,
    clip_lines,
    context,
    divider,
    header,
    modal,
    section,
    typed,
    verbatim,
)
from handlers.views.words import (
    Reader,
    in_credits,
    meeting_link,
    money,
    outcome,
    package,
    policy_text,
    reader_for,
    refund_line,
    role_words,
)

TIMELINE_SHOWN = 40


def details_view(details: Details, meta: Meta) -> Json:
    """Build the details of a session as its client, its coach or an admin sees it."""
    session = details.row.session
    reader = reader_for(details.viewer, [session], details.now)
    blocks: list[Json] = []
    if session.status is Status.CANCELED:
        blocks.extend(_banner(details, session, reader))
    blocks.append(section(_facts(details, session, reader)))
    buttons = _buttons(details, session, reader)
    if buttons:
        blocks.append(actions(buttons))
    if session.status is not Status.CANCELED:
        blocks.extend(_possible(details, session, reader))
    blocks.append(divider())
    blocks.append(section("*Cancellation and Reschedule Policy*\n" + _policy(details, session, reader)))
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
            f"{' (after the cutoff)' if ended.late else ''}\n*Refund:* {outcome(session, reader)}"
        )
    ]
    if ended.reason:
        blocks += [section("*Reason*"), verbatim(ended.reason)]
    if details.hat is not Hat.CLIENT and ended.decision is Decision.OPEN:
        blocks.append(actions(late_buttons(session, reader)))
    elif ended.decision is Decision.OPEN:
        contact = details.settings.support_contact
        words = f"{reader.name(session.coach)} decides whether the rest comes back"
        words += f"; if you hear nothing, ask {typed(contact, 200)}." if contact else "."
        blocks.append(context(words))
    return blocks


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
    if details.row.blocked is None:
        row.append(button("Cancel session…", Action.SESSION_CANCEL, f"cancel:{details.hat}:{session.id}"))
    return row


def _possible(details: Details, session: Session, reader: Reader) -> list[Json]:
    """Where a scheduled session stands; why it cannot be canceled, and whom to ask (C2)."""
    cause = details.row.blocked
    if cause is None:
        return [context(refund_line(session, details.row.policy, reader))]
    words = {
        Blocked.STARTED: "It has started and can no longer be canceled.",
        Blocked.OVER: "It is over.",
        Blocked.LATE: "It can no longer be canceled: the window closed and its policy allows no late cancellation.",
        Blocked.CANCELED: "",
    }[cause]
    if details.hat is Hat.CLIENT:
        words += f" If something is wrong, ask {reader.name(session.coach)}"
        contact = details.settings.support_contact
        words += f" or {typed(contact, 200)}." if contact else "."
    return [context(words)]


def _policy(details: Details, session: Session, reader: Reader) -> str:
    cutoff = reader.instant(session.refund_cutoff_at, exact=True)
    zone = reader.times.zone_line([session.refund_cutoff_at])
    state = "ends" if reader.now <= session.refund_cutoff_at else "ended"
    if session.status is Status.CANCELED:
        state = "was possible until"
    words = f"{policy_text(details.row.policy)}\n*Full refund {state}:* {cutoff}, {zone}, that very moment included."
    if details.hat is not Hat.CLIENT:
        return words + "\nWhen the coach cancels in time everything comes back; later the coach chooses."
    return words + f"\nRescheduling: agree on a new time with {reader.name(session.coach)}."


def _timeline(details: Details, reader: Reader) -> list[str]:
    events = [(entry.at, _entry(entry, person, reader)) for entry, person in details.timeline]
    events += [(line.finished_at or line.due_at, _notice(line, reader)) for line in details.notices]
    events.sort(key=lambda item: item[0])
    lines = [f"• {reader.instant(at)}: {words}" for at, words in events]
    if len(lines) > TIMELINE_SHOWN:
        lines = [f"… {len(lines) - TIMELINE_SHOWN} earlier entries", *lines[-TIMELINE_SHOWN:]]
    return lines or ["Nothing has happened yet."]


def _actor(person: Person, role: Hat, reader: Reader) -> str:
    if role is Hat.SYSTEM:
        return "Sessions"
    if person.id == reader.person.id:
        return "you"
    return f"{reader.name(person)} ({role_words(role)})"


def _entry(entry: Entry, person: Person, reader: Reader) -> str:
    by = _actor(person, entry.role, reader)
    amount = entry.amount or 0
    return {
        Event.BOOKED: f"booked by {by}" + (f" for {in_credits(amount)}" if amount else ""),
        Event.IMPORTED: f"imported by {by}",
        Event.CANCELED: f"canceled by {by}" + (f"; {in_credits(amount)} returned" if amount else "; nothing returned"),
        Event.REFUNDED_LATE: f"late cancellation refunded anyway by {by}: {in_credits(amount)} returned",
        Event.KEPT_LATE: f"late cancellation decided by {by}: nothing more returned",
        Event.REMINDERS_KEPT: f"{by} kept the session; reminders stop",
        Event.LINKED: "linked to a Slack account",
    }[entry.event]


def _notice(line: NoticeLine, reader: Reader) -> str:
    what = {
        NoticeKind.RECEIPT: "receipt",
        NoticeKind.COACH_ALERT: "alert",
        NoticeKind.LATE_DECISION: "decision on the late cancellation",
        NoticeKind.REMINDER: "reminder",
    }[line.kind]
    state = {
        NoticeState.PENDING: "waiting to be sent",
        NoticeState.LEASED: "being sent",
        NoticeState.SENT: "sent",
        NoticeState.DROPPED: "not sent",
        NoticeState.FAILED: "could not be sent",
    }[line.state]
    to = "you" if line.recipient.id == reader.person.id else reader.name(line.recipient)
    why = f": {typed(line.detail, 120)}" if line.detail and line.state is not NoticeState.SENT else ""
    return f"{what} to {to} {state}{why}"
