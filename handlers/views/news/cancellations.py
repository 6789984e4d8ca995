"""News of a cancellation: the client's receipt (C9), and the coach's alert with what is theirs to decide (K1, K2, K3)."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.news.cancellations import CoachAlert, Receipt
from coaching.sessions import Decision, Hat, Session
from handlers.ids import Action
from handlers.views.asked import ask_button, asked_of, asked_words, can_ask
from handlers.views.back import came_back_to, usable_of, usable_words
from handlers.views.coach_buttons import all_buttons, late_buttons
from handlers.views.kit import Json, bare, button
from handlers.views.letter import ONE_BY_ONE, Buttons, Choices, Facts, Item, Letter, Listing, Part, Quote, Small, letter
from handlers.views.news.sessions import all_past, all_sessions, became, clients_of, record_button
from handlers.views.news.to_coaches import all_of_it, footer, in_confidence, record_of, with_whom
from handlers.views.undo import undo_button, undo_until
from handlers.views.words import (
    Reader,
    ask_about_kept,
    came_back,
    canceled_late,
    count,
    in_credits,
    lateness,
    line,
    outcome,
    reader_for,
)

DECISIONS_SHOWN = 15
MOST_TO_SCHEDULE = 5
"""Schedule buttons in one message; every session's details have one."""


@letter.register
def receipt(told: Receipt) -> Letter:
    """To a client: one message for everything one action canceled, or that it was taken back."""
    if told.undone:
        return _undone(told)
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    ended = sessions[0].cancellation if sessions else None
    small = []
    if undecided := [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]:
        who = "An admin" if all(s.coach.id in told.gone for s in undecided) else "The coach or an admin"
        small.append(f"{who} can still return what did not come back; we tell you when it is decided.")
    if (ask := ask_about_kept(sessions, told.settings.support_contact, reader, told.gone)) is not None:
        small.append(ask)
    until = undo_until(sessions, reader) if told.action_id else None
    row = [undo_button(told.action_id, reader.say)] if until else []
    if (one := can_ask(sessions)) is not None:
        row.append(ask_button(one))
    again = _schedule_buttons(sessions, reader)
    last = [reader.zone_line(sessions)]
    if until:
        # A copy that nobody knows of is never edited: its words must be true for ever.
        at = reader.instant(until, exact=True)
        last.insert(0, f"You can undo this until {at}; after that the button only says so.")
    return Letter(
        title=_receipt_title(sessions, reader),
        body=[
            Listing(
                [Item(f"{line(s, reader)}\n{outcome(s, reader)}{_rebooked(s, reader)}") for s in sessions],
                all_past(reader.say),
            ),
            Facts([_total(sessions, reader)]),
            # Somebody else's reason; one's own is known.
            Quote("Reason", ended.reason if ended and ended.role is not Hat.CLIENT else None),
            *(Small([words]) for words in (*small, *asked_words(sessions, reader))),
            Buttons([*row, *again[:1]]),
            # One action id stands once in a block.
            *(Buttons([other]) for other in again[1:]),
            *(Small([words]) for words in last),
        ],
    )


def _undone(told: Receipt) -> Letter:
    sessions = list(told.sessions)
    reader = reader_for(told.viewer, sessions, told.now)
    since = [became(session, reader) for session in sessions]
    one = len(sessions) == 1
    verb = ("was" if one else "were") if any(since) else ("is" if one else "are")
    rows = [[line(s, reader), *([words] if words else [])] for s, words in zip(sessions, since, strict=True)]
    return Letter(
        title=f"Undone: {count(len(sessions))} {verb} booked as before",
        sign=":leftwards_arrow_with_hook:",
        body=[
            Listing([Item("\n".join(some)) for some in rows], all_sessions(reader.say)),
            Small([reader.zone_line(sessions)]),
        ],
    )


def _receipt_title(sessions: Sequence[Session], reader: Reader) -> str:
    number = count(len(sessions))
    ended = sessions[0].cancellation if sessions else None
    if ended is None or ended.role is Hat.CLIENT or ended.by.id == reader.person.id:
        return f"You canceled {number}"
    if ended.role is Hat.COACH:
        return f"{reader.name(ended.by)} canceled {number} with you"
    if ended.role is Hat.ADMIN:
        return f"{reader.name(ended.by)} (admin) canceled {number} for you"
    return f"{number} {'was' if len(sessions) == 1 else 'were'} canceled"


def _rebooked(session: Session, reader: Reader) -> str:
    at = session.cancellation.rebooked_at if session.cancellation else None
    return f"\n*Rebooked:* {reader.instant(at)}" if at else ""


def _total(sessions: Sequence[Session], reader: Reader) -> str:
    paid = sum(s.price for s in sessions)
    back = sum(s.cancellation.returned for s in sessions if s.cancellation)
    if not paid:
        return "No credits were involved."
    if not back:
        return f"Nothing came back of the *{in_credits(paid)}* paid."
    until = usable_words(usable_of(sessions), reader)
    words = f"*{in_credits(back)}* came back{came_back_to(sessions)}{f', {until}' if until else ''}"
    return f"{words}; *{in_credits(paid - back)}* did not." if paid > back else f"{words}."


def _schedule_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Book the same with the same coach again: one button for each coach and type that is not booked again yet."""
    kinds: dict[tuple[str, str], Session] = {}
    for session in sessions:
        if session.cancellation is None or session.cancellation.rebooked_at is None:
            kinds.setdefault((session.coach.id, session.session_type), session)
    row = []
    for session in list(kinds.values())[:MOST_TO_SCHEDULE]:
        what = f"{bare(session.session_type, 30)} with {bare(reader.plain_name(session.coach), 24)}"
        text = "Schedule Session" if len(kinds) == 1 else f"Schedule {what}"
        row.append(button(text, Action.SCHEDULE, session.id, label=f"Schedule {what}"))
    return row


@letter.register
def coach_alert(told: CoachAlert) -> Letter:
    """To a coach: who canceled what, late or in time, why, and the decisions that are open.

    A stakeholder's copy says the same, with nothing to press: only the coach and admins decide.
    """
    sessions = list(told.sessions)
    own = told.copy_of is None
    reader = reader_for(replace(told.viewer, is_coach=told.copy_of is None), sessions, told.now)
    every = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
    # One place to decide: what was asked about is decided in the request's own message, which notified the coach.
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
    reason = next((s.cancellation.reason for s in sessions if s.cancellation and s.cancellation.reason), None)
    elsewhere = sum(1 for s in every if (asked := asked_of(s)) and not asked.by_admins) if own else 0
    return Letter(
        title=_alert_title(told, sessions, reader),
        body=[
            Listing(items, all_of_it(told)),
            in_confidence(
                told,
                Quote("Reason", reason),
                "A reason was given; it is in the record.",
                "A reason was given; the coach can read it.",
            ),
            *(_to_decide(told, undecided, reader, few=few) if undecided else []),
            Facts(_elsewhere(elsewhere), sign=":hourglass_flowing_sand:"),
            *(Small([words]) for words in asked_words(sessions, reader)),
            *footer(told, reader),
        ],
    )


def _to_decide(told: CoachAlert, undecided: Sequence[Session], reader: Reader, *, few: bool) -> list[Part]:
    """What is to be decided; of many sessions each of them once more, with its buttons."""
    late = canceled_late(undecided)
    if told.copy_of is not None:
        return [Facts([f"{late}: {reader.name(told.copy_of)} decides whether what was kept goes back."])]
    parts: list[Part] = [Facts([f"{late}: you decide whether what was kept goes back."], sign=":warning:")]
    if not few:
        items = [
            Item(
                line(session, reader, other=session.client),
                record_button(session, reader),
                late_buttons(session, reader),
            )
            for session in undecided[:DECISIONS_SHOWN]
        ]
        parts.append(Choices(items, _they_follow, of=len(undecided), again=True))
    return [*parts, Buttons(all_buttons(undecided, reader) if len(undecided) > 1 else [])]


def _they_follow(left_out: int) -> str:
    return f"{left_out} more to decide; they follow here as you decide these."


def _elsewhere(asked: int) -> list[str]:
    """Say where sessions are decided about which an exception was asked for; nothing where there are none."""
    words = f"{count(asked)} to decide in the message about the exception, which follows this one."
    return [words] if asked else []


def _alert_title(told: CoachAlert, sessions: Sequence[Session], reader: Reader) -> str:
    number = count(len(sessions))
    ended = sessions[0].cancellation if sessions else None
    if ended is None:
        return f"{number} canceled"
    whose = clients_of(sessions, reader)
    coach = with_whom(told, reader)
    by = "You" if ended.by.id == reader.person.id else reader.name(ended.by)
    if ended.role is Hat.CLIENT:
        return f"{by} canceled {number} with {coach}"
    if ended.role is Hat.COACH or (told.copy_of is None and by == "You"):
        return f"{by} canceled {number} with {whose}"
    return f"{by} (admin) canceled {number} with {coach} for {whose}"


def _alert_words(session: Session, reader: Reader) -> str:
    words = f"{line(session, reader, other=session.client)}\n{lateness(session)} · "
    words += came_back(session, reader)
    if session.reschedules:
        words += f" · rescheduled {count(session.reschedules, 'time')} before"
    return f"{words}{_rebooked(session, reader)}"
