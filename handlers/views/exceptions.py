"""Exceptions: asking for one, what was asked, and what the coach reads of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from coaching.actions.decide import is_asked_after, may_return
from coaching.actions.exceptions import Case
from coaching.news.decisions import ExceptionAsked
from coaching.sessions import MAX_REASON, Person, Session
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.views.alerts import direct_hint
from handlers.views.asked import (
    STAYS,
    admin_for,
    asked_of,
    asked_words,
    fallback_of,
    first_of_each,
    is_waiting,
    late_line,
    who_asked,
)
from handlers.views.coach_buttons import all_buttons, answer_buttons, late_buttons
from handlers.views.confirm import session_blocks
from handlers.views.copies import all_of_it, why_told
from handlers.views.kit import (
    Json,
    actions,
    button,
    clip_lines,
    context,
    field,
    modal,
    section,
    text_input,
    typed,
    verbatim,
)
from handlers.views.messages import message, packed
from handlers.views.words import USER_ID, Reader, all_late, by_time, count, line, reader_for


def ask_view(case: Case, meta: LateMeta) -> Json:
    """Ask: about what, who decides until when, and what happens if nobody does."""
    sessions = list(case.askable)
    reader = reader_for(case.viewer, sessions, case.now)
    blocks = session_blocks([late_line(s, reader) for s in sessions])
    terms = []
    for session in first_of_each(sessions, lambda s: (s.coach.id, s.policy_id, may_return(s))):
        policy = case.policies[session.policy_id]
        until = reader.instant(case.now + policy.decide_within)
        words = f"*{reader.name(session.coach)}* can decide until {until}."
        if session.coach.id in case.admins:
            words = (
                f"*{reader.name(session.coach)}* no longer coaches here; an admin decides, until {until} at the latest."
            )
        terms.append(f"{words} If nobody does by then, {fallback_of(session, policy.undecided_percent)}.")
    blocks.append(section(clip_lines(list(dict.fromkeys(terms)), 2900)))
    contact = case.settings.support_contact
    if contact:
        blocks.append(context(f"If you hear nothing, ask {typed(contact, 200)}."))
    whose = "Your coach reads it" if all(s.client.id == reader.person.id for s in sessions) else "The coach reads it"
    who = "coach"
    if case.admins:
        only = all(s.coach.id in case.admins for s in sessions)
        who, whose = ("admin", "The admins read it") if only else ("coach or admin", "Whoever decides reads it")
    blocks.append(
        field(
            f"What should the {who} know?",
            text_input(Action.INPUT, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint=f"{whose} with your request. You can ask once.",
            optional=True,
        )
    )
    blocks.append(context(reader.zone_line(sessions)))
    return modal(
        "Ask for an exception", Callback.ASK_EXCEPTION, blocks, metadata=meta.dump(), submit="Ask", close="Not now"
    )


def asked_view(case: Case) -> Json:
    """What was asked and until when; at the first press and at every later one."""
    sessions = list(case.asked)
    reader = reader_for(case.viewer, sessions, case.now)
    undecided = [s for s in sessions if is_waiting(s)]
    first = next((one for s in sessions if (one := asked_of(s))), None)
    title = who_asked(sessions[0], first, reader) if first else "An exception was asked for"
    title += " already" if case.again else ""
    blocks = [section(f":hourglass_flowing_sand: *{title}*" if undecided else "*The exception was decided*")]
    blocks += session_blocks([late_line(s, reader) for s in sessions])
    blocks += [section(words) for words in asked_words(sessions, reader)]
    note = next((asked.note for s in sessions if (asked := asked_of(s)) and asked.note), None)
    if note:
        blocks += [section("*Note*"), verbatim(note)]
    ways = dict.fromkeys(fallback_of(s, case.policies[s.policy_id].undecided_percent) for s in undecided)
    if ways:
        told = "You are" if all(s.client.id == reader.person.id for s in sessions) else "The client is"
        either = "; or, by a session's own terms, ".join(list(ways)[:5])
        blocks.append(context(f"If nobody decides by then, {either}. {told} told either way."))
    contact = case.settings.support_contact
    if contact:
        when = "you hear nothing" if undecided else "that is not right"
        blocks.append(context(f"If {when}, ask {typed(contact, 200)}."))
    blocks.append(context(reader.zone_line(sessions)))
    return modal("Exception", Callback.MESSAGE, blocks, close="Done")


def exception_asked(told: ExceptionAsked) -> Json:
    """To a coach: somebody asks for an exception; edited as it is decided, taken back, or decided by time."""
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=told.copy_of is None), sessions, told.now)
    plain = replace(reader, mentions=False)
    undecided = [] if told.withdrawn else [s for s in sessions if is_waiting(s)]
    deciding = undecided if told.copy_of is None and (told.to_admin or not _with_admins(sessions)) else []
    title = _title(told, sessions, reader)
    blocks: list[Json] = [section(f"{_mention(told, sessions, deciding)}*{title}*")]
    text: list[str | list[str]] = [_title(told, sessions, plain), [_line(s, told, plain) for s in sessions]]
    one = sessions[0] if len(sessions) == 1 and told.copy_of is None else None
    if one:
        label = f"Open the record of {reader.when(one)}"
        blocks.append(section(_line(one, told, reader), button("Record", Action.RECORD, one.id, label=label)))
    else:
        blocks += packed([_line(s, told, reader) for s in sessions], more=all_of_it(told))
    note, hidden = _note(told, sessions)
    if note:
        blocks += [section("*Note*"), verbatim(note)]
    elif hidden:
        words = f"A note was written; {'it is in the record' if told.copy_of is None else 'the coach can read it'}."
        blocks.append(context(words))
        text.append(words)
    standing = _standing(told, sessions, undecided, reader)
    blocks.append(section(standing))
    text.append(_standing(told, sessions, undecided, plain))
    if deciding:
        blocks.append(actions(_buttons(one, deciding, reader)))
    tail = [*direct_hint(told.unreachable_channel, told.unreachable_why), reader.zone_line(sessions)]
    if told.to_admin:
        left = plain.name(sessions[0].coach)
        tail.insert(0, f"{left} no longer coaches here: each admin gets this, and whoever is first decides.")
    blocks += [context(words) for words in (*tail, *why_told(told, reader))]
    return message([*text, *tail, *why_told(told, plain)], blocks, note=note)


def _with_admins(sessions: Sequence[Session]) -> bool:
    return any(asked.by_admins for session in sessions if (asked := asked_of(session)))


def _buttons(one: Session | None, undecided: Sequence[Session], reader: Reader) -> list[Json]:
    """What a coach can press. What was decided before is never asked about together with what is open."""
    if is_asked_after(undecided[0]):
        return answer_buttons(undecided, reader)
    return late_buttons(one, reader) if one else all_buttons(undecided, reader)


def _line(session: Session, told: ExceptionAsked, reader: Reader) -> str:
    if told.withdrawn:
        return line(session, reader, other=session.client)
    return late_line(session, reader, other=session.client)


def _title(told: ExceptionAsked, sessions: Sequence[Session], reader: Reader) -> str:
    client = sessions[0].client if sessions else Person("")
    asked = next((one for s in sessions if (one := asked_of(s))), None)
    whose = told.copy_of or (sessions[0].coach if told.to_admin and sessions else None)
    coach = f" with {reader.name(whose)}" if whose else ""
    late = f"{count(len(sessions))}{coach} {'was' if len(sessions) == 1 else 'were'} canceled"
    late += " late" if all_late(sessions) else " and not fully refunded"
    verb = "asked" if told.withdrawn else "asks"
    if asked is not None and asked.by_id != client.id:
        return f"An admin {verb} for an exception for {reader.name(client)}: {late}"
    return f"{reader.name(client)} {verb} for an exception: {late}"


def _mention(told: ExceptionAsked, sessions: Sequence[Session], deciding: Sequence[Session]) -> str:
    """In a channel, whose turn it is: a mention notifies them, at first; edits notify nobody."""
    coach = sessions[0].coach.id if sessions else ""
    wanted = told.in_channel and deciding and USER_ID.fullmatch(coach)
    return f"<@{coach}>, " if wanted else ""


def _note(told: ExceptionAsked, sessions: Sequence[Session]) -> tuple[str | None, bool]:
    """Return the client's note where it may be shown, and whether there is one in the record only."""
    note = next((asked.note for s in sessions if (asked := asked_of(s)) and asked.note), None)
    private = (told.in_channel or told.copy_of is not None) and not told.settings.reason_in_channel
    return (None, note is not None) if private else (note, False)


def _standing(told: ExceptionAsked, sessions: Sequence[Session], undecided: Sequence[Session], reader: Reader) -> str:
    if told.withdrawn:
        return "The cancellation was taken back, and the request with it: there is nothing to decide."
    if not undecided:
        if any(by_time(s) for s in sessions):
            return "Nobody decided in time, so the policy did. The client is told."
        return "This is decided. The client is told."
    session = undecided[0]
    asked = asked_of(session)
    until: datetime = asked.decide_by if asked else told.now
    otherwise = fallback_of(session, told.policies[session.policy_id].undecided_percent)
    if reader.now > until:
        rule = "" if otherwise == STAYS else ", as the policy says"
        return f"The time to decide ended {reader.instant(until)}: {otherwise}{rule}."
    whose = "Please" if told.copy_of is None else f"{reader.name(told.copy_of)} can"
    if asked and asked.by_admins and not told.to_admin:
        whose = f"A{admin_for(session, reader)[1:]} can"
    return f":hourglass_flowing_sand: {whose} decide by *{reader.instant(until)}*. If nobody does, {otherwise}."
