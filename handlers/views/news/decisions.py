"""News of decisions: what became of late cancellations (K3), and the requests for an exception (C6)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from coaching.actions.decide import is_asked_after
from coaching.news.decisions import ExceptionAsked, LateDecision
from coaching.sessions import Cancellation, Decision, Person, Session
from handlers.views.asked import (
    STAYS,
    admin_for,
    ask_button,
    asked_of,
    can_ask,
    fallback_of,
    is_waiting,
    late_line,
)
from handlers.views.back import usable_words
from handlers.views.coach_buttons import all_buttons, answer_buttons, late_buttons
from handlers.views.kit import Json, typed
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Quote, Small, letter
from handlers.views.news.sessions import all_past
from handlers.views.news.to_coaches import all_of_it, footer, in_confidence, record_of
from handlers.views.words import (
    USER_ID,
    Reader,
    all_late,
    by_time,
    count,
    decided_to_return,
    decision_words,
    in_credits,
    in_more_credits,
    line,
    number,
    reader_for,
)


@letter.register
def late_decision(told: LateDecision) -> Letter:
    """To a client: what became of the credits of late cancellations."""
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    decisions = {s.cancellation.decision for s in sessions if s.cancellation}
    one = can_ask(sessions)
    contact = told.settings.support_contact if decisions != {Decision.REFUNDED} else None
    return Letter(
        title=_decision_title(sessions, decisions, stays=told.stays),
        body=[
            Listing([Item("\n".join(_decided(session, reader))) for session in sessions], all_past(reader.say)),
            Quote(
                "Note", next((s.cancellation.note for s in sessions if s.cancellation and s.cancellation.note), None)
            ),
            Buttons([ask_button(one)] if one else []),
            Small([f"Questions? Ask {typed(contact, 200)}."] if contact else []),
            Small([reader.zone_line(sessions)]),
        ],
    )


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


def _decided(session: Session, reader: Reader) -> Iterable[str]:
    yield line(session, reader)
    if (ended := session.cancellation) is not None:
        until = usable_words(ended.usable_late, reader)
        yield f"{_came_back(session, ended)}{f', {until}' if until else ''}{decision_words(session, reader)}"


def _came_back(session: Session, ended: Cancellation) -> str:
    """What the decision returned, and how much that makes where something had come back before it."""
    now = decided_to_return(session)
    if now == ended.returned:
        return f"{in_credits(now) if now else 'Nothing'} returned"
    more = f"{in_more_credits(now)} came back" if now else "Nothing more came back"
    return f"{more}; {number(ended.returned)} of {in_credits(session.price)} in all"


@letter.register
def exception_asked(told: ExceptionAsked) -> Letter:
    """To a coach or an admin: somebody asks for an exception; edited as it is decided, taken back, or decided by time."""
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=told.copy_of is None), sessions, told.now)
    undecided = [] if told.withdrawn else [s for s in sessions if is_waiting(s)]
    deciding = undecided if told.copy_of is None and (told.to_admin or not _with_admins(sessions)) else []
    one = sessions[0] if len(sessions) == 1 else None
    record = record_of(told, one, reader) if one else None
    note = next((asked.note for s in sessions if (asked := asked_of(s)) and asked.note), None)
    coach = reader.name(sessions[0].coach)
    left = f"{coach} no longer coaches here: each admin gets this, and whoever is first decides."
    return Letter(
        title=("Still to be decided: " if told.again and deciding else "") + _request_title(told, sessions, reader),
        calls=_whom_to_call(told, sessions) if deciding else None,
        body=[
            Listing([Item(_line(s, told, reader), record) for s in sessions], all_of_it(told)),
            in_confidence(
                told,
                Quote("Note", note),
                "A note was written; it is in the record.",
                "A note was written; the coach can read it.",
            ),
            _standing(told, sessions, undecided, reader),
            Buttons(_answers(one, deciding, reader) if deciding else []),
            *footer(told, reader, *([left] if told.to_admin else [])),
        ],
    )


def _with_admins(sessions: Sequence[Session]) -> bool:
    return any(asked.by_admins for session in sessions if (asked := asked_of(session)))


def _answers(one: Session | None, undecided: Sequence[Session], reader: Reader) -> list[Json]:
    """What a coach can press. What was decided before is never asked about together with what is open."""
    if is_asked_after(undecided[0]):
        return answer_buttons(undecided, reader)
    return late_buttons(one, reader) if one else all_buttons(undecided, reader)


def _line(session: Session, told: ExceptionAsked, reader: Reader) -> str:
    if told.withdrawn:
        return line(session, reader, other=session.client)
    return late_line(session, reader, other=session.client)


def _request_title(told: ExceptionAsked, sessions: Sequence[Session], reader: Reader) -> str:
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


def _whom_to_call(told: ExceptionAsked, sessions: Sequence[Session]) -> str | None:
    """In a channel, whose turn it is: a mention notifies them, at first; edits notify nobody."""
    coach = sessions[0].coach.id if sessions else ""
    return coach if told.in_channel and USER_ID.fullmatch(coach) else None


def _standing(told: ExceptionAsked, sessions: Sequence[Session], undecided: Sequence[Session], reader: Reader) -> Facts:
    if told.withdrawn:
        return Facts(["The cancellation was taken back, and the request with it: there is nothing to decide."])
    if not undecided:
        if any(by_time(s) for s in sessions):
            return Facts(["Nobody decided in time, so the policy did. The client is told."])
        return Facts(["This is decided. The client is told."])
    session = undecided[0]
    asked = asked_of(session)
    until = asked.decide_by if asked else told.now
    otherwise = fallback_of(session, told.policies[session.policy_id].undecided_percent)
    if reader.now > until:
        rule = "" if otherwise == STAYS else ", as the policy says"
        return Facts([f"The time to decide ended {reader.instant(until)}: {otherwise}{rule}."])
    whose = "Please" if told.copy_of is None else f"{reader.name(told.copy_of)} can"
    if asked and asked.by_admins and not told.to_admin:
        whose = f"A{admin_for(session, reader)[1:]} can"
    words = f"{whose} decide by *{reader.instant(until)}*. If nobody does, {otherwise}."
    return Facts([words], sign=":hourglass_flowing_sand:")
