"""Decide about late cancellations: all that was kept goes back, a part, or nothing; and what a decision settled."""

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
    count,
    decided_to_return,
    in_credits,
    in_more_credits,
    listed,
    number,
    reader_for,
)

SMALLEST = 2
"""From so many hundredths on a part can be returned: less than all, and more than nothing."""


def decide_view(found: Undecided, meta: LateMeta) -> Json:
    """Build the dialog; where nothing is left to decide it says what became of it."""
    reader = reader_for(found.viewer, [*found.open, *found.before], found.now)
    if not found.open:
        return message_view("Decided already", clip_lines([before_words(s, reader) for s in found.before], 2900))
    sessions = list(found.open)
    several = len(sessions) > 1
    blocks = session_blocks([late_line(s, reader, other=s.client) for s in sessions])
    blocks += [context(words) for words in asked_words(sessions, reader)]
    for note in dict.fromkeys(asked.note for s in sessions if (asked := asked_of(s)) and asked.note):
        blocks += [section("*Note from the client*"), verbatim(note)]
    total, least = sum(map(kept, sessions)), found.least_kept
    choices = [option(f"Refund all that was kept: {in_credits(total)}", VERDICT_ALL)]
    if least >= SMALLEST:
        choices.append(option("Refund a part", VERDICT_PART, _part_words(sessions)))
    if not meta.later:
        choices.append(option("Keep the credits", VERDICT_NONE))
    blocks.append(field("What goes back?", radio(Action.INPUT, choices, VERDICT_ALL), Block.VERDICT))
    if least >= SMALLEST:
        besides = ", besides what came back already" if _some_back(sessions) else ""
        each = "for each session" if several else "of this session"
        blocks.append(
            field(
                f"Part, in credits {each}",
                text_input(Action.INPUT, most=12),
                Block.PART,
                hint=f"Only for a part{besides}: more than 0 and less than {number(least)}, such as {number(least // 2)}.",
                optional=True,
            )
        )
    blocks.append(
        field(
            "Note to the client",
            text_input(Action.INPUT, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint="They read it with the decision.",
            optional=True,
        )
    )
    later = "This is decided once; what is kept can be returned later."
    once = "What was kept can be returned once." if meta.later else later
    blocks.append(context(once, reader.zone_line(sessions)))
    title = "Late cancellation" if all_late(sessions) else "Cancellation"
    return modal(title, Callback.LATE_DECIDE, blocks, metadata=meta.dump(), submit="Decide", close="Not now")


def _some_back(sessions: Iterable[Session]) -> bool:
    return any(session.cancellation and session.cancellation.returned for session in sessions)


def _part_words(sessions: Sequence[Session]) -> str | None:
    """What a part is: always of what was kept, so more than what came back already."""
    of = "of each session" if len(sessions) > 1 else None
    if not _some_back(sessions):
        return f"{of}: write how much below" if of else None
    return f"{f'{of}, ' if of else ''}besides what came back already: write how much more below"


def decided_words(decided: Decided, reader: Reader) -> str:
    """Say what a click settled, what had been settled before it, and what the deadline settled instead of it."""
    lines = []
    if decided.decided and decided.stays:
        many, whom = count(len(decided.decided)), _clients(decided.decided, reader)
        what = _named(decided.decided[0], reader) if len(decided.decided) == 1 else many
        lines.append(f"Kept as it was decided: {what}. We tell {whom}.")
    elif decided.decided:
        first = decided.decided[0].cancellation
        amount = sum(decided_to_return(session) for session in decided.decided)
        before = sum(session.cancellation.returned for session in decided.decided if session.cancellation) - amount
        back = f"{in_more_credits(amount) if before else in_credits(amount)} back"
        one = _named(decided.decided[0], reader) if len(decided.decided) == 1 else None
        many, whom = count(len(decided.decided)), _clients(decided.decided, reader)
        what = f"{one}, {back}" if one else f"{many}, {back} to {whom}"
        verdict = first.decision if first else None
        if verdict is Decision.REFUNDED:
            lines.append(f"Refunded anyway: {what}. We tell them.")
        elif verdict is Decision.PARTLY:
            lines.append(f"Refunded in part: {what}. We tell them.")
        else:
            lines.append(f"Kept: {one}. We tell them." if one else f"Kept: {many}. We tell {whom}.")
    lines += [before_words(session, reader) for session in decided.overdue]
    if decided.overdue:
        lines.append("The time to decide was over, so the policy decided; your press changed nothing.")
    lines += [before_words(session, reader) for session in decided.before]
    return clip_lines(lines, 2900)


def before_words(session: Session, reader: Reader) -> str:
    """Say what became of a late cancellation, and by whom."""
    return f"{_named(session, reader)}: {_before(session, reader)}"


def _named(session: Session, reader: Reader) -> str:
    return f"{typed(session.session_type)} with {reader.name(session.client)}"


def _before(session: Session, reader: Reader) -> str:
    ended = session.cancellation
    if ended is None or ended.decision in (None, Decision.OPEN):
        return "there is nothing to decide."
    how = {
        Decision.REFUNDED: "refunded",
        Decision.PARTLY: f"refunded in part, {in_credits(decided_to_return(session))}",
    }.get(ended.decision or Decision.KEPT, "kept")
    if by_time(session):
        return f"{how}, as nobody decided in time."
    who = f"{reader.name(ended.decided_by)} had" if ended.decided_by else "was"
    return f"{how}, as {who} decided already."


def _clients(sessions: Iterable[Session], reader: Reader) -> str:
    return listed((reader.name(s.client) for s in sessions), 3)
