"""Exceptions: the request, its state, and what the coach reads of it."""

from coaching.actions.decide import may_return
from coaching.actions.exceptions import Case
from coaching.sessions import MAX_REASON
from handlers.ids import Action, Block, Callback
from handlers.meta import LateMeta
from handlers.views.asked import (
    asked_of,
    asked_words,
    can_decide,
    first_of_each,
    if_nobody_decides,
    is_waiting,
    late_line,
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
from handlers.views.words import Reader, reader_for


def ask_view(case: Case, meta: LateMeta) -> Json:
    """Build the request form: the sessions, who decides by when, and what happens if nobody does."""
    sessions = list(case.askable)
    reader = reader_for(case.viewer, sessions, case.now)
    say = reader.say
    blocks = session_blocks([late_line(s, reader) for s in sessions])
    terms = []
    for session in first_of_each(sessions, lambda s: (s.coach.id, s.policy_id, may_return(s))):
        policy = case.policies[session.policy_id]
        until = reader.instant(case.now + policy.decide_within)
        words = can_decide(session, until, reader)
        if session.coach.id in case.admins:
            coach = reader.name(session.coach)
            words = say(
                "{coach} no longer coaches here; an admin decides, until {time} at the latest.", coach=coach, time=until
            )
        terms.append(say.sentences(words, if_nobody_decides(session, policy.undecided_percent, say)))
    blocks.append(section(clip_lines(list(dict.fromkeys(terms)), 2900, say)))
    contact = case.settings.support_contact
    if contact:
        blocks.append(context(say("If you hear nothing, ask {contact}.", contact=typed(contact, 200))))
    label, hint = _note_words(case, reader)
    note = text_input(Action.INPUT, most=MAX_REASON, multiline=True)
    blocks.append(field(label, note, Block.NOTE, hint=hint, optional=True))
    blocks.append(context(reader.zone_line(sessions)))
    return modal(
        say.title("Ask for an exception"),
        Callback.ASK_EXCEPTION,
        blocks,
        metadata=meta,
        submit=say.title("Ask"),
        close=say.title("Not now"),
    )


def _note_words(case: Case, reader: Reader) -> tuple[str, str]:
    """Return the label of the note for the person who decides, and a hint on who reads it."""
    say = reader.say
    if case.admins:
        if all(s.coach.id in case.admins for s in case.askable):
            hint = say("The admins read it with your request. You can ask once.")
            return say("What should the admin know?"), hint
        hint = say("Whoever decides reads it with your request. You can ask once.")
        return say("What should the coach or admin know?"), hint
    if all(s.client.id == reader.person.id for s in case.askable):
        hint = say("Your coach reads it with your request. You can ask once.")
    else:
        hint = say("The coach reads it with your request. You can ask once.")
    return say("What should the coach know?"), hint


def asked_view(case: Case) -> Json:
    """Build the view of a request and its deadline, for the first press and every later one."""
    sessions = list(case.asked)
    reader = reader_for(case.viewer, sessions, case.now)
    say = reader.say
    undecided = [s for s in sessions if is_waiting(s)]
    title = (
        f":hourglass_flowing_sand: *{_asked(case, reader)}*" if undecided else f"*{say('The exception was decided')}*"
    )
    blocks = [section(title)]
    blocks += session_blocks([late_line(s, reader) for s in sessions])
    blocks += [section(words) for words in asked_words(sessions, reader)]
    note = next((asked.note for s in sessions if (asked := asked_of(s)) and asked.note), None)
    if note:
        blocks += [section(f"*{say.meant('message', 'Note')}*"), verbatim(note)]
    ways = dict.fromkeys(if_nobody_decides(s, case.policies[s.policy_id].undecided_percent, say) for s in undecided)
    if ways:
        which = say("Which of these holds for a session is in its own terms.") if len(ways) > 1 else None
        own = all(s.client.id == reader.person.id for s in sessions)
        told = say("You are told either way.") if own else say("The client is told either way.")
        blocks.append(context(say.sentences(*list(ways)[:5], which, told)))
    contact = case.settings.support_contact
    if contact:
        whom = typed(contact, 200)
        if undecided:
            blocks.append(context(say("If you hear nothing, ask {contact}.", contact=whom)))
        else:
            blocks.append(context(say("If that is not right, ask {contact}.", contact=whom)))
    blocks.append(context(reader.zone_line(sessions)))
    return modal(say.title("Exception"), Callback.MESSAGE, blocks, close=say.title("Done"))


def _asked(case: Case, reader: Reader) -> str:
    """Say who asked. The words differ between the first press and later ones."""
    say, session = reader.say, case.asked[0]
    asked = next((one for s in case.asked if (one := asked_of(s))), None)
    if asked is None:
        return say("An exception was asked for")
    if asked.by_id == reader.person.id:
        return say("You asked for an exception already") if case.again else say("You asked for an exception")
    if asked.by_id == session.client.id:
        client = reader.name(session.client)
        if case.again:
            return say("{client} asked for an exception already", client=client)
        return say("{client} asked for an exception", client=client)
    return say("An admin asked for an exception already") if case.again else say("An admin asked for an exception")
