"""The decision about late cancellations: return all that was kept, a part, or nothing. Also the result."""

from collections.abc import Iterable, Sequence

from coaching.actions.decide import Decided, Undecided, kept
from coaching.sessions import MAX_REASON, Decision, Session
from handlers.ids import VERDICT_ALL, VERDICT_NONE, VERDICT_PART, Action, Block, Callback
from handlers.meta import LateMeta
from handlers.views.asked import asked_of, asked_words, late_line
from handlers.views.confirm import session_blocks
from handlers.views.kit import (
    Json,
    clip_lines,
    context,
    field,
    modal,
    option,
    radio,
    section,
    text_input,
    typed,
    verbatim,
)
from handlers.views.message import message_view
from handlers.views.words import (
    Reader,
    all_late,
    by_time,
    decided_to_return,
    in_credits,
    in_more_credits,
    in_sessions,
    number,
    reader_for,
)
from language.say import Say, word

SMALLEST = 2
"""From this many hundredths on, a part can be returned: less than all, and more than nothing."""
_BY_TIME = {
    Decision.REFUNDED: word("refunded, as nobody decided in time."),
    Decision.PARTLY: word("refunded in part, {credits}, as nobody decided in time."),
    Decision.KEPT: word("kept, as nobody decided in time."),
}
_BEFORE = {
    Decision.REFUNDED: word("refunded, as was decided already."),
    Decision.PARTLY: word("refunded in part, {credits}, as was decided already."),
    Decision.KEPT: word("kept, as was decided already."),
}
_BY_PERSON = {
    Decision.REFUNDED: word("refunded, as {person} had decided already."),
    Decision.PARTLY: word("refunded in part, {credits}, as {person} had decided already."),
    Decision.KEPT: word("kept, as {person} had decided already."),
}


def decide_view(found: Undecided, meta: LateMeta) -> Json:
    """Build the dialog. If nothing is left to decide, it says what was decided."""
    reader = reader_for(found.viewer, [*found.open, *found.before], found.now)
    say = reader.say
    if not found.open:
        before = clip_lines([before_words(s, reader) for s in found.before], 2900, say)
        return message_view(say.title("Decided already"), before, say)
    sessions = list(found.open)
    several = len(sessions) > 1
    blocks = session_blocks([late_line(s, reader, other=s.client) for s in sessions])
    blocks += [context(words) for words in asked_words(sessions, reader)]
    for note in dict.fromkeys(asked.note for s in sessions if (asked := asked_of(s)) and asked.note):
        blocks += [section(f"*{say('Note from the client')}*"), verbatim(note)]
    total, least = sum(map(kept, sessions)), found.least_kept
    choices = [option(say("Refund all that was kept: {credits}", credits=in_credits(total, say)), VERDICT_ALL)]
    if least >= SMALLEST:
        choices.append(option(say("Refund a part"), VERDICT_PART, _part_words(sessions, say)))
    if not meta.later:
        choices.append(option(say("Keep the credits"), VERDICT_NONE))
    blocks.append(field(say("What goes back?"), radio(Action.INPUT, choices, VERDICT_ALL), Block.VERDICT))
    if least >= SMALLEST:
        label = say("Part, in credits for each session") if several else say("Part, in credits of this session")
        part = text_input(Action.INPUT, most=12)
        blocks.append(field(label, part, Block.PART, hint=_part_hint(sessions, least, say), optional=True))
    blocks.append(
        field(
            say("Note to the client"),
            text_input(Action.INPUT, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint=say("They read it with the decision."),
            optional=True,
        )
    )
    once = (
        say("What was kept can be returned once.")
        if meta.later
        else say("This is decided once; what is kept can be returned later.")
    )
    blocks.append(context(once, reader.zone_line(sessions)))
    title = say.title("Late cancellation") if all_late(sessions) else say.title("Cancellation")
    submit, close = say.title("Decide"), say.title("Not now")
    return modal(title, Callback.LATE_DECIDE, blocks, metadata=meta, submit=submit, close=close)


def _part_hint(sessions: Sequence[Session], least: int, say: Say) -> str:
    most, example = number(least, say), number(least // 2, say)
    if _some_back(sessions):
        return say(
            "Only for a part, besides what came back already: more than 0 and less than {most}, such as {example}.",
            most=most,
            example=example,
        )
    return say("Only for a part: more than 0 and less than {most}, such as {example}.", most=most, example=example)


def _some_back(sessions: Iterable[Session]) -> bool:
    return any(session.cancellation and session.cancellation.returned for session in sessions)


def _part_words(sessions: Sequence[Session], say: Say) -> str | None:
    """Return the description of a part. It is a part of what was kept, besides what came back already."""
    several = len(sessions) > 1
    if not _some_back(sessions):
        return say("of each session: write how much below") if several else None
    if several:
        return say("of each session, besides what came back: write how much more below")
    return say("besides what came back already: write how much more below")


def decided_words(decided: Decided, reader: Reader) -> str:
    """Say what a press decided, what had been decided before it, and what the deadline decided instead."""
    say, lines = reader.say, []
    if decided.decided:
        lines.append(_stays(decided, reader) if decided.stays else _settled(decided, reader))
    lines += [before_words(session, reader) for session in decided.overdue]
    if decided.overdue:
        lines.append(say("The time to decide was over, so the policy decided; your press changed nothing."))
    lines += [before_words(session, reader) for session in decided.before]
    return clip_lines(lines, 2900, say)


def _stays(decided: Decided, reader: Reader) -> str:
    say, what = reader.say, _what(decided, reader)
    kept = say("Kept as it was decided: {what}.", what=what)
    return say.sentences(kept, say("We tell {people}.", people=_clients(decided.decided, reader)))


def _what(decided: Decided, reader: Reader) -> str:
    """Return the session that was decided about, or the number of sessions."""
    sessions = decided.decided
    return _named(sessions[0], reader) if len(sessions) == 1 else in_sessions(len(sessions), reader.say)


def _settled(decided: Decided, reader: Reader) -> str:
    say, what, sessions = reader.say, _what(decided, reader), decided.decided
    first, clients = sessions[0].cancellation, _clients(decided.decided, reader)
    verdict = first.decision if first else None
    told = say("We tell {people}.", people=clients)
    if verdict not in {Decision.REFUNDED, Decision.PARTLY}:
        return say.sentences(say("Kept: {what}.", what=what), told)
    some = sum(decided_to_return(session) for session in sessions)
    before = sum(session.cancellation.returned for session in sessions if session.cancellation) - some
    credits = in_more_credits(some, say) if before else in_credits(some, say)
    if len(sessions) == 1:
        back = say("{session}, {credits} back", session=what, credits=credits)
    else:
        back = say("{sessions}, {credits} back to {people}", sessions=what, credits=credits, people=clients)
    if verdict is Decision.REFUNDED:
        return say.sentences(say("Refunded anyway: {what}.", what=back), told)
    return say.sentences(say("Refunded in part: {what}.", what=back), told)


def before_words(session: Session, reader: Reader) -> str:
    """Say what was decided about a late cancellation, and by whom."""
    return reader.say("{session}: {what}", session=_named(session, reader), what=_before(session, reader))


def _named(session: Session, reader: Reader) -> str:
    client = reader.name(session.client)
    return reader.say("{session} with {client}", session=typed(session.session_type), client=client)


def _before(session: Session, reader: Reader) -> str:
    ended, say = session.cancellation, reader.say
    if ended is None or ended.decision in (None, Decision.OPEN):
        return say("there is nothing to decide.")
    credits = in_credits(decided_to_return(session), say)
    if by_time(session):
        return say.of(_BY_TIME[ended.decision], credits=credits)
    if ended.decided_by is None:
        return say.of(_BEFORE[ended.decision], credits=credits)
    return say.of(_BY_PERSON[ended.decision], credits=credits, person=reader.name(ended.decided_by))


def _clients(sessions: Iterable[Session], reader: Reader) -> str:
    return reader.say.listed((reader.name(s.client) for s in sessions), 3)
