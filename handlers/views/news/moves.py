"""News of a move: which sessions have new times, and what became of their terms (C11)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.sessions import Hat, Person, Session, Status
from handlers.views.kit import typed
from handlers.views.letter import Buttons, Item, Letter, Listing, Small, letter
from handlers.views.news import shifts
from handlers.views.news.sessions import (
    all_sessions,
    became,
    client_buttons,
    clients_of,
    details_button,
    move_button,
    struck,
)
from handlers.views.news.to_coaches import all_of_it, footer, record_of, with_whom
from handlers.views.refunds import keeps_terms, refund_line
from handlers.views.words import Reader, count, reader_for

Pair = tuple[Session, Move]


@letter.register
def moved(told: Moved) -> Letter:
    """To a client: old time and new, until when each is refundable now, and who moved it."""
    pairs = list(told.moves)
    reader = _reader(told.viewer, pairs, told.now)
    items = []
    for session, move in pairs:
        rows = [*_change(session, move, reader, other=session.coach), *_terms(session, move, told.policies, reader)]
        items.append(Item("\n".join(rows)))
    row = []
    if len(pairs) == 1 and _stands(*pairs[0]):
        [(session, _)] = pairs
        row = client_buttons(session, told.policies[session.policy_id], reader)
    return Letter(
        title=_title(pairs, reader, Hat.CLIENT),
        body=[Listing(items, all_sessions(reader.say)), Buttons(row), Small([reader.zone_line([s for s, _ in pairs])])],
    )


@letter.register
def move_allowed(told: MoveAllowed) -> Letter:
    """To a client: they may move a session once although its policy does not allow it, and the way to do it."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    stands = session.starts_at == told.at and session.status is Status.SCHEDULED and told.now <= session.starts_at
    who = reader.name(session.coach) if told.by_coach else "A workspace admin"
    return Letter(
        title=f"{who} lets you reschedule a session once",
        under=[struck(session, reader), _allowed(told, session, reader, stands=stands)],
        body=[
            Buttons([*([move_button(session, reader)] if stands else []), details_button(session, reader)]),
            Small([reader.zone_line([session])]),
        ],
    )


def _allowed(told: MoveAllowed, session: Session, reader: Reader, *, stands: bool) -> str:
    if session.starts_at != told.at and session.status is Status.SCHEDULED:
        return f"It was moved since, to {reader.when(session)}."
    if (since := became(session, reader)) is not None:
        return since
    if not stands:
        return "There is nothing left to move here."
    return f"Its policy does not allow it any more; this once you can. {keeps_terms(session, reader)}".rstrip()


@letter.register
def coach_moved(told: CoachMoved) -> Letter:
    """To a coach: who moved what from when to when."""
    pairs = list(told.moves)
    reader = _reader(replace(told.viewer, is_coach=told.copy_of is None), pairs, told.now)
    items = []
    for session, move in pairs:
        rows = _change(session, move, reader, other=session.client)
        if session.reschedules and move.role not in {Hat.COACH, Hat.SYSTEM}:
            rows.append(f"moved {count(session.reschedules, 'time')} by the client")
        items.append(Item("\n".join(rows), record_of(told, session, reader)))
    return Letter(
        title=_title(pairs, reader, Hat.COACH, with_whom(told, reader)),
        body=[Listing(items, all_of_it(told)), *footer(told, reader)],
    )


def _reader(viewer: Viewer, pairs: Sequence[Pair], now: datetime) -> Reader:
    """Mark daylight saving where only the old times lie on the other side of a clock change."""
    reader = reader_for(viewer, [session for session, _ in pairs], now)
    instants = [
        at for session, move in pairs for at in (move.old_starts_at, move.new_starts_at, session.refund_cutoff_at)
    ]
    return replace(reader, mark_dst=reader.times.mixed(instants))


def _title(pairs: Sequence[Pair], reader: Reader, audience: Hat, other: str = "you") -> str:
    number = count(len(pairs))
    if not pairs:
        return f"{number} moved"
    move = pairs[0][1]
    if move.role is Hat.SYSTEM:
        return shifts.title(pairs, audience, other)
    if move.by.id == reader.person.id:
        return f"You moved {number}"
    name, whose = reader.name(move.by), clients_of([session for session, _ in pairs], reader)
    if move.role is Hat.ADMIN and audience is Hat.CLIENT:
        return f"{name} (admin) moved {number} for you"
    if move.role is Hat.ADMIN:
        return f"{name} (admin) moved {number} of {whose}" + ("" if other == "you" else f" with {other}")
    if move.role is Hat.COACH and audience is Hat.COACH:
        return f"{name} moved {number} with {whose}"
    return f"{name} moved {number} with {other}"


def _change(session: Session, move: Move, reader: Reader, *, other: Person) -> list[str]:
    which = f"*{typed(session.session_type)}* with {reader.name(other)}"
    if move.role is Hat.SYSTEM and _stands(session, move):
        return [which, *shifts.times(session, move, reader)]
    length = session.ends_at - session.starts_at
    old, new = (
        reader.times.when(at, at + length, reader.now, mark=reader.mark_dst)
        for at in (move.old_starts_at, move.new_starts_at)
    )
    rows = [which, f"from ~{old}~ to *{new}*"]
    if (since := became(session, reader)) is not None:
        return [*rows, since]
    return rows if _stands(session, move) else [*rows, f"Moved again since, to {reader.when(session)}"]


def _terms(session: Session, move: Move, policies: Mapping[str, Policy], reader: Reader) -> list[str]:
    if not _stands(session, move) or session.status is not Status.SCHEDULED:
        return []
    terms = refund_line(session, policies[session.policy_id], reader)
    return [f"{terms} (the old terms stay: full refund had ended before the move)" if move.late else terms]


def _stands(session: Session, move: Move) -> bool:
    return session.status is not Status.CANCELED and session.starts_at == move.new_starts_at
