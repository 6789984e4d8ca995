"""News of a move: which sessions have new times, and what happened to their terms (C11)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from coaching.news.announcement import ToCoach
from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.policy import Policy
from coaching.records import Move, Viewer
from coaching.sessions import Hat, Person, Session, Status
from handlers.views.join import join_button
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
from handlers.views.news.to_coaches import all_of_it, client_of, footer, join_of, reader_of, record_of, since_of
from handlers.views.refunds import keeps_terms, refund_line
from handlers.views.undo import other_person
from handlers.views.words import Reader, acted, reader_for, with_whom
from language.say import Say

Pair = tuple[Session, Move]


@letter.register
def moved(told: Moved) -> Letter:
    """To a client: old and new time, until when each session is refundable now, and who moved it."""
    pairs = list(told.moves)
    reader = _reader(told.viewer, pairs, told.now)
    items = [Item("\n".join(to_its_client(session, move, told.policies, reader))) for session, move in pairs]
    row = []
    if len(pairs) == 1 and _stands(*pairs[0]):
        [(session, _)] = pairs
        row = client_buttons(session, told.policies[session.policy_id], reader)
    return Letter(
        title=_to_client(pairs, reader),
        body=[Listing(items, all_sessions(reader.say)), Buttons(row), Small([reader.zone_line([s for s, _ in pairs])])],
    )


@letter.register
def move_allowed(told: MoveAllowed) -> Letter:
    """To a client: they may move a session once although its policy does not allow it, with the button to do so."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    stands = session.starts_at == told.at and session.status is Status.SCHEDULED and told.now <= session.starts_at
    say = reader.say
    title = say("A workspace admin lets you reschedule a session once")
    if told.by_coach:
        title = say("{coach} lets you reschedule a session once", coach=reader.name(session.coach))
    return Letter(
        title=title,
        under=[struck(session, reader), _allowed(told, session, reader, stands=stands)],
        body=[
            Buttons(
                [
                    *join_button(session, reader),
                    *([move_button(session, reader)] if stands else []),
                    details_button(session, reader),
                ]
            ),
            Small([reader.zone_line([session])]),
        ],
    )


def _allowed(told: MoveAllowed, session: Session, reader: Reader, *, stands: bool) -> str:
    say = reader.say
    if session.starts_at != told.at and session.status is Status.SCHEDULED:
        return say("It was moved since, to {time}.", time=reader.when(session))
    if (since := became(session, reader)) is not None:
        return since
    if not stands:
        return say("There is nothing left to move here.")
    once = say("Its policy does not allow it any more; this once you can.")
    return say.sentences(once, keeps_terms(session, reader))


@letter.register
def coach_moved(told: CoachMoved) -> Letter:
    """To a coach: who moved what, and from when to when."""
    pairs = list(told.moves)
    reader = reader_of(told, *(at for _, move in pairs for at in (move.old_starts_at, move.new_starts_at)))
    if any(move.role is Hat.SYSTEM for _, move in pairs):
        # New rules of clocks are told by what two clocks show.
        reader = replace(reader, several=False)
    items = []
    for session, move in pairs:
        rows = to_its_coach(told, session, move, reader)
        if session.reschedules and move.role not in {Hat.COACH, Hat.SYSTEM}:
            times = session.reschedules
            rows.append(reader.say.plural("moved {n} time by the client", "moved {n} times by the client", times))
        items.append(Item("\n".join(rows), record_of(told, session, reader), join_of(told, session, reader)))
    return Letter(
        title=_to_coach(told, pairs, reader),
        body=[
            Listing(items, all_of_it(told, reader.say)),
            Buttons(client_of(told, [session for session, _ in pairs], reader)),
            *footer(told, reader),
        ],
    )


def to_its_client(session: Session, move: Move, policies: Mapping[str, Policy], reader: Reader) -> list[str]:
    """Return a moved session for its client: both times, and its terms now."""
    return [
        *_change(session, move, reader, became(session, reader), other=session.coach),
        *_terms(session, move, policies, reader),
    ]


def to_its_coach(told: ToCoach, session: Session, move: Move, reader: Reader) -> list[str]:
    """Return a moved session for its coach: both times."""
    return _change(session, move, reader, since_of(told, session, reader), other=session.client)


def to_its_mover(session: Session, move: Move, reader: Reader) -> list[str]:
    """Return a moved session for a coach or an admin who moved it with others."""
    return _change(session, move, reader, became(session, reader), other=other_person(session, reader))


def _reader(viewer: Viewer, pairs: Sequence[Pair], now: datetime) -> Reader:
    """Return a reader that marks daylight saving even if only the old times are on the other side of a clock change."""
    reader = reader_for(viewer, [session for session, _ in pairs], now)
    instants = [
        at for session, move in pairs for at in (move.old_starts_at, move.new_starts_at, session.refund_cutoff_at)
    ]
    return replace(reader, mark_dst=reader.times.mixed(instants))


def _to_client(pairs: Sequence[Pair], reader: Reader) -> str:
    say, n = reader.say, len(pairs)
    if not pairs:
        return say.plural("{n} session moved", "{n} sessions moved", n)
    move = pairs[0][1]
    if move.role is Hat.SYSTEM:
        return shifts.title(pairs, None, say)
    if move.by.id == reader.person.id:
        return say.plural("You moved {n} session", "You moved {n} sessions", n)
    if any(one.role is Hat.ADMIN for _, one in pairs):
        who = acted(move.by, Hat.ADMIN, None, reader)
        return say.plural("{who} moved {n} session for you", "{who} moved {n} sessions for you", n, who=who)
    return _with_you(move, n, reader)


def _to_coach(told: CoachMoved, pairs: Sequence[Pair], reader: Reader) -> str:
    say, n = reader.say, len(pairs)
    if not pairs:
        return say.plural("{n} session moved", "{n} sessions moved", n)
    move, coach = pairs[0][1], reader.name(told.copy_of) if told.copy_of else None
    if move.role is Hat.SYSTEM:
        return shifts.title(pairs, coach, say)
    if move.by.id == reader.person.id:
        return say.plural("You moved {n} session", "You moved {n} sessions", n)
    clients = clients_of([session for session, _ in pairs], reader)
    if move.role is Hat.ADMIN:
        return _admin_moved(acted(move.by, move.role, None, reader), clients, coach, n, say)
    if move.role is Hat.COACH:
        coach = clients
    if coach is None:
        return _with_you(move, n, reader)
    who = reader.name(move.by)
    return say.plural(
        "{who} moved {n} session with {person}", "{who} moved {n} sessions with {person}", n, who=who, person=coach
    )


def _with_you(move: Move, n: int, reader: Reader) -> str:
    who = reader.name(move.by)
    return reader.say.plural("{who} moved {n} session with you", "{who} moved {n} sessions with you", n, who=who)


def _admin_moved(who: str, clients: str, coach: str | None, n: int, say: Say) -> str:
    if coach is None:
        return say.plural(
            "{who} moved {n} session of {clients}", "{who} moved {n} sessions of {clients}", n, who=who, clients=clients
        )
    return say.plural(
        "{who} moved {n} session of {clients} with {coach}",
        "{who} moved {n} sessions of {clients} with {coach}",
        n,
        who=who,
        clients=clients,
        coach=coach,
    )


def _change(session: Session, move: Move, reader: Reader, since: str | None, *, other: Person) -> list[str]:
    which, say = with_whom(session, reader, other), reader.say
    if move.role is Hat.SYSTEM and _stands(session, move):
        return [which, *shifts.times(session, move, reader)]
    length = session.ends_at - session.starts_at
    old, new = (reader.between(at, at + length) for at in (move.old_starts_at, move.new_starts_at))
    rows = [which, say("from {old} to {new}", old=f"~{old}~", new=f"*{new}*")]
    if since is not None:
        return [*rows, since]
    return rows if _stands(session, move) else [*rows, say("Moved again since, to {time}", time=reader.when(session))]


def _terms(session: Session, move: Move, policies: Mapping[str, Policy], reader: Reader) -> list[str]:
    if not _stands(session, move) or session.status is not Status.SCHEDULED:
        return []
    terms = refund_line(session, policies[session.policy_id], reader)
    if not move.late:
        return [terms]
    return [reader.say("{terms} (the old terms stay: full refund had ended before the move)", terms=terms)]


def _stands(session: Session, move: Move) -> bool:
    return session.status is not Status.CANCELED and session.starts_at == move.new_starts_at
