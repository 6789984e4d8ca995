"""News of a hand-over: who gives which sessions from now on, and what the client may still do about it."""

from collections.abc import Sequence

from coaching.actions.handover import HANDED_GRACE
from coaching.news.cancellations import Receipt
from coaching.news.handovers import CoachHanded, HandedOver
from coaching.records import Move
from coaching.sessions import Hat, Session, Status
from handlers.views.kit import typed
from handlers.views.letter import Buttons, Item, Letter, Listing, Small, letter
from handlers.views.news.moved_too import moved_for_client, moved_for_coach
from handlers.views.news.sessions import all_sessions, became, client_buttons, clients_of, struck
from handlers.views.news.to_coaches import all_of_it, client_of, footer, join_of, reader_of, record_of, since_of
from handlers.views.refunds import refund_line
from handlers.views.words import Reader, acted, package, reader_for, span
from language.say import Say

Pair = tuple[Session, Move]


@letter.register
def handed_over(told: HandedOver) -> Letter:
    """To a client: who gives their sessions now, instead of whom, and until when they can cancel for free."""
    pairs = list(told.moves)
    sessions = [session for session, _ in pairs]
    reader = reader_for(told.viewer, [*sessions, *(session for session, _ in told.moved)], told.now)
    say = reader.say
    items = [Item("\n".join(to_its_client(told, s, move, reader))) for s, move in pairs]
    items += moved_for_client(told.moved, told.policies, reader)
    row, small = [], [reader.zone_line(sessions)]
    if len(pairs) == 1 and _stands(*pairs[0]):
        row = [] if told.moved else client_buttons(sessions[0], told.policies[sessions[0].policy_id], reader)
    if any(_stands(*pair) for pair in pairs):
        # Nobody is held to a coach whom they did not choose.
        at_least = say(
            "Because the coach changed, you can cancel with a full refund for at least {time}, or until the start.",
            time=span(HANDED_GRACE, say),
        )
        small.insert(0, at_least)
    return Letter(
        title=_to_client(pairs, reader),
        body=[Listing(items, all_sessions(say)), Buttons(row), Small(small)],
    )


def _to_client(pairs: Sequence[Pair], reader: Reader) -> str:
    say, n = reader.say, len(pairs)
    if len({move.new_coach.id for _, move in pairs if move.new_coach is not None}) > 1:
        return say.plural(
            "{n} of your sessions has another coach now", "{n} of your sessions have other coaches now", n
        )
    return say.plural(
        "{coach} gives {n} of your sessions now",
        "{coach} gives {n} of your sessions now",
        n,
        coach=_new_coaches(pairs, reader),
    )


def to_its_client(told: HandedOver | Receipt, session: Session, move: Move, reader: Reader) -> list[str]:
    """Return a session that was handed over for its client: who gives it, instead of whom, and its terms now."""
    say = reader.say
    rows = [struck(session, reader), *_instead(move, reader)]
    since = became(session, reader) or _again(session, move, say, reader)
    if since is not None:
        return [*rows, since]
    if session.id in told.withdrawn and move.old_coach is not None:
        # The times that the client named were those of the coach before.
        old = reader.name(move.old_coach)
        over = say("Your request to move it was withdrawn, because it named times of {coach}.", coach=old)
        rows.append(over if session.id in told.asked else say.sentences(over, say("You can ask again.")))
    return [*rows, refund_line(session, told.policies[session.policy_id], reader)]


def _instead(move: Move, reader: Reader) -> list[str]:
    """Say whose session it was, and who handed it over."""
    if move.old_coach is None:
        return []
    old, who = reader.name(move.old_coach), acted(move.by, move.role, None, reader)
    if move.role is Hat.COACH:
        return [reader.say("instead of {coach}, who handed it over", coach=old)]
    return [reader.say("instead of {coach}; {who} handed it over", coach=old, who=who)]


def _again(session: Session, move: Move, say: Say, reader: Reader) -> str | None:
    """Say what happened since to a session that is booked still."""
    if move.new_coach is not None and session.coach.id != move.new_coach.id:
        return say("Handed over since, to {coach}", coach=reader.name(session.coach))
    if session.starts_at != move.new_starts_at:
        return say("Moved since, to {time}", time=reader.when(session))
    return None


@letter.register
def coach_handed(told: CoachHanded) -> Letter:
    """To a coach: the sessions that they give from now on, or give no longer."""
    pairs = list(told.moves)
    reader = reader_of(told)
    items = [
        Item(
            "\n".join(_of_coach(told, session, move, reader)),
            None if told.gave else record_of(told, session, reader),
            [] if told.gave else join_of(told, session, reader),
        )
        for session, move in pairs
    ]
    items += moved_for_coach(told, told.moved, reader)
    return Letter(
        title=_to_coach(told, pairs, reader),
        body=[
            Listing(items, all_of_it(told, reader.say)),
            Buttons(client_of(told, [session for session, _ in pairs], reader)),
            *footer(told, reader),
        ],
    )


def _of_coach(told: CoachHanded, session: Session, move: Move, reader: Reader) -> list[str]:
    say = reader.say
    if told.gave:
        rows = [as_it_was(session, move, reader)]
        if told.other is None and move.new_coach is not None:
            rows.append(say("to {coach}", coach=reader.name(move.new_coach)))
        return rows
    rows = [struck(session, reader, other=session.client)]
    if told.other is None and move.old_coach is not None:
        rows.append(say("from {coach}", coach=reader.name(move.old_coach)))
    rows += [place] if (place := package(session, say)) else []
    since = since_of(told, session, reader)
    if since is None and session.starts_at != move.new_starts_at:
        since = say("Moved since, to {time}", time=reader.when(session))
    return [*rows, *([since] if since else [])]


def as_it_was(session: Session, move: Move, reader: Reader) -> str:
    """Return a session for whoever gave it. What becomes of it is no longer theirs to know."""
    when = reader.between(move.new_starts_at, move.new_starts_at + (session.ends_at - session.starts_at))
    whom = reader.name(session.client)
    return reader.say("{session} with {person} · {time}", session=_type(session), person=whom, time=when)


def _type(session: Session) -> str:
    return f"*{typed(session.session_type)}*"


def _to_coach(told: CoachHanded, pairs: Sequence[Pair], reader: Reader) -> str:
    say, n, move = reader.say, len(pairs), pairs[0][1]
    clients, who = clients_of([session for session, _ in pairs], reader), acted(move.by, move.role, None, reader)
    if told.copy_of is not None:
        return _copied(told, who, clients, reader.name(told.copy_of), n, say)
    own = move.by.id == reader.person.id
    if not told.gave and own:
        return say.plural(
            "You took over {n} session with {clients}", "You took over {n} sessions with {clients}", n, clients=clients
        )
    if not told.gave:
        return say.plural(
            "{who} handed {n} session with {clients} over to you",
            "{who} handed {n} sessions with {clients} over to you",
            n,
            who=who,
            clients=clients,
        )
    coach = _new_coaches(pairs, reader)
    if own:
        return say.plural(
            "You handed {n} session with {clients} over to {coach}",
            "You handed {n} sessions with {clients} over to {coach}",
            n,
            clients=clients,
            coach=coach,
        )
    return say.plural(
        "{who} handed {n} session that you gave {clients} over to {coach}",
        "{who} handed {n} sessions that you gave {clients} over to {coach}",
        n,
        who=who,
        clients=clients,
        coach=coach,
    )


def _new_coaches(pairs: Sequence[Pair], reader: Reader) -> str:
    coaches = {move.new_coach.id: move.new_coach for _, move in pairs if move.new_coach is not None}
    return reader.say.listed([reader.name(one) for one in coaches.values()], 3)


def _copied(told: CoachHanded, who: str, clients: str, coach: str, n: int, say: Say) -> str:
    if told.gave:
        return say.plural(
            "{who} handed over {n} session that {coach} gave, with {clients}",
            "{who} handed over {n} sessions that {coach} gave, with {clients}",
            n,
            who=who,
            clients=clients,
            coach=coach,
        )
    return say.plural(
        "{who} handed {n} session with {clients} over to {coach}",
        "{who} handed {n} sessions with {clients} over to {coach}",
        n,
        who=who,
        clients=clients,
        coach=coach,
    )


def _stands(session: Session, move: Move) -> bool:
    return (
        session.status is Status.SCHEDULED
        and move.new_coach is not None
        and session.coach.id == move.new_coach.id
        and session.starts_at == move.new_starts_at
    )
