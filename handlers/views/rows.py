"""Sessions one below the other: days as headings, a compact row for each session, and the next one as a card."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby

from coaching.actions.browse import Row
from coaching.causes import Blocked
from coaching.sessions import Hat, Person, Session, Status
from handlers.ids import Action
from handlers.views.asked import can_ask
from handlers.views.join import join_button, join_option, joinable
from handlers.views.kit import Json, actions, bare, button, card, divider, header, option, overflow, section
from handlers.views.move_requests import ask_to_move_button, ask_to_move_words
from handlers.views.outcomes import menu_options
from handlers.views.refunds import brief_state, status_line, with_lateness
from handlers.views.words import Reader, package, with_whom

SOON = timedelta(hours=1)
"""From so long before its start on, joining a session is the natural way on."""


def joins_soon(row: Row, reader: Reader) -> bool:
    """Return whether joining this session is the natural way on."""
    return joinable(row.session, reader) is not None and row.session.starts_at - reader.now <= SOON


def next_session(row: Row, reader: Reader, hat: Hat, *, calm: bool = False) -> list[Json]:
    """Return the next session as a card with all that is known of it, and buttons for what can be done.

    `calm`: another part of the view has the natural way on.
    """
    session, say = row.session, reader.say
    when, who = reader.when(session), with_whom(session, reader, _other(session, hat))
    place = package(session, say)
    state = with_lateness(status_line(session, row.policy, reader), session, row.policy, reader)
    buttons = join_button(session, reader, primary=not calm and joins_soon(row, reader))
    about = f"{bare(session.session_type, 30)}, {when}"
    if row.blocked is None:
        label = say("Cancel {session}", session=about)
        buttons.append(button(say("Cancel…"), Action.SESSION_CANCEL, f"cancel:{hat}:{session.id}", label=label))
    if row.movable:
        label = say("Reschedule {session}", session=about)
        buttons.append(button(say("Reschedule…"), Action.MOVE_OPEN, f"move:{hat}:{session.id}", label=label))
    if hat is Hat.CLIENT and row.askable:
        buttons.append(ask_to_move_button(session, say, asked=row.asked))
    head = say("In progress") if reader.now > session.starts_at else say("Next session")
    more = overflow(Action.SESSION_MENU, menu(row, reader, hat))
    # One block id per session and role: Home shows what a person takes and what they give.
    block_id = f"next:{hat}"
    older = [
        header(head),
        section("\n".join(filter(None, [f"*{when}*", who, place, state])), more),
        *([actions(buttons, block_id=block_id)] if buttons else []),
        divider(),
    ]
    # A card has no place for a menu: it stands above, beside whose it is.
    heading = section(f"{head} · {who}", more)
    return card(when, place or "", state, buttons, older, heading=heading, block_id=block_id)


def day_rows(
    rows: Sequence[Row], reader: Reader, hat: Hat, under: Callable[[Row], list[Json]] = lambda _: []
) -> list[Json]:
    """Return the sessions with a heading for each day, on the reader's calendar, and what is to stand under each."""
    blocks: list[Json] = []
    for day, group in groupby(rows, key=lambda row: reader.times.local(row.session.starts_at).date()):
        blocks.append(header(reader.times.near_day(day, reader.now)))
        blocks.extend(block for row in group for block in (compact_row(row, reader, hat), *under(row)))
    return blocks


def compact_row(row: Row, reader: Reader, hat: Hat) -> Json:
    """Return one session: its state, then when and what, and the menu of possible actions."""
    session = row.session
    strike = "~" if session.status is Status.CANCELED else ""
    hours = reader.times.hours(session.starts_at, session.ends_at, mark=reader.mark_dst)
    what = f"{strike}{hours} · {with_whom(session, reader, _other(session, hat))}{strike}"
    place = package(session, reader.say)
    lines = [brief_state(session, row.policy, reader), what, *([place] if place else [])]
    return section("\n".join(lines), overflow(Action.SESSION_MENU, menu(row, reader, hat)))


def menu(row: Row, reader: Reader, hat: Hat, *, details: bool = True) -> list[Json]:
    """Return the actions that are possible for a session now. Others are not offered (C2).

    `details` leaves out the first one where the details are open already.
    """
    session, say = row.session, reader.say
    items = [option(say("Details"), f"details:{hat}:{session.id}")] if details else []
    items += join_option(session, reader, hat)
    if row.movable:
        items.append(option(say("Reschedule…"), f"move:{hat}:{session.id}"))
    if hat is Hat.CLIENT and row.askable:
        items.append(option(ask_to_move_words(say, asked=row.asked), f"wish:{hat}:{session.id}"))
    if row.blocked is None:
        items.append(option(say("Cancel…"), f"cancel:{hat}:{session.id}"))
    ends = [] if row.blocked is Blocked.NO_COACH else menu_options(session, reader, hat)
    if may_hand_over(row, hat) and not ends:
        items.append(option(say("Hand over…"), f"hand:{hat}:{session.id}"))
    if hat is not Hat.COACH and can_ask([session]):
        items.append(option(say("Ask for an exception"), f"ask:{hat}:{session.id}"))
    # At most five in all: a no-show can be noted when moving and canceling are no longer possible. Only at the very
    # instant of the start are all of them: nobody hands a session over then.
    return items + ends


def may_hand_over(row: Row, hat: Hat) -> bool:
    """Return whether the viewer can give a session to another coach: its coach or an admin, until it starts."""
    return hat is not Hat.CLIENT and row.session.status is Status.SCHEDULED and row.fixed is None


def _other(session: Session, hat: Hat) -> Person:
    return session.client if hat is Hat.COACH else session.coach
