"""News of a cancellation: the client's receipt (C9), and the coach's alert with their decisions (K1, K2, K3)."""

from collections.abc import Sequence

from coaching.news.cancellations import CoachAlert, Receipt
from coaching.sessions import Decision, Hat, Session
from handlers.ids import Action
from handlers.views.about_kept import ask_about_kept
from handlers.views.asked import ask_button, asked_of, asked_words, can_ask
from handlers.views.back import came_back_words, did_not_come_back
from handlers.views.coach_buttons import all_buttons, late_buttons
from handlers.views.kit import Json, bare, button
from handlers.views.letter import (
    ONE_BY_ONE,
    Buttons,
    Choices,
    Facts,
    Item,
    Letter,
    Listing,
    Part,
    Quote,
    Rest,
    Small,
    letter,
)
from handlers.views.news.beside import also_for_client, also_for_coach
from handlers.views.news.sessions import all_past, all_sessions, became, clients_of, details_button
from handlers.views.news.to_coaches import all_of_it, client_of, footer, in_confidence, reader_of, record_of
from handlers.views.undo import undo_button, undo_until
from handlers.views.words import (
    Reader,
    acted,
    all_late,
    came_back,
    in_credits,
    lateness,
    line,
    outcome,
    reader_for,
)
from language.say import Say

DECISIONS_SHOWN = 15
MOST_TO_SCHEDULE = 5
"""The most Schedule buttons in one message. Every session's details have one."""


@letter.register
def receipt(told: Receipt) -> Letter:
    """To a client: one message for everything that an action canceled, or that the action was undone."""
    if told.undone:
        return _undone(told)
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, [*sessions, *(s for s, _ in told.moves)], told.now)
    say, ended = reader.say, sessions[0].cancellation if sessions else None
    small = []
    if undecided := [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]:
        if all(s.coach.id in told.gone for s in undecided):
            small.append(say("An admin can still return what did not come back; we tell you when it is decided."))
        else:
            small.append(
                say("The coach or an admin can still return what did not come back; we tell you when it is decided.")
            )
    if (ask := ask_about_kept(sessions, told.settings.support_contact, reader, told.gone)) is not None:
        small.append(ask)
    until = undo_until(sessions, reader) if told.action_id else None
    row = [undo_button(told.action_id, say)] if until else []
    if (one := can_ask(sessions)) is not None:
        row.append(ask_button(one, say))
    again = _schedule_buttons(sessions, reader)
    last = [reader.zone_line(sessions)]
    if until:
        # A copy of the message that we do not know of is never edited, so its words must stay true.
        at = reader.instant(until, exact=True)
        last.insert(
            0, say("You can undo this until {time}; after that the button only says that it is too late.", time=at)
        )
    return Letter(
        title=_receipt_title(sessions, reader),
        body=[
            Listing(
                [
                    *(Item("\n".join([line(s, reader), outcome(s, reader), *_rebooked(s, reader)])) for s in sessions),
                    *also_for_client(told, reader),
                ],
                all_past(say),
            ),
            Facts([total_words(sessions, reader)]),
            # The reason is shown if another person gave it. Clients know their own.
            Quote(say("Reason"), ended.reason if ended and ended.role is not Hat.CLIENT else None, say),
            *(Small([words]) for words in (*small, *asked_words(sessions, reader))),
            Buttons([*row, *again[:1]]),
            # An action id may occur only once in a block.
            *(Buttons([other]) for other in again[1:]),
            *(Small([words]) for words in last),
        ],
    )


def _undone(told: Receipt) -> Letter:
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    since = [became(session, reader) for session in sessions]
    rows = [[line(s, reader), *([words] if words else [])] for s, words in zip(sessions, since, strict=True)]
    say, n = reader.say, len(sessions)
    title = say.plural("Undone: {n} session is booked as before", "Undone: {n} sessions are booked as before", n)
    if any(since):
        title = say.plural("Undone: {n} session was booked as before", "Undone: {n} sessions were booked as before", n)
    return Letter(
        title=title,
        sign=":leftwards_arrow_with_hook:",
        body=[
            Listing([Item("\n".join(some)) for some in rows], all_sessions(say)),
            Small([reader.zone_line(sessions)]),
        ],
    )


def _receipt_title(sessions: Sequence[Session], reader: Reader) -> str:
    say, n = reader.say, len(sessions)
    ended = sessions[0].cancellation if sessions else None
    if ended is None or ended.role is Hat.CLIENT or ended.by.id == reader.person.id:
        return say.plural("You canceled {n} session", "You canceled {n} sessions", n)
    as_admin = any(one.cancellation and one.cancellation.role is Hat.ADMIN for one in sessions)
    if ended.role is Hat.COACH and not as_admin:
        coach = reader.name(ended.by)
        return say.plural(
            "{coach} canceled {n} session with you", "{coach} canceled {n} sessions with you", n, coach=coach
        )
    if as_admin:
        who = acted(ended.by, Hat.ADMIN, None, reader)
        return say.plural("{who} canceled {n} session for you", "{who} canceled {n} sessions for you", n, who=who)
    return say.plural("{n} session was canceled", "{n} sessions were canceled", n)


def _rebooked(session: Session, reader: Reader) -> list[str]:
    at = session.cancellation.rebooked_at if session.cancellation else None
    return [reader.say("*Rebooked:* {time}", time=reader.instant(at))] if at else []


def total_words(sessions: Sequence[Session], reader: Reader) -> str:
    """Say what came back of all that was paid (mrkdwn)."""
    say, paid = reader.say, sum(s.price for s in sessions)
    back = sum(s.cancellation.returned for s in sessions if s.cancellation)
    if not paid:
        return say("No credits were involved.")
    if not back:
        return say("Nothing came back of the *{credits}* paid.", credits=in_credits(paid, say))
    rest = did_not_come_back(paid - back, say) if paid > back else None
    return say.sentences(came_back_words(back, sessions, reader), rest)


def _schedule_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Return buttons to book the same again: one for each coach and type that is not rebooked yet."""
    kinds: dict[tuple[str, str], Session] = {}
    for session in sessions:
        if session.cancellation is None or session.cancellation.rebooked_at is None:
            kinds.setdefault((session.coach.id, session.session_type), session)
    row, say = [], reader.say
    for session in list(kinds.values())[:MOST_TO_SCHEDULE]:
        coach = bare(reader.plain_name(session.coach), 24)
        label = say("Schedule {session} with {coach}", session=bare(session.session_type, 30), coach=coach)
        row.append(
            button(say("Schedule Session") if len(kinds) == 1 else label, Action.SCHEDULE, session.id, label=label)
        )
    return row


@letter.register
def coach_alert(told: CoachAlert) -> Letter:
    """To a coach: who canceled what, late or in time, why, and the open decisions.

    A stakeholder's copy says the same without buttons: only the coach and admins decide. If admins decide because the
    coach has left (`by_admins`), there are no buttons either.
    """
    sessions = list(told.sessions)
    own = told.copy_of is None and not told.by_admins
    reader = reader_of(told)
    say = reader.say
    every = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
    # There is one place to decide: a session with a request is decided in the request's message, which notified the
    # coach.
    undecided = [s for s in every if not asked_of(s)]
    few = len(sessions) <= ONE_BY_ONE
    deciding = {s.id for s in undecided} if own and few else set()
    items = [
        Item(
            _alert_words(session, reader),
            record_of(told, session, reader),
            late_buttons(session, reader) if session.id in deciding else (),
        )
        for session in sessions
    ]
    items += also_for_coach(told, reader)
    reason = next((s.cancellation.reason for s in sessions if s.cancellation and s.cancellation.reason), None)
    elsewhere = sum(1 for s in every if (asked := asked_of(s)) and not asked.by_admins) if own else 0
    return Letter(
        title=_alert_title(told, sessions, reader),
        body=[
            Listing(items, all_of_it(told, say)),
            in_confidence(
                told,
                Quote(say("Reason"), reason, say),
                say("A reason was given; it is in the details."),
                say("A reason was given; the coach can read it."),
            ),
            *(_to_decide(told, undecided, reader, few=few) if undecided else []),
            Facts(_elsewhere(elsewhere, say), sign=":hourglass_flowing_sand:"),
            *(Small([words]) for words in asked_words(sessions, reader)),
            Buttons(client_of(told, sessions, reader) if own else []),
            *footer(told, reader),
        ],
    )


def _to_decide(told: CoachAlert, undecided: Sequence[Session], reader: Reader, *, few: bool) -> list[Part]:
    """Return the open decisions. Of many sessions, each undecided one is repeated with its buttons."""
    if told.by_admins:
        return [Facts([_admin_decides(undecided, reader.say)])]
    if told.copy_of is not None:
        return [Facts([_coach_decides(undecided, reader.name(told.copy_of), reader.say)])]
    parts: list[Part] = [Facts([_you_decide(undecided, reader.say)], sign=":warning:")]
    if not few:
        items = [
            Item(
                line(session, reader, other=session.client),
                details_button(session, reader),
                late_buttons(session, reader),
            )
            for session in undecided[:DECISIONS_SHOWN]
        ]
        parts.append(Choices(items, _they_follow(reader.say), of=len(undecided), again=True))
    return [*parts, Buttons(all_buttons(undecided, reader) if len(undecided) > 1 else [])]


def _you_decide(undecided: Sequence[Session], say: Say) -> str:
    if all_late(undecided):
        return say.plural(
            "{n} session canceled late: you decide whether what was kept goes back.",
            "{n} sessions canceled late: you decide whether what was kept goes back.",
            len(undecided),
        )
    return say.plural(
        "{n} session canceled and not fully refunded: you decide whether what was kept goes back.",
        "{n} sessions canceled and not fully refunded: you decide whether what was kept goes back.",
        len(undecided),
    )


def _coach_decides(undecided: Sequence[Session], coach: str, say: Say) -> str:
    if all_late(undecided):
        return say.plural(
            "{n} session canceled late: {coach} decides whether what was kept goes back.",
            "{n} sessions canceled late: {coach} decides whether what was kept goes back.",
            len(undecided),
            coach=coach,
        )
    return say.plural(
        "{n} session canceled and not fully refunded: {coach} decides whether what was kept goes back.",
        "{n} sessions canceled and not fully refunded: {coach} decides whether what was kept goes back.",
        len(undecided),
        coach=coach,
    )


def _admin_decides(undecided: Sequence[Session], say: Say) -> str:
    if all_late(undecided):
        return say.plural(
            "{n} session canceled late: an admin decides whether what was kept goes back.",
            "{n} sessions canceled late: an admin decides whether what was kept goes back.",
            len(undecided),
        )
    return say.plural(
        "{n} session canceled and not fully refunded: an admin decides whether what was kept goes back.",
        "{n} sessions canceled and not fully refunded: an admin decides whether what was kept goes back.",
        len(undecided),
    )


def _they_follow(say: Say) -> Rest:
    return lambda n: say.plural(
        "{n} more to decide; it follows here as you decide these.",
        "{n} more to decide; they follow here as you decide these.",
        n,
    )


def _elsewhere(asked: int, say: Say) -> list[str]:
    """Say where sessions with a request are decided, or nothing if there are none."""
    words = say.plural(
        "{n} session to decide in the message about the exception, which follows this one.",
        "{n} sessions to decide in the message about the exception, which follows this one.",
        asked,
    )
    return [words] if asked else []


def _alert_title(told: CoachAlert, sessions: Sequence[Session], reader: Reader) -> str:
    say, n = reader.say, len(sessions)
    ended = sessions[0].cancellation if sessions else None
    if ended is None:
        return say.plural("{n} session canceled", "{n} sessions canceled", n)
    clients, own = clients_of(sessions, reader), ended.by.id == reader.person.id
    coach = reader.name(told.copy_of) if told.copy_of else None
    if ended.role is Hat.COACH or (own and coach is None):
        if own:
            return say.plural(
                "You canceled {n} session with {clients}",
                "You canceled {n} sessions with {clients}",
                n,
                clients=clients,
            )
        return say.plural(
            "{who} canceled {n} session with {clients}",
            "{who} canceled {n} sessions with {clients}",
            n,
            who=reader.name(ended.by),
            clients=clients,
        )
    if ended.role is Hat.CLIENT:
        return _client_canceled(reader.name(ended.by), coach, n, say, own=own)
    return _admin_canceled(acted(ended.by, ended.role, None, reader), clients, coach, n, say, own=own)


def _client_canceled(client: str, coach: str | None, n: int, say: Say, *, own: bool) -> str:
    if coach is None:
        return say.plural(
            "{client} canceled {n} session with you", "{client} canceled {n} sessions with you", n, client=client
        )
    if own:
        return say.plural(
            "You canceled {n} session with {coach}", "You canceled {n} sessions with {coach}", n, coach=coach
        )
    return say.plural(
        "{client} canceled {n} session with {coach}",
        "{client} canceled {n} sessions with {coach}",
        n,
        client=client,
        coach=coach,
    )


def _admin_canceled(who: str, clients: str, coach: str | None, n: int, say: Say, *, own: bool) -> str:
    if coach is None:
        return say.plural(
            "{who} canceled {n} session with you for {clients}",
            "{who} canceled {n} sessions with you for {clients}",
            n,
            who=who,
            clients=clients,
        )
    if own:
        return say.plural(
            "You canceled {n} session with {coach} for {clients}",
            "You canceled {n} sessions with {coach} for {clients}",
            n,
            coach=coach,
            clients=clients,
        )
    return say.plural(
        "{who} canceled {n} session with {coach} for {clients}",
        "{who} canceled {n} sessions with {coach} for {clients}",
        n,
        who=who,
        coach=coach,
        clients=clients,
    )


def _alert_words(session: Session, reader: Reader) -> str:
    say = reader.say
    facts = [lateness(session, say), came_back(session, reader)]
    if session.reschedules:
        facts.append(say.plural("rescheduled {n} time before", "rescheduled {n} times before", session.reschedules))
    return "\n".join([line(session, reader, other=session.client), " · ".join(facts), *_rebooked(session, reader)])
