"""Exceptions: asking for one, what was asked, and what the coach reads of it."""

from coaching.actions.decide import may_return
from coaching.actions.exceptions import Case
from coaching.sessions import MAX_REASON
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.views.asked import (
    asked_of,
    asked_words,
    fallback_of,
    first_of_each,
    is_waiting,
    late_line,
    who_asked,
)
from handlers.views.confirm import session_blocks
from handlers.views.kit import (
    Json,
    clip_lines,
    context,
    field,
    modal,
    section,
    text_input,
    typed,
    verbatim,
)
from handlers.views.words import reader_for


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
