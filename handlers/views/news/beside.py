"""What an action moved and handed over, in a message about what it canceled."""

from collections.abc import Sequence

from coaching.news.cancellations import CoachAlert, Receipt
from coaching.records import Move
from coaching.sessions import Session
from handlers.views.letter import Item
from handlers.views.news.handovers import as_it_was, to_its_client
from handlers.views.news.moved_too import labeled, moved_for_client, moved_for_coach
from handlers.views.news.moves import to_its_mover
from handlers.views.words import Reader

Pairs = Sequence[tuple[Session, Move]]


def also_for_client(told: Receipt, reader: Reader) -> list[Item]:
    """Return what else happened to the client's sessions."""
    handed, moved = _apart(told.moves)
    items = [Item(_handed(to_its_client(told, s, move, reader), reader)) for s, move in handed]
    return [*items, *moved_for_client(moved, told.policies, reader)]


def also_for_coach(told: CoachAlert, reader: Reader) -> list[Item]:
    """Return what else happened to the sessions that the coach gave."""
    handed, moved = _apart(told.moves)
    items = [Item(_handed(_to_whom(s, move, reader), reader)) for s, move in handed]
    return [*items, *moved_for_coach(told, moved, reader)]


def also_done(told: Receipt, reader: Reader) -> list[Item]:
    """Return what else was done by whoever canceled."""
    handed, moved = _apart(told.moves)
    items = [Item(_handed(_to_whom(s, move, reader), reader)) for s, move in handed]
    return [*items, *(Item(labeled(to_its_mover(s, move, reader), reader)) for s, move in moved)]


def _apart(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Return the hand-overs and the moves."""
    return [one for one in pairs if one[1].old_coach is not None], [one for one in pairs if one[1].old_coach is None]


def _to_whom(session: Session, move: Move, reader: Reader) -> list[str]:
    rows = [as_it_was(session, move, reader)]
    if move.new_coach is not None:
        rows.append(reader.say("to {coach}", coach=reader.name(move.new_coach)))
    return rows


def _handed(rows: Sequence[str], reader: Reader) -> str:
    return "\n".join([f"*{reader.say('Handed over too')}*", *rows])
