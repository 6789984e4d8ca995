"""What a stakeholder's copy of a coach's news says otherwise than the coach's own (K7)."""

from coaching.announcements import CoachNews
from handlers.ids import COMMAND
from handlers.views.words import Reader


def with_whom(told: CoachNews, reader: Reader) -> str:
    """Return "you" for the coach, their name for everybody else."""
    return "you" if told.copy_of is None else reader.name(told.copy_of)


def why_told(told: CoachNews, reader: Reader) -> list[str]:
    """Say why this comes to somebody who is not the coach."""
    if told.copy_of is None:
        return []
    who = "This channel is" if told.in_channel else "You are"
    return [f"{who} told what {reader.name(told.copy_of)} is told. An admin can change that in `{COMMAND} setup`."]


def all_of_it(told: CoachNews) -> str:
    """Say where the rest of a long list is."""
    return f"`{COMMAND}` (As coach) shows them all" if told.copy_of is None else "the coach sees them all"
