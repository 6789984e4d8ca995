"""News of decisions: the outcome of late cancellations (K3), and requests for an exception (C6)."""

from collections.abc import Collection, Iterable, Sequence

from coaching.actions.decide import is_asked_after, may_return
from coaching.news.decisions import ExceptionAsked, LateDecision, MoveAnswered, MoveAsked
from coaching.policy import FULL
from coaching.sessions import Cancellation, Decision, Session
from handlers.views.asked import (
    ask_button,
    asked_of,
    can_ask,
    can_decide,
    if_nobody_decides,
    is_waiting,
    late_line,
)
from handlers.views.back import usable_words
from handlers.views.coach_buttons import all_buttons, answer_buttons, late_buttons
from handlers.views.kit import Json, typed
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Quote, Small, letter
from handlers.views.news import move_requests
from handlers.views.news.sessions import all_past
from handlers.views.news.to_coaches import all_of_it, client_of, footer, in_confidence, reader_of, record_of
from handlers.views.words import (
    USER_ID,
    Reader,
    all_late,
    amount,
    by_time,
    decided_to_return,
    in_credits,
    line,
    number,
    reader_for,
    with_decision,
)
from language.say import Say


@letter.register
def late_decision(told: LateDecision) -> Letter:
    """To a client: what was decided about the credits of late cancellations."""
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    say = reader.say
    decisions = {s.cancellation.decision for s in sessions if s.cancellation}
    one = can_ask(sessions)
    contact = told.settings.support_contact if decisions != {Decision.REFUNDED} else None
    return Letter(
        title=_decision_title(sessions, decisions, say, stays=told.stays),
        body=[
            Listing([Item("\n".join(_decided(session, reader))) for session in sessions], all_past(say)),
            Quote(
                say.meant("message", "Note"),
                next((s.cancellation.note for s in sessions if s.cancellation and s.cancellation.note), None),
                say,
            ),
            Buttons([ask_button(one, say)] if one else []),
            Small([say("Questions? Ask {contact}.", contact=typed(contact, 200))] if contact else []),
            Small([reader.zone_line(sessions)]),
        ],
    )


def _decision_title(
    sessions: Sequence[Session], decisions: Collection[Decision | None], say: Say, *, stays: bool
) -> str:
    if all(s.cancellation and s.cancellation.after_all for s in sessions):
        if Decision.PARTLY in decisions:
            return say("Good news: a part of what had been kept came back")
        return say("Good news: what had been kept came back")
    n, refunded = len(sessions), set(decisions) == {Decision.REFUNDED}
    timed = not stays and any(by_time(s) for s in sessions)
    if not all_late(sessions):
        return _title_in_part(n, decisions, say, stays=stays, timed=timed)
    if stays:
        return say.plural(
            "You asked for an exception about your late cancellation: what was decided stays",
            "You asked for an exception about your late cancellations: what was decided stays",
            n,
        )
    if timed and refunded:
        return say.plural(
            "Nobody decided about your late cancellation in time, so the policy returned what was kept",
            "Nobody decided about your late cancellations in time, so the policy returned what was kept",
            n,
        )
    if timed:
        return say.plural(
            "Nobody decided about your late cancellation in time, so the policy decided",
            "Nobody decided about your late cancellations in time, so the policy decided",
            n,
        )
    if refunded:
        return say.plural(
            "Good news: your late cancellation was refunded anyway",
            "Good news: your late cancellations were refunded anyway",
            n,
        )
    if set(decisions) == {Decision.PARTLY}:
        return say.plural(
            "Good news: your late cancellation was refunded in part",
            "Good news: your late cancellations were refunded in part",
            n,
        )
    if set(decisions) == {Decision.KEPT}:
        return say.plural(
            "Your late cancellation was decided: the credits are kept",
            "Your late cancellations were decided: the credits are kept",
            n,
        )
    return say.plural("Your late cancellation was decided", "Your late cancellations were decided", n)


def _title_in_part(n: int, decisions: Collection[Decision | None], say: Say, *, stays: bool, timed: bool) -> str:
    """Return the title for cancellations that are not called late, because a part came back by itself."""
    if stays:
        return say.plural(
            "You asked for an exception about your cancellation: what was decided stays",
            "You asked for an exception about your cancellations: what was decided stays",
            n,
        )
    if timed and set(decisions) == {Decision.REFUNDED}:
        return say.plural(
            "Nobody decided about your cancellation in time, so the policy returned what was kept",
            "Nobody decided about your cancellations in time, so the policy returned what was kept",
            n,
        )
    if timed:
        return say.plural(
            "Nobody decided about your cancellation in time, so the policy decided",
            "Nobody decided about your cancellations in time, so the policy decided",
            n,
        )
    if set(decisions) == {Decision.REFUNDED}:
        return say.plural(
            "Good news: your cancellation was refunded anyway", "Good news: your cancellations were refunded anyway", n
        )
    if set(decisions) == {Decision.PARTLY}:
        return say.plural(
            "Good news: your cancellation was refunded in part",
            "Good news: your cancellations were refunded in part",
            n,
        )
    if set(decisions) == {Decision.KEPT}:
        return say.plural(
            "Your cancellation was decided: the credits are kept",
            "Your cancellations were decided: the credits are kept",
            n,
        )
    return say.plural("Your cancellation was decided", "Your cancellations were decided", n)


def _decided(session: Session, reader: Reader) -> Iterable[str]:
    yield line(session, reader)
    if (ended := session.cancellation) is not None:
        yield with_decision(_came_back(session, ended, reader.say), session, reader)
        if until := usable_words(ended.usable_late, reader):
            yield until


def _came_back(session: Session, ended: Cancellation, say: Say) -> str:
    """Say what the decision returned, and the new total if something had come back before."""
    now = decided_to_return(session)
    if now == ended.returned:
        return (
            say.plural("{n} credit returned", "{n} credits returned", amount(now)) if now else say("Nothing returned")
        )
    total, price = amount(ended.returned), in_credits(session.price, say)
    if not now:
        return say(
            "Nothing more came back; {total} of {credits} in all", total=number(ended.returned, say), credits=price
        )
    return say.plural(
        "{n} more credit came back; {total} of {credits} in all",
        "{n} more credits came back; {total} of {credits} in all",
        amount(now),
        total=total,
        credits=price,
    )


@letter.register
def exception_asked(told: ExceptionAsked) -> Letter:
    """To a coach or an admin: a request for an exception. It is edited when decided, withdrawn, or decided by time."""
    sessions = list(told.sessions)
    reader = reader_of(told)
    say = reader.say
    undecided = [] if told.withdrawn else [s for s in sessions if is_waiting(s)]
    deciding = undecided if told.copy_of is None and (told.to_admin or not _with_admins(sessions)) else []
    one = sessions[0] if len(sessions) == 1 else None
    record = record_of(told, one, reader) if one else None
    note = next((asked.note for s in sessions if (asked := asked_of(s)) and asked.note), None)
    left = say(
        "{coach} no longer coaches here: each admin gets this, and whoever is first decides.",
        coach=reader.name(sessions[0].coach),
    )
    return Letter(
        title=_request_title(told, sessions, reader, again=told.again and bool(deciding)),
        under=[_was_canceled(told, sessions, reader)],
        calls=_whom_to_call(told, sessions) if deciding else None,
        body=[
            Listing([Item(_line(s, told, reader), record) for s in sessions], all_of_it(told, say)),
            in_confidence(
                told,
                Quote(say.meant("message", "Note"), note, say),
                say("A note was written; it is in the details."),
                say("A note was written; the coach can read it."),
            ),
            _standing(told, sessions, undecided, reader),
            Buttons([*(_answers(one, deciding, reader) if deciding else []), *client_of(told, sessions, reader)]),
            *footer(told, reader, *([left] if told.to_admin else [])),
        ],
    )


def _with_admins(sessions: Sequence[Session]) -> bool:
    return any(asked.by_admins for session in sessions if (asked := asked_of(session)))


def _answers(one: Session | None, undecided: Sequence[Session], reader: Reader) -> list[Json]:
    """Return a coach's buttons. Decided sessions and open ones are never in the same question."""
    if is_asked_after(undecided[0]):
        return answer_buttons(undecided, reader)
    return late_buttons(one, reader) if one else all_buttons(undecided, reader)


def _line(session: Session, told: ExceptionAsked, reader: Reader) -> str:
    if told.withdrawn:
        return line(session, reader, other=session.client)
    return late_line(session, reader, other=session.client)


def _request_title(told: ExceptionAsked, sessions: Sequence[Session], reader: Reader, *, again: bool) -> str:
    say, client = reader.say, reader.name(sessions[0].client)
    asked = next((one for s in sessions if (one := asked_of(s))), None)
    if asked is not None and asked.by_id != sessions[0].client.id:
        if told.withdrawn:
            return say("An admin asked for an exception for {client}", client=client)
        if again:
            return say("Still to be decided: an admin asks for an exception for {client}", client=client)
        return say("An admin asks for an exception for {client}", client=client)
    if told.withdrawn:
        return say("{client} asked for an exception", client=client)
    if again:
        return say("Still to be decided: {client} asks for an exception", client=client)
    return say("{client} asks for an exception", client=client)


def _was_canceled(told: ExceptionAsked, sessions: Sequence[Session], reader: Reader) -> str:
    """Say what the request is about. The coach is named only to other readers."""
    say, n, late = reader.say, len(sessions), all_late(sessions)
    whose = told.copy_of or (sessions[0].coach if told.to_admin else None)
    if whose is None:
        if late:
            return say.plural("{n} session was canceled late", "{n} sessions were canceled late", n)
        return say.plural(
            "{n} session was canceled and not fully refunded", "{n} sessions were canceled and not fully refunded", n
        )
    coach = reader.name(whose)
    if late:
        return say.plural(
            "{n} session with {coach} was canceled late", "{n} sessions with {coach} were canceled late", n, coach=coach
        )
    return say.plural(
        "{n} session with {coach} was canceled and not fully refunded",
        "{n} sessions with {coach} were canceled and not fully refunded",
        n,
        coach=coach,
    )


def _whom_to_call(told: ExceptionAsked, sessions: Sequence[Session]) -> str | None:
    """Return the coach to mention in a channel. A mention notifies them in a new message. Edits notify nobody."""
    coach = sessions[0].coach.id
    return coach if told.in_channel and USER_ID.fullmatch(coach) else None


def _standing(told: ExceptionAsked, sessions: Sequence[Session], undecided: Sequence[Session], reader: Reader) -> Facts:
    say = reader.say
    if told.withdrawn:
        return Facts([say("The cancellation was taken back, and the request with it: there is nothing to decide.")])
    if not undecided:
        if any(by_time(s) for s in sessions):
            return Facts([say("Nobody decided in time, so the policy did. The client is told.")])
        return Facts([say("This is decided. The client is told.")])
    session = undecided[0]
    asked = asked_of(session)
    until = asked.decide_by if asked else told.now
    percent = told.policies[session.policy_id].undecided_percent
    if reader.now > until:
        return Facts([_time_is_over(session, percent, reader.instant(until), say)])
    at, admins = f"*{reader.instant(until)}*", asked is not None and asked.by_admins and not told.to_admin
    words = say("Please decide by {time}.", time=at)
    if admins or told.copy_of is not None:
        words = can_decide(session, at, reader, admins=admins)
    return Facts([say.sentences(words, if_nobody_decides(session, percent, say))], sign=":hourglass_flowing_sand:")


def _time_is_over(session: Session, percent: int, at: str, say: Say) -> str:
    if may_return(session):
        return say("The time to decide ended {time}: it stays as it was decided.", time=at)
    if percent == 0:
        return say("The time to decide ended {time}: nothing more comes back, as the policy says.", time=at)
    if percent == FULL:
        return say("The time to decide ended {time}: all that was kept comes back, as the policy says.", time=at)
    return say(
        "The time to decide ended {time}: {percent} of what was kept comes back, as the policy says.",
        time=at,
        percent=say.percent(percent),
    )


@letter.register
def move_asked(told: MoveAsked) -> Letter:
    """To a coach or an admin: a client asks to move a session."""
    return move_requests.asked(told)


@letter.register
def move_answered(told: MoveAnswered) -> Letter:
    """To a client: their request to move a session was not accepted."""
    return move_requests.answered(told)
