"""Sessions with new times in a message about something else that the same action did."""

from collections.abc import Mapping, Sequence

from coaching.news.announcement import ToCoach
from coaching.policy import Policy
from coaching.records import Move
from coaching.sessions import Session
from handlers.views.letter import Item
from handlers.views.news.moves import to_its_client, to_its_coach
from handlers.views.news.to_coaches import record_of
from handlers.views.words import Reader

Pairs = Sequence[tuple[Session, Move]]


def moved_for_client(pairs: Pairs, policies: Mapping[str, Policy], reader: Reader) -> list[Item]:
    """Return the moved sessions for their client."""
    return [Item(labeled(to_its_client(s, move, policies, reader), reader)) for s, move in pairs]


def moved_for_coach(told: ToCoach, pairs: Pairs, reader: Reader) -> list[Item]:
    """Return the moved sessions for their coach."""
    return [Item(labeled(to_its_coach(told, s, move, reader), reader), record_of(told, s, reader)) for s, move in pairs]


def labeled(rows: Sequence[str], reader: Reader) -> str:
    """Return the rows about a moved session, beginning with what was done."""
    return "\n".join([f"*{reader.say('Moved too')}*", *rows])
