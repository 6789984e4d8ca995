"""News of a move: which sessions have new times, and what became of their terms (C11)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from coaching.news.moves import CoachMoved, MoveAllowed, Moved
from coaching.policy import Policy
from coaching.records import Move
from coaching.sessions import Hat, Person, Session, Status
from handlers.ids import COMMAND, Action
from handlers.views import shifts
from handlers.views.alerts import direct_hint
from handlers.views.bookings import became, move_button, session_buttons
from handlers.views.copies import all_of_it, why_told, with_whom
from handlers.views.kit import Json, actions, bare, button, context, section, typed
from handlers.views.messages import message, packed
from handlers.views.refunds import keeps_terms, refund_line
from handlers.views.words import Reader, count, line, reader_for

Pair = tuple[Session, Move]
ONE_BY_ONE = 10
"""Up to so many sessions have a section of their own, with the record beside it."""


def moved(told: Moved) -> Json:
    """To a client: old time → new, until when each is refundable now, and who moved it."""
    pairs = list(told.moves)
    reader = _reader(told.viewer.person, pairs, reader_for(told.viewer, [s for s, _ in pairs], told.now))
    plain = replace(reader, mentions=False)

    def words(pair: Pair, who: Reader, marked: bool = True) -> str:
        change = _change(pair, who, other=pair[0].coach, marked=marked)
        terms = _terms(pair, told.policies, who)
        return f"{change}\n{terms}" if terms else change

    blocks = [
        section(f"*{_title(pairs, reader, Hat.CLIENT)}*"),
        *packed([words(pair, reader) for pair in pairs], more=f"`{COMMAND}` shows them all"),
    ]
    if len(pairs) == 1 and _stands(*pairs[0]):
        session = pairs[0][0]
        blocks.append(actions(session_buttons(session, told.policies[session.policy_id], reader)))
    zone = reader.zone_line([s for s, _ in pairs])
    blocks.append(context(zone))
    return message(
        [_title(pairs, plain, Hat.CLIENT), [words(pair, plain, marked=False) for pair in pairs], zone], blocks
    )


def move_allowed(told: MoveAllowed) -> Json:
    """To a client: they may move a session once although its policy does not allow it, and the way to do it."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    plain = replace(reader, mentions=False)
    stands = session.starts_at == told.at and session.status is Status.SCHEDULED and told.now <= session.starts_at
    since = became(session, reader) or (None if stands else "There is nothing left to move here.")
    if session.starts_at != told.at and session.status is Status.SCHEDULED:
        since = f"It was moved since, to {reader.when(session)}."

    def title(who: Reader) -> str:
        return f"{who.name(session.coach) if told.by_coach else 'A workspace admin'} lets you reschedule a session once"

    facts = [
        since or f"Its policy does not allow it any more; this once you can. {keeps_terms(session, reader)}".rstrip()
    ]
    which = f"{bare(session.session_type, 30)}, {reader.when(session)}"
    row = [move_button(session, reader)] if stands else []
    row.append(button("Details", Action.RECORD, session.id, label=f"Details of {which}"))
    zone = reader.zone_line([session])
    strike = "~" if session.status is Status.CANCELED else ""
    shown = f"{strike}{line(session, reader)}{strike}"
    words = section("\n".join([f"*{title(reader)}*", shown, *facts]))
    return message([title(plain), line(session, plain), *facts, zone], [words, actions(row), context(zone)])


def coach_moved(told: CoachMoved) -> Json:
    """To a coach: who moved what from when to when."""
    pairs = list(told.moves)
    coach = replace(told.viewer, is_coach=True)
    reader = _reader(coach.person, pairs, reader_for(coach, [s for s, _ in pairs], told.now))
    plain = replace(reader, mentions=False)

    def words(pair: Pair, who: Reader, marked: bool = True) -> str:
        session, move = pair
        often = session.reschedules
        change = _change(pair, who, other=session.client, marked=marked)
        return (
            f"{change}\nmoved {count(often, 'time')} by the client"
            if often and move.role not in {Hat.COACH, Hat.SYSTEM}
            else change
        )

    blocks = [section(f"*{_title(pairs, reader, Hat.COACH, with_whom(told, reader))}*")]
    if len(pairs) <= ONE_BY_ONE:
        for pair in pairs:
            label = f"Open the record of {reader.when(pair[0])}"
            record = button("Record", Action.RECORD, pair[0].id, label=label) if told.copy_of is None else None
            blocks.append(section(words(pair, reader), record))
    else:
        blocks += packed([words(pair, reader) for pair in pairs], more=all_of_it(told))
    zone = reader.zone_line([s for s, _ in pairs])
    hint = direct_hint(told.unreachable_channel, told.unreachable_why)
    blocks += [context(line) for line in (*hint, zone, *why_told(told, reader))]
    title = _title(pairs, plain, Hat.COACH, with_whom(told, plain))
    ending = [*hint, zone, *why_told(told, plain)]
    return message([title, [words(pair, plain, marked=False) for pair in pairs], *ending], blocks)


def _reader(person: Person, pairs: Sequence[Pair], reader: Reader) -> Reader:
    """Mark daylight saving where only the old times lie on the other side of a clock change."""
    instants = [
        at for session, move in pairs for at in (move.old_starts_at, move.new_starts_at, session.refund_cutoff_at)
    ]
    return replace(reader, person=person, mark_dst=reader.times.mixed(instants))


def _title(pairs: Sequence[Pair], reader: Reader, audience: Hat, other: str = "you") -> str:
    number = count(len(pairs))
    if not pairs:
        return f"{number} moved"
    move = pairs[0][1]
    if move.role is Hat.SYSTEM:
        return shifts.title(pairs, audience, other)
    if move.by.id == reader.person.id:
        return f"You moved {number}"
    name = reader.name(move.by)
    if move.role is Hat.ADMIN:
        return f"{name} (admin) moved {number}" + (
            " for you" if audience is Hat.CLIENT else f" of {_whose(pairs, reader)}{_with(other)}"
        )
    if audience is Hat.COACH and move.role is Hat.COACH:
        return f"{name} moved {number} with {_whose(pairs, reader)}"
    return f"{name} moved {number} with {other}"


def _with(coach: str) -> str:
    return "" if coach == "you" else f" with {coach}"


def _whose(pairs: Sequence[Pair], reader: Reader) -> str:
    names = list(dict.fromkeys(reader.name(s.client) for s, _ in pairs))
    return names[0] if len(names) == 1 else count(len(names), "client")


def _change(pair: Pair, reader: Reader, *, other: Person, marked: bool) -> str:
    session, move = pair
    words = f"*{typed(session.session_type)}* with {reader.name(other)}"
    if move.role is Hat.SYSTEM and _stands(session, move):
        return f"{words}\n{shifts.times(session, move, reader, marked=marked)}"
    old = reader.times.when(
        move.old_starts_at,
        move.old_starts_at + (session.ends_at - session.starts_at),
        reader.now,
        mark=reader.mark_dst,
    )
    new = reader.times.when(
        move.new_starts_at,
        move.new_starts_at + (session.ends_at - session.starts_at),
        reader.now,
        mark=reader.mark_dst,
    )
    times = f"~{old}~ → *{new}*" if marked else f"from {old} to {new}"
    words = f"{words}\n{times}"
    if (since := became(session, reader)) is not None:
        return f"{words}\n{since}"
    return words if _stands(session, move) else f"{words}\nMoved again since, to {reader.when(session)}"


def _terms(pair: Pair, policies: Mapping[str, Policy], reader: Reader) -> str:
    session, move = pair
    if not _stands(session, move) or session.status is not Status.SCHEDULED:
        return ""
    terms = refund_line(session, policies[session.policy_id], reader)
    return f"{terms} (the old terms stay: full refund had ended before the move)" if move.late else terms


def _stands(session: Session, move: Move) -> bool:
    return session.status is not Status.CANCELED and session.starts_at == move.new_starts_at
