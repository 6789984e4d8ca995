"""The details of one session: its terms, its outcome and its timeline."""

from datetime import datetime

from coaching.actions.browse import TIMELINE_SHOWN, Details, Row
from coaching.causes import ASKABLE, Blocked
from coaching.policy import Policy
from coaching.records import COUNTED
from coaching.sessions import Decision, Hat, Person, Session, Status
from coaching.timeline import Entry, Event
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.about_kept import ask_about_kept
from handlers.views.asked import ask_button, can_ask, notes
from handlers.views.back import usable_words
from handlers.views.client_buttons import buttons_of_client
from handlers.views.coach_buttons import decision_buttons
from handlers.views.hats import looking
from handlers.views.join import join_button
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    confirm,
    context,
    divider,
    header,
    modal,
    overflow,
    section,
    typed,
    verbatim,
)
from handlers.views.meetings import session_link_button
from handlers.views.move_requests import ask_to_move_button, standing_words, to_decide, wishes_words
from handlers.views.outcomes import banner, may_rebook, open_ended, outcome_buttons, who_is_there, whom_to_ask
from handlers.views.policy_words import policy_text, reschedule_text
from handlers.views.refunds import all_steps, keeps_terms, refund_line, with_lateness
from handlers.views.result import schedule_again
from handlers.views.rows import may_hand_over, menu
from handlers.views.timeline import event_words, handed_words, notice_words
from handlers.views.words import (
    Reader,
    acted,
    by_time,
    in_credits,
    money,
    outcome,
    package,
    reader_for,
)
from language.say import Say

TIMELINE_ROOM = 2900
"""Characters of a timeline's lines. A block has 3000, and the number of earlier lines needs some."""


def details_view(details: Details, meta: Meta, *, refused: bool = False, notice: str | None = None) -> Json:
    """Build a session's details as its client, its coach or an admin sees them.

    `refused`: they wanted to cancel it and cannot. The details begin with the reason and whom to ask. `notice` (mrkdwn)
    is what else they begin with.
    """
    session = details.row.session
    reader = reader_for(details.viewer, [session], details.now)
    say = reader.say
    blocks: list[Json] = looking(details.hat, details.viewer, say)
    if notice:
        blocks.append(alert(notice, say))
    if refused and (words := _why_not(details, reader)):
        blocks.append(alert(words, say))
    if session.status is Status.CANCELED:
        blocks.extend(_banner(details, session, reader))
    blocks.extend(banner(details, session, reader))
    items = menu(details.row, reader, details.hat, details=False)
    blocks.append(section(_facts(details, session, reader), overflow(Action.SESSION_MENU, items) if items else None))
    buttons = _buttons(details, session, reader)
    if buttons:
        blocks.append(actions(buttons))
    if session.status is Status.SCHEDULED:
        blocks.extend(_possible(details, session, reader, said=refused))
        blocks.extend(_asked(details, session, reader))
    blocks.append(divider())
    blocks.append(section(f"*{say('Cancellation and Reschedule Policy')}*\n{_policy(details, session, reader)}"))
    if details.other_terms_now:
        other = say("These are the terms this session was booked under; new bookings get other ones.")
        blocks.append(context(other))
    blocks.append(divider())
    blocks.append(header(say("Timeline")))
    blocks.append(section(_timeline(details, reader)))
    blocks.extend(map(context, reader.zone_if_needed([session])))
    return modal(say.title("Session details"), Callback.DETAILS, blocks, metadata=meta, close=say.title("Close"))


def _banner(details: Details, session: Session, reader: Reader) -> list[Json]:
    ended, say = session.cancellation, reader.say
    title = f":no_entry: *{say('This session is canceled')}*"
    if ended is None:
        return [section(title)]
    refund = say("*Refund:* {outcome}", outcome=outcome(session, reader))
    blocks = [section("\n".join([title, _canceled_by(session, reader), refund]))]
    if (until := usable_words(ended.usable, reader)) and details.hat is not Hat.COACH:
        blocks.append(context(until))
    if ended.reason:
        blocks += [section(f"*{say('Reason')}*"), verbatim(ended.reason)]
    blocks += notes(session, reader)
    late = [] if details.hat is Hat.CLIENT or _only_looks(details) else decision_buttons(session, reader)
    if details.hat is not Hat.COACH and can_ask([session]):
        late.append(ask_button(session, say))
    contact = details.settings.support_contact
    if ended.decision is Decision.OPEN and details.hat is Hat.CLIENT:
        words = (
            say("An admin decides whether the rest comes back.")
            if details.coach_gone
            else say("{coach} decides whether the rest comes back.", coach=reader.name(session.coach))
        )
        ask = say("If you hear nothing, ask {contact}.", contact=typed(contact, 200)) if contact else None
        blocks.append(context(say.sentences(words, ask)))
    elif details.hat is Hat.CLIENT and (ask := _about_kept(details, reader)):
        blocks.append(context(ask))
    elif by_time(session) and contact:
        blocks.append(context(say("If that is not right, ask {contact}.", contact=typed(contact, 200))))
    if late:
        blocks.append(actions(late))
    return blocks


def _only_looks(details: Details) -> bool:
    """Return whether the viewer gave the session as a coach and no longer is one."""
    return details.row.blocked is Blocked.NO_COACH


def _canceled_by(session: Session, reader: Reader) -> str:
    """Say who canceled a session and when, and how late that was."""
    ended, say = session.cancellation, reader.say
    if ended is None:
        return ""
    who, when = _actor(ended.by, ended.role, reader), reader.instant(ended.at)
    if not ended.late:
        return say("by {who}, {when}", who=who, when=when)
    if ended.in_part:
        percent = say.percent(ended.percent)
        return say("by {who}, {when} (when {percent} came back)", who=who, when=when, percent=percent)
    return say("by {who}, {when} (after the cutoff)", who=who, when=when)


def _facts(details: Details, session: Session, reader: Reader) -> str:
    say = reader.say
    strike = "~" if session.status is Status.CANCELED else ""
    lines = [f"{strike}*{typed(session.session_type)}*{strike}", f"{strike}{reader.when(session)}{strike}"]
    lines.append(say("*Coach:* {coach}", coach=reader.name(session.coach)))
    if details.hat is not Hat.CLIENT:
        lines.append(say("*Client:* {client}", client=reader.name(session.client)))
    place = package(session, say)
    if place:
        lines.append(say("*Package:* {package}", package=place))
    if session.price:
        lines.append(say("*Price:* {price}", price=in_credits(session.price, say)))
    elif session.money:
        lines.append(say("*Price:* {price}, paid outside credits", price=money(session.money, say)))
    return "\n".join(lines)


def _buttons(details: Details, session: Session, reader: Reader) -> list[Json]:
    row, say = join_button(session, reader), reader.say
    if details.row.movable:
        row.append(button(say("Reschedule…"), Action.MOVE_OPEN, f"move:{details.hat}:{session.id}"))
    if details.hat is Hat.CLIENT and details.row.askable:
        row.append(ask_to_move_button(session, say, asked=details.row.asked))
    if details.row.blocked is None:
        row.append(button(say("Cancel…"), Action.SESSION_CANCEL, f"cancel:{details.hat}:{session.id}"))
    if may_hand_over(details.row, details.hat):
        row.append(button(say("Hand over…"), Action.HAND_OPEN, f"hand:{details.hat}:{session.id}"))
    if _only_looks(details):
        return row
    row += outcome_buttons(session, reader, details.hat)
    if may_rebook(session, details.hat):
        row.append(schedule_again(session.id, say))
    if details.hat is not Hat.CLIENT:
        row += session_link_button(session, reader)
    row += buttons_of_client(session, details.hat, reader)
    if details.hat is not Hat.CLIENT and _may_allow(details, session):
        ask = _ask_to_allow(session, reader)
        row.append(button(say("Let them move it"), Action.MOVE_ALLOW, session.id, confirm=ask))
    return row


def _may_allow(details: Details, session: Session) -> bool:
    return session.immovable(details.row.policy, details.now, Hat.CLIENT) in ASKABLE


def _ask_to_allow(session: Session, reader: Reader) -> Json:
    say, client = reader.say, reader.plain_name(session.client)
    text = say("{client} may then move this session once, although its policy does not allow it.", client=client)
    words = say.sentences(text, keeps_terms(session, reader))
    return confirm(say("Let them move it?"), words, say("Let them"), say("Not now"))


def _possible(details: Details, session: Session, reader: Reader, *, said: bool) -> list[Json]:
    """Return the state of a scheduled session. If it cannot be canceled, say why and whom to ask (C2), unless `said`."""
    moving = [context(words)] if (words := _moving(details, session, reader)) else []
    if details.row.blocked is None:
        terms = refund_line(session, details.row.policy, reader, details.payments)
        return [context(with_lateness(terms, session, details.row.policy, reader)), *moving]
    why = None if said else _why_not(details, reader)
    return [*([context(why)] if why else []), *moving]


def _why_not(details: Details, reader: Reader) -> str | None:
    """Say why a session cannot be canceled and whom a client asks, or None if it can be."""
    cause, say = details.row.blocked, reader.say
    if cause is None:
        return None
    words = {
        Blocked.CANCELED: say("It is canceled already."),
        Blocked.STARTED: say("It has started and can no longer be canceled."),
        Blocked.OVER: say("It is over.")
        if details.hat is Hat.CLIENT or details.row.session.status is not Status.SCHEDULED
        else open_ended(say),
        Blocked.LATE: say(
            "It can no longer be canceled: the window closed and its policy allows no late cancellation."
        ),
        Blocked.NO_COACH: say("You are not on the list of coaches any more, so an admin acts for its coach."),
    }.get(cause)
    ask = None
    if details.hat is Hat.CLIENT:
        ask = say("If something is wrong, ask {contact}.", contact=whom_to_ask(details, reader))
    return say.sentences(words, ask)


def _asked(details: Details, session: Session, reader: Reader) -> list[Json]:
    """Return the open request to move the session: with its buttons, for whoever decides."""
    asked, say = details.asked, reader.say
    if asked is None:
        return []
    if details.hat is not Hat.CLIENT and not _only_looks(details):
        return to_decide(asked, session, reader)
    stands = standing_words(asked, session, reader, decides=False)
    title = f"*{say('Your request to move this session')}*"
    return [section(f"{title}\n{wishes_words(asked, session, reader)}"), context(stands)]


def _about_kept(details: Details, reader: Reader) -> str | None:
    session = details.row.session
    gone = [session.coach.id] if details.coach_gone else []
    return ask_about_kept([session], details.settings.support_contact, reader, gone)


def _moving(details: Details, session: Session, reader: Reader) -> str | None:
    """Say why a session cannot be moved and whom to ask, or that the coach has allowed a move."""
    row, coach, say = details.row, who_is_there(details, reader), reader.say
    if not _ahead(session, reader):
        return None
    if details.hat is Hat.COACH:
        if session.late_move_allowed:
            return say("You let your client move this session once, although its policy does not allow it.")
        return None if row.fixed or row.has_hours else say("You give no hours yet, so there is no time to move it to.")
    if row.fixed in ASKABLE:
        return _fixed(row, session, reader, coach)
    if row.fixed is None and not row.has_hours:
        if details.coach_gone:
            return say("To reschedule, ask {coach}.", coach=coach)
        return say("To reschedule, agree on a new time with {coach}, who gives no hours here.", coach=coach)
    if not session.late_move_allowed:
        return None
    if details.hat is Hat.CLIENT:
        return say("You may reschedule this session once, although its policy does not allow it.")
    return say("The client may reschedule this session once, although its policy does not allow it.")


def _fixed(row: Row, session: Session, reader: Reader, contact: str) -> str:
    """Say why a client cannot move a session that its coach can still move, and whom to ask."""
    say = reader.say
    if row.fixed is Blocked.LATE:
        closed = reader.instant(session.starts_at - row.policy.reschedule_window, exact=True)
        return say(
            "It can no longer be rescheduled: that was possible until {time}. Ask {contact}: they can allow it.",
            time=closed,
            contact=contact,
        )
    if row.fixed is Blocked.MOVED_OFTEN:
        return say.plural(
            "It was rescheduled {n} time, as often as its policy allows. Ask {contact}: they can allow another move.",
            "It was rescheduled {n} times, as often as its policy allows. Ask {contact}: they can allow another move.",
            session.reschedules,
            contact=contact,
        )
    return say(
        "It stays as it is booked, but cannot be rescheduled: {coach} gives no such sessions any more. Ask {contact}: they "
        "can allow it.",
        coach=reader.name(session.coach),
        contact=contact,
    )


def _policy(details: Details, session: Session, reader: Reader) -> str:
    say = reader.say
    lines = [
        policy_text(details.row.policy, say, yours=details.hat is Hat.CLIENT),
        *all_steps(session, details.row.policy, reader, details.payments),
    ]
    if details.hat is not Hat.CLIENT and _ahead(session, reader):
        lines.append(say("When the coach cancels in time everything comes back; later the coach chooses."))
    return "\n".join([*lines, _reschedule(details, session, reader)])


def _ahead(session: Session, reader: Reader) -> bool:
    """Return whether the session can still be changed: it is booked and has not started."""
    return session.status is Status.SCHEDULED and reader.now <= session.starts_at


def _reschedule(details: Details, session: Session, reader: Reader) -> str:
    policy, say = details.row.policy, reader.say
    words = reschedule_text(policy, say)
    if not _ahead(session, reader) or policy.reschedule_limit == 0 or not details.row.has_hours:
        # A closed session cannot be moved. Nor can one without times to move to. The details say with whom to agree on
        # one.
        return words
    here, own = None, None
    closes = session.starts_at - policy.reschedule_window
    if reader.now <= closes:
        here = _movable_until(policy, session, reader.instant(closes, exact=True), say)
    if details.hat is Hat.COACH and not _only_looks(details):
        own = say("As its coach you can move it until it starts.")
    return say.sentences(words, here, own)


def _movable_until(policy: Policy, session: Session, closes: str, say: Say) -> str:
    if policy.reschedule_limit is None:
        return say("Here: until {time}.", time=closes)
    left = max(0, policy.reschedule_limit - session.reschedules)
    return say.plural("Here: until {time}, {n} move left.", "Here: until {time}, {n} moves left.", left, time=closes)


def _timeline(details: Details, reader: Reader) -> str:
    """Return the last lines of the timeline, as many as fit into one block, and how many come before them."""
    say, starts = reader.say, _new_starts(details)
    events = [
        (entry.at, _entry(entry, person, reader, starts.get(number)))
        for number, (entry, person) in enumerate(details.timeline)
        if entry.event is not Event.HANDED_OVER
    ]
    events += _handed(details, reader)
    events += [(line.finished_at or line.due_at, notice_words(line, reader)) for line in details.notices]
    events.sort(key=lambda item: item[0])
    lines = [f"• {say('{when}: {what}', when=reader.instant(at), what=words)}" for at, words in events]
    shown: list[str] = []
    room = TIMELINE_ROOM
    for line in reversed(lines[-TIMELINE_SHOWN:]):
        room -= len(line) + 1
        if room < 0:
            break
        shown.insert(0, line)
    if more := details.happened - len(shown):
        if more > COUNTED:
            shown.insert(0, say("… more than {number} earlier entries", number=say.number(COUNTED)))
        else:
            shown.insert(0, say.plural("… {n} earlier entry", "… {n} earlier entries", more))
    return "\n".join(shown) or say("Nothing has happened yet.")


def _handed(details: Details, reader: Reader) -> list[tuple[datetime, str]]:
    """Return when a session was handed over, from whom to whom: the last ones, which the timeline has."""
    entries = [(entry, person) for entry, person in details.timeline if entry.event is Event.HANDED_OVER]
    moves = list(details.handed)[-len(entries) :] if entries else []
    return [
        (entry.at, handed_words(entry, person, reader, move))
        for (entry, person), move in zip(entries, moves, strict=False)
    ]


def _new_starts(details: Details) -> dict[int, datetime]:
    """Return the new start of each move, by its place in the timeline: an entry stores only the old start."""
    moves = [
        (number, entry.old_starts_at)
        for number, (entry, _) in enumerate(details.timeline)
        if entry.event is Event.MOVED
    ]
    went_to = [*(old for _, old in moves[1:]), details.row.session.starts_at][: len(moves)]
    return {number: new for (number, _), new in zip(moves, went_to, strict=True) if new is not None}


def _actor(person: Person, role: Hat, reader: Reader) -> str:
    return acted(person, role, None, reader)


def _entry(entry: Entry, person: Person, reader: Reader, new: datetime | None) -> str:
    return event_words(entry, person, reader, entry.old_starts_at, new)
